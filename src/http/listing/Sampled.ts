/**
 * A listing thinned out for a plot (`max_points`): the rows are read by the chunk as ever, and what is kept of them
 * goes out in their order. Memory does not grow with the rows.
 *
 * An answer with no more rows than `max_points` in all is given whole. It is one page: in JSON there is a bound on
 * what it may hold.
 */
import * as Effect from "effect/Effect"
import {
  type Grid,
  largestTriangle,
  type Method,
  minMax,
  Outlines,
  type PointOf,
  type Sampler
} from "../../domain/Downsample.js"
import type { Reading } from "../../domain/Reading.js"
import type { EventLogService, LogError } from "../../eventlog/EventLog.js"
import type { AggregateRow } from "../../projections/minutes/Aggregates.js"
import { nextTurn } from "../../telemetry/EventLoop.js"
import { invalidField, type Refusal } from "../core/Problems.js"
import type { Place } from "./Cursor.js"
import type { Listing, ListQuery, RowQuery, RowsError, Standing } from "./Listing.js"

export const JSON_POINTS_MAX = 20_000
/** Points times sensors of LTTB, which holds a few numbers for each. */
export const LTTB_POINTS_MAX = 1_000_000

export const READING_POINT: PointOf<Reading> = {
  sensor: (row) => row.sensorId,
  time: (row) => row.occurredAt,
  tie: (row) => row.position,
  value: (row) => row.value,
  low: (row) => row.value,
  high: (row) => row.value
}

/** The line goes through the means; the extremes are those of the readings. */
export const AGGREGATE_POINT: PointOf<AggregateRow> = {
  sensor: (row) => row.sensorId,
  time: (row) => row.timestamp,
  tie: (row) => row.sensorId,
  value: (row) => row.value,
  low: (row) => row.min,
  high: (row) => row.max
}

export interface SampledQuery extends ListQuery {
  readonly max_points?: number | undefined
  readonly method?: Method | undefined
  readonly order?: "asc" | "desc" | undefined
  readonly sensor_id?: ReadonlyArray<number> | undefined
}

type ListingMaker<Row> = (order: "asc" | "desc") => Listing<Row>

class Walk<Row> {
  private readonly listing: Listing<Row>
  private readonly pending: Array<Row> = []
  private sampler: Sampler<Row> | null = null
  private after: Place | null = null
  private done = false

  constructor(
    private readonly listed: ListingMaker<Row>,
    private readonly of: PointOf<Row>,
    private readonly order: "asc" | "desc",
    private readonly points: number,
    private readonly method: Method
  ) {
    this.listing = listed(order)
  }

  /** The next rows, in order; the place that is asked for is always that of the last one given. */
  read({ limit, standing }: RowQuery): Effect.Effect<ReadonlyArray<Row>, RowsError> {
    const walk = this
    return Effect.gen(function* () {
      const sampler = walk.sampler ?? (yield* walk.begin(standing))
      while (walk.pending.length < limit && !walk.done) {
        const rows = yield* walk.chunk(standing, walk.after)
        for (const row of rows) walk.pending.push(...sampler.add(row))
        walk.goneOn(rows)
        if (walk.done) walk.pending.push(...sampler.end())
      }
      return walk.pending.splice(0, limit)
    })
  }

  private chunk(standing: Standing, after: Place | null) {
    const { listing } = this
    return Effect.zipRight(nextTurn, listing.read({ standing, after, skip: 0, limit: listing.chunkRows }))
  }

  private goneOn(rows: ReadonlyArray<Row>): void {
    const last = rows.at(-1)
    if (last !== undefined) this.after = this.listing.place(last)
    this.done = rows.length < this.listing.chunkRows
  }

  /** Reads as many rows as may be given whole, and one chunk more at most. */
  private begin(standing: Standing): Effect.Effect<Sampler<Row>, RowsError> {
    const walk = this
    return Effect.gen(function* () {
      const head: Array<Row> = []
      while (head.length <= walk.points && !walk.done) {
        const rows = yield* walk.chunk(standing, walk.after)
        head.push(...rows)
        walk.goneOn(rows)
      }
      const [first] = head
      const whole = head.length <= walk.points
      const sampler =
        whole || first === undefined
          ? { add: () => [], end: () => [] }
          : yield* walk.samplerFrom(standing, head, walk.of.time(first))
      walk.sampler = sampler
      for (const row of head) {
        if (whole) walk.pending.push(row)
        else walk.pending.push(...sampler.add(row))
      }
      if (walk.done) walk.pending.push(...sampler.end())
      return sampler
    })
  }

  private samplerFrom(standing: Standing, head: ReadonlyArray<Row>, first: number) {
    const walk = this
    const { listed, method, of, order, points } = this
    return Effect.gen(function* () {
      const descending = order === "desc"
      const opposite = listed(descending ? "asc" : "desc")
      const [end] = yield* opposite.read({ standing, after: null, skip: 0, limit: 1 })
      const last = end === undefined ? first : of.time(end)
      const grid: Grid = { from: Math.min(first, last), to: Math.max(first, last), descending }
      if (method === "minmax") return minMax(of, grid, points)
      const outlines = new Outlines(of, grid, points)
      for (const row of head) outlines.add(row)
      let { after, done } = walk
      while (!done) {
        const rows: ReadonlyArray<Row> = yield* walk.chunk(standing, after)
        for (const row of rows) outlines.add(row)
        const behind = rows.at(-1)
        if (behind !== undefined) after = walk.listing.place(behind)
        done = rows.length < walk.listing.chunkRows
      }
      return largestTriangle(outlines)
    })
  }
}

/** How many sensors the answer may have rows of: those named, or all that there are, counted up to a bound. */
const sensorsUpTo = (log: EventLogService, query: SampledQuery, bound: number) =>
  query.sensor_id === undefined
    ? Effect.map(log.sensors({ limit: bound }), (sensors) => sensors.length)
    : Effect.succeed(query.sensor_id.length)

const bounded = (log: EventLogService, query: SampledQuery, points: number) =>
  Effect.gen(function* () {
    const { format = "json", method } = query
    const paged = format === "json" || format === "columns"
    const bound = paged ? JSON_POINTS_MAX : method === "lttb" ? LTTB_POINTS_MAX : null
    if (bound === null) return
    const sensors = yield* sensorsUpTo(log, query, Math.floor(bound / points) + 1)
    if (sensors * points <= bound) return
    const where = paged ? `in ${format}: ask for less, name sensors, or take a streamed format` : "of lttb"
    return yield* invalidField("max_points", `times the sensors must be at most ${bound} ${where}`)
  })

export const sampledListing = <Row>(
  log: EventLogService,
  listed: ListingMaker<Row>,
  of: PointOf<Row>,
  query: SampledQuery
): Effect.Effect<Listing<Row>, LogError | Refusal> => {
  const { max_points: points, method = "minmax", order = "asc" } = query
  const listing = listed(order)
  if (points === undefined) return Effect.succeed(listing)
  return Effect.map(bounded(log, query, points), () => {
    const walk = new Walk(listed, of, order, points, method)
    return {
      ...listing,
      kind: `${listing.kind} points ${points} ${method}`,
      first: undefined,
      read: (rows) => walk.read(rows),
      pageRows: JSON_POINTS_MAX
    }
  })
}
