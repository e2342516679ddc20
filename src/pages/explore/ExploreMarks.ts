/**
 * What stands out in a plot: readings that fail a check of the quality of data, and values that somebody corrected.
 *
 * Invariant: what is suspect, and what is a gap, is said by the checks over the window alone, so that no interval and
 * no zoom of the drawing changes it, and the lists of the checks name the same.
 */
import * as Effect from "effect/Effect"
import type { SensorId } from "../../domain/Ids.js"
import type { Sensor } from "../../domain/Sensor.js"
import { formatTime, MICROS_PER_DAY, MICROS_PER_MILLI } from "../../domain/Time.js"
import { Corrections } from "../../projections/minutes/Corrections.js"
import { Quality } from "../../projections/quality/Quality.js"
import type { Remark } from "../../projections/quality/QualityRemarks.js"
import { query } from "../../web/core/Html.js"
import { localText } from "../../web/core/PageZone.js"
import type { PlotGaps, PlotMark } from "../../web/Pages.js"
import type { Moment, Window } from "./ExploreWindow.js"

/** Marks of one sensor, of each kind. */
export const MARKS_MAX = 100
/** Corrections are looked for in ranges up to this, µs. */
export const CORRECTIONS_RANGE_MAX = 45 * MICROS_PER_DAY
/** Readings of all sensors that the checks look at for one answer, at most: some seconds of work. */
export const READINGS_JUDGED_MAX = 300_000

/** The rows that a check names, the marked one among them. */
const failuresHref = (check: string, id: SensorId, { end, start }: Window): string =>
  `/data/data-quality/failures/${query({
    check,
    sensor_id: id,
    start_time: formatTime(start),
    end_time: formatTime(end)
  })}`

const suspectMark =
  (id: SensorId, window: Window) =>
  ({ at, reasons, value }: Remark): ReadonlyArray<PlotMark> =>
    value === null
      ? []
      : [
          {
            at,
            value,
            kind: "suspect",
            why: reasons.map(({ check, reason }) => `${check}: ${reason}`).join("; "),
            checks: reasons.map(({ check, reason }) => ({
              check,
              reason,
              href: failuresHref(check, id, window)
            }))
          }
        ]

const corrected = (id: SensorId, { end, start, zone }: Window, pinned: Moment["pinned"]) =>
  Effect.gen(function* () {
    if (end - start > CORRECTIONS_RANGE_MAX) return { more: false, marks: [] }
    const corrections = yield* Corrections
    const amendments = yield* corrections.inWindow({
      ...{ sensorId: id, start, end },
      limit: MARKS_MAX + 1,
      asOf: pinned?.position
    })
    const marks = amendments.slice(0, MARKS_MAX).flatMap(
      ({ inForce, occurredAt, recordedAt, value }): ReadonlyArray<PlotMark> =>
        inForce && value !== null
          ? [
              {
                at: occurredAt,
                value,
                kind: "corrected",
                why: `corrected at ${localText(recordedAt, zone)}`
              }
            ]
          : []
    )
    return { more: amendments.length > MARKS_MAX, marks }
  })

const suspect = (id: SensorId, window: Window, pinned: Moment["pinned"]) =>
  Effect.gen(function* () {
    const quality = yield* Quality
    const { failing, gaps, more } = yield* quality.remarks({
      ...window,
      sensorId: id,
      max: MARKS_MAX,
      asOf: pinned
    })
    return { more, marks: failing.flatMap(suspectMark(id, window)), gaps }
  })

export interface Marks {
  readonly marks: ReadonlyArray<PlotMark>
  /** There are more of a kind than MARKS_MAX. */
  readonly leftOut: boolean
  readonly gaps: PlotGaps
}

/** Both kinds, each up to MARKS_MAX; `judged`: the checks look at the window. */
export const marksOf = (id: SensorId, window: Window, judged: boolean, pinned: Moment["pinned"]) =>
  Effect.gen(function* () {
    const amended = yield* corrected(id, window, pinned)
    if (!judged) {
      const result: Marks = { marks: amended.marks, leftOut: amended.more, gaps: "not counted" }
      return result
    }
    const { gaps, marks, more } = yield* suspect(id, window, pinned)
    const result: Marks = {
      marks: [...marks, ...amended.marks],
      leftOut: more || amended.more,
      gaps: gaps ?? "interval not known"
    }
    return result
  })

/** How many readings the window holds, about, where the points that are shown are not all of it. */
export const readingsOf = (
  { estimatedIntervalMs, intervalMs }: Pick<Sensor, "estimatedIntervalMs" | "intervalMs">,
  { end, start }: Window,
  page: { readonly more: boolean; readonly points: ReadonlyArray<{ readonly count: number }> }
): number => {
  if (!page.more) return page.points.reduce((sum, { count }) => sum + count, 0)
  const ms = intervalMs ?? estimatedIntervalMs
  return ms === null ? Number.POSITIVE_INFINITY : (end - start) / (ms * MICROS_PER_MILLI)
}
