/** What `/explore` is asked for by its address. */
import * as Either from "effect/Either"
import { SENSOR_ID_MAX, type SensorId, sensorId } from "../../domain/Ids.js"
import { INTERVALS, type Interval, intervalMicros } from "../../domain/minute/Interval.js"
import { zoneNamed } from "../../domain/minute/LocalInterval.js"
import {
  formatTime,
  MICROS_PER_DAY,
  MICROS_PER_HOUR,
  MICROS_PER_MILLI,
  MICROS_PER_MINUTE,
  MICROS_PER_SECOND,
  type Micros,
  micros,
  parseTime
} from "../../domain/Time.js"
import type { TimeZone } from "../../domain/TimeZone.js"
import { query as queryText } from "../../web/core/Html.js"
import { RANGES, type RangeName } from "../../web/Pages.js"

export const SENSORS_MAX = 12
/** Points that are drawn of one sensor, about: a plot is hardly wider. */
const POINTS_WANTED = 800
/** Single readings that are drawn rather than what they come to: a quarter of an hour, one a second. */
const READINGS_WANTED = 1_000
/** Intervals of one sensor that an answer holds, whatever was asked for. */
export const POINTS_MAX = 2_000
/** Single readings of one sensor that an answer holds. */
export const RAW_MAX = 4_000

export const RANGE_MICROS: Record<Exclude<RangeName, "all">, number> = {
  "15m": 15 * MICROS_PER_MINUTE,
  "1h": MICROS_PER_HOUR,
  "6h": 6 * MICROS_PER_HOUR,
  "24h": MICROS_PER_DAY,
  "7d": 7 * MICROS_PER_DAY,
  "30d": 30 * MICROS_PER_DAY
}

export type Resolution = "raw" | (typeof INTERVALS)[number]

export interface ExploreRequest {
  readonly sensors: ReadonlyArray<SensorId>
  /** How many more were asked for than a plot holds. */
  readonly sensorsLeftOut: number
  readonly range: RangeName | "custom"
  readonly start: Micros | null
  readonly end: Micros | null
  readonly interval: Resolution | "auto"
}

/** The words of the API for what the page has words of its own for: either is taken. */
const ALSO: Readonly<Record<string, string>> = { sensor_id: "sensor", start_time: "start", end_time: "end" }

export const canonicalQuery = (query: URLSearchParams): URLSearchParams => {
  const own = new URLSearchParams()
  for (const [name, value] of query)
    own.append(Object.hasOwn(ALSO, name) ? (ALSO[name] ?? name) : name, value)
  return own
}

const WITHOUT_OFFSET = /^\d{4}-\d\d-\d\d(?:[Tt ][\d:.]+)?$/

/** One without an offset is of the zone that the address names, else of UTC: the same for all who follow it. */
export const timeIn = (query: URLSearchParams, name: string): Micros | null => {
  const text = query.get(name) ?? ""
  // `datetime-local` leaves the seconds out where they are 0.
  const whole = /^\d{4}-\d\d-\d\dT\d\d:\d\d$/.test(text) ? `${text}:00` : text
  const time = whole === "" ? null : Either.getOrNull(parseTime(whole))
  const zone = zoneNamed(query.get("tz") ?? "")
  if (time === null || zone === undefined || !WITHOUT_OFFSET.test(whole)) return time
  return Either.match(zone.toUtc(time, "first"), {
    onLeft: () => null,
    onRight: ({ time }) => micros(Math.max(0, time))
  })
}

export const sensorsIn = (query: URLSearchParams): ReadonlyArray<SensorId> => [
  ...new Set(
    query
      .getAll("sensor")
      .flatMap((text) => text.split(","))
      .filter((text) => /^\d{1,10}$/.test(text))
      .map(Number)
      .filter((id) => id >= 1 && id <= SENSOR_ID_MAX)
      .map(sensorId)
  )
]

