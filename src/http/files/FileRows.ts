/** The rows of a day, sensor by sensor. Which data sets have files of days is said by their descriptors. */
import * as Effect from "effect/Effect"
import { AGGREGATES } from "../../domain/dataset/AggregatesDataset.js"
import type { FileDatasetName } from "../../domain/dataset/Datasets.js"
import { type DayFile, dateText } from "../../domain/dataset/DayFile.js"
import { READINGS } from "../../domain/dataset/ReadingsDataset.js"
import type { SensorId } from "../../domain/Ids.js"
import { MICROS_PER_DAY, micros } from "../../domain/Time.js"
import { type EventLogService, LogCorrupt } from "../../eventlog/EventLog.js"
import { parquetEncoder } from "../../formats/Parquet.js"
import type { About, Table } from "../../formats/Table.js"
import type { AggregatesService } from "../../projections/minutes/Aggregates.js"
import { nextTurn } from "../../telemetry/EventLoop.js"
import { aggregateList, judgedAsOf } from "../data/AggregateList.js"
import type { Place } from "../listing/Cursor.js"
import type { Listing, RowsError, Standing } from "../listing/Listing.js"
import { readingList } from "../listing/ReadingList.js"

interface DayRows {
  readonly file: DayFile
  readonly sensors: ReadonlyArray<SensorId>
  readonly licence: string
}

/** What is in the file. */
export interface RowCounts {
  readonly rows: number
  readonly minTime: number | null
  readonly maxTime: number | null
}

/** Takes the rows of a file, some at a time and in order. */
export interface RowSink<Row, E> {
  readonly rows: (rows: ReadonlyArray<Row>) => Effect.Effect<void, E>
  readonly end: Effect.Effect<void, E>
}

/** Says who takes the rows of a table. */
export type OpenSink<E> = <Row>(table: Table<Row>, about: About) => Effect.Effect<RowSink<Row, E>, E>

/** What is held is a chunk of rows, and what the sink holds. */
const readListing = <Row, E>(
  { file: { position }, licence, sensors }: DayRows,
  listing: (ids?: ReadonlyArray<SensorId>) => Listing<Row>,
  open: OpenSink<E>
): Effect.Effect<RowCounts, RowsError | E> =>
  Effect.gen(function* () {
    const standing: Standing = { position, asThen: null }
    const { table, watermark } = listing()
    const sink = yield* open(table, { licence, position, watermark: yield* watermark(standing) })
    let rows = 0
    let minTime = Number.POSITIVE_INFINITY
    let maxTime = Number.NEGATIVE_INFINITY
    for (const sensor of sensors) {
      const { chunkRows, place, read } = listing([sensor])
      let after: Place | null = null
      do {
        yield* nextTurn
        const chunk: ReadonlyArray<Row> = yield* read({ standing, after, skip: 0, limit: chunkRows })
        yield* sink.rows(chunk)
        const [first, last] = [chunk[0], chunk.at(-1)]
        if (first !== undefined && last !== undefined) {
          minTime = Math.min(minTime, place(first).time)
          maxTime = Math.max(maxTime, place(last).time)
        }
        rows += chunk.length
        after = last !== undefined && chunk.length === chunkRows ? place(last) : null
      } while (after !== null)
    }
    yield* sink.end
    return rows === 0 ? { rows, minTime: null, maxTime: null } : { rows, minTime, maxTime }
  })

/** How the rows of a file are read, for each data set that has files. */
export const readDay = (log: EventLogService, aggregates: AggregatesService) => {
  const window = ({ day }: DayFile) => ({ start: day, end: micros(day + MICROS_PER_DAY) })
  const readers: Record<
    FileDatasetName,
    <E>(rows: DayRows, open: OpenSink<E>) => Effect.Effect<RowCounts, RowsError | E>
  > = {
    [READINGS.name]: (rows, open) =>
      readListing(rows, (sensorIds) => readingList(log, { ...window(rows.file), sensorIds }), open),
    [AGGREGATES.name]: (rows, open) =>
      Effect.gen(function* () {
        const { end, start } = window(rows.file)
        const as_of = { _tag: "Position", position: rows.file.position } as const
        const query = { skip: 0, interval: "1m", tz: "UTC", start_time: start, end_time: end, as_of } as const
        const judged = yield* judgedAsOf(aggregates, log, query).pipe(
          Effect.catchTag("Refusal", ({ detail }) =>
            Effect.fail(new LogCorrupt({ reason: `${dateText(start)} as of ${as_of.position}: ${detail}` }))
          )
        )
        // A file is of a day that is over: each minute of it is final.
        const final = { ...judged, finalBefore: end }
        return yield* readListing(
          rows,
          (sensor_id) => aggregateList(aggregates, { ...query, sensor_id }, final, "asc"),
          open
        )
      })
  }
  return <E>(rows: DayRows, open: OpenSink<E>) => readers[rows.file.dataset](rows, open)
}

type ByteSink<E> = (bytes: Uint8Array) => Effect.Effect<void, E>

/** The rows of a file as Parquet: what is held beside them is the encoder's group. */
export const writeDay = (log: EventLogService, aggregates: AggregatesService) => {
  const read = readDay(log, aggregates)
  return <E>(rows: DayRows, sink: ByteSink<E>) =>
    read(rows, <Row>(table: Table<Row>, about: About) => {
      const encoder = parquetEncoder(table, about, { sortedBy: "sensor_id" })
      const put = (pieces: ReadonlyArray<Uint8Array>) => Effect.forEach(pieces, sink, { discard: true })
      return Effect.as(put(encoder.start()), {
        rows: (chunk: ReadonlyArray<Row>) => put(encoder.rows(chunk)),
        end: Effect.suspend(() => put(encoder.end()))
      })
    })
}
