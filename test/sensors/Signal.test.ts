import { assert, describe, it } from "@effect/vitest"
import * as FastCheck from "effect/FastCheck"
import { sensorId } from "../../src/domain/Ids.js"
import type { Signal } from "../../src/domain/SimulatedSensor.js"
import { MICROS_PER_HOUR, micros } from "../../src/domain/Time.js"
import { INITIAL_SIGNAL, round, sensorDraw, signalStep } from "../../src/sensors/Signal.js"
import { simulated } from "./support.js"

const trace = (signal: Signal, count: number, seed = 7, stepMicros = 1_000_000): ReadonlyArray<number> => {
  const sensor = simulated(3, { signal, range: [-10, 30] })
  const draw = sensorDraw(seed, sensor.id, 0)
  let state = INITIAL_SIGNAL
  return Array.from({ length: count }, (_, i) => {
    const step = signalStep(sensor, state, micros(i * stepMicros), draw)
    state = step.state
    return step.value
  })
}

const signals: ReadonlyArray<Signal> = [
  { kind: "uniform" },
  { kind: "random_walk", step: 5 },
  { kind: "daily_wave", noise: 3, peak_hour: 15, amplitude: 25 },
  { kind: "constant", value: 21.123456 }
]

describe("Signal", () => {
  it("gives the same trace for the same seed, and stays in range", () => {
    for (const signal of signals) {
      const values = trace(signal, 5_000)
      assert.deepStrictEqual(values, trace(signal, 5_000))
      assert.isTrue(values.every((value) => value >= -10 && value <= 30))
      if (signal.kind !== "constant") assert.notDeepEqual(values, trace(signal, 5_000, 8))
    }
  })

  it("spreads uniform values over the whole range", () => {
    const values = trace({ kind: "uniform" }, 20_000)
    for (let tenth = 0; tenth < 10; tenth++) {
      const low = -10 + 4 * tenth
      const share = values.filter((value) => value >= low && value < low + 4).length / values.length
      assert.approximately(share, 0.1, 0.01)
    }
  })

  it("walks in bounded steps from its start", () => {
    const values = trace({ kind: "random_walk", step: 0.5, start: 20 }, 1_000)
    assert.strictEqual(values[0], 20)
    for (const [i, value] of values.slice(1).entries()) {
      assert.isAtMost(Math.abs(value - (values[i] ?? 0)), 0.511)
    }
  })

  it("is highest at the peak hour of the day and lowest half a day from it", () => {
    const wave: Signal = { kind: "daily_wave", mean: 10, amplitude: 5, noise: 0, peak_hour: 15 }
    const hours = trace(wave, 24, 7, MICROS_PER_HOUR)
    assert.strictEqual(hours[15], 15)
    assert.strictEqual(hours[3], 5)
    assert.strictEqual(hours[9], 10)
  })

  it("shows a constant as it was declared", () => {
    assert.deepStrictEqual(trace({ kind: "constant", value: 21.123456 }, 2), [21.123456, 21.123456])
  })

  it("gives every sensor and every incarnation a stream of its own", () => {
    const first = (seed: number, id: number, incarnation: number) => {
      const draw = sensorDraw(seed, sensorId(id), incarnation)
      return `${draw()} ${draw()}`
    }
    const streams = [0, 1, 42].flatMap((seed) =>
      Array.from({ length: 200 }, (_, id) => [first(seed, id + 1, 0), first(seed, id + 1, 1)]).flat()
    )
    assert.strictEqual(new Set(streams).size, streams.length)
  })

  it("rounds to decimals, never to -0", () => {
    assert.deepStrictEqual([round(1.005, 0), round(-2.345, 1), round(21.678, 2)], [1, -2.3, 21.68])
    FastCheck.assert(
      FastCheck.property(
        FastCheck.double({ min: -1e6, max: 1e6, noNaN: true }),
        FastCheck.nat(6),
        (value, decimals) => {
          const rounded = round(value, decimals)
          assert.isFalse(Object.is(rounded, -0))
          assert.isAtMost(Math.abs(rounded - value), 0.5 * 10 ** -decimals + 1e-9)
          assert.strictEqual(round(rounded, decimals), rounded)
        }
      )
    )
  })
})
