/** What `/explore` shows: readings or aggregates of a range as of one position, with what stands out in them. */
import * as Effect from "effect/Effect"
import { type Position, type SensorId, sensorId } from "../../domain/Ids.js"
import { intervalMicros } from "../../domain/minute/Interval.js"
import { divisionEnd, divisionStart } from "../../domain/minute/LocalInterval.js"
import type { Sensor } from "../../domain/Sensor.js"
import { MICROS_PER_MILLI } from "../../domain/Time.js"
import { unitSymbol } from "../../domain/Unit.js"
import { EventLog } from "../../eventlog/EventLog.js"
import type { PageRequest } from "../../http/core/Ports.js"
import { Aggregates } from "../../projections/minutes/Aggregates.js"
import { type PlotPoint, type PlotSeries, renderExplore, sensorLabel } from "../../web/Pages.js"
import { pageOf } from "../core/PageParameters.js"
import { CORRECTIONS_RANGE_MAX, MARKS_MAX, marksOf, READINGS_JUDGED_MAX, readingsOf } from "./ExploreMarks.js"
import { exploreProblems } from "./ExploreProblems.js"
import {
  askedOf,
  canonicalQuery,
  downloadsOf,
  type ExploreRequest,
  movesOf,
  POINTS_MAX,
  RANGE_MICROS,
  RAW_MAX,
  type Resolution,
  SENSORS_MAX,
  shownOf,
  timeIn
} from "./ExploreQuery.js"
import { type Window, windowOf } from "./ExploreWindow.js"

const CHOICES_MAX = 500
const CHOSEN_BY_DEFAULT = 2

const intervalOf = (sensor: Sensor) => sensor.intervalMs ?? sensor.estimatedIntervalMs

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
    const points = yield* resolution === "raw"
      ? rawPoints(sensor.id, window, asOf)
      : mergedPoints(sensor.id, window, resolution, asOf)
    return { ...points, sensor }
  })

