/**
 * A simulated sensor, as sensors.json declares it and as the actors play it: what it says of itself, how often,
 * which signal it follows, and how it misbehaves.
 */
import * as Schema from "effect/Schema"
import { SensorId } from "./Ids.js"
import {
  Description,
  Latitude,
  Longitude,
  type SaidMetadata,
  SensorName,
  SensorType,
  Unit
} from "./Sensor.js"

/** The shortest and longest time between two readings of a simulated sensor, in ms. */
export const INTERVAL_MS_MIN = 10
export const INTERVAL_MS_MAX = 86_400_000
export const INTERVAL_MS_DEFAULT = 1_000
export const DECIMALS_MAX = 9
export const DECIMALS_DEFAULT = 2

const optional = <A, I>(schema: Schema.Schema<A, I>, fallback: () => NoInfer<A>) =>
  Schema.optionalWith(schema, { exact: true, default: fallback })

/** Lowest and highest value, in the sensor's unit. */
export const Range = Schema.Tuple(Schema.Finite, Schema.Finite).pipe(
  Schema.filter(([min, max]) => min <= max || "must be [min, max] with min not above max")
)

/** Where values come from, before faults. All but `constant` stay within the sensor's range. */
export const Signal = Schema.Union(
  /** Each value anywhere in the range, alike. */
  Schema.Struct({ kind: Schema.Literal("uniform") }),
  /** Each value at most `step` from the one before; a hundredth of the range by default. Starts at `start`. */
  Schema.Struct({
    kind: Schema.Literal("random_walk"),
    step: Schema.optionalWith(Schema.Finite.pipe(Schema.positive()), { exact: true }),
    start: Schema.optionalWith(Schema.Finite, { exact: true })
  }),
  /** A sine of one day (UTC) around the middle of the range, highest at `peak_hour`, with uniform noise. */
  Schema.Struct({
    kind: Schema.Literal("daily_wave"),
    mean: Schema.optionalWith(Schema.Finite, { exact: true }),
    amplitude: Schema.optionalWith(Schema.NonNegative, { exact: true }),
    noise: optional(Schema.NonNegative, () => 0.5),
    peak_hour: optional(Schema.Finite.pipe(Schema.between(0, 24)), () => 15)
  }),
  Schema.Struct({ kind: Schema.Literal("constant"), value: Schema.Finite })
)
export type Signal = typeof Signal.Type

const Probability = Schema.Finite.pipe(Schema.between(0, 1))
const never = optional(Probability, () => 0)

/**
 * How often, of all readings (0 to 1): not sent, sent twice, sent later with its own time, a value far outside the
 * range, the last value repeated for a while, a payload that is no reading.
 */
export const Faults = Schema.Struct({
  drop: never,
  duplicate: never,
  late: never,
  spike: never,
  stuck: never,
  malformed: never
})
export type Faults = typeof Faults.Type

export const NO_FAULTS: Faults = { drop: 0, duplicate: 0, late: 0, spike: 0, stuck: 0, malformed: 0 }

export const SensorEntry = Schema.Struct({
  lat: Latitude,
  lng: Longitude,
  unit: Unit,
  type: SensorType,
  range: Range,
  description: Description,
  name: Schema.optionalWith(SensorName, { exact: true }),
  interval_ms: optional(
    Schema.Int.pipe(Schema.between(INTERVAL_MS_MIN, INTERVAL_MS_MAX)),
    () => INTERVAL_MS_DEFAULT
  ),
  decimals: optional(Schema.Int.pipe(Schema.between(0, DECIMALS_MAX)), () => DECIMALS_DEFAULT),
  signal: optional(Signal, () => ({ kind: "uniform" as const })),
  faults: optional(Faults, () => NO_FAULTS)
})
export type SensorEntry = typeof SensorEntry.Type

export const SimulatedSensor = Schema.extend(Schema.Struct({ id: SensorId }), Schema.typeSchema(SensorEntry))
export type SimulatedSensor = typeof SimulatedSensor.Type

/** Equal in everything that is declared. */
export const sameSimulated = Schema.equivalence(SimulatedSensor)

/** What its owner tells the log of it: beside what its messages say, its range and its interval. */
export const describeSimulated = (
  sensor: SimulatedSensor
): {
  readonly id: SensorId
  readonly name?: string
  readonly intervalMs: number
  readonly said: SaidMetadata
} => ({
  id: sensor.id,
  ...(sensor.name === undefined ? {} : { name: sensor.name }),
  intervalMs: sensor.interval_ms,
  said: {
    lat: sensor.lat,
    lng: sensor.lng,
    unit: sensor.unit,
    type: sensor.type,
    description: sensor.description,
    min: sensor.range[0],
    max: sensor.range[1]
  }
})
