/**
 * `/aggregated_data/`: what the readings of each interval come to.
 */
import * as HttpApiBuilder from "@effect/platform/HttpApiBuilder"
import * as Effect from "effect/Effect"
import type { SensorId } from "../../domain/Ids.js"
import { CatalogueLog } from "../../eventlog/CatalogueLog.js"
import { EventLog } from "../../eventlog/EventLog.js"
import { DefaultZone } from "../../projections/intervals/DefaultZone.js"
import { Aggregates } from "../../projections/minutes/Aggregates.js"
import { Contract } from "../core/Contract.js"
import { answerRows } from "../listing/Answer.js"
import { AGGREGATE_POINT, sampledListing } from "../listing/Sampled.js"
import { byNumber, mustBeKnown } from "../listing/SensorFilter.js"
import { mustConvert, type ShapingAt, shapingOf } from "../listing/Shaped.js"
import { widened } from "../listing/WideList.js"
import {
  type AggregateContext,
  type AggregateParts,
  type AggregateQuery,
  aggregateList,
  judgedAsOf
} from "./AggregateList.js"
import { groupedAnswer } from "./GroupAnswers.js"

interface AggregateRequest extends AggregateParts {
  readonly query: AggregateQuery
  readonly judged: AggregateContext
  readonly shapingAt: ShapingAt | null
}

const thinned = ({ judged, log, query, service, shapingAt }: AggregateRequest) =>
  sampledListing(
    log,
    (order) => aggregateList(service, query, judged, order, shapingAt),
    AGGREGATE_POINT,
    query
  )

const wide = ({ judged, log, query, service, shapingAt }: AggregateRequest) =>
  widened(
    log,
    shapingAt,
    query,
    "aggregated_sensor_data",
    (ids) => aggregateList(service, { ...query, sensor_id: ids }, judged, query.order ?? "asc", shapingAt),
    ({ sensorId: sensor, timestamp: time, value }) => ({ time, tie: sensor, sensor, value })
  )

const answered = <E = never>(parts: AggregateParts, asked: AggregateQuery, check?: Effect.Effect<void, E>) =>
  Effect.gen(function* () {
    const { log, service, words } = parts
    const judged = yield* judgedAsOf(service, log, asked)
    const { name } = yield* DefaultZone
    const query = yield* byNumber(log, words, { ...asked, tz: asked.tz ?? name })
    const shapingAt = shapingOf(words, query)
    yield* mustConvert(log, shapingAt, query)
    const request = { ...parts, query, judged, shapingAt }
    return query.shape === "wide"
      ? yield* answerRows(log, yield* wide(request), query, check)
      : yield* answerRows(log, yield* thinned(request), query, check)
  })

const ofSensor = (parts: AggregateParts, id: SensorId, query: AggregateQuery) =>
  answered(parts, { ...query, sensor_id: [id] }, mustBeKnown(parts.log, id))

export const AggregatesLive = HttpApiBuilder.group(Contract, "Aggregates", (handlers) =>
  Effect.gen(function* () {
    const parts = { service: yield* Aggregates, log: yield* EventLog, words: yield* CatalogueLog }
    return handlers
      .handle("listAggregates", ({ urlParams }) => answered(parts, urlParams))
      .handle("summaryAggregates", ({ urlParams }) => answered(parts, urlParams))
      .handle("rangeAggregates", ({ urlParams }) => answered(parts, urlParams))
      .handle("groupedAggregates", ({ urlParams }) => groupedAnswer(parts, urlParams))
      .handle("sensorAggregates", ({ path, urlParams }) => ofSensor(parts, path.sensor_id, urlParams))
  })
)
