/** `/data/data-quality/`: the scores, what failed, gaps, and how it went over time. */
import * as HttpApiBuilder from "@effect/platform/HttpApiBuilder"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { AsOf } from "../../api/core/ListParameters.js"
import type {
  QualityFailure,
  QualityGap,
  QualityHistory,
  QualityRun
} from "../../api/quality/QualityGroup.js"
import { type SensorId, sensorId } from "../../domain/Ids.js"
import { zoneNamed } from "../../domain/minute/LocalInterval.js"
import type { TagCondition } from "../../domain/shaping/Tags.js"
import { formatTime, MICROS_PER_SECOND, type Micros, micros } from "../../domain/Time.js"
import { CatalogueLog, type CatalogueLogService } from "../../eventlog/CatalogueLog.js"
import { EventLog, type EventLogService } from "../../eventlog/EventLog.js"
import { DefaultZone } from "../../projections/intervals/DefaultZone.js"
import { Aggregates, type AggregatesService } from "../../projections/minutes/Aggregates.js"
import { Quality, type QualityQuestion } from "../../projections/quality/Quality.js"
import type { HistoryEntry } from "../../projections/quality/QualityHistory.js"
import type { Failure, Gap, Page } from "../../projections/quality/QualityLists.js"
import { type QualityRun as KeptRun, QualityRuns } from "../../projections/quality/QualityRuns.js"
import { bulkAnswer, Contract } from "../core/Contract.js"
import { pathnameOf } from "../core/Routes.js"
import { ZONE_HEADER } from "../listing/Answer.js"
import { foldedUpTo, standingAsOf } from "../listing/AsOfParameter.js"
import { sensorsAsked } from "../listing/SensorFilter.js"

interface WindowQuery {
  readonly as_of?: AsOf | undefined
  readonly start_time?: Micros | undefined
  readonly end_time?: Micros | undefined
  readonly sensor_id?: SensorId | undefined
  readonly sensor?: string | undefined
  readonly tag?: ReadonlyArray<TagCondition> | undefined
}

interface Sources {
  readonly log: EventLogService
  readonly words: CatalogueLogService
  readonly minutes: AggregatesService
}

/** What `answer` gives for what is asked; 404 where it is asked for a sensor that the log does not know. */
const ofKnown = <A, E, R>(
  { log, words }: Sources,
  query: WindowQuery,
  answer: (question: QualityQuestion) => Effect.Effect<A, E, R>
) =>
  Effect.flatMap(sensorsAsked(log, words, query), (sensors) =>
    answer({ start: query.start_time, end: query.end_time, ...sensors })
  )

/** The same as of a position of the past, where one is asked for. */
const ofThen = <A, E, R>(
  sources: Sources,
  query: WindowQuery,
  answer: (question: QualityQuestion) => Effect.Effect<A, E, R>
) =>
  ofKnown(sources, query, (question) =>
    Effect.gen(function* () {
      const { log, minutes } = sources
      if (query.as_of === undefined) return yield* answer(question)
      const { asThen, position } = yield* standingAsOf(log, query.as_of)
      yield* foldedUpTo(minutes, position)
      const sensors = yield* log.sensorsAsOf(position)
      return yield* answer({ ...question, asOf: { position, at: asThen ?? micros(0), sensors } })
    })
  )

const failureJson = (failure: Failure): QualityFailure => ({
  check: failure.check,
  sensor_id: failure.sensorId,
  timestamp: formatTime(failure.at),
  end_time: failure.until === null ? null : formatTime(failure.until),
  reading_id: failure.readingId,
  value: failure.value,
  count: failure.count,
  reason: failure.reason
})

const gapJson = ({ name, ...gap }: Gap & { readonly name: string | null }): QualityGap => ({
  sensor_id: gap.sensorId,
  name,
  start_time: formatTime(gap.start),
  end_time: formatTime(gap.end),
  seconds: (gap.end - gap.start) / MICROS_PER_SECOND,
  missing: gap.missing,
  open: gap.open,
  interval_ms: gap.intervalMs
})

/** With the names that their sensors have, or had as of a position. */
const withNames = (log: EventLogService, page: Page<Gap>, { asOf }: QualityQuestion) =>
  Effect.gen(function* () {
    const ids = [...new Set(page.rows.map((gap) => gap.sensorId))]
    const sensors =
      asOf?.sensors ?? (yield* Effect.forEach(ids, (id) => log.sensor(sensorId(id)))).flatMap(Option.toArray)
    const names = new Map(sensors.map(({ id, name }) => [Number(id), name]))
    return { ...page, rows: page.rows.map((gap) => ({ ...gap, name: names.get(gap.sensorId) ?? null })) }
  })

