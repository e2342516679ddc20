/** The rows of a day, by data set: readings and aggregates as its files over HTTP have them, and the events of the log. */
import * as Effect from "effect/Effect"
import { Database, type DatabaseService } from "../db/Transaction.js"
import { AGGREGATES } from "../domain/dataset/AggregatesDataset.js"
import type { FileDatasetName } from "../domain/dataset/Datasets.js"
import { READINGS } from "../domain/dataset/ReadingsDataset.js"
import type { Event } from "../domain/Event.js"
import type { Position, SensorId } from "../domain/Ids.js"
import type { Micros } from "../domain/Time.js"
import { EventLog } from "../eventlog/EventLog.js"
import { mapped } from "../eventlog/LogFailure.js"
import { type OpenSink, type RowCounts, readDay } from "../http/files/FileRows.js"
import type { RowsError } from "../http/listing/Listing.js"
import { FileDays } from "../projections/files/FileDays.js"
import { Aggregates } from "../projections/minutes/Aggregates.js"
import { nextTurn } from "../telemetry/EventLoop.js"
import { daySensors, eventPage, LAKE_EVENTS } from "./LakeEvents.js"
import type { LakeDataset } from "./LakeFormat.js"

/** Rows of one statement: some milliseconds of the database's time. */
const PAGE_ROWS = 1_000

/** What a file holds: the rows of a day as of a position. */
export interface LakeDay {
  readonly dataset: LakeDataset
  readonly day: Micros
  readonly position: Position
}

export type ReadLakeDay = <E>(of: LakeDay, open: OpenSink<E>) => Effect.Effect<RowCounts, RowsError | E>

const FILED = {
  readings: READINGS.name,
  aggregates: AGGREGATES.name
} as const satisfies Partial<Record<LakeDataset, FileDatasetName>>

const readEvents = <E>(
  database: DatabaseService,
  { day, position }: LakeDay,
  sensors: ReadonlyArray<SensorId>,
  licence: string,
  open: OpenSink<E>
): Effect.Effect<RowCounts, RowsError | E> =>
  Effect.gen(function* () {
    const sink = yield* open(LAKE_EVENTS, { licence, position, watermark: null })
    let rows = 0
    let minTime = Number.POSITIVE_INFINITY
    let maxTime = Number.NEGATIVE_INFINITY
    for (const sensor of sensors) {
      let after: Event | null = null
      do {
        yield* nextTurn
        const of = { sensor, day, upTo: position, after, limit: PAGE_ROWS }
        const page: ReadonlyArray<Event> = yield* mapped(database.read((sql) => eventPage(sql, database, of)))
        yield* sink.rows(page)
        for (const { occurredAt } of page) {
          minTime = Math.min(minTime, occurredAt)
          maxTime = Math.max(maxTime, occurredAt)
        }
        rows += page.length
        after = page.length === PAGE_ROWS ? (page.at(-1) ?? null) : null
      } while (after !== null)
    }
    yield* sink.end
    return rows === 0 ? { rows, minTime: null, maxTime: null } : { rows, minTime, maxTime }
  })

/** `licence`: under which terms the data may be used. */
export const lakeRows = (licence: string) =>
  Effect.gen(function* () {
    const database = yield* Database
    const days = yield* FileDays
    const read = readDay(yield* EventLog, yield* Aggregates)
    const sensorsOf = ({ dataset, day }: LakeDay) =>
      dataset === "aggregates"
        ? // Those of derived sensors are among them, which have no events.
          days.sensors(day)
        : mapped(database.read((sql) => daySensors(sql, database, day)))
    const readLakeDay: ReadLakeDay = (of, open) =>
      Effect.flatMap(sensorsOf(of), (sensors) => {
        const { dataset, day, position } = of
        return dataset === "events"
          ? readEvents(database, of, sensors, licence, open)
          : read({ file: { dataset: FILED[dataset], day, position }, sensors, licence }, open)
      })
    return readLakeDay
  })
