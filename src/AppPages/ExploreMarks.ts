/** What stands out in a plot: values that are suspect, and values that somebody corrected. */
import * as Effect from "effect/Effect"
import type { SensorId } from "../domain/Ids.js"
import { type Moments, plausibleBounds } from "../domain/Moments.js"
import type { Sensor } from "../domain/Sensor.js"
import { formatTime, MICROS_PER_DAY, type Micros } from "../domain/Time.js"
import { Corrections } from "../projections/Corrections.js"
import type { PlotMark, PlotPoint } from "../web/Pages.js"

/** Marks of one sensor, of each kind. */
export const MARKS_MAX = 100
/** Corrections are looked for in ranges up to this, µs. */
export const CORRECTIONS_RANGE_MAX = 45 * MICROS_PER_DAY

interface Window {
  readonly start: Micros
  readonly end: Micros
}

/** Values outside the sensor's declared range, or far from its mean in the window. */
export const suspects = (
  points: ReadonlyArray<PlotPoint>,
  { max, min }: Sensor["metadata"],
  moments: Moments
): ReadonlyArray<PlotMark> => {
  const plausible = plausibleBounds(moments)
  return points.flatMap((point): ReadonlyArray<PlotMark> => {
    const { at } = point
    if (min !== null && point.min < min)
      return [{ at, value: point.min, kind: "suspect", why: `${point.min} is below the declared ${min}` }]
    if (max !== null && point.max > max)
      return [{ at, value: point.max, kind: "suspect", why: `${point.max} is above the declared ${max}` }]
    if (plausible !== null && (point.min < plausible.low || point.max > plausible.high)) {
      const value = point.min < plausible.low ? point.min : point.max
      return [{ at, value, kind: "suspect", why: `${value} is more than 6 deviations from the mean` }]
    }
    return []
  })
}

const corrected = (id: SensorId, { end, start }: Window) =>
  Effect.gen(function* () {
    if (end - start > CORRECTIONS_RANGE_MAX) return { found: 0, marks: [] }
    const corrections = yield* Corrections
    const found = yield* corrections.inWindow({ sensorId: id, start, end, limit: MARKS_MAX + 1 })
    const marks = found.slice(0, MARKS_MAX).flatMap(
      ({ inForce, occurredAt, recordedAt, value }): ReadonlyArray<PlotMark> =>
        inForce && value !== null
          ? [
              {
                at: occurredAt,
                value,
                kind: "corrected",
                why: `corrected at ${formatTime(recordedAt).slice(0, 19).replace("T", " ")}`
              }
            ]
          : []
    )
    return { found: found.length, marks }
  })

/** Both kinds, each up to MARKS_MAX. */
export const marksOf = (
  sensor: Sensor,
  window: Window,
  found: { readonly points: ReadonlyArray<PlotPoint>; readonly moments: Moments }
) =>
  Effect.gen(function* () {
    const suspect = suspects(found.points, sensor.metadata, found.moments)
    const amended = yield* corrected(sensor.id, window)
    return {
      marks: [...suspect.slice(0, MARKS_MAX), ...amended.marks],
      marksLeftOut: suspect.length > MARKS_MAX || amended.found > MARKS_MAX
    }
  })
