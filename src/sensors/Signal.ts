/**
 * Pure: what value a simulated sensor shows next. All chance comes from the `draw` that is handed in, so that the
 * same seed gives the same trace.
 */
import { pipe } from "effect/Function"
import * as Hash from "effect/Hash"
import { PCGRandom } from "effect/Utils"
import type { SensorId } from "../domain/Ids.js"
import type { SimulatedSensor } from "../domain/SimulatedSensor.js"
import { MICROS_PER_DAY, MICROS_PER_HOUR, type Micros } from "../domain/Time.js"

/** The next random number, 0 ≤ x < 1. */
export type Draw = () => number

/** What a signal remembers from one reading to the next. */
export interface SignalState {
  /** The last value, before rounding; null before the first. */
  readonly last: number | null
}

export const INITIAL_SIGNAL: SignalState = { last: null }

/** A sensor's value at a time, rounded to its decimals, and what to remember. */
export type SignalStep = (
  sensor: SimulatedSensor,
  state: SignalState,
  time: Micros,
  draw: Draw
) => { readonly value: number; readonly state: SignalState }

/**
 * The random stream of one sensor: a stream of its own for each (seed, sensor, incarnation). An actor that was
 * restarted goes on with the next incarnation, so that chance which crashed it does not crash it again.
 */
export const sensorDraw = (seed: number, id: SensorId, incarnation: number): Draw => {
  const mixed = pipe(Hash.number(seed), Hash.combine(Hash.number(id)), Hash.combine(Hash.number(incarnation)))
  // PCG takes the increment's low word as odd: 2 · id keeps neighbours apart.
  const random = new PCGRandom(seed, mixed, incarnation, 2 * id)
  return () => random.number()
}

/** Rounds half away from zero at `decimals`; -0 is 0. */
export const round = (value: number, decimals: number): number => {
  const scale = 10 ** decimals
  const rounded = Math.round(Math.abs(value) * scale) / scale
  return value < 0 && rounded !== 0 ? -rounded : rounded
}

const clamp = (value: number, min: number, max: number): number => Math.min(Math.max(value, min), max)

// A walk that would leave the range turns back at its edge.
const reflect = (value: number, min: number, max: number): number =>
  clamp(value < min ? 2 * min - value : value > max ? 2 * max - value : value, min, max)

const nextValue = (sensor: SimulatedSensor, state: SignalState, time: Micros, draw: Draw): number => {
  const { signal } = sensor
  const [min, max] = sensor.range
  switch (signal.kind) {
    case "constant":
      return signal.value
    case "uniform":
      return min + (max - min) * draw()
    case "random_walk": {
      if (state.last === null) return clamp(signal.start ?? (min + max) / 2, min, max)
      const step = signal.step ?? (max - min) / 100
      return reflect(state.last + step * (2 * draw() - 1), min, max)
    }
    case "daily_wave": {
      const mean = signal.mean ?? (min + max) / 2
      const amplitude = signal.amplitude ?? (max - min) / 4
      const phase = ((time - signal.peak_hour * MICROS_PER_HOUR) / MICROS_PER_DAY) * 2 * Math.PI
      return clamp(mean + amplitude * Math.cos(phase) + signal.noise * (2 * draw() - 1), min, max)
    }
  }
}

/** The signals that sensors.json can declare. A constant is shown as declared, unrounded. */
export const signalStep: SignalStep = (sensor, state, time, draw) => {
  const last = nextValue(sensor, state, time, draw)
  return { value: sensor.signal.kind === "constant" ? last : round(last, sensor.decimals), state: { last } }
}
