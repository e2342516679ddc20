/**
 * Small logs made by hand, so that each count is known without the code under test.
 */
import * as Effect from "effect/Effect"
import { Database } from "../../src/db/Transaction.js"
import { MICROS_PER_MINUTE, type Micros, micros, parseStoredTime } from "../../src/domain/Time.js"

export const at = (text: string): Micros => parseStoredTime(text)

export interface HandmadeEvent {
  readonly type?: "ReadingRecorded" | "ReadingCorrected" | "ReadingDeleted" | "SensorRegistered"
  readonly sensor: number
  readonly version?: number
  readonly occurredAt: number
  /** Default: 20 ms after the device time. */
  readonly recordedAt?: number
  readonly value?: number
  readonly readingId?: number
  readonly supersededBy?: number
}

/** Appends events at the positions from `first`, in this order, and moves the head. */
export const events = (list: ReadonlyArray<HandmadeEvent>, first = 1) =>
  Effect.flatMap(Database, (db) =>
    db.transact((sql) =>
      Effect.gen(function* () {
        for (const [index, event] of list.entries()) {
          const position = first + index
          const key = Buffer.from(position.toString(16).padStart(32, "0"), "hex")
          yield* sql`INSERT INTO events (position, event_id, type, sensor_id, sensor_version, occurred_at,
              recorded_at, value, lat, lng, reading_id, superseded_by, payload)
            VALUES (${position}, ${key}, ${event.type ?? "ReadingRecorded"}, ${event.sensor}, ${event.version ?? 1},
              ${db.encodeTime(event.occurredAt)}, ${db.encodeTime(event.recordedAt ?? event.occurredAt + 20_000)},
              ${event.value ?? null}, ${null}, ${null}, ${event.readingId ?? null}, ${event.supersededBy ?? null},
              ${null})`
        }
        yield* sql`UPDATE log_head SET position = ${first + list.length - 1}`
      })
    )
  )

export const sensor = (
  id: number,
  options: {
    readonly intervalMs?: number
    readonly estimatedMs?: number
    readonly unit?: string | null
    readonly type?: string
    readonly range?: readonly [number | null, number | null]
    readonly description?: string
    readonly status?: "active" | "retired"
  } = {}
) =>
  Effect.flatMap(Database, (db) =>
    db.transact((sql) =>
      Effect.gen(function* () {
        const since = db.encodeTime(0)
        const hash = Buffer.alloc(16, id)
        yield* sql`INSERT INTO sensors (id, name, version, status, interval_ms, estimated_interval_ms, version_since)
          VALUES (${id}, ${null}, 1, ${options.status ?? "active"}, ${options.intervalMs ?? null},
            ${options.estimatedMs ?? null}, ${since})`
        yield* sql`INSERT INTO sensor_versions (sensor_id, version, hash, lat, lng, unit, type, description,
            range_min, range_max, created_at)
          VALUES (${id}, 1, ${hash}, 46.05, 14.5, ${options.unit === undefined ? "C" : options.unit},
            ${options.type ?? "temperature"},
            ${options.description ?? null}, ${options.range?.[0] ?? null}, ${options.range?.[1] ?? null}, ${since})`
      })
    )
  )

/** A stored minute, with the fields that matter to who reads it. */
export const minute = (row: {
  readonly sensor: number
  readonly minute: number
  readonly id: number
  readonly readings: number
  readonly min: number
  readonly max: number
  readonly mean: number
  readonly stddev: number
  readonly generation?: number
}) =>
  Effect.flatMap(Database, (db) =>
    db.transact(
      (
        sql
      ) => sql`INSERT INTO sensor_minutes (generation, sensor_id, minute, id, position, readings, value_sum,
          value_min, value_max, value_mean, value_stddev, value_first, value_last, sensor_version, sum_exact,
          squares_exact)
        VALUES (${row.generation ?? 1}, ${row.sensor}, ${db.encodeTime(row.minute)}, ${row.id}, ${row.id},
          ${row.readings}, ${row.mean * row.readings}, ${row.min}, ${row.max}, ${row.mean}, ${row.stddev},
          ${row.min}, ${row.max}, 1, '', '')`
    )
  )

export const foldedUpTo = (position: number) =>
  Effect.flatMap(Database, (db) =>
    db.transact((sql) => sql`UPDATE checkpoints SET position = ${position} WHERE projection = 'minutes'`)
  )

/** Stores the minutes of these readings, as a fold would (count, min, max, mean, deviation). */
export const fold = (list: ReadonlyArray<HandmadeEvent>, first = 1) =>
  Effect.gen(function* () {
    const byMinute = new Map<string, { sensor: number; minute: number; id: number; values: Array<number> }>()
    for (const [index, event] of list.entries()) {
      if (event.type === "ReadingDeleted" || event.type === "SensorRegistered") continue
      if (event.supersededBy !== undefined || event.value === undefined) continue
      const start = event.occurredAt - (event.occurredAt % MICROS_PER_MINUTE)
      const key = `${event.sensor}|${start}`
      const kept = byMinute.get(key) ?? { sensor: event.sensor, minute: start, id: first + index, values: [] }
      kept.values.push(event.value)
      byMinute.set(key, kept)
    }
    for (const { id, minute: start, sensor: of, values } of byMinute.values()) {
      const mean = values.reduce((sum, value) => sum + value, 0) / values.length
      const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length
      yield* minute({
        sensor: of,
        minute: start,
        id,
        readings: values.length,
        min: Math.min(...values),
        max: Math.max(...values),
        mean,
        stddev: Math.sqrt(variance)
      })
    }
    yield* foldedUpTo(first + list.length - 1)
  })

export const rejected = (id: number, firstSeen: number) =>
  Effect.flatMap(Database, (db) =>
    db.transact(
      (
        sql
      ) => sql`INSERT INTO rejected_messages (id, topic, metric, bytes, size, truncated, reason, first_seen,
          deliveries)
        VALUES (${Buffer.alloc(16, id)}, 'sensors', ${null}, ${Buffer.from("junk")}, 4, 0, 'is not JSON',
          ${db.encodeTime(firstSeen)}, 1)`
    )
  )

/** Readings of one sensor, `step` µs apart, with values from a function of their index. */
export const series = (
  of: number,
  start: number,
  step: number,
  count: number,
  value: (index: number) => number
): ReadonlyArray<HandmadeEvent> =>
  Array.from({ length: count }, (_, index) => ({
    sensor: of,
    occurredAt: micros(start + index * step),
    value: value(index)
  }))
