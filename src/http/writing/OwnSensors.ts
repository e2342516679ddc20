/** What is stored is of sensors that the caller reaches: a device's own, for one. */
import * as Effect from "effect/Effect"
import { reachesRef } from "../../access/Reaching.js"
import { reachesAll, type Scope } from "../../domain/access/Scope.js"
import type { SensorId } from "../../domain/Ids.js"
import type { SensorRef } from "../../domain/Reading.js"
import { fault } from "../../domain/rejected/RejectionFault.js"
import type { EventLogService, LogError } from "../../eventlog/EventLog.js"
import type { RowItem } from "../../ingest/codecs/MessageDecode.js"
import { CurrentPrincipal } from "../core/Auth.js"
import { Refusal } from "../core/Problems.js"

/** How a sensor is called where it is refused. */
const sensorText = (ref: SensorRef): string =>
  ref._tag === "Numbered" ? `sensor ${ref.id}` : `the sensor ${JSON.stringify(ref.name)}`

/** Readings of sensors that the caller does not reach are rejected, row by row. */
export const ownRows = (log: EventLogService, scope: Scope) => {
  const known = new Map<string, boolean>()
  return (one: RowItem): Effect.Effect<RowItem, LogError> =>
    Effect.gen(function* () {
      if (one.item._tag === "Rejected") return one
      const { reading, source } = one.item
      const sensor = sensorText(reading.sensor)
      const reaches = known.get(sensor) ?? (yield* reachesRef(log, scope, reading.sensor))
      known.set(sensor, reaches)
      if (reaches) return one
      const faults = [fault("not-own-sensor", null, sensor)]
      return { ...one, item: { _tag: "Rejected", source, faults, importKey: one.item.importKey } }
    })
}

/** Refuses readings of sensors that the caller does not reach, by their fields. */
export const mustOwn = (
  log: EventLogService,
  sensors: ReadonlyArray<{ readonly field: string; readonly id: SensorId }>
) =>
  Effect.gen(function* () {
    const { name, scope } = yield* CurrentPrincipal
    if (reachesAll(scope)) return
    const strange = yield* Effect.filter(sensors, ({ id }) =>
      Effect.negate(reachesRef(log, scope, { _tag: "Numbered", id }))
    )
    if (strange.length === 0) return
    return yield* new Refusal({
      kind: "forbidden",
      detail: `The key ${name} may say readings of its own sensors only.`,
      errors: strange.map(({ field, id }) => ({ field, message: `${id} is none of them` }))
    })
  })
