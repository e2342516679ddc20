/** Recorded messages at their pace, on a simulated clock. */
import { assert, describe, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import { progressText } from "../../../src/cli/Progress.js"
import { parseSpeed } from "../../../src/cli/replay/ReplayOptions.js"
import { replayAll, type Speed } from "../../../src/cli/replay/ReplayRun.js"

const messages = ["00", "10", "05", "30"].map((second) => ({
  topic: "sensors/1",
  payload: `{"timestamp": "2024-01-01T00:00:${second}Z", "value": 1}`
}))

/** When, in seconds from the start, each message was published. */
const times = (speed: Speed) =>
  Effect.gen(function* () {
    const published: Array<number> = []
    const counts = { sent: 0, acknowledged: 0 }
    const publish = () =>
      Effect.map(Clock.currentTimeMillis, (now) => {
        published.push(now / 1_000)
      })
    const fiber = yield* Effect.fork(
      replayAll(Stream.fromIterable(messages), { speed, inFlight: 2, publish, counts })
    )
    yield* TestClock.adjust("1 minute")
    yield* Fiber.join(fiber)
    assert.deepStrictEqual(counts, { sent: 4, acknowledged: 4 })
    return published
  })

describe("a replay", () => {
  it.effect("at the recorded pace publishes each message when it is due, a late one at once", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* times(1), [0, 10, 10, 30])
    })
  )

  it.effect("at ten times the pace takes a tenth of the time", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* times(10), [0, 1, 1, 3])
    })
  )

  it.effect("as fast as acknowledged does not wait", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* times("max"), [0, 0, 0, 0])
    })
  )

  it.effect("sends again what was not acknowledged, and counts it once", () =>
    Effect.gen(function* () {
      const counts = { sent: 0, acknowledged: 0 }
      let calls = 0
      const publish = () => Effect.suspend(() => (++calls === 2 ? Effect.fail("lost") : Effect.void))
      const fiber = yield* Effect.fork(
        replayAll(Stream.fromIterable(messages), { speed: "max", inFlight: 1, publish, counts })
      )
      yield* TestClock.adjust("2 seconds")
      yield* Fiber.join(fiber)
      assert.deepStrictEqual([counts.sent, counts.acknowledged, calls], [4, 4, 5])
    })
  )

  it.effect("ends with why, when a message stays unacknowledged", () =>
    Effect.gen(function* () {
      const counts = { sent: 0, acknowledged: 0 }
      const fiber = yield* Effect.fork(
        replayAll(Stream.fromIterable(messages), {
          ...{ speed: "max", inFlight: 1, counts },
          publish: () => Effect.fail("gone")
        }).pipe(Effect.flip)
      )
      yield* TestClock.adjust("1 minute")
      assert.strictEqual(yield* Fiber.join(fiber), "gone")
      assert.deepStrictEqual(counts, { sent: 1, acknowledged: 0 })
    })
  )
})

describe("a speed", () => {
  it("is max, recorded or a factor", () => {
    const spoken = ["max", "recorded", "60", "2.5x", "0", "-1", "soon", ""].map((text) => parseSpeed(text))
    assert.deepStrictEqual(
      spoken.map((speed) => (speed._tag === "Some" ? speed.value : null)),
      ["max", 1, 60, 2.5, null, null, null, null]
    )
  })
})

describe("progress", () => {
  it("says how many, how fast, and how long it will take", () => {
    assert.strictEqual(
      progressText("messages", { done: 500, fraction: 0.25 }, 10_000),
      "500 messages, 50/s, 25 %, 30 s left"
    )
    assert.strictEqual(progressText("events", { done: 0, fraction: null }, 0), "0 events, 0/s")
    assert.include(progressText("events", { done: 1, fraction: 0.001 }, 10_000), "2 h 46 min left")
  })
})
