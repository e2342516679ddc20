import { assert, describe, it } from "@effect/vitest"
import { goneSince, SILENCE_INTERVALS, SILENCE_MAX } from "../../src/domain/SensorSilence.js"
import { MICROS_PER_DAY, MICROS_PER_MILLI, micros } from "../../src/domain/Time.js"

const LAST = micros(1_600_000_000_000_000)

const silentFor = (silence: number, intervalMs: number | null, retired = false) =>
  goneSince({ lastAt: LAST, intervalMs, retired }, LAST + silence)

describe("a silent sensor", () => {
  it("is gone since its last reading, once it has been silent for longer than seven days", () => {
    assert.strictEqual(SILENCE_MAX, 7 * MICROS_PER_DAY)
    for (const intervalMs of [null, 1_000, 3_600_000]) {
      assert.isNull(silentFor(SILENCE_MAX, intervalMs))
      assert.strictEqual(silentFor(SILENCE_MAX + 1, intervalMs), LAST)
    }
  })

  it("that speaks seldom is waited for longer", () => {
    const daily = MICROS_PER_DAY / MICROS_PER_MILLI
    assert.isNull(silentFor(SILENCE_INTERVALS * MICROS_PER_DAY, daily))
    assert.strictEqual(silentFor(SILENCE_INTERVALS * MICROS_PER_DAY + 1, daily), LAST)
  })

  it("that is retired is gone at once, and one that never spoke is not", () => {
    assert.isNull(silentFor(0, 1_000, true))
    assert.strictEqual(silentFor(1, 1_000, true), LAST)
    assert.isNull(goneSince({ lastAt: null, intervalMs: 1_000, retired: false }, LAST))
  })
})
