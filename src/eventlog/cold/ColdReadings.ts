/**
 * Pages of readings where some days are cold: device time falls into stretches, each of the log or of one cold day, and a
 * page goes along them. What the log still has of a cold day is passed over: the day's file has it too.
 */
import type { SqlClient } from "@effect/sql/SqlClient"
import type { SqlError } from "@effect/sql/SqlError"
import * as Effect from "effect/Effect"
import * as Rows from "../../db/Rows.js"
import type { DatabaseService } from "../../db/Transaction.js"
import { type Event, inForce } from "../../domain/Event.js"
import { type Position, readingId, type SensorId, sensorId } from "../../domain/Ids.js"
import type { Reading } from "../../domain/Reading.js"
import { MICROS_PER_DAY, type Micros, micros } from "../../domain/Time.js"
import type { LogError, ReadingFilter, ReadingPage } from "../EventLog.js"
import { nameAsOf } from "../SensorNames.js"
import * as Reads from "../sql/SqlReads.js"
import type { PlaceOf, Versions } from "../sql/Versions.js"
import { type ColdDay, type Stretch, stretchesOf, type TimeSpan } from "./ColdDays.js"
import type { ColdLogService } from "./ColdLog.js"
import type { ColdRows } from "./ColdRows.js"

type Failure = SqlError | Rows.BadCell | LogError

/** What a read of readings needs of this process. */
export interface ColdReading {
  readonly sql: SqlClient
  readonly database: DatabaseService
  readonly versions: Versions
  readonly lake: ColdLogService
}

/** Events of a file in the order of a page: those of one sensor are found by it. */
const eventsOf = (rows: ColdRows, filter: ReadingFilter, { end, start }: TimeSpan, order: "asc" | "desc") => {
  const [from, to] = [start ?? 0, end ?? Number.POSITIVE_INFINITY]
  const [only] = filter.sensorIds ?? []
  return filter.sensorIds?.length === 1 && only !== undefined
    ? rows.ofSensor(only, from, to, order)
    : rows.inTime(from, to, order)
}

/** The same rule as the statement's: src/eventlog/sql/SqlReads.ts. */
const matching = (filter: ReadingFilter, asOf: Position, placeOf: PlaceOf) => {
  const ids = filter.sensorIds === undefined ? undefined : new Set(filter.sensorIds)
  return (event: Event): boolean => {
    if (!inForce(event, asOf)) return false
    if (ids !== undefined && !ids.has(event.sensorId)) return false
    if (filter.clockSet !== undefined && (event.timeSource === "device") !== filter.clockSet) return false
    if (filter.importId !== undefined && event.importId !== filter.importId) return false
    if (filter.type === undefined && filter.unit === undefined) return true
    const place = placeOf(event.sensorId, event.sensorVersion)
    return (
      (filter.type === undefined || place.type === filter.type) &&
      (filter.unit === undefined || place.unit === filter.unit)
    )
  }
}

/** What all versions of these events say; a filter by type or unit needs those of a whole day. */
const placesOf = ({ sql, versions }: ColdReading, events: Iterable<Event>) => {
  const pairs = new Map<string, readonly [SensorId, number]>()
  for (const { sensorId, sensorVersion } of events)
    pairs.set(`${sensorId} ${sensorVersion}`, [sensorId, sensorVersion])
  return versions.load(sql, [...pairs.values()])
}

const NOWHERE: PlaceOf = () => ({ lat: null, lng: null, unit: null, type: null, description: null })

/** How the events of a stretch are chosen, as of a position. */
const chooser = (from: ColdReading, rows: ColdRows, filter: ReadingFilter, span: TimeSpan, asOf: Position) =>
  filter.type === undefined && filter.unit === undefined
    ? Effect.succeed(matching(filter, asOf, NOWHERE))
    : Effect.map(placesOf(from, eventsOf(rows, filter, span, "asc")), (placeOf) =>
        matching(filter, asOf, placeOf)
      )

const namesOf = (sql: SqlClient, sensors: ReadonlyArray<SensorId>, asOf: Position) =>
  sql`SELECT s.id, ${nameAsOf(sql, asOf)} AS name FROM sensors s WHERE ${sql.in("s.id", sensors)}`.pipe(
    Effect.flatMap(Rows.every((row) => [sensorId(Rows.integer(row.id)), Rows.maybeText(row.name)] as const)),
    Effect.map((rows) => new Map(rows))
  )

/** Events in force as readings: what a statement makes by joining. */
export const asReadings = (from: ColdReading, events: ReadonlyArray<Event>, asOf: Position) =>
  Effect.gen(function* () {
    if (events.length === 0) return []
    const placeOf = yield* placesOf(from, events)
    const names = yield* namesOf(from.sql, [...new Set(events.map((event) => event.sensorId))], asOf)
    return events.map((event): Reading => {
      const place = placeOf(event.sensorId, event.sensorVersion)
      return {
        id: event.readingId ?? readingId(event.position),
        position: event.position,
        sensorId: event.sensorId,
        sensorVersion: event.sensorVersion,
        occurredAt: event.occurredAt,
        recordedAt: event.recordedAt,
        value: event.value ?? 0,
        lat: event.lat ?? place.lat,
        lng: event.lng ?? place.lng,
        unit: place.unit,
        type: place.type,
        description: place.description,
        timeSource: event.timeSource ?? "device",
        name: names.get(event.sensorId) ?? null
      }
    })
  })

