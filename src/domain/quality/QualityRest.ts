/**
 * Which sensors rest at 0: the sun is down, no rain falls, the machine is off. As many zeros in a row as they like are
 * no flat line. A thermometer that shows 0 has a value like any other, and may be stuck at it.
 */
/** Quantities that are 0 while nothing happens, in the words of `type`. */
const RESTS = new Set([
  ...["power", "irradiance", "radiation", "illuminance", "lux", "light", "uv", "sunshine", "brightness"],
  ...["rain", "rainfall", "precipitation", "snowfall", "flow", "wind", "speed", "gust", "current", "load"],
  ...["discharge", "consumption", "production", "generation", "yield", "motion", "occupancy", "vibration"],
  ...["duty", "rpm", "traffic", "throughput", "bytes", "requests", "errors", "events"]
])
/** Those whose 0 is a point of a scale: history excuses none of them. */
const SCALES = new Set([
  ...["temperature", "temp", "humidity", "hum", "pressure", "dewpoint", "dew", "frequency", "voltage"],
  ...["latitude", "longitude", "altitude", "heading", "direction", "angle", "ph"]
])

/** The share of its minutes that a sensor rests in, at least, where its type does not say. */
export const REST_SHARE_MIN = 0.2

/** What a sensor showed in the days before a window's end, by the minute. */
export interface ZeroHistory {
  readonly minutes: number
  /** Those that hold 0 alone. */
  readonly zeros: number
  /** The smallest value of all. */
  readonly lowest: number | null
  /** It showed something else between two of its zeros: it came back to rest. */
  readonly returned: boolean
}

/** `solarPower`, `solar_power` and `Solar power` are two words. */
const wordsOf = (type: string): ReadonlyArray<string> =>
  type
    .replace(/(\p{Ll})(\p{Lu})/gu, "$1 $2")
    .toLowerCase()
    .split(/[^\p{L}]+/u)

export type RestByType = "rests" | "never" | "unknown"

export const restByType = (type: string | null): RestByType => {
  const said = type === null ? [] : wordsOf(type)
  if (said.some((word) => SCALES.has(word))) return "never"
  return said.some((word) => RESTS.has(word)) ? "rests" : "unknown"
}

/** One that is never below 0, is often at 0, and was away from it in between. */
export const restsByHistory = ({ lowest, minutes, returned, zeros }: ZeroHistory): boolean =>
  lowest === 0 && returned && zeros >= REST_SHARE_MIN * minutes
