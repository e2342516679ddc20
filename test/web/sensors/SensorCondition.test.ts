import { assert, describe, it } from "@effect/vitest"
import { SILENCE_MAX } from "../../../src/domain/SensorSilence.js"
import { MICROS_PER_MINUTE, MICROS_PER_SECOND, micros } from "../../../src/domain/Time.js"
import { conditionOf, type Observed } from "../../../src/web/sensors/SensorCondition.js"

const NOW = micros(1_800_000_000_000_000)

const silentFor = (silence: number, sensor: Partial<Observed> = {}) =>
  conditionOf(
    { retired: false, state: null, intervalMs: 60_000, lastAt: micros(NOW - silence), ...sensor },
    NOW
  )

describe("a sensor", () => {
  it("is late after three of its intervals, and not before a minute", () => {
    assert.strictEqual(silentFor(3 * MICROS_PER_MINUTE), "fresh")
    assert.strictEqual(silentFor(3 * MICROS_PER_MINUTE + 1), "late")
    assert.strictEqual(silentFor(MICROS_PER_MINUTE, { intervalMs: 1_000 }), "fresh")
    assert.strictEqual(silentFor(MICROS_PER_MINUTE + 1, { intervalMs: 1_000 }), "late")
    assert.strictEqual(silentFor(-MICROS_PER_SECOND), "fresh")
  })

  it("whose interval nobody knows is silent, never late", () => {
    assert.strictEqual(silentFor(MICROS_PER_MINUTE, { intervalMs: null }), "fresh")
    assert.strictEqual(silentFor(MICROS_PER_MINUTE + 1, { intervalMs: null }), "silent")
    assert.strictEqual(silentFor(0, { lastAt: null }), "silent")
  })

  it("is gone where nothing is expected of it any more, unless it speaks more seldom than that", () => {
    assert.strictEqual(silentFor(SILENCE_MAX), "late")
    assert.strictEqual(silentFor(SILENCE_MAX + 1), "gone")
    assert.strictEqual(silentFor(SILENCE_MAX + 1, { intervalMs: null }), "gone")
    assert.strictEqual(silentFor(SILENCE_MAX + 1, { intervalMs: (SILENCE_MAX / 1_000) * 2 }), "fresh")
  })

  it("that is derived is that, however long it has no reading", () => {
    assert.strictEqual(silentFor(SILENCE_MAX + 1, { derived: true, lastAt: null }), "derived")
  })

  it("that is retired, or whose simulation gave up, is that first of all", () => {
    assert.strictEqual(silentFor(0, { retired: true, state: "parked" }), "retired")
    assert.strictEqual(silentFor(0, { state: "parked" }), "parked")
    assert.strictEqual(silentFor(0, { state: "restarting" }), "fresh")
  })
})
