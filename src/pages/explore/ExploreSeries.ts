/** The series of a plot: the points of each sensor, and what stands out in them. */
import * as Effect from "effect/Effect"
import type { Position, SensorId } from "../../domain/Ids.js"
import { intervalMicros } from "../../domain/minute/Interval.js"
import { divisionEnd } from "../../domain/minute/LocalInterval.js"
import type { Sensor } from "../../domain/Sensor.js"
import { MICROS_PER_MILLI, MICROS_PER_MINUTE } from "../../domain/Time.js"
import { unitSymbol } from "../../domain/Unit.js"
import { EventLog } from "../../eventlog/EventLog.js"
import { Aggregates } from "../../projections/minutes/Aggregates.js"
import { type PlotPoint, type PlotSeries, sensorLabel } from "../../web/Pages.js"
import { type Marks, marksOf, READINGS_JUDGED_MAX, readingsOf } from "./ExploreMarks.js"
import { POINTS_MAX, RAW_MAX, type Resolution } from "./ExploreQuery.js"
import type { Moment, Window } from "./ExploreWindow.js"

/** It has no readings: what can be shown of it is its minutes. */
export const isDerived = ({ status }: Sensor): boolean => status === "derived"

/** The time between what can be shown of a sensor at the finest, ms. */
export const intervalOf = (sensor: Sensor) =>
  isDerived(sensor) ? MICROS_PER_MINUTE / MICROS_PER_MILLI : (sensor.intervalMs ?? sensor.estimatedIntervalMs)

export interface Cut {
  /** Points were left out; marks were. */
  readonly more: boolean
  readonly marksLeftOut: boolean
  /** The checks looked at the window. */
  readonly judged: boolean
}

const rawPoints = (id: SensorId, { end, start }: Window, asOf: Position) =>
  Effect.map(
    Effect.flatMap(EventLog, (log) =>
      log.readings({ sensorIds: [id], start, end }, { asOf, limit: RAW_MAX + 1, order: "desc" })
    ),
    (readings) => ({
      more: readings.length > RAW_MAX,
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
  { end, start, zone }: Window,
  interval: Exclude<Resolution, "raw">,
  asOf: Position
) =>
  Effect.map(
    Effect.flatMap(Aggregates, ({ aggregates }) =>
      aggregates({ sensorIds: [id], start, end }, { interval, zone, limit: POINTS_MAX + 1, asOf })
    ),
    ({ rows }) => ({
      more: rows.length > POINTS_MAX,
      points: rows
        .slice(0, POINTS_MAX)
        .map(
          ({ count, max, min, timestamp, value }): PlotPoint => ({ at: timestamp, value, min, max, count })
        )
    })
  )

/** The time between two points of what is shown, µs. */
const stepOf = (sensor: Sensor, resolution: Resolution): number | null => {
  const ms = intervalOf(sensor)
  const own = ms === null ? null : ms * MICROS_PER_MILLI
  if (resolution === "raw") return own
  const length = intervalMicros(resolution)
  // A sensor that speaks less often than this leaves intervals empty without missing any.
  return own === null || own <= length ? length : Math.ceil(own / length) * length
}

/** The times of the first reading and of the last one: of intervals, those within them. */
const spanOf = (
  id: SensorId,
  { points, shown }: { readonly points: ReadonlyArray<PlotPoint>; readonly shown: Resolution },
  { zone }: Window,
  asOf: Position
) =>
  Effect.gen(function* () {
    const [first, last] = [points[0], points.at(-1)]
    if (first === undefined || last === undefined) return null
    if (shown === "raw") return { first: first.at, last: last.at }
    const log = yield* EventLog
    // An interval is shown whole, also where the range ends within it.
    const shownOf = { start: first.at, end: divisionEnd({ interval: shown, zone }, last.at) }
    const edge = (order: "asc" | "desc") =>
      log.readings({ sensorIds: [id], ...shownOf }, { asOf, limit: 1, order })
    const [[oldest], [newest]] = yield* Effect.all([edge("asc"), edge("desc")])
    return { first: oldest?.occurredAt ?? first.at, last: newest?.occurredAt ?? last.at }
  })

const pointsOf = (sensor: Sensor, window: Window, resolution: Resolution, asOf: Position) =>
  Effect.gen(function* () {
    const points = yield* resolution !== "raw"
      ? mergedPoints(sensor.id, window, resolution, asOf)
      : isDerived(sensor)
        ? mergedPoints(sensor.id, window, "1m", asOf)
        : rawPoints(sensor.id, window, asOf)
    return { ...points, sensor }
  })

/** A derived sensor has no readings that checks could look at, or somebody correct. */
const UNMARKED: Marks = { marks: [], leftOut: false, gaps: "derived" }

/** The series of these sensors, with what stands out in them where that is not too much to look at. */
export const seriesOf = (
  sensors: ReadonlyArray<Sensor>,
  window: Window,
  resolution: Resolution,
  { pinned, position: asOf }: Moment
) =>
  Effect.gen(function* () {
    const pointLists = yield* Effect.forEach(sensors, (sensor) => pointsOf(sensor, window, resolution, asOf))
    const readings = pointLists.reduce((sum, one) => sum + readingsOf(one.sensor, window, one), 0)
    const judged = readings <= READINGS_JUDGED_MAX
    const plots = yield* Effect.forEach(pointLists, ({ points, sensor }) =>
      Effect.gen(function* () {
        const { gaps, leftOut, marks } = isDerived(sensor)
          ? UNMARKED
          : yield* marksOf(sensor.id, window, judged, pinned)
        const { description, type, unit } = sensor.metadata
        const label = sensorLabel({ id: sensor.id, name: sensor.name, description })
        const series: PlotSeries = {
          sensor: { id: sensor.id, label, unit: unit === null ? null : unitSymbol(unit), type },
          points,
          marks,
          gaps,
          span: yield* spanOf(sensor.id, { points, shown: resolution }, window, asOf),
          step: stepOf(sensor, resolution)
        }
        return { leftOut, series }
      })
    )
    return {
      series: plots.map(({ series }) => series),
      cut: {
        more: pointLists.some(({ more }) => more),
        marksLeftOut: plots.some(({ leftOut }) => leftOut),
        judged
      }
    }
  })
