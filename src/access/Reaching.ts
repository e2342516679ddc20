/** What of the log a scope reaches. Who reaches all of it is asked nothing. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { mayReach, type Scope } from "../domain/access/Scope.js"
import type { ReadingId, SensorId } from "../domain/Ids.js"
import type { SensorRef } from "../domain/Reading.js"
import type { Sensor } from "../domain/Sensor.js"
import type { EventLogService, LogError } from "../eventlog/EventLog.js"

/** Sensors that are read at a time. */
const PAGE = 1_000

/** The sensors that a scope reaches now; undefined: all of them. */
export const reachable = (
  log: EventLogService,
  scope: Scope
): Effect.Effect<ReadonlyArray<SensorId> | undefined, LogError> =>
  Effect.gen(function* () {
    if (scope.sensors === null) return undefined
    const reached: Array<SensorId> = []
    let afterId: SensorId | undefined
    for (;;) {
      const page: ReadonlyArray<Sensor> = yield* log.sensors({ limit: PAGE, afterId })
      for (const sensor of page) if (mayReach(scope, sensor)) reached.push(sensor.id)
      afterId = page.at(-1)?.id
      if (page.length < PAGE) return reached
    }
  })

/** Whether there is such a sensor, and the scope reaches it. */
export const reachesSensor = (log: EventLogService, scope: Scope, id: SensorId) =>
  Effect.map(
    log.sensor(id),
    Option.exists((sensor) => mayReach(scope, sensor))
  )

/** Whether there ever was such a reading, and the scope reaches all sensors that it was said of. */
export const reachesReading = (log: EventLogService, scope: Scope, id: ReadingId) =>
  Effect.gen(function* () {
    const sensors = new Set((yield* log.history(id)).map(({ sensorId }) => sensorId))
    for (const sensor of sensors) if (!(yield* reachesSensor(log, scope, sensor))) return false
    return sensors.size > 0
  })

/**
 * Whether the sensor of a reading that is to be stored is one of the scope's. Of what a message does not say, number or
 * name, the log's word holds; it is asked only where the scope goes by it.
 */
export const reachesRef = (log: EventLogService, scope: Scope, ref: SensorRef) =>
  Effect.gen(function* () {
    const { sensors } = scope
    const said = ref._tag === "Numbered" ? { id: ref.id, name: null } : { id: null, name: ref.name }
    if (sensors === null || mayReach(scope, said)) return true
    if (ref._tag === "Numbered") {
      return sensors.names.length > 0 && (yield* reachesSensor(log, scope, ref.id))
    }
    if (sensors.ranges.length === 0) return false
    const ids = yield* log.sensorsNamed([ref.name], (yield* log.head).position)
    return ids.some((id) => mayReach(scope, { id, name: ref.name }))
  })
