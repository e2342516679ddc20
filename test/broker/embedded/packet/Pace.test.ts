/** What is over the rate is read later, and how much later. */
import { assert, describe, it } from "@effect/vitest"
import { Pace } from "../../../../src/broker/embedded/packet/Pace.js"

const START = 1_700_000_000_000

describe("the pace of a connection", () => {
  it("lets a second's worth through at once, and then so much as the rate allows", () => {
    const pace = new Pace({ packetsPerSecondMax: 10, bytesPerSecondMax: 0 })
    assert.strictEqual(pace.take(10, 1_000_000, START), 0)
    assert.strictEqual(pace.take(5, 0, START), 500)
    assert.strictEqual(pace.take(1, 0, START + 500), 100)
    assert.strictEqual(pace.take(1, 0, START + 700), 0)
    assert.strictEqual(
      pace.take(10, 0, START + 60_000),
      0,
      "after a silence a second's worth comes at once again"
    )
  })

  it("goes by packets or bytes, whichever are more", () => {
    const pace = new Pace({ packetsPerSecondMax: 10, bytesPerSecondMax: 1_000 })
    assert.strictEqual(pace.take(1, 3_000, START), 2_000)
    assert.strictEqual(pace.take(20, 1, START + 10_000), 1_000)
  })

  it("over any span takes no more than the rate and one burst", () => {
    const pace = new Pace({ packetsPerSecondMax: 100, bytesPerSecondMax: 0 })
    let now = START
    let taken = 0
    while (now < START + 60_000) {
      taken += 7
      now += pace.take(7, 0, now)
    }
    assert.isAtMost(taken, 61 * 100 + 7)
    assert.isAtLeast(taken, 60 * 100)
  })

  it("has no limit where none is set", () => {
    const pace = new Pace({ packetsPerSecondMax: 0, bytesPerSecondMax: 0 })
    assert.isFalse(pace.isLimited)
    assert.strictEqual(pace.take(1e9, 1e12, START), 0)
  })
})
