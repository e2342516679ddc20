/** What `/explore` shows: readings or aggregates of a range as of one position, with what stands out in them. */
import * as Effect from "effect/Effect"
import { type Position, type SensorId, sensorId } from "../domain/Ids.js"
import { INTERVAL_MICROS } from "../domain/Minute.js"
import { type Moments, mergeMoments, NO_MOMENTS, plausibleBounds } from "../domain/Moments.js"
import type { Sensor } from "../domain/Sensor.js"
import {
  formatTime,
  MICROS_PER_DAY,
  MICROS_PER_HOUR,
  MICROS_PER_MILLI,
  type Micros,
  micros
} from "../domain/Time.js"
import { EventLog } from "../eventlog/EventLog.js"
import type { PageRequest } from "../http/Ports.js"
import { Aggregates } from "../projections/Aggregates.js"
import { Corrections } from "../projections/Corrections.js"
import { nowMicros } from "../telemetry/Now.js"
import { type PlotMark, type PlotPoint, type PlotSeries, renderExplore, sensorLabel } from "../web/Pages.js"
import {
  type Asked,
  askedOf,
  downloadsOf,
  movesOf,
  POINTS_MAX,
  RANGE_MICROS,
  RAW_MAX,
  SENSORS_MAX,
  type Shown,
  shownOf
} from "./ExploreQuery.js"

/** Sensors that can be chosen from. */
const CHOICES_MAX = 200
/** Sensors plotted where none is asked for. */
const CHOSEN_BY_DEFAULT = 2
/** Marks of one sensor. */
const MARKS_MAX = 100
/** Corrections are looked for in ranges up to this, µs. */
const CORRECTIONS_RANGE_MAX = 45 * MICROS_PER_DAY

const intervalOf = (sensor: Sensor) => sensor.intervalMs ?? sensor.estimatedIntervalMs

/** The window: up to now where readings arrive, else up to the last one. */
const windowOf = (asked: Asked, sensors: ReadonlyArray<Sensor>) =>
  Effect.gen(function* () {
    if (asked.start !== null && asked.end !== null) return { start: asked.start, end: asked.end }
    const log = yield* EventLog
    const now = yield* nowMicros
    const ids = sensors.map(({ id }) => id)
    const last = [...(yield* log.lastReadings(ids)).values()].map(({ occurredAt }) => occurredAt)
    const newest = last.reduce((a, b) => Math.max(a, b), 0)
    const behind = now - newest
    const end = newest > 0 && (behind > MICROS_PER_HOUR || behind < 0) ? newest + 1 : now
    if (asked.range !== "all" && asked.range !== "custom")
      return { start: micros(Math.max(0, end - RANGE_MICROS[asked.range])), end: micros(end) }
    const { asOf } = { asOf: (yield* log.head).position }
    const [first] = yield* log.readings({ sensorIds: ids }, { asOf, limit: 1 })
    return { start: micros(Math.min(first?.occurredAt ?? end - MICROS_PER_DAY, end - 1)), end: micros(end) }
  })

interface Window {
  readonly start: Micros
  readonly end: Micros
}

const rawPoints = (id: SensorId, { end, start }: Window, asOf: Position) =>
  Effect.map(
    Effect.flatMap(EventLog, (log) =>
      log.readings({ sensorIds: [id], start, end }, { asOf, limit: RAW_MAX + 1, order: "desc" })
    ),
    (readings) => ({
      more: readings.length > RAW_MAX,
      SENSORS_MAX,
      moments: readings.reduce<Moments>(
        (sum, { value }) => mergeMoments(sum, { n: 1, mean: value, m2: 0 }),
        NO_MOMENTS
      ),
      points: readings
        .slice(0, RAW_MAX)
        .reverse()
        .map(
          ({ occurredAt, value }): PlotPoint => ({ at: occurredAt, value, min: value, max: value, count: 1 })
        )
    })
  )

const mergedPoints = (
  id: SensorId,
  { end, start }: Window,
  interval: Exclude<Shown, "raw">,
  asOf: Position
) =>
  Effect.map(
    Effect.flatMap(Aggregates, ({ aggregates }) =>
      aggregates({ sensorIds: [id], start, end }, { interval, limit: POINTS_MAX + 1, asOf })
    ),
    ({ rows }) => ({
      more: rows.length > POINTS_MAX,
      moments: rows.reduce<Moments>(
        (sum, { count, stddev, value }) =>
          mergeMoments(sum, { n: count, mean: value, m2: stddev * stddev * count }),
        NO_MOMENTS
      ),
      points: rows
        .slice(0, POINTS_MAX)
        .map(
          ({ count, max, min, timestamp, value }): PlotPoint => ({ at: timestamp, value, min, max, count })
        )
    })
  )

