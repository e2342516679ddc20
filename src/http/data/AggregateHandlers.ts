/**
 * `/aggregated_data/`: what the readings of each interval come to.
 */
import * as HttpApiBuilder from "@effect/platform/HttpApiBuilder"
import * as Effect from "effect/Effect"
import { PAGE_LIMIT_DEFAULT } from "../../api/core/ContractParameters.js"
import { AGGREGATES } from "../../domain/dataset/AggregatesDataset.js"
import { type SensorId, sensorId } from "../../domain/Ids.js"
import type { Interval } from "../../domain/minute/Interval.js"
import { zoneNamed } from "../../domain/minute/LocalInterval.js"
import { type Micros, micros, minuteOf } from "../../domain/Time.js"
import { CatalogueLog, type CatalogueLogService } from "../../eventlog/CatalogueLog.js"
import { EventLog, type EventLogService, type LogError } from "../../eventlog/EventLog.js"
import { DefaultZone } from "../../projections/intervals/DefaultZone.js"
import {
  type AggregateRow,
  Aggregates,
  type AggregatesService
} from "../../projections/minutes/Aggregates.js"
import { Contract } from "../core/Contract.js"
import type { Refusal } from "../core/Problems.js"
import { answerRows } from "../listing/Answer.js"
import { foldedUpTo, standingAsOf } from "../listing/AsOfParameter.js"
import { CHUNK_ROWS, type Listing } from "../listing/Listing.js"
import type { ReadingQuery } from "../listing/ReadingList.js"
import { AGGREGATE_POINT, sampledListing } from "../listing/Sampled.js"
import { byNumber, mustBeKnown } from "../listing/SensorFilter.js"
import { widened } from "../listing/WideList.js"

interface AggregateQuery extends ReadingQuery {
  readonly interval: Interval
  readonly tz?: string | undefined
}

interface Parts {
  readonly service: AggregatesService
  readonly log: EventLogService
  readonly words: CatalogueLogService
}

/** What aggregates depend on beside the readings: what is final, and how often sensors were to report. */
interface AggregateContext {
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
  order: "asc" | "desc"
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
  return {
    kind: `aggregates ${interval}${zone === undefined ? "" : ` ${tz}`}${order === "desc" ? " desc" : ""}`,
    filter,
    table: AGGREGATES,
    zone: zone === undefined ? "UTC" : tz,
    now: Effect.map(service.standing, ({ position }) => position),
    read: ({ after, limit, skip, standing }) =>
      Effect.map(
        service.aggregates(filter, {
          ...judged,
          interval,
          zone,
          order,
          asOf: standing.position,
          limit,
          skip,
          ...(after === null ? {} : { after: { start: after.time, sensorId: sensorId(after.tie) } })
        }),
        ({ rows }) => rows
      ),
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

const thinned = (
  service: AggregatesService,
  log: EventLogService,
  query: AggregateQuery,
  judged: AggregateContext
) => sampledListing(log, (order) => aggregateList(service, query, judged, order), AGGREGATE_POINT, query)

const wide = (
  service: AggregatesService,
  log: EventLogService,
  query: AggregateQuery,
  judged: AggregateContext
) =>
  widened(
    log,
    query,
    "aggregated_sensor_data",
    (ids) => aggregateList(service, { ...query, sensor_id: ids }, judged, query.order ?? "asc"),
    ({ sensorId: sensor, timestamp: time, value }) => ({ time, tie: sensor, sensor, value })
  )

const answered = <E = never>(
  { log, service, words }: Parts,
  asked: AggregateQuery,
  check?: Effect.Effect<void, E>
) =>
  Effect.gen(function* () {
    const judged = yield* judgedAsOf(service, log, asked)
    const { name } = yield* DefaultZone
    const query = yield* byNumber(log, words, { ...asked, tz: asked.tz ?? name })
    return query.shape === "wide"
      ? yield* answerRows(log, yield* wide(service, log, query, judged), query, check)
      : yield* answerRows(log, yield* thinned(service, log, query, judged), query, check)
  })

const ofSensor = (parts: Parts, id: SensorId, query: AggregateQuery) =>
  answered(parts, { ...query, sensor_id: [id] }, mustBeKnown(parts.log, id))

export const AggregatesLive = HttpApiBuilder.group(Contract, "Aggregates", (handlers) =>
  Effect.gen(function* () {
    const parts = { service: yield* Aggregates, log: yield* EventLog, words: yield* CatalogueLog }
    return handlers
      .handle("listAggregates", ({ urlParams }) => answered(parts, urlParams))
      .handle("summaryAggregates", ({ urlParams }) => answered(parts, urlParams))
      .handle("rangeAggregates", ({ urlParams }) => answered(parts, urlParams))
      .handle("sensorAggregates", ({ path, urlParams }) => ofSensor(parts, path.sensor_id, urlParams))
  })
)