type Bounds = Pick<ReadingPage, "after" | "asOf" | "order"> & {
  readonly skip: number
  readonly limit: number
}

/** Rows that a stretch gave, and how many it had that were to be passed over. */
interface Part {
  readonly readings: ReadonlyArray<Reading>
  readonly skipped: number
}

const fromLog = (
  { database, sql, versions }: ColdReading,
  filter: ReadingFilter,
  { skip, ...page }: Bounds
): Effect.Effect<Part, Failure> =>
  Effect.gen(function* () {
    const { answer: readings } = yield* Reads.readings(sql, database, versions, filter, { ...page, skip })
    if (skip === 0 || readings.length > 0) return { readings, skipped: skip }
    const passed =
      page.after === undefined
        ? (yield* Reads.countReadings(sql, database, filter, page.asOf)).answer
        : (yield* Reads.readings(sql, database, versions, filter, { ...page, limit: skip })).answer.length
    return { readings, skipped: Math.min(skip, passed) }
  })

const fromFile = (
  from: ColdReading,
  cold: ColdDay,
  filter: ReadingFilter,
  { after, asOf, limit, order = "asc", skip }: Bounds
): Effect.Effect<Part, Failure> =>
  Effect.gen(function* () {
    const rows = yield* from.lake.rows(cold)
    const isChosen = yield* chooser(from, rows, filter, filter, asOf)
    const down = order === "desc"
    // No row is before the last one of the page before: the search begins there.
    const span: TimeSpan =
      after === undefined
        ? filter
        : down
          ? {
              start: filter.start,
              end: micros(Math.min(filter.end ?? Number.POSITIVE_INFINITY, after.occurredAt + 1))
            }
          : { start: micros(Math.max(filter.start ?? 0, after.occurredAt)), end: filter.end }
    const isBehind = ({ occurredAt, position }: Event) =>
      after === undefined ||
      occurredAt !== after.occurredAt ||
      (down ? position < after.position : position > after.position)
    const events: Array<Event> = []
    let skipped = 0
    for (const event of eventsOf(rows, filter, span, order)) {
      if (events.length === limit) break
      if (!isBehind(event) || !isChosen(event)) continue
      if (skipped < skip) skipped += 1
      else events.push(event)
    }
    return { readings: yield* asReadings(from, events, asOf), skipped }
  })

const isPassed = ({ end, start }: Stretch, { after, order }: Bounds): boolean =>
  after !== undefined &&
  (order === "desc"
    ? start !== undefined && start > after.occurredAt
    : end !== undefined && end <= after.occurredAt)

/** A page as of a position, with the days that are cold. */
export const readingsAcross = (
  from: ColdReading,
  filter: ReadingFilter,
  page: ReadingPage,
  days: ReadonlyArray<ColdDay>
): Effect.Effect<ReadonlyArray<Reading>, Failure> =>
  Effect.gen(function* () {
    const stretches = stretchesOf(filter, days)
    const readings: Array<Reading> = []
    let skip = page.skip ?? 0
    for (const stretch of page.order === "desc" ? stretches.toReversed() : stretches) {
      const limit = page.limit - readings.length
      if (limit <= 0) break
      const bounds: Bounds = { ...page, skip, limit }
      if (isPassed(stretch, bounds)) continue
      const within: ReadingFilter = { ...filter, start: stretch.start, end: stretch.end }
      const part = yield* stretch.cold === null
        ? fromLog(from, within, bounds)
        : fromFile(from, stretch.cold, within, bounds)
      readings.push(...part.readings)
      skip -= part.skipped
    }
    return readings
  })

/** How many readings match as of a position, with the days that are cold. */
export const countAcross = (
  from: ColdReading,
  filter: ReadingFilter,
  asOf: Position,
  days: ReadonlyArray<ColdDay>
): Effect.Effect<number, Failure> =>
  Effect.gen(function* () {
    let count = 0
    for (const { cold, end, start } of stretchesOf(filter, days)) {
      const within: ReadingFilter = { ...filter, start, end }
      if (cold === null) {
        count += (yield* Reads.countReadings(from.sql, from.database, within, asOf)).answer
        continue
      }
      const rows = yield* from.lake.rows(cold)
      const isChosen = yield* chooser(from, rows, within, within, asOf)
      for (const event of eventsOf(rows, within, within, "asc")) if (isChosen(event)) count += 1
    }
    return count
  })

/** The last reading in force of a sensor: of the log, or of a cold day that is later. */
export const lastAcross = (
  from: ColdReading,
  sensor: SensorId,
  asOf: Position,
  found: Reading | undefined,
  days: ReadonlyArray<ColdDay>
): Effect.Effect<Reading | undefined, Failure> =>
  Effect.gen(function* () {
    const after: Micros = found?.occurredAt ?? micros(0)
    for (const cold of days.toReversed()) {
      const end = micros(cold.day + MICROS_PER_DAY)
      if (end <= after) break
      const rows = yield* from.lake.rows(cold)
      const event = rows.last(sensor, micros(Math.max(cold.day, after)), end, (one) => inForce(one, asOf))
      if (event === undefined) continue
      const isLater =
        found === undefined ||
        event.occurredAt > found.occurredAt ||
        (event.occurredAt === found.occurredAt && event.position > found.position)
      if (!isLater) return found
      const [reading] = yield* asReadings(from, [event], asOf)
      return reading
    }
    return found
  })