/** Values outside the sensor's declared range, or far from its mean in the window. */
const suspects = (
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
    if (end - start > CORRECTIONS_RANGE_MAX) return []
    const corrections = yield* Corrections
    const found = yield* corrections.inWindow({ sensorId: id, start, end, limit: MARKS_MAX })
    return found.flatMap(
      ({ inForce, occurredAt, recordedAt, value }): ReadonlyArray<PlotMark> =>
        inForce && value !== null
          ? [{ at: occurredAt, value, kind: "corrected", why: `corrected ${formatTime(recordedAt)}` }]
          : []
    )
  })

/** The time between two points of what is shown, µs. */
const stepOf = (sensor: Sensor, shown: Shown): number | null => {
  const ms = intervalOf(sensor)
  const own = ms === null ? null : ms * MICROS_PER_MILLI
  if (shown === "raw") return own
  const length = INTERVAL_MICROS[shown]
  // A sensor that speaks less often than this leaves intervals empty without missing any.
  return own === null || own <= length ? length : Math.ceil(own / length) * length
}

const seriesOf = (sensor: Sensor, window: Window, shown: Shown, asOf: Position) =>
  Effect.gen(function* () {
    const found = yield* shown === "raw"
      ? rawPoints(sensor.id, window, asOf)
      : mergedPoints(sensor.id, window, shown, asOf)
    const marks = [
      ...suspects(found.points, sensor.metadata, found.moments).slice(0, MARKS_MAX),
      ...(yield* corrected(sensor.id, window))
    ]
    const { type, unit } = sensor.metadata
    const label = sensorLabel({ id: sensor.id, name: sensor.name, description: sensor.metadata.description })
    const series: PlotSeries = {
      sensor: { id: sensor.id, label, unit, type },
      points: found.points,
      marks,
      step: stepOf(sensor, shown)
    }
    return { more: found.more, series }
  })

const notesOf = (asked: Asked, shown: Shown, more: boolean, window: Window): ReadonlyArray<string> => [
  ...(asked.interval !== "auto" && asked.interval !== shown
    ? [`So long a range is shown by ${shown}: ${asked.interval} would be too many points.`]
    : []),
  ...(asked.sensorsLeftOut > 0 ? [`A plot holds ${SENSORS_MAX} sensors: the first of them are shown.`] : []),
  ...(more ? ["There are more points than a plot holds: the range is cut."] : []),
  ...(window.end - window.start > CORRECTIONS_RANGE_MAX
    ? ["Corrections are marked in ranges up to 45 days."]
    : [])
]

export const explore = ({ query }: PageRequest) =>
  Effect.gen(function* () {
    const log = yield* EventLog
    const asked = askedOf(query)
    const all = yield* log.sensors({ limit: CHOICES_MAX })
    const named = yield* Effect.forEach(
      asked.sensors.filter((id) => !all.some((one) => one.id === id)),
      (id) => log.sensor(sensorId(id))
    )
    const known = [...all, ...named.flatMap((one) => (one._tag === "Some" ? [one.value] : []))]
    const defaults = known.filter(({ status }) => status === "active").slice(0, CHOSEN_BY_DEFAULT)
    // A form without a sensor chosen asks for none; an address without any, for some.
    const chosen =
      query.has("range") || query.has("sensor")
        ? known.filter(({ id }) => asked.sensors.includes(id))
        : defaults
    const window = yield* windowOf(asked, chosen)
    const shown = shownOf(asked.interval, window.end - window.start, chosen.map(intervalOf))
    const asOf =
      shown === "raw"
        ? (yield* log.head).position
        : (yield* Effect.flatMap(Aggregates, ({ standing }) => standing)).position
    const found = yield* Effect.forEach(chosen, (sensor) => seriesOf(sensor, window, shown, asOf))
    const standing = { ...window, sensors: chosen.map(({ id }) => id), interval: asked.interval }
    return renderExplore({
      choices: known.map(({ id, metadata, name }) => ({
        id,
        label: sensorLabel({ id, name, description: metadata.description }),
        chosen: chosen.some((one) => one.id === id)
      })),
      range: asked.range,
      ...window,
      asked: asked.interval,
      shown,
      series: found.map(({ series }) => series),
      moves: movesOf(standing),
      downloads: downloadsOf(standing, shown, asOf),
      notes: notesOf(
        asked,
        shown,
        found.some(({ more }) => more),
        window
      )
    })
  })
