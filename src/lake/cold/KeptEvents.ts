/**
 * Which events of a day stay in the log when it is dropped, though its file has them too. They are few, and are what the log
 * is asked without a time: who began when, who was heard last, how often one reports.
 */
import type { SqlClient } from "@effect/sql/SqlClient"
import * as Effect from "effect/Effect"
import * as Rows from "../../db/Rows.js"
import type { DatabaseService } from "../../db/Transaction.js"
import { dayStart } from "../../domain/dataset/DayFile.js"
import type { Event } from "../../domain/Event.js"
import type { SensorId } from "../../domain/Ids.js"
import { ESTIMATE_READINGS } from "../../domain/ReadingInterval.js"
import type { ColdRows } from "../../eventlog/cold/ColdRows.js"
import { nextTurn } from "../../telemetry/EventLoop.js"

/** Between two of them others have their turn. */
const TURN_ROWS = 50_000

const IN_FORCE = "e.type IN ('ReadingRecorded', 'ReadingCorrected') AND e.superseded_by IS NULL"

const readingIds = Effect.flatMap(Rows.every(({ id }) => Rows.integer(id)))

/** The first and the last reading in force of a sensor, and those that its interval is estimated from. */
const rootsOf = (sql: SqlClient, sensor: SensorId) =>
  Effect.gen(function* () {
    const edge = (order: "ASC" | "DESC") =>
      sql`SELECT COALESCE(e.reading_id, e.position) AS id FROM events e
      WHERE e.sensor_id = ${sensor} AND ${sql.literal(IN_FORCE)}
      ORDER BY e.occurred_at ${sql.literal(order)}, e.position ${sql.literal(order)} LIMIT 1`.pipe(readingIds)
    // Of a sensor that declares its interval too: as of an earlier position it may not have.
    const first = yield* sql`SELECT e.position AS id FROM events e
      WHERE e.sensor_id = ${sensor} AND e.type = 'ReadingRecorded'
      ORDER BY e.position LIMIT ${String(ESTIMATE_READINGS)}`.pipe(readingIds)
    return [...(yield* edge("ASC")), ...(yield* edge("DESC")), ...first]
  })

/** The time that leads the key of an event, µs. */
const keyTime = ({ eventId }: Event): number => Number.parseInt(eventId.slice(0, 12), 16) * 1_000

/** A repeat of it comes with another time than its own: the key is all that tells it. */
const isKnownByKey = (event: Event): boolean => dayStart(keyTime(event)) !== dayStart(event.occurredAt)

/** Asks of each sensor once. */
export const keptEvents = (database: Pick<DatabaseService, "read">) => {
  const known = new Map<SensorId, ReadonlyArray<number>>()
  /** The positions of a day's events that may go, rising: a reading stays with all of its events. */
  return (rows: ColdRows) =>
    Effect.gen(function* () {
      const roots = new Set<number>()
      // Of numbers alone: a large day has millions.
      const positions = new Float64Array(rows.size)
      const readings = new Float64Array(rows.size)
      const sensors = new Set<SensorId>()
      let at = 0
      for (const event of rows.inTime(0, Number.POSITIVE_INFINITY)) {
        const reading = event.readingId ?? event.position
        sensors.add(event.sensorId)
        if (event.type === "ReadingRecorded" && isKnownByKey(event)) roots.add(reading)
        positions[at] = event.position
        readings[at] = reading
        at += 1
        if (at % TURN_ROWS === 0) yield* nextTurn
      }
      for (const sensor of sensors) {
        const of = known.get(sensor) ?? (yield* database.read((sql) => rootsOf(sql, sensor)))
        known.set(sensor, of)
        for (const root of of) roots.add(root)
      }
      return positions.filter((_, index) => !roots.has(readings[index] ?? 0)).sort()
    })
}
