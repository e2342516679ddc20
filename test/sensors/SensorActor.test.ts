import { assert, describe, it } from "@effect/vitest"
import * as FastCheck from "effect/FastCheck"
import { tickAfter } from "../../src/sensors/SensorActor.js"

describe("SensorActor", () => {
  it("ticks at start + n · period, skips what a stall has missed, and never twice", () => {
    assert.strictEqual(tickAfter(0, 1_000, 0), 1_000)
    assert.strictEqual(tickAfter(0, 1_000, 3), 1_000)
    assert.strictEqual(tickAfter(1_000, 1_000, 999), 2_000)
    // On the dot of a missed tick: that one is still measured.
    assert.strictEqual(tickAfter(0, 1_000, 5_000), 5_000)
    assert.strictEqual(tickAfter(0, 1_000, 5_001), 6_000)
    FastCheck.assert(
      FastCheck.property(
        FastCheck.nat(),
        FastCheck.integer({ min: 1, max: 1e6 }),
        FastCheck.nat(),
        (tick, period, late) => {
          const next = tickAfter(tick, period, tick + late)
          assert.strictEqual((next - tick) % period, 0)
          assert.isAbove(next, tick)
          assert.isAtLeast(next, tick + late)
          assert.isBelow(next - (tick + late), period + 1)
        }
      )
    )
  })
})
