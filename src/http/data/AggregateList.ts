/** Aggregates as a listing: by interval and sensor, as of a position, shaped or as they are. */
import * as Effect from "effect/Effect"
import { PAGE_LIMIT_DEFAULT } from "../../api/core/ContractParameters.js"
import { AGGREGATES } from "../../domain/dataset/AggregatesDataset.js"
import { type SensorId, sensorId } from "../../domain/Ids.js"
import type { Interval } from "../../domain/minute/Interval.js"
import { zoneNamed } from "../../domain/minute/LocalInterval.js"
import { type Micros, micros, minuteOf } from "../../domain/Time.js"
import type { CatalogueLogService } from "../../eventlog/CatalogueLog.js"
import type { EventLogService, LogError } from "../../eventlog/EventLog.js"
import type { AggregateRow, AggregatesService } from "../../projections/minutes/Aggregates.js"
import type { Refusal } from "../core/Problems.js"
import { foldedUpTo, standingAsOf } from "../listing/AsOfParameter.js"
import { CHUNK_ROWS, type Listing } from "../listing/Listing.js"
import type { ReadingQuery } from "../listing/ReadingList.js"
import { calibratedTable, type ShapingAt, shapedParts } from "../listing/Shaped.js"

export interface AggregateQuery extends ReadingQuery {
  readonly interval: Interval
  readonly tz?: string | undefined
}

export interface AggregateParts {
  readonly service: AggregatesService
  readonly log: EventLogService
  readonly words: CatalogueLogService
}

/** What aggregates depend on beside the readings: what is final, and how often sensors were to report. */
export interface AggregateContext {
  readonly finalBefore: Micros
  readonly sensorIntervals?: ReadonlyMap<SensorId, number>
}

/** As of a position, all of it is taken from the log as of then; now, from what is known now. */
export const judgedAsOf = (
  service: AggregatesService,
  log: EventLogService,
  query: AggregateQuery
): Effect.Effect<AggregateContext, LogError | Refusal> =>
  Effect.gen(function* () {
    if (query.as_of === undefined) return { finalBefore: (yield* service.standing).finalBefore }
    const { asThen, position } = yield* standingAsOf(log, query.as_of)
    yield* foldedUpTo(service, position)
    const { latenessMicros } = yield* service.standing
    const sensorIntervals = new Map<SensorId, number>()
    for (const { estimatedIntervalMs, id, intervalMs } of yield* log.sensorsAsOf(position)) {
      const interval = intervalMs ?? estimatedIntervalMs
      if (interval !== null) sensorIntervals.set(id, interval)
    }
    return { finalBefore: minuteOf(micros(Math.max(0, (asThen ?? 0) - latenessMicros))), sensorIntervals }
  })

export const aggregateList = (
  service: AggregatesService,
  query: AggregateQuery,
  judged: AggregateContext,
  order: "asc" | "desc",
  shapingAt: ShapingAt | null = null
): Listing<AggregateRow> => {
  const filter = {
    type: query.type,
    unit: query.unit,
    start: query.start_time,
    end: query.end_time,
    sensorIds: query.sensor_id
  }
  const { interval, tz = "UTC" } = query
  const zone = zoneNamed(tz)
  const kind = `aggregates ${interval}${zone === undefined ? "" : ` ${tz}`}${order === "desc" ? " desc" : ""}`
  return {
    kind,
    ...(shapingAt === null ? {} : shapedParts(shapingAt, query, kind)),
    filter,
    table: calibratedTable(AGGREGATES, query),
    zone: zone === undefined ? "UTC" : tz,
    now: Effect.map(service.standing, ({ position }) => position),
    read: ({ after, limit, skip, standing }) => {
      const page = {
        ...judged,
        interval,
        zone,
        order,
        asOf: standing.position,
        limit,
        skip,
        ...(after === null ? {} : { after: { start: after.time, sensorId: sensorId(after.tie) } })
      }
      return Effect.map(
        shapingAt === null
          ? service.aggregates(filter, page)
          : Effect.flatMap(shapingAt(standing.position), (shaping) => service.shaped(filter, page, shaping)),
        ({ rows }) => rows
      )
    },
    place: (row) => ({ time: row.timestamp, tie: row.sensorId }),
    watermark: ({ position }) =>
      Effect.map(
        service.aggregates(filter, { ...judged, interval, zone, order: "desc", asOf: position, limit: 1 }),
        ({ rows: [row] }) => row?.timestamp ?? null
      ),
    chunkRows: CHUNK_ROWS,
    pageRows: PAGE_LIMIT_DEFAULT,
    // As of a position nothing moves; now, minutes become final as time goes on.
    validity: Effect.succeed(query.as_of === undefined ? String(judged.finalBefore) : "")
  }
}
