/** Readings as a listing: in force as of a position, by time, long or wide. */
import * as Effect from "effect/Effect"
import { PAGE_LIMIT_DEFAULT } from "../../api/core/ContractParameters.js"
import type { ShapingQuery } from "../../api/core/ShapingParameters.js"
import { READINGS } from "../../domain/dataset/ReadingsDataset.js"
import { position } from "../../domain/Ids.js"
import type { Reading } from "../../domain/Reading.js"
import type { TagCondition } from "../../domain/shaping/Tags.js"
import type { Micros } from "../../domain/Time.js"
import type { EventLogService, LogError, ReadingFilter } from "../../eventlog/EventLog.js"
import { CHUNK_ROWS, type Listing, type Standing } from "./Listing.js"
import type { SampledQuery } from "./Sampled.js"

export interface ReadingQuery extends SampledQuery, ShapingQuery {
  readonly type?: string | undefined
  readonly unit?: string | undefined
  readonly start_time?: Micros | undefined
  readonly end_time?: Micros | undefined
  readonly sensor_id?: ReadingFilter["sensorIds"]
  readonly sensor?: ReadonlyArray<string> | undefined
  readonly tag?: ReadonlyArray<TagCondition> | undefined
  readonly shape?: "long" | "wide" | undefined
}

export const readingFilter = (query: ReadingQuery): ReadingFilter => ({
  type: query.type,
  unit: query.unit,
  start: query.start_time,
  end: query.end_time,
  sensorIds: query.sensor_id
})

export const headPosition = (log: EventLogService) => Effect.map(log.head, ({ position }) => position)

/** The newest event time of the readings that match. */
export const newest = (
  log: EventLogService,
  filter: ReadingFilter,
  standing: Standing
): Effect.Effect<Micros | null, LogError> =>
  Effect.map(
    log.readings(filter, { asOf: standing.position, limit: 1, order: "desc" }),
    ([reading]) => reading?.occurredAt ?? null
  )

/** What holds of most listings: all of the rows, as of the head, which alone does not tell what they are. */
export const wholeListing = (log: EventLogService) => ({
  filter: {},
  now: headPosition(log),
  watermark: (standing: Standing) => newest(log, {}, standing),
  chunkRows: CHUNK_ROWS,
  pageRows: PAGE_LIMIT_DEFAULT,
  validity: Effect.succeed(null)
})

export const readingList = (
  log: EventLogService,
  filter: ReadingFilter,
  order: "asc" | "desc" = "asc"
): Listing<Reading> => ({
  ...wholeListing(log),
  kind: order === "asc" ? "readings" : "readings desc",
  filter: { ...filter },
  table: READINGS,
  read: ({ after, limit, skip, standing }) =>
    log.readings(filter, {
      asOf: standing.position,
      limit,
      skip,
      order,
      ...(after === null ? {} : { after: { occurredAt: after.time, position: position(after.tie) } })
    }),
  first: ({ limit, skip }) =>
    Effect.map(log.readingsNow(filter, { limit, skip, order }), (now) => ({
      position: now.position,
      rows: now.readings
    })),
  place: (reading) => ({ time: reading.occurredAt, tie: reading.position }),
  watermark: (standing) => newest(log, filter, standing),
  validity: Effect.succeed("")
})
