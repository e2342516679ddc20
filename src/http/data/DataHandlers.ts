/**
 * `/data/`: readings, read and written. Thin: what holds is held by the log.
 */
import * as HttpApiBuilder from "@effect/platform/HttpApiBuilder"
import type * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { TidemarkApi } from "../../api/TidemarkApi.js"
import type { SensorId } from "../../domain/Ids.js"
import { EventLog, type EventLogService } from "../../eventlog/EventLog.js"
import { type HandlerError, notFound, problemResponse, refusalOf } from "../core/Problems.js"
import { answerRows } from "../listing/Answer.js"
import { READING_POINT, sampled } from "../listing/Sampled.js"
import { wideList } from "../listing/WideList.js"
import { type ReadingQuery, readingFilter, readingList } from "./ReadingList.js"
import { makeWriting } from "./WriteHandlers.js"

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

const longList = (log: EventLogService, query: ReadingQuery) =>
  sampled(log, (order) => readingList(log, readingFilter(query), order), READING_POINT, query)

const listed = (log: EventLogService, query: ReadingQuery) =>
  answering(
    query.shape === "wide"
      ? Effect.flatMap(wideList(log, query), (list) => answerRows(log, list, query))
      : Effect.flatMap(longList(log, query), (list) => answerRows(log, list, query))
  )

const ofSensor = (log: EventLogService, id: SensorId, asked: ReadingQuery) => {
  const query = { ...asked, sensor_id: [id] }
  return answering(
    query.shape === "wide"
      ? Effect.flatMap(wideList(log, query), (list) => answerRows(log, list, query, mustBeKnown(log, id)))
      : Effect.flatMap(longList(log, query), (list) => answerRows(log, list, query, mustBeKnown(log, id)))
  )
}

export const DataLive = HttpApiBuilder.group(TidemarkApi, "Data", (handlers) =>
  Effect.gen(function* () {
    const log = yield* EventLog
    const writing = yield* makeWriting(log)
    return handlers
      .handle("listReadings", ({ urlParams }) => listed(log, urlParams))
      .handle("summaryReadings", ({ urlParams }) => listed(log, urlParams))
      .handle("rangeReadings", ({ urlParams }) => listed(log, urlParams))
      .handle("sensorReadings", ({ path, urlParams }) => ofSensor(log, path.sensor_id, urlParams))
      .handleRaw("recordReadings", () => answering(writing.record))
      .handleRaw("replaceReading", ({ path, urlParams }) =>
        answering(writing.replace(path.data_id, urlParams.reason))
      )
      .handle("removeReading", ({ path, urlParams }) =>
        answering(writing.remove(path.data_id, urlParams.reason))
      )
  })
)