const historyJson = (entry: HistoryEntry): QualityHistory => ({
  start_time: formatTime(entry.start),
  end_time: formatTime(entry.end),
  position: entry.position,
  results: entry.results,
  sensors: entry.sensors,
  left_out_before: entry.leftOut
})

/** The windows, and the way to those before them where the answer is cut. */
const historyAnswer = (entries: ReadonlyArray<HistoryEntry>, zone: string) =>
  Effect.map(HttpServerRequest.HttpServerRequest, ({ url }) => {
    const [oldest] = entries
    const cut = oldest !== undefined && oldest.leftOut > 0
    const search = searchOf(url)
    if (cut) search.set("end_time", formatTime(oldest.start))
    return bulkAnswer(entries.map(historyJson), {
      [ZONE_HEADER]: zone,
      ...(cut ? { link: `<${pathnameOf(url)}?${search}>; rel="next"` } : {})
    })
  })

const runJson = (run: KeptRun): QualityRun => ({
  measured_at: formatTime(run.measuredAt),
  start_time: formatTime(run.start),
  end_time: formatTime(run.end),
  sensor_id: run.sensorId,
  position: run.position,
  cause: run.cause,
  results: run.results,
  checks: run.checks
})

const searchOf = (url: string) => {
  const start = url.indexOf("?")
  return new URLSearchParams(start === -1 ? "" : url.slice(start + 1))
}

/** Device times are below this. */
const ALWAYS = micros(Number.MAX_SAFE_INTEGER / 2)

/** The rows as JSON, with the position that they stand for and the way to the next page. */
const pageAnswer = <A, B extends object>(
  page: Page<A>,
  query: { skip: number; limit: number },
  json: (row: A) => B
) =>
  Effect.map(HttpServerRequest.HttpServerRequest, ({ url }) => {
    const search = searchOf(url)
    search.set("skip", String(query.skip + query.limit))
    return bulkAnswer(page.rows.map(json), {
      "tidemark-position": String(page.position),
      ...(page.more ? { link: `<${pathnameOf(url)}?${search}>; rel="next"` } : {})
    })
  })

export const QualityLive = HttpApiBuilder.group(Contract, "Quality", (handlers) =>
  Effect.gen(function* () {
    const quality = yield* Quality
    const runs = yield* QualityRuns
    const minutes = yield* Aggregates
    const log = yield* EventLog
    const sources: Sources = { log, minutes, words: yield* CatalogueLog }
    return handlers
      .handle("dataQuality", ({ urlParams }) =>
        ofThen(sources, urlParams, (question) =>
          quality.report({ ...question, fresh: urlParams.fresh === "true" })
        )
      )
      .handle("qualityFailures", ({ urlParams }) =>
        ofKnown(sources, urlParams, (question) => quality.failures({ ...question, ...urlParams })).pipe(
          Effect.flatMap((page) => pageAnswer(page, urlParams, failureJson))
        )
      )
      .handle("qualityGaps", ({ urlParams }) => {
        const { limit, longer_than, skip } = urlParams
        const gaps = (question: QualityQuestion) =>
          Effect.flatMap(
            quality.gaps({ ...question, skip, limit, longerThan: longer_than * MICROS_PER_SECOND }),
            (page) => withNames(log, page, question)
          )
        return Effect.flatMap(ofThen(sources, urlParams, gaps), (page) =>
          pageAnswer(page, urlParams, gapJson)
        )
      })
      .handle("qualityHistory", ({ urlParams }) => {
        const { interval, sensors, tz } = urlParams
        return Effect.gen(function* () {
          const name = tz ?? (yield* DefaultZone).name
          const zone = zoneNamed(name)
          const history = (question: QualityQuestion) =>
            quality.history({ ...question, interval, zone, bySensor: sensors === "true" })
          return yield* historyAnswer(
            yield* ofKnown(sources, urlParams, history),
            zone === undefined ? "UTC" : name
          )
        })
      })
      .handle("qualityRuns", ({ urlParams: { end_time, limit, skip, start_time } }) =>
        runs
          .runs({ start: start_time ?? micros(0), end: end_time ?? ALWAYS }, { skip, limit: limit + 1 })
          .pipe(
            Effect.flatMap((runs) =>
              pageAnswer(
                {
                  rows: runs.slice(0, limit),
                  more: runs.length > limit,
                  position: runs[0]?.position ?? 0
                },
                { skip, limit },
                runJson
              )
            )
          )
      )
      .handle("runQuality", ({ urlParams }) =>
        ofKnown(sources, urlParams, (question) => runs.run(question, "request"))
      )
  })
)
