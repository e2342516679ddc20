/**
 * `/data/`: readings, read and written. Thin: what holds is held by the log.
 */
import * as HttpApiBuilder from "@effect/platform/HttpApiBuilder"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { TidemarkApi } from "../api/TidemarkApi.js"
import type { ReadingId, SensorId } from "../domain/Ids.js"
import { position } from "../domain/Ids.js"
import type { Reading } from "../domain/Reading.js"
import type { Micros } from "../domain/Time.js"
import { EventLog, type EventLogService, type LogError, type ReadingFilter } from "../eventlog/EventLog.js"
import { nowMicros } from "../telemetry/Now.js"
import { jsonBody } from "./Body.js"
import { decodePost, decodeReading } from "./Decode.js"
import { HttpLimits } from "./Limits.js"
import { type Paged, type PageParams, pageResponse } from "./Paging.js"
import { type HandlerError, invalid, notFound, problemResponse, type Refusal, refusalOf } from "./Problems.js"
import { candidateOf, readingJson, replacementOf } from "./ReadingJson.js"

/** Failures as problems: what every handler ends with. */
export const answering = <R>(
  handler: Effect.Effect<HttpServerResponse.HttpServerResponse, HandlerError, R>
): Effect.Effect<HttpServerResponse.HttpServerResponse, never, R> =>
  Effect.catchAll(handler, (error) => {
    const response = Effect.succeed(problemResponse(refusalOf(error)))
    return error._tag === "LogCorrupt"
      ? Effect.zipRight(Effect.logError(`the log contradicts itself: ${error.reason}`), response)
      : response
  })

/** 404 unless the log knows the sensor. */
export const mustBeKnown = (log: EventLogService, id: SensorId) =>
  Effect.flatMap(log.sensor(id), (sensor) =>
    Option.isSome(sensor) ? Effect.void : Effect.fail(notFound(`There is no sensor ${id}.`))
  )

const headPosition = (log: EventLogService) => Effect.map(log.head, ({ position }) => position)

const readingPage = (log: EventLogService, filter: ReadingFilter): Paged<Reading, LogError> => ({
  kind: "readings",
  filter: { ...filter },
  read: ({ after, asOf, limit, skip }) =>
    Effect.flatMap(asOf === undefined ? headPosition(log) : Effect.succeed(asOf), (asOf) =>
      Effect.map(
        log.readings(filter, {
          asOf,
          limit,
          skip,
          ...(after === null ? {} : { after: { occurredAt: after.time, position: position(after.tie) } })
        }),
        (rows) => ({ asOf, rows })
      )
    ),
  place: (reading) => ({ time: reading.occurredAt, tie: reading.position }),
  json: readingJson
})

interface FilterParams extends PageParams {
  readonly type?: string
  readonly unit?: string
  readonly start_time?: Micros
  readonly end_time?: Micros
}

const listed = (log: EventLogService, params: FilterParams) =>
  answering(
    pageResponse(
      readingPage(log, {
        type: params.type,
        unit: params.unit,
        start: params.start_time,
        end: params.end_time
      }),
      params,
      Effect.void
    )
  )

const ofSensor = (log: EventLogService, id: SensorId, params: PageParams) =>
  answering(pageResponse(readingPage(log, { sensorIds: [id] }), params, mustBeKnown(log, id)))

const timeBound = Effect.gen(function* () {
  const { futureMicrosMax } = yield* HttpLimits
  return { now: yield* nowMicros, futureMax: futureMicrosMax }
})

const orInvalid = Effect.mapError((errors: Parameters<typeof invalid>[0]): Refusal => invalid(errors))

const record = (log: EventLogService) =>
  Effect.gen(function* () {
    const posted = yield* orInvalid(decodePost(yield* jsonBody, yield* timeBound))
    const recorded = yield* Effect.mapError(log.record(posted.readings.map(candidateOf)), (error) =>
      refusalOf(error, (index) => (posted.many ? `[${index}].sensor_id` : "sensor_id"))
    )
    const body = recorded.map(({ reading }) => readingJson(reading))
    return HttpServerResponse.unsafeJson(posted.many ? body : body[0], {
      status: recorded.some(({ created }) => created) ? 201 : 200
    })
  })

const replace = (log: EventLogService, id: ReadingId) =>
  Effect.gen(function* () {
    const input = yield* orInvalid(decodeReading(yield* jsonBody, yield* timeBound))
    const { change, reading } = yield* log.replace(id, replacementOf(input))
    return HttpServerResponse.unsafeJson(
      readingJson(reading),
      change === "Moved" ? { headers: { location: `/data/${reading.id}` } } : {}
    )
  })

export const DataLive = HttpApiBuilder.group(TidemarkApi, "Data", (handlers) =>
  Effect.map(EventLog, (log) =>
    handlers
      .handle("listReadings", ({ urlParams }) => listed(log, urlParams))
      .handle("summaryReadings", ({ urlParams }) => listed(log, urlParams))
      .handle("rangeReadings", ({ urlParams }) => listed(log, urlParams))
      .handle("sensorReadings", ({ path, urlParams }) => ofSensor(log, path.sensor_id, urlParams))
      .handleRaw("recordReadings", () => answering(record(log)))
      .handleRaw("replaceReading", ({ path }) => answering(replace(log, path.data_id)))
      .handle("removeReading", ({ path }) =>
        answering(
          Effect.map(log.remove(path.data_id), (reading) =>
            HttpServerResponse.unsafeJson(readingJson(reading))
          )
        )
      )
  )
)