export const askedOf = (query: URLSearchParams): ExploreRequest => {
  const sensors = sensorsIn(query)
  const start = timeIn(query, "start")
  const end = timeIn(query, "end")
  const rangeName = RANGES.find(([name]) => name === query.get("range"))?.[0]
  const whole = start !== null && end !== null && start < end
  const interval = query.get("interval")
  return {
    sensors: sensors.slice(0, SENSORS_MAX),
    sensorsLeftOut: Math.max(0, sensors.length - SENSORS_MAX),
    range: rangeName ?? (whole ? "custom" : "24h"),
    start: whole && rangeName === undefined ? start : null,
    end: whole && rangeName === undefined ? end : null,
    interval: interval === "raw" ? "raw" : (INTERVALS.find((one) => one === interval) ?? "auto")
  }
}

/** Whether `interval` gives no more points of this range than an answer holds. */
const fits = (interval: Interval, length: number, most: number) => length / intervalMicros(interval) <= most

/** What is shown of a range: `intervals` are the times between readings of its sensors, ms, where they are known. */
export const shownOf = (
  preference: ExploreRequest["interval"],
  length: number,
  intervals: ReadonlyArray<number | null>
): Resolution => {
  const readings = (ms: number | null) =>
    ms === null ? Number.POSITIVE_INFINITY : length / (ms * MICROS_PER_MILLI)
  const most = Math.max(0, ...intervals.map(readings))
  if (preference === "raw" && (most <= RAW_MAX || length <= 15 * MICROS_PER_MINUTE)) return "raw"
  if (preference === "auto" && most <= READINGS_WANTED) return "raw"
  if (preference !== "auto" && preference !== "raw" && fits(preference, length, POINTS_MAX)) return preference
  return INTERVALS.find((one) => fits(one, length, POINTS_WANTED)) ?? "1d"
}

export interface Standing {
  readonly sensors: ReadonlyArray<SensorId>
  readonly start: Micros
  readonly end: Micros
  readonly interval: ExploreRequest["interval"]
  /** On whose clocks intervals start; absent: UTC. */
  readonly zone?: TimeZone | undefined
  /** The zone that the address itself names. */
  readonly tz?: string | null
  /** The tag that the sensors are chosen by; empty: none. */
  readonly tag?: string
  /** The position that the address names. */
  readonly asOf?: number | undefined
}

const exploreHref = ({ asOf, end, interval, sensors, start, tag, tz }: Standing): string =>
  `/explore${queryText({
    sensor: sensors.join(","),
    tag,
    range: "custom",
    start: formatTime(start),
    end: formatTime(end),
    interval: interval === "auto" ? "" : interval,
    tz: tz ?? "",
    as_of: asOf
  })}`

/** To exactly what is shown: this range, these intervals, and the log as it stands. */
export const shareHref = (standing: Standing, resolution: Resolution, asOf: number): string =>
  exploreHref({ ...standing, tag: "", interval: resolution, tz: standing.zone?.name ?? "UTC", asOf })

/** The shortest range that can be zoomed into, µs. */
const RANGE_MIN = MICROS_PER_SECOND

/** Links by which the plot is moved without scripts. */
export const movesOf = (standing: Standing) => {
  const { end, start } = standing
  const length = end - start
  const to = (from: number, until: number) =>
    exploreHref({ ...standing, start: micros(Math.max(0, Math.round(from))), end: micros(Math.round(until)) })
  return [
    { label: "← Earlier", href: to(start - length / 2, end - length / 2) },
    ...(length > 2 * RANGE_MIN ? [{ label: "Zoom in", href: to(start + length / 4, end - length / 4) }] : []),
    { label: "Zoom out", href: to(start - length / 2, end + length / 2) },
    { label: "Later →", href: to(start + length / 2, end + length / 2) }
  ]
}

const FORMATS = [
  ["CSV", "csv"],
  ["Parquet", "parquet"],
  ["Arrow", "arrow"],
  ["NDJSON", "ndjson"]
] as const

/** The rows that are shown, as files. */
export const downloadsOf = ({ end, sensors, start, zone }: Standing, resolution: Resolution, asOf: number) =>
  FORMATS.map(([format, name]) => ({
    format,
    href: `${resolution === "raw" ? "/data/range/" : "/aggregated_data/range/"}${queryText({
      sensor_id: sensors.join(","),
      start_time: formatTime(start),
      end_time: formatTime(end),
      interval: resolution === "raw" ? undefined : resolution,
      tz: resolution === "raw" ? undefined : (zone?.name ?? "UTC"),
      as_of: asOf,
      format: name
    })}`
  }))
