/**
 * `/aggregated_data/`: what the readings of each interval come to.
 */
import * as HttpApiBuilder from "@effect/platform/HttpApiBuilder"
import * as Effect from "effect/Effect"
import type { Aggregate as AggregateOnWire } from "../api/Aggregate.js"
import { TidemarkApi } from "../api/TidemarkApi.js"
import { type SensorId, sensorId } from "../domain/Ids.js"
import type { Interval } from "../domain/Minute.js"
import { formatTime, type Micros } from "../domain/Time.js"
import { EventLog, type EventLogService, type LogError } from "../eventlog/EventLog.js"
import { type AggregateRow, Aggregates, type AggregatesService } from "../projections/Aggregates.js"
import type { AggregateFilter } from "../projections/MinuteStore.js"
import { answering, mustBeKnown } from "./DataHandlers.js"
import { type Paged, type PageParams, pageResponse } from "./Paging.js"

// Spelt out, so that a field that is added there is not sent before the contract names it.
const aggregateJson = (row: AggregateRow): AggregateOnWire => ({
  id: row.id,
  sensor_id: row.sensorId,
  timestamp: formatTime(row.timestamp),
  value: row.value,
  lat: row.lat,
  lng: row.lng,
  unit: row.unit,
  type: row.type,
  description: row.description,
  interval: row.interval,
  count: row.count,
  sum: row.sum,
  min: row.min,
  max: row.max,
  stddev: row.stddev,
  first: row.first,
  last: row.last,
  expected: row.expected,
  completeness: row.completeness,
  final: row.final,
  position: row.position
})

const page = (
  service: AggregatesService,
  interval: Interval,
  filter: AggregateFilter
): Paged<AggregateRow, LogError> => ({
  kind: `aggregates ${interval}`,
  filter: { ...filter },
  read: ({ after, asOf, limit, skip }) =>
    service.aggregates(filter, {
      interval,
      asOf,
      limit,
      skip,
      ...(after === null ? {} : { after: { start: after.time, sensorId: sensorId(after.tie) } })
    }),
  place: (row) => ({ time: row.timestamp, tie: row.sensorId }),
  json: aggregateJson
})

interface Params extends PageParams {
  readonly interval: Interval
  readonly type?: string
  readonly unit?: string
  readonly start_time?: Micros
  readonly end_time?: Micros
}

const listed = (service: AggregatesService, params: Params) => {
  const { end_time: end, interval, start_time: start, type, unit } = params
  return answering(pageResponse(page(service, interval, { type, unit, start, end }), params, Effect.void))
}

const ofSensor = (service: AggregatesService, log: EventLogService, id: SensorId, params: Params) =>
  answering(pageResponse(page(service, params.interval, { sensorIds: [id] }), params, mustBeKnown(log, id)))

export const AggregatesLive = HttpApiBuilder.group(TidemarkApi, "Aggregates", (handlers) =>
  Effect.gen(function* () {
    const service = yield* Aggregates
    const log = yield* EventLog
    return handlers
      .handle("listAggregates", ({ urlParams }) => listed(service, urlParams))
      .handle("summaryAggregates", ({ urlParams }) => listed(service, urlParams))
      .handle("rangeAggregates", ({ urlParams }) => listed(service, urlParams))
      .handle("sensorAggregates", ({ path, urlParams }) => ofSensor(service, log, path.sensor_id, urlParams))
  })
)
