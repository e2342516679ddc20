/** The range that `/explore` shows, where its address does not say it to the second. */
import * as Effect from "effect/Effect"
import type { Position, SensorId } from "../../domain/Ids.js"
import { MICROS_PER_DAY, MICROS_PER_HOUR, type Micros, micros } from "../../domain/Time.js"
import type { TimeZone } from "../../domain/TimeZone.js"
import { EventLog } from "../../eventlog/EventLog.js"
import type { QualityPast } from "../../projections/quality/Quality.js"
import { nowMicros } from "../../telemetry/Instant.js"
import type { RangeName } from "../../web/Pages.js"
import { type ExploreRequest, RANGE_MICROS } from "./ExploreQuery.js"

export interface Window {
  readonly start: Micros
  readonly end: Micros
  /** On whose clocks its intervals start; absent: UTC. */
  readonly zone?: TimeZone | undefined
}

/** As of which position of the log it is. */
export interface Moment {
  readonly position: Position
  /** The log as it was then, where the address names it; undefined: as it is. */
  readonly pinned: (QualityPast & { readonly position: Position }) | undefined
}

interface NamedWindow extends Window {
  readonly range: RangeName | "custom"
}

/** A range that nobody asked for is not shown where less of it than this has data, µs. */
const WORTH_SHOWING = MICROS_PER_HOUR

const firstOf = (sensorIds: ReadonlyArray<SensorId>, from?: Window) =>
  Effect.gen(function* () {
    const log = yield* EventLog
    const { position } = yield* log.head
    const [first] = yield* log.readings({ sensorIds, ...from }, { asOf: position, limit: 1 })
    return first?.occurredAt
  })

/** Up to now where readings arrive, else up to the last one. */
const endOf = (ids: ReadonlyArray<SensorId>) =>
  Effect.gen(function* () {
    const log = yield* EventLog
    const now = yield* nowMicros
    const last = [...(yield* log.lastReadings(ids)).values()].map(({ occurredAt }) => occurredAt)
    const newest = last.reduce((a, b) => Math.max(a, b), 0)
    const behind = now - newest
    return micros(newest > 0 && (behind > MICROS_PER_HOUR || behind < 0) ? newest + 1 : now)
  })

const everything = (ids: ReadonlyArray<SensorId>, end: Micros) =>
  Effect.map(
    firstOf(ids),
    (first = micros(Math.max(0, end - MICROS_PER_DAY))): NamedWindow => ({
      range: "all",
      start: micros(Math.min(first, end - 1)),
      end
    })
  )

/** The usual range; where it is nearly empty, the shortest that holds what there is. */
const usual = (range: Exclude<RangeName, "all">, ids: ReadonlyArray<SensorId>, end: Micros) =>
  Effect.gen(function* () {
    const recentRange = (name: Exclude<RangeName, "all">): NamedWindow => ({
      range: name,
      start: micros(Math.max(0, end - RANGE_MICROS[name])),
      end
    })
    const within = recentRange(range)
    const first = yield* firstOf(ids, within)
    if (first === undefined || end - first >= WORTH_SHOWING) return within
    const oldest = yield* firstOf(ids)
    if (oldest === undefined || oldest >= within.start) return yield* everything(ids, end)
    return end - first <= RANGE_MICROS["15m"] ? recentRange("15m") : recentRange("1h")
  })

/** `named`: the address names the range. */
export const windowOf = (request: ExploreRequest, ids: ReadonlyArray<SensorId>, hasRange: boolean) =>
  Effect.gen(function* () {
    const { end: until, range, start } = request
    if (start !== null && until !== null) return { range, start, end: until } as NamedWindow
    const end = yield* endOf(ids)
    if (range === "all" || range === "custom")
      return { ...(yield* everything(ids, end)), range } as NamedWindow
    const byName: NamedWindow = { range, start: micros(Math.max(0, end - RANGE_MICROS[range])), end }
    return hasRange || ids.length === 0 ? byName : yield* usual(range, ids, end)
  })
