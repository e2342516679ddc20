/**
 * The quality of whole days, for strips, from its history, and of single windows: each is counted once and kept for
 * a while.
 *
 * Invariants:
 * 1. A page waits for days that must be counted no longer than WAITED; the rest is counted behind it, and is there
 *    when the page is asked for again.
 * 2. One history is asked for at a time, whoever asks: first the newest day, then all days before it at once.
 * 3. What comes late, is corrected or deleted shows at once, and so does what is planned: a day is kept only while the
 *    log holds nothing newer of it or of a day before it. A sensor that is new on a day is missed on those behind it.
 *    One that is back after it was gone is missed on days before its reading: these show it within DAY_KEPT.
 *
 * Effect's Cache fits neither: days are counted many at a time, and a window that loses its place is counted no more.
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import type { QualityReport } from "../../domain/quality/QualityReport.js"
import { MICROS_PER_DAY, type Micros, micros } from "../../domain/Time.js"
import type { LogError } from "../../eventlog/EventLog.js"
import { Catalog } from "../../projections/catalogue/Catalogue.js"
import { type ChangeExtent, Quality, type QualityQuestion } from "../../projections/quality/Quality.js"
import type { HistoryEntry } from "../../projections/quality/QualityHistory.js"
import { nowMicros } from "../../telemetry/Instant.js"

export const DAYS_SHOWN = 14
const WAITED = "1200 millis"
/** How long a count is kept, ms: of a day that is not over, and of one that is. */
const TODAY_KEPT = 20_000
const DAY_KEPT = 600_000
const KEPT_MAX = 64

export interface DayQuality {
  readonly day: Micros
  /** Undefined: it is still being counted. */
  readonly scores: HistoryEntry | undefined
}

export interface DailyService {
  /** The quality of a window; undefined: it is still being counted, and is there when it is asked for again. */
  readonly report: (question: QualityQuestion) => Effect.Effect<QualityReport | undefined, LogError>
  /**
   * DAYS_SHOWN days, the oldest first. `until`: the last of them, where they are older than those that are shown
   * else: the last ones up to today, or up to the newest data where all are older than that.
   */
  readonly days: (until?: Micros) => Effect.Effect<ReadonlyArray<DayQuality>, LogError>
}

/** Windows that are counted, or kept, at once; and how long a page waits for one. */
const ASKED_MAX = 8
const REPORT_WAITED = "3 seconds"

interface CacheEntry {
  readonly counting: Fiber.RuntimeFiber<QualityReport, LogError>
  /** Counted anew from then on, ms. */
  readonly until: number
}

const dayOf = (time: number): number => time - (time % MICROS_PER_DAY)

export const makeDaily = Effect.gen(function* () {
  const quality = yield* Quality
  const catalog = yield* Catalog
  const scope = yield* Effect.scope
  const one = yield* Effect.makeSemaphore(1)
  const scoreCache = new Map<number, { readonly scores: HistoryEntry; readonly until: number }>()

  /** Counts the days from the first to the last, both with it, where one of them is not kept any more. */
  const count = (first: number, last: number, today: number) =>
    Effect.gen(function* () {
      const now = yield* Clock.currentTimeMillis
      for (let day = first; day <= last; day += MICROS_PER_DAY) {
        if ((scoreCache.get(day)?.until ?? 0) > now) continue
        const window = { start: micros(day), end: micros(last + MICROS_PER_DAY) }
        for (const scores of yield* quality.history({ ...window, interval: "1d", bySensor: true }))
          scoreCache.set(scores.start, {
            scores,
            until: now + (scores.start >= today ? TODAY_KEPT : DAY_KEPT)
          })
        return
      }
    })

  /** What was looked at last. */
  let lastLook: ChangeExtent | undefined
  const markTouched = (today: number) =>
    Effect.gen(function* () {
      const extent = yield* quality.touched(lastLook?.position)
      const earliest = extent.plan === (lastLook?.plan ?? extent.plan) ? extent.earliest : 0
      lastLook = extent
      for (const [day, { scores }] of scoreCache)
        if (day < today && day + MICROS_PER_DAY > earliest) scoreCache.set(day, { scores, until: 0 })
    })

  const countAll = (first: number, newest: number, today: number) =>
    one.withPermits(1)(
      Effect.gen(function* () {
        yield* markTouched(today)
        yield* count(newest, newest, today)
        yield* count(first, newest - MICROS_PER_DAY, today)
        for (const day of scoreCache.keys()) {
          if (scoreCache.size <= KEPT_MAX) break
          if (day < first || day > newest) scoreCache.delete(day)
        }
      })
    )

  const lastDay = (until: Micros | undefined, today: number) =>
    Effect.map(catalog.lastTime("sensor_data"), (last) => {
      const data = Option.match(last, { onNone: () => today, onSome: (time) => Math.min(dayOf(time), today) })
      const usual = today - data < DAYS_SHOWN * MICROS_PER_DAY ? today : data
      return until !== undefined && until <= usual - DAYS_SHOWN * MICROS_PER_DAY ? dayOf(until) : usual
    })

  const days = (until?: Micros) =>
    Effect.gen(function* () {
      const today = dayOf(yield* nowMicros)
      const last = yield* lastDay(until, today)
      const first = Math.max(0, last - (DAYS_SHOWN - 1) * MICROS_PER_DAY)
      const counting = yield* Effect.forkIn(countAll(first, last, today), scope)
      yield* counting.await.pipe(Effect.flatten, Effect.timeoutOption(WAITED))
      return Array.from({ length: (last - first) / MICROS_PER_DAY + 1 }, (_, index): DayQuality => {
        const day = micros(first + index * MICROS_PER_DAY)
        return { day, scores: scoreCache.get(day)?.scores }
      })
    })

  const reportCache = new Map<string, CacheEntry>()
  const ask = (question: QualityQuestion, now: number) =>
    Effect.gen(function* () {
      const key = `${question.start}/${question.end}/${question.sensorId}`
      const cacheEntry = reportCache.get(key)
      if (cacheEntry !== undefined && cacheEntry.until > now) return cacheEntry.counting
      // The oldest go: who asked for them has an answer, or asks again.
      for (const [oldest, { counting }] of reportCache) {
        if (reportCache.size < ASKED_MAX) break
        reportCache.delete(oldest)
        yield* Fiber.interruptFork(counting)
      }
      const counting = yield* Effect.forkIn(quality.report(question), scope)
      reportCache.delete(key)
      reportCache.set(key, { counting, until: now + TODAY_KEPT })
      return counting
    })
  const report = (question: QualityQuestion) =>
    Effect.gen(function* () {
      const counting = yield* ask(question, yield* Clock.currentTimeMillis)
      return yield* counting.await.pipe(
        // Whose place was taken by others' windows asks again.
        Effect.flatMap((exit) => (Exit.isInterrupted(exit) ? Effect.never : exit)),
        Effect.timeoutOption(REPORT_WAITED),
        Effect.map(Option.getOrUndefined)
      )
    })
  const daily: DailyService = { days, report }
  return daily
})
