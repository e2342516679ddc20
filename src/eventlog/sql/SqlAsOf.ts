/**
 * The sensors as of a position, from the log's events. These are few among the readings and have no index of their
 * own, so the log is gone through in stretches: none holds the embedded database for long.
 */
import type { SqlClient } from "@effect/sql/SqlClient"
import * as Effect from "effect/Effect"
import * as Rows from "../../db/Rows.js"
import type { DatabaseService } from "../../db/Transaction.js"
import { type Position, position, type SensorId } from "../../domain/Ids.js"
import { ESTIMATE_READINGS, medianStep } from "../../domain/ReadingInterval.js"
import type { Sensor } from "../../domain/Sensor.js"
import { afterEvent } from "../../domain/SensorHistory.js"
import { nextTurn } from "../../telemetry/EventLoop.js"
import { eventsOf } from "./EventRows.js"
import { eventColumns } from "./SqlReads.js"

/** Positions looked through in one statement: some 10 ms. */
const STRETCH = 50_000

const sensorEvents = (sql: SqlClient, after: Position, upTo: Position) =>
  sql`SELECT ${eventColumns(sql)} FROM events e WHERE e.position > ${after} AND e.position <= ${upTo}
      AND e.type NOT IN ('ReadingRecorded', 'ReadingCorrected', 'ReadingDeleted')
    ORDER BY e.position`.values.pipe(Effect.flatMap(eventsOf))

/** Whether the sensor had as many readings by then; an estimate, once made, is made of the first and stays. */
const hadEnough = (sql: SqlClient, sensor: SensorId, asOf: Position) =>
  sql`SELECT COUNT(*) AS n FROM (SELECT 1 FROM events e WHERE e.sensor_id = ${sensor}
      AND e.type = 'ReadingRecorded' AND e.position <= ${asOf} LIMIT ${String(ESTIMATE_READINGS)}) f`.pipe(
    Effect.flatMap(Rows.only(({ n }) => Rows.integer(n) === ESTIMATE_READINGS))
  )

const firstTimes = (sql: SqlClient, sensor: SensorId) =>
  sql`SELECT e.occurred_at FROM events e WHERE e.sensor_id = ${sensor} AND e.type = 'ReadingRecorded'
    ORDER BY e.position LIMIT ${String(ESTIMATE_READINGS)}`.pipe(
    Effect.flatMap(Rows.every((row) => Rows.time(row.occurred_at)))
  )

const estimates = (sql: SqlClient) =>
  sql`SELECT id, estimated_interval_ms FROM sensors WHERE estimated_interval_ms IS NOT NULL`.pipe(
    Effect.flatMap(
      Rows.every((row) => [Rows.integer(row.id), Rows.double(row.estimated_interval_ms)] as const)
    ),
    Effect.map((rows) => new Map(rows))
  )

/** The sensors by the log's events up to a position, before anything is estimated. */
interface Registered {
  readonly position: Position
  readonly sensors: ReadonlyMap<SensorId, Sensor>
}
const NONE: Registered = { position: position(0), sensors: new Map() }

const registeredAsOf = (sql: SqlClient, asOf: Position, before: Registered) =>
  Effect.gen(function* () {
    const sensors = new Map(before.sensors)
    for (let after: number = before.position; after < asOf; after += STRETCH) {
      const upTo = position(Math.min(asOf, after + STRETCH))
      for (const event of yield* sensorEvents(sql, position(after), upTo)) {
        const sensor = afterEvent(sensors.get(event.sensorId), event)
        if (sensor !== undefined) sensors.set(event.sensorId, sensor)
      }
      yield* nextTurn
    }
    const registered: Registered = { position: asOf, sensors }
    return registered
  })

const withEstimates = (sql: SqlClient, { position: asOf, sensors }: Registered) =>
  Effect.gen(function* () {
    const intervals = yield* estimates(sql)
    return yield* Effect.forEach(
      [...sensors.values()].sort((a, b) => a.id - b.id),
      (sensor) =>
        Effect.gen(function* () {
          if (sensor.intervalMs !== null || !(yield* hadEnough(sql, sensor.id, asOf))) return sensor
          const estimatedIntervalMs =
            intervals.get(sensor.id) ?? medianStep(yield* firstTimes(sql, sensor.id))
          return { ...sensor, estimatedIntervalMs }
        })
    )
  })

/** Positions whose sensors are kept: pages of one answer ask for the same again and again, and it never changes. */
const KEPT_MAX = 4

/** What was asked for lately is remembered, and what comes later in the log is read from there on. */
export const remembering = (database: DatabaseService) => {
  const cache = new Map<Position, { readonly registered: Registered; readonly all: ReadonlyArray<Sensor> }>()
  const nearest = (asOf: Position): Registered =>
    [...cache.values()]
      .map(({ registered }) => registered)
      .filter((one) => one.position <= asOf)
      .reduce((last, one) => (one.position > last.position ? one : last), NONE)
  return {
    sensors: (asOf: Position) =>
      Effect.suspend(() => {
        const cacheEntry = cache.get(asOf)
        if (cacheEntry !== undefined) return Effect.succeed(cacheEntry.all)
        return database.read((sql) =>
          Effect.gen(function* () {
            const registered = yield* registeredAsOf(sql, asOf, nearest(asOf))
            const all = yield* withEstimates(sql, registered)
            const [oldest] = cache.keys()
            if (cache.size >= KEPT_MAX && oldest !== undefined) cache.delete(oldest)
            cache.set(asOf, { registered, all })
            return all
          })
        )
      })
  }
}
