/**
 * `/data/`: readings, read and written. Thin: what holds is held by the log.
 */
import * as HttpApiBuilder from "@effect/platform/HttpApiBuilder"
import * as Effect from "effect/Effect"
import type { SensorId } from "../../domain/Ids.js"
import { CatalogueLog, type CatalogueLogService } from "../../eventlog/CatalogueLog.js"
import { EventLog, type EventLogService } from "../../eventlog/EventLog.js"
import { Contract } from "../core/Contract.js"
import { answerRows } from "../listing/Answer.js"
import { type ReadingQuery, readingFilter, readingList } from "../listing/ReadingList.js"
import { READING_POINT, sampledListing } from "../listing/Sampled.js"
import { byNumber, mustBeKnown } from "../listing/SensorFilter.js"
import { mustConvert, type ShapingAt, shapedReadings, shapingOf } from "../listing/Shaped.js"
import { wideList } from "../listing/WideList.js"
import { deleteReadings } from "./DeleteHandlers.js"
import { makeWriting } from "./WriteHandlers.js"

interface Logs {
  readonly log: EventLogService
  readonly words: CatalogueLogService
}

const longList = (log: EventLogService, shapingAt: ShapingAt | null, query: ReadingQuery) =>
  sampledListing(
    log,
    (order) => shapedReadings(shapingAt, query, readingList(log, readingFilter(query), order)),
    READING_POINT,
    query
  )

const listed = <E = never>({ log, words }: Logs, asked: ReadingQuery, check?: Effect.Effect<void, E>) =>
  Effect.gen(function* () {
    const query = yield* byNumber(log, words, asked)
    const shapingAt = shapingOf(words, query)
    yield* mustConvert(log, shapingAt, query)
    return query.shape === "wide"
      ? yield* answerRows(log, yield* wideList(log, shapingAt, query), query, check)
      : yield* answerRows(log, yield* longList(log, shapingAt, query), query, check)
  })

const ofSensor = (logs: Logs, id: SensorId, query: ReadingQuery) =>
  listed(logs, { ...query, sensor_id: [id] }, mustBeKnown(logs.log, id))

export const DataLive = HttpApiBuilder.group(Contract, "Data", (handlers) =>
  Effect.gen(function* () {
    const log = yield* EventLog
    const logs = { log, words: yield* CatalogueLog }
    const writing = yield* makeWriting(log)
    return handlers
      .handle("listReadings", ({ urlParams }) => listed(logs, urlParams))
      .handle("summaryReadings", ({ urlParams }) => listed(logs, urlParams))
      .handle("rangeReadings", ({ urlParams }) => listed(logs, urlParams))
      .handle("sensorReadings", ({ path, urlParams }) => ofSensor(logs, path.sensor_id, urlParams))
      .handleRaw("recordReadings", () => writing.record)
      .handleRaw("replaceReading", ({ path, urlParams }) => writing.replace(path.data_id, urlParams.reason))
      .handleRaw("deleteReadings", () => deleteReadings(log, logs.words))
      .handle("removeReading", ({ path, urlParams }) => writing.remove(path.data_id, urlParams.reason))
  })
)
