/**
 * The scores of each hour or day of a window. An answer has hundreds of small windows: what each of them would ask the
 * database for is read for all of them, in the order of time, as far as that is more than one window's worth at once.
 *
 * Invariant: each entry is the report of its window, to the bit.
 */
import * as Effect from "effect/Effect"
import {
  type Division,
  divisionCount,
  divisionEnd,
  divisionStart
} from "../../domain/minute/LocalInterval.js"
import { makeReport, type QualityScores } from "../../domain/quality/QualityReport.js"
import type { Window } from "../../domain/quality/QualityTally.js"
import { MICROS_PER_HOUR, type Micros } from "../../domain/Time.js"
import * as Rows from "./QualityCells.js"
import type { ReadError } from "./QualityCounting.js"
import { measure, othersOf } from "./QualityMeasure.js"
import {
  type CountRequest,
  hourPages,
  type Pages,
  sensorFacts,
  tailHours,
  type WindowRead
} from "./QualityWindow.js"
import type { Spell } from "./SqlQuality.js"

export const HISTORY_MAX = 400
/** Hours of one window that are held; one with more is read by itself, page by page. */
const HELD_MAX = 5_000

export interface HistoryQuestion extends Division {
  /** With the scores of each sensor. */
  readonly bySensor: boolean
}
export interface HistoryEntry {
  readonly start: Micros
  readonly end: Micros
  readonly position: number
  readonly results: {
    readonly sensor_data: QualityScores
    readonly aggregated_sensor_data: QualityScores
  }
  readonly sensors: ReadonlyArray<{ readonly sensor_id: number } & QualityScores>
  /** Windows right before this one that were asked for and are not in the answer: of the oldest alone. */
  readonly leftOut: number
}

/** The newest intervals up to a time from the one that holds the start, the oldest first, at most HISTORY_MAX. */
const newestWindows = (division: Division, start: number, end: number) => {
  const windows: Array<{ readonly start: Micros; readonly end: Micros }> = []
  for (let to = end; to > start && windows.length < HISTORY_MAX; ) {
    const from = divisionStart(division, to - 1)
    windows.push({ start: from, end: divisionEnd(division, from) })
    to = from
  }
  return windows.reverse()
}

/** What stands at hours, by the hour. */
const byHour = <A>(all: Iterable<readonly [hour: number, one: A]>): ReadonlyMap<number, ReadonlyArray<A>> => {
  const found = new Map<number, Array<A>>()
  for (const [hour, one] of all) {
    const there = found.get(hour)
    if (there === undefined) found.set(hour, [one])
    else there.push(one)
  }
  return found
}

const hoursIn = ({ end, start }: Spell): ReadonlyArray<number> =>
  Array.from({ length: (end - start) / MICROS_PER_HOUR }, (_, index) => start + index * MICROS_PER_HOUR)

/** The stored hours of windows that follow on each other: gives those of the next one; null: too many to be held. */
const hoursInTurn = (next: Pages<Rows.HourRow>) => {
  let rows: ReadonlyArray<Rows.HourRow> = []
  let at = 0
  return ({ end }: Spell) =>
    Effect.gen(function* () {
      const held: Array<Rows.HourRow> = []
      let count = 0
      while (true) {
        const row = rows[at]
        if (row === undefined) {
          const page = yield* next()
          if (page === null) break
          rows = page
          at = 0
          continue
        }
        if (row.hour >= end) break
        at += 1
        count += 1
        if (count <= HELD_MAX) held.push(row)
      }
      return count > HELD_MAX ? null : held
    })
}

/** Reads what windows of whole hours have in common; null: their edges lie within hours, and each is read by itself. */
const readTogether = (request: CountRequest, windows: ReadonlyArray<Pick<Window, "start" | "end">>) =>
  Effect.gen(function* () {
    const [first, last] = [windows[0], windows.at(-1)]
    if (first === undefined || last === undefined) return null
    if (windows.some(({ start }) => start % MICROS_PER_HOUR !== 0) || last.end % MICROS_PER_HOUR !== 0)
      return null
    const { of, only, past } = request
    const all = { ...request, window: { ...request.window, start: first.start, end: last.end } }
    const tail = byHour(
      [...(yield* tailHours(all))].flatMap(([sensor, hours]) =>
        [...hours].map((hour) => [hour, sensor] as const)
      )
    )
    const rejected: ReadonlyMap<number, number> = new Map(
      only !== undefined || past !== null
        ? []
        : yield* Effect.flatMap(of.ask.rejectedHours(all.window), Rows.rejectedHours)
    )
    const hoursOf = hoursInTurn(hourPages(all))
    return (window: Spell): Effect.Effect<WindowRead, ReadError> =>
      Effect.map(hoursOf(window), (hours) => {
        const own = new Map<number, Set<number>>()
        let count = 0
        for (const hour of hoursIn(window)) {
          count += rejected.get(hour) ?? 0
          for (const sensor of tail.get(hour) ?? []) own.set(sensor, (own.get(sensor) ?? new Set()).add(hour))
        }
        return { tail: own, hours, rejected: count }
      })
  })

/** Intervals from the one that holds the start, the oldest first, at most HISTORY_MAX, the newest ones. */
export const history = (request: CountRequest, question: HistoryQuestion) =>
  Effect.gen(function* () {
    const { now, start } = request.window
    const windows = newestWindows(question, start, Math.min(request.window.end, now))
    const leftOut = divisionCount(question, start, windows[0]?.start ?? start)
    const facts = yield* sensorFacts(request)
    const readOf = yield* readTogether(request, windows)
    const entries: Array<HistoryEntry> = []
    for (const [index, window] of windows.entries()) {
      const read = readOf === null ? undefined : yield* readOf(window)
      const part: CountRequest = { ...request, window: { ...window, now }, read }
      // An empty one asks for nothing, and others get their turn all the same.
      const measures = yield* request.of.turn(measure(part, facts))
      const { results, sensors } = makeReport({
        ...part.window,
        position: request.of.asOf,
        sensors: measures.map((one) => ({ sensorId: one.facts.sensorId, tallies: one.tallies })),
        others: yield* othersOf(part, measures)
      })
      entries.push({
        start: part.window.start,
        end: part.window.end,
        position: request.of.asOf,
        results,
        sensors: question.bySensor ? sensors.map(({ failing: _failing, ...scores }) => scores) : [],
        leftOut: index === 0 ? leftOut : 0
      })
    }
    return entries
  })
