/**
 * What a derived sensor is, from a position of the log on; and its minutes, computed from those of its sources.
 *
 * Invariants:
 * 1. A derived minute is a pure function of the definition that holds and of its sources' minutes, all as of one
 *    position. It is there where each source has that minute, emptied ones too.
 * 2. It has one value, and a count of 1; or none, and a count of 0, where a source's minute is empty or the value is
 *    no finite number. So hours and days of it are merges of minutes, as of any other sensor.
 * 3. Its `position` is the last of what it is made from, the definition among it: what is folded up to there stands.
 * 4. Its `id` is in a range of its own, which no position of the log reaches, and never changes.
 */
import * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import { eventId, type Position, position, SensorId } from "../Ids.js"
import * as ExactSum from "../minute/ExactSum.js"
import { type Minute, MinuteBuilder } from "../minute/Minute.js"
import { Description, SensorType, Unit } from "../Sensor.js"
import { MICROS_PER_MINUTE, type Micros } from "../Time.js"
import {
  EXPRESSION_LENGTH_MAX,
  type Expression,
  evaluate,
  type Figure,
  numbered,
  SOURCES_MAX
} from "./Expression.js"
import { parse } from "./ExpressionParser.js"

/** Its minutes are a minute apart, ms. */
export const DERIVED_INTERVAL_MS = 60_000

/** What is said of a derived sensor, whole: the payload of its event. */
export const DerivationSaid = Schema.Struct({
  /** Its own number. */
  sensor: SensorId,
  /** The version of its metadata that its minutes show. */
  version: Schema.Int,
  expression: Schema.String.pipe(Schema.minLength(1), Schema.maxLength(EXPRESSION_LENGTH_MAX)),
  /** The sensors that it names, in that order; `name`: as it is written, null where it is a number. */
  sources: Schema.Array(Schema.Struct({ sensor: SensorId, name: Schema.NullOr(Schema.String) })).pipe(
    Schema.minItems(1),
    Schema.maxItems(SOURCES_MAX)
  ),
  unit: Schema.NullOr(Unit),
  type: Schema.NullOr(SensorType),
  description: Schema.NullOr(Description)
})
export type DerivationSaid = typeof DerivationSaid.Type

/** One that was said. It holds from `position` of the log on, until the sensor's next one. */
export interface Derivation {
  readonly sensor: SensorId
  readonly position: Position
  /** The place of the sensor's first definition among all that people said: its ids are made from it. */
  readonly ordinal: number
  readonly version: number
  readonly sources: ReadonlyArray<SensorId>
  /** By numbers alone. */
  readonly expression: Expression
}

/** Below any `id` of a derived minute, and above any position; of 15 digits, so that a spreadsheet shows it whole. */
export const DERIVED_ID_MIN = 100_000_000_000_000
/** Bits of an `id` that say the minute, more than times reach; those above are the ordinal. */
export const MINUTE_BITS = 28

export const isDerived = ({ id }: Pick<Minute, "id">): boolean =>
  id >= DERIVED_ID_MIN && id < Number.MAX_SAFE_INTEGER

/** Throws where a stored definition can't be read. */
export const derivationOf = (said: DerivationSaid, at: Position, ordinal: number): Derivation => {
  const names = new Map(
    said.sources.flatMap(({ name, sensor }) => (name === null ? [] : [[name, sensor] as const]))
  )
  return {
    sensor: said.sensor,
    position: at,
    ordinal,
    version: said.version,
    sources: [...new Set(said.sources.map(({ sensor }) => sensor))],
    expression: numbered(Either.getOrThrow(parse(said.expression)), names)
  }
}

/** Of each sensor the definition that held as of a position. `all`: oldest first. */
export const derivationsAsOf = (
  all: ReadonlyArray<Derivation>,
  asOf: Position
): ReadonlyMap<SensorId, Derivation> =>
  new Map(all.filter((one) => one.position <= asOf).map((one) => [one.sensor, one]))

const FIGURE_OF: Readonly<Record<Figure, (minute: Minute) => number>> = {
  mean: ({ count, sum }) => ExactSum.mean(sum, count),
  sum: ({ sum }) => ExactSum.toNumber(sum),
  min: ({ min }) => min,
  max: ({ max }) => max,
  count: ({ count }) => count,
  first: ({ first }) => first?.value ?? Number.NaN,
  last: ({ last }) => last?.value ?? Number.NaN
}

/** `missing`: a source has nothing in this minute; `undefined`: the expression has no finite value. */
export type DerivedValue = number | "missing" | "undefined"

export const derivedValue = (
  { expression, sources }: Derivation,
  states: ReadonlyMap<SensorId, Minute>
): DerivedValue => {
  if (sources.some((sensor) => (states.get(sensor)?.count ?? 0) === 0)) return "missing"
  const bySensor: ReadonlyMap<number | string, Minute> = states
  const value = evaluate(expression, (sensor, figure) => {
    const minute = bySensor.get(sensor)
    return minute === undefined ? Number.NaN : FIGURE_OF[figure](minute)
  })
  return Number.isFinite(value) ? value : "undefined"
}

/** The minute of a derived sensor; null: it is not there. */
export const derivedMinute = (
  derivation: Derivation,
  minute: Micros,
  states: ReadonlyMap<SensorId, Minute>
): Minute | null =>
  derivation.sources.every((sensor) => states.has(sensor)) ? keptMinute(derivation, minute, states) : null

/** The same of one that was there under a definition before, and so stays. */
export const keptMinute = (
  derivation: Derivation,
  minute: Micros,
  states: ReadonlyMap<SensorId, Minute>
): Minute => {
  const { ordinal, sensor, sources, version } = derivation
  const builder = new MinuteBuilder()
  const value = derivedValue(derivation, states)
  if (typeof value === "number") {
    const milliseconds = (minute / 1_000).toString(16).padStart(12, "0")
    builder.add({
      position: derivation.position,
      eventId: eventId(milliseconds + sensor.toString(16).padStart(20, "0")),
      occurredAt: minute,
      value,
      sensorVersion: version,
      lat: null,
      lng: null
    })
  }
  const positions = sources.map((source) => states.get(source)?.position ?? 0)
  return {
    ...builder.done(),
    id: position(DERIVED_ID_MIN + ordinal * 2 ** MINUTE_BITS + minute / MICROS_PER_MINUTE),
    position: position(Math.max(derivation.position, ...positions))
  }
}
