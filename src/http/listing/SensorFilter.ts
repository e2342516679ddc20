/** Sensors that a request names, as their numbers. */
import * as Effect from "effect/Effect"
import type { SensorId } from "../../domain/Ids.js"
import type { EventLogService, LogError } from "../../eventlog/EventLog.js"
import { notFound, type Refusal } from "../core/Problems.js"
import { standingAsOf } from "./AsOfParameter.js"
import type { ListQuery } from "./Listing.js"

interface SensorsQuery extends Pick<ListQuery, "as_of"> {
  readonly sensor_id?: ReadonlyArray<SensorId> | undefined
  readonly sensor?: ReadonlyArray<string> | undefined
}

/** The query by numbers alone: those that it names, of them those whose name it names as of then. */
export const byNumber = <Query extends SensorsQuery>(
  log: EventLogService,
  query: Query
): Effect.Effect<Query, LogError | Refusal> => {
  const { as_of: asOf, sensor: names, sensor_id: ids } = query
  if (names === undefined) return Effect.succeed(query)
  return Effect.gen(function* () {
    const { position } = yield* asOf === undefined ? log.head : standingAsOf(log, asOf)
    const named = yield* log.sensorsNamed(names, position)
    return { ...query, sensor_id: ids === undefined ? named : named.filter((id) => ids.includes(id)) }
  })
}

interface SensorQuery extends Pick<ListQuery, "as_of"> {
  readonly sensor_id?: SensorId | undefined
  readonly sensor?: string | undefined
}

/** The one sensor that is asked for, if any; fails where there is none such. */
export const sensorAsked = (
  log: EventLogService,
  { as_of: asOf, sensor: name, sensor_id: id }: SensorQuery
): Effect.Effect<SensorId | undefined, LogError | Refusal> =>
  Effect.gen(function* () {
    if (id !== undefined) yield* mustBeKnown(log, id)
    if (name === undefined) return id
    const { position } = yield* asOf === undefined ? log.head : standingAsOf(log, asOf)
    const [named] = yield* log.sensorsNamed([name], position)
    return named !== undefined && (id === undefined || id === named)
      ? named
      : yield* notFound(
          `There is no sensor ${id === undefined ? "" : `${id} `}named ${JSON.stringify(name)}.`
        )
  })

/** 404 unless the log knows the sensor. */
export const mustBeKnown = (log: EventLogService, id: SensorId) =>
  Effect.flatMap(log.sensor(id), (sensor) =>
    sensor._tag === "Some" ? Effect.void : Effect.fail(notFound(`There is no sensor ${id}.`))
  )
