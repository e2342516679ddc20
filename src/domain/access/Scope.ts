/**
 * How far a key reaches: which sensors, and which data sets. A scope takes away only: what its holder may do there is
 * their role's.
 */
import * as Either from "effect/Either"
import { SENSOR_ID_MAX } from "../Ids.js"
import { NAME_LENGTH_MAX } from "../Sensor.js"

/** Sensors from this number to that one, both included. */
export interface SensorRange {
  readonly first: number
  readonly last: number
}

/** Sensors of these numbers, or of a name that fits one of these patterns, where `*` stands for any text. */
export interface SensorScope {
  readonly ranges: ReadonlyArray<SensorRange>
  readonly names: ReadonlyArray<string>
}

/** Null: all. */
export interface Scope {
  readonly sensors: SensorScope | null
  readonly datasets: ReadonlyArray<string> | null
}

export const EVERYTHING: Scope = { sensors: null, datasets: null }

export const reachesAll = ({ datasets, sensors }: Scope): boolean => sensors === null && datasets === null

/** A sensor as a scope sees it. The number is null before the log has given one, the name where it has none. */
export interface SensorKey {
  readonly id: number | null
  readonly name: string | null
}

/** In time that grows with the product of both lengths at most, whatever the pattern. */
export const fitsPattern = (pattern: string, name: string): boolean => {
  const [start = "", ...parts] = pattern.split("*")
  const end = parts.pop()
  if (end === undefined) return name === pattern
  if (!name.startsWith(start)) return false
  let at = start.length
  for (const part of parts) {
    const place = name.indexOf(part, at)
    if (place === -1) return false
    at = place + part.length
  }
  return name.length - end.length >= at && name.endsWith(end)
}

/** Whether a sensor is one of the scope's. */
export const mayReach = ({ sensors }: Scope, { id, name }: SensorKey): boolean =>
  sensors === null ||
  (id !== null && sensors.ranges.some(({ first, last }) => first <= id && id <= last)) ||
  (name !== null && sensors.names.some((pattern) => fitsPattern(pattern, name)))

export const mayReachDataset = ({ datasets }: Scope, dataset: string): boolean =>
  datasets === null || datasets.includes(dataset)

/** Sensors that one key may list: numbers, ranges and patterns. */
export const SCOPE_SENSORS_MAX = 100

const RANGE = /^(\d{1,10})(?:-(\d{1,10}))?$/

/** `42`, `1-10` or `boiler/*`. Left: what is wrong with it. */
const parseSensors = (text: string): Either.Either<SensorRange | string, string> => {
  const range = RANGE.exec(text)
  if (range === null) {
    return text !== "" && text.length <= NAME_LENGTH_MAX
      ? Either.right(text)
      : Either.left(`a name or pattern has 1 to ${NAME_LENGTH_MAX} characters`)
  }
  const first = Number(range[1])
  const last = Number(range[2] ?? range[1])
  return first >= 1 && first <= last && last <= SENSOR_ID_MAX
    ? Either.right({ first, last })
    : Either.left(`${text} must be numbers from 1 to ${SENSOR_ID_MAX}, the lower one first`)
}

/** The sensors that these texts name: numbers, ranges and patterns of names. Left: the first fault. */
export const parseSensorScope = (texts: ReadonlyArray<string>): Either.Either<SensorScope, string> =>
  Either.gen(function* () {
    if (texts.length === 0 || texts.length > SCOPE_SENSORS_MAX) {
      return yield* Either.left(`must name 1 to ${SCOPE_SENSORS_MAX} sensors, ranges or patterns`)
    }
    const ranges: Array<SensorRange> = []
    const names: Array<string> = []
    for (const text of texts) {
      const sensors = yield* parseSensors(text.trim())
      if (typeof sensors === "string") names.push(sensors)
      else ranges.push(sensors)
    }
    return { ranges, names }
  })

/** The texts that `parseSensorScope` reads. */
export const formatSensorScope = ({ names, ranges }: SensorScope): ReadonlyArray<string> => [
  ...ranges.map(({ first, last }) => (first === last ? `${first}` : `${first}-${last}`)),
  ...names
]
