/**
 * `/data/`: readings, read and written. Thin: what holds is held by the log.
 */
import * as HttpApiBuilder from "@effect/platform/HttpApiBuilder"
import * as Effect from "effect/Effect"
import type { SensorId } from "../../domain/Ids.js"
import { EventLog, type EventLogService } from "../../eventlog/EventLog.js"
import { Contract } from "../core/Contract.js"
import { answerRows } from "../listing/Answer.js"
import { type ReadingQuery, readingFilter, readingList } from "../listing/ReadingList.js"
import { READING_POINT, sampledListing } from "../listing/Sampled.js"
import { byNumber, mustBeKnown } from "../listing/SensorFilter.js"
import { wideList } from "../listing/WideList.js"
import { deleteReadings } from "./DeleteHandlers.js"
import { makeWriting } from "./WriteHandlers.js"

const longList = (log: EventLogService, query: ReadingQuery) =>
  sampledListing(log, (order) => readingList(log, readingFilter(query), order), READING_POINT, query)

const listed = <E = never>(log: EventLogService, asked: ReadingQuery, check?: Effect.Effect<void, E>) =>
  Effect.flatMap(byNumber(log, asked), (query) =>
    query.shape === "wide"
      ? Effect.flatMap(wideList(log, query), (list) => answerRows(log, list, query, check))
      : Effect.flatMap(longList(log, query), (list) => answerRows(log, list, query, check))
  )

const ofSensor = (log: EventLogService, id: SensorId, query: ReadingQuery) =>
  listed(log, { ...query, sensor_id: [id] }, mustBeKnown(log, id))

export const DataLive = HttpApiBuilder.group(Contract, "Data", (handlers) =>
  Effect.gen(function* () {
    const log = yield* EventLog
    const writing = yield* makeWriting(log)
    return handlers
      .handle("listReadings", ({ urlParams }) => listed(log, urlParams))
      .handle("summaryReadings", ({ urlParams }) => listed(log, urlParams))
      .handle("rangeReadings", ({ urlParams }) => listed(log, urlParams))
      .handle("sensorReadings", ({ path, urlParams }) => ofSensor(log, path.sensor_id, urlParams))
      .handleRaw("recordReadings", () => writing.record)
      .handleRaw("replaceReading", ({ path, urlParams }) => writing.replace(path.data_id, urlParams.reason))
      .handleRaw("deleteReadings", () => deleteReadings(log))
      .handle("removeReading", ({ path, urlParams }) => writing.remove(path.data_id, urlParams.reason))
  })
)