/** The series of these sensors, with what stands out in them where that is not too much to look at. */
const seriesOf = (sensors: ReadonlyArray<Sensor>, window: Window, resolution: Resolution, asOf: Position) =>
  Effect.gen(function* () {
    const pointLists = yield* Effect.forEach(sensors, (sensor) => pointsOf(sensor, window, resolution, asOf))
    const readings = pointLists.reduce((sum, one) => sum + readingsOf(one.sensor, window, one), 0)
    const judged = readings <= READINGS_JUDGED_MAX
    const plots = yield* Effect.forEach(pointLists, ({ points, sensor }) =>
      Effect.gen(function* () {
        const { gaps, leftOut, marks } = yield* marksOf(sensor.id, window, judged)
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

interface Cut {
  /** Points were left out; marks were. */
  readonly more: boolean
  readonly marksLeftOut: boolean
  /** The checks looked at the window. */
  readonly judged: boolean
}

const notesOf = (
  request: ExploreRequest,
  resolution: Resolution,
  cut: Cut,
  window: Window
): ReadonlyArray<string> => [
  ...(request.interval !== "auto" && request.interval !== resolution
    ? [`So long a range is shown by ${resolution}: ${request.interval} would be too many points.`]
    : []),
  ...(request.sensorsLeftOut > 0
    ? [`Cut off: a plot holds ${SENSORS_MAX} sensors; ${request.sensorsLeftOut} more were asked for.`]
    : []),
  ...(cut.more
    ? [
        resolution === "raw"
          ? `Cut off: the newest ${RAW_MAX.toLocaleString("en-US")} readings of a sensor are shown, and the range has more. A download has all of them.`
          : `Cut off: the first ${POINTS_MAX.toLocaleString("en-US")} intervals of a sensor are shown, and the range has more. A download has all of them.`
      ]
    : []),
  ...(cut.marksLeftOut
    ? [`Cut off: of a sensor at most ${MARKS_MAX} suspect and ${MARKS_MAX} corrected values are marked.`]
    : []),
  ...(cut.judged
    ? []
    : [
        `The range holds more than ${READINGS_JUDGED_MAX.toLocaleString("en-US")} readings: suspect values are marked, and gaps counted, in shorter ranges alone.`
      ]),
  ...(window.end - window.start > CORRECTIONS_RANGE_MAX
    ? ["Corrections are marked in ranges up to 45 days."]
    : [])
]

/** All sensors that can be chosen from, and of those that are asked for the ones that nobody knows. */
const choicesFor = (request: ExploreRequest) =>
  Effect.gen(function* () {
    const log = yield* EventLog
    const listed = yield* log.sensors({ limit: CHOICES_MAX + 1 })
    const all = listed.slice(0, CHOICES_MAX)
    const others = request.sensors.filter((id) => !all.some((one) => one.id === id))
    const answers = yield* Effect.forEach(others, (id) => log.sensor(sensorId(id)))
    const candidates = [...all, ...answers.flatMap((one) => (one._tag === "Some" ? [one.value] : []))]
    return {
      known: candidates,
      more: listed.length > CHOICES_MAX,
      unknown: others.filter((id) => !candidates.some((one) => one.id === id))
    }
  })

/** Those that are plotted where none is asked for: the first that have spoken of late, as late goes in this log. */
const defaultsOf = (sensors: ReadonlyArray<Sensor>) =>
  Effect.gen(function* () {
    const active = sensors.filter(({ status }) => status === "active")
    const log = yield* EventLog
    const last = yield* log.lastReadings(active.map(({ id }) => id))
    const newest = [...last.values()].reduce((most, { occurredAt }) => Math.max(most, occurredAt), 0)
    const spoke = ({ id }: Sensor) => (last.get(id)?.occurredAt ?? 0) > newest - RANGE_MICROS["24h"]
    return active.filter(spoke).slice(0, CHOSEN_BY_DEFAULT)
  })

/** The whole of the first interval where everything is asked for. */
const fromWhole = (range: string, resolution: Resolution, window: Window): Window =>
  range === "all" && resolution !== "raw"
    ? { ...window, start: divisionStart({ interval: resolution, zone: window.zone }, window.start) }
    : window

const standingOf = (resolution: Resolution) =>
  resolution === "raw"
    ? Effect.map(
        Effect.flatMap(EventLog, ({ head }) => head),
        ({ position }) => position
      )
    : Effect.map(
        Effect.flatMap(Aggregates, ({ standing }) => standing),
        ({ position }) => position
      )

export const explore = ({ query: given, zone }: PageRequest) =>
  Effect.gen(function* () {
    const query = canonicalQuery(given)
    const request = askedOf(query)
    const { known, more, unknown } = yield* choicesFor(request)
    const problems = exploreProblems(query, unknown)
    // A form without a sensor chosen asks for none; an address without any, for some.
    const selection =
      query.has("range") || query.has("sensor")
        ? known.filter(({ id }) => request.sensors.includes(id))
        : yield* defaultsOf(known)
    const hasRange = (query.get("range") ?? "") !== ""
    const { range, ...within } = yield* windowOf(
      request,
      selection.map(({ id }) => id),
      hasRange
    )
    const resolution = shownOf(request.interval, within.end - within.start, selection.map(intervalOf))
    const window = fromWhole(range, resolution, { ...within, zone })
    const asOf = yield* standingOf(resolution)
    // What was not understood is not guessed: nothing is drawn until it is mended.
    const sensors = problems.length > 0 ? [] : selection
    const { cut, series } = yield* seriesOf(sensors, window, resolution, asOf)
    const standing = {
      ...window,
      sensors: selection.map(({ id }) => id),
      interval: request.interval,
      tz: query.get("tz")
    }
    const html = renderExplore({
      choices: known.map(({ id, metadata, name }) => ({
        id,
        label: sensorLabel({ id, name, description: metadata.description }),
        chosen: selection.some((one) => one.id === id)
      })),
      choicesLeftOut: more,
      range: problems.length > 0 && query.get("range") === "custom" ? "custom" : range,
      ...window,
      ...(problems.length > 0
        ? { fields: { start: timeIn(query, "start"), end: timeIn(query, "end") } }
        : {}),
      requestedForm: request.interval,
      displayedForm: resolution,
      series,
      moves: movesOf(standing),
      downloads: downloadsOf(standing, resolution, asOf),
      notes: notesOf(request, resolution, cut, window),
      problems
    })
    return pageOf(html, problems)
  })
