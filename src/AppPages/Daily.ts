/**
 * The quality of whole days, for strips, and of single windows: each is counted once and kept for a while.
 *
 * Invariants:
 * 1. A page waits for days that must be counted no longer than WAITED; the rest is counted behind it, and is there
 *    when the page is asked for again.
 * 2. One day is counted at a time, the newest first, whoever asks.
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import type { QualityReport } from "../domain/Quality.js"
import { MICROS_PER_DAY, type Micros, micros } from "../domain/Time.js"
import type { LogError } from "../eventlog/EventLog.js"
import { Catalog } from "../projections/Catalog.js"
import { Quality, type QualityQuestion } from "../projections/Quality.js"
import { nowMicros } from "../telemetry/Now.js"

export const DAYS_SHOWN = 14
const WAITED = "1200 millis"
/** How long a count is kept, ms: of a day that is not over, and of one that is. */
const TODAY_KEPT = 20_000
const DAY_KEPT = 600_000
/** Days that are kept. */
const DAYS_MAX = 200

export interface DayQuality {
  readonly day: Micros
  /** Undefined: it is still being counted. */
  readonly report: QualityReport | undefined
}

export interface DailyService {
  /** The quality of a window; undefined: it is still being counted, and is there when it is asked for again. */
  readonly report: (question: QualityQuestion) => Effect.Effect<QualityReport | undefined, LogError>
  /** The last days that have data, the oldest first. */
  readonly days: Effect.Effect<ReadonlyArray<DayQuality>, LogError>
}

/** Windows that are counted, or kept, at once; and how long a page waits for one. */
const ASKED_MAX = 8
const REPORT_WAITED = "3 seconds"

interface Asked {
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
  const kept = new Map<number, { readonly report: QualityReport; readonly until: number }>()

  const count = (days: ReadonlyArray<number>, today: number) =>
    one.withPermits(1)(
      Effect.forEach(
        [...days].reverse(),
        (day) =>
          Effect.gen(function* () {
            const now = yield* Clock.currentTimeMillis
            if ((kept.get(day)?.until ?? 0) > now) return
            const report = yield* quality.report({ start: micros(day), end: micros(day + MICROS_PER_DAY) })
            kept.delete(day)
            kept.set(day, { report, until: now + (day >= today ? TODAY_KEPT : DAY_KEPT) })
            for (const oldest of kept.keys()) if (kept.size > DAYS_MAX) kept.delete(oldest)
          }),
        { discard: true }
      )
    )

  const newestDay = Effect.gen(function* () {
    const now = yield* nowMicros
    const last = yield* catalog.lastTime("sensor_data")
    return dayOf(Option.match(last, { onNone: () => now, onSome: (time) => Math.min(time, now) }))
  })

  const days = Effect.gen(function* () {
    const newest = yield* newestDay
    const today = dayOf(yield* nowMicros)
    const list = Array.from(
      { length: DAYS_SHOWN },
      (_, index) => newest - (DAYS_SHOWN - 1 - index) * MICROS_PER_DAY
    )
    const counting = yield* Effect.forkIn(count(list, today), scope)
    yield* counting.await.pipe(Effect.flatten, Effect.timeoutOption(WAITED))
    return list.map((day): DayQuality => ({ day: micros(day), report: kept.get(day)?.report }))
  })
  const asked = new Map<string, Asked>()
  const ask = (question: QualityQuestion, now: number) =>
    Effect.gen(function* () {
      const key = `${question.start}/${question.end}/${question.sensorId}`
      const known = asked.get(key)
      if (known !== undefined && known.until > now) return known.counting
      // The oldest go: who asked for them has an answer, or asks again.
      for (const [oldest, { counting }] of asked) {
        if (asked.size < ASKED_MAX) break
        asked.delete(oldest)
        yield* Fiber.interruptFork(counting)
      }
      const counting = yield* Effect.forkIn(quality.report(question), scope)
      asked.delete(key)
      asked.set(key, { counting, until: now + TODAY_KEPT })
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
