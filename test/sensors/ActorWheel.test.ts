import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/TestClock"
import { Appointment, make } from "../../src/sensors/ActorWheel.js"

describe("ActorWheel", () => {
  it.effect(
    "wakes each at its time, in order, and once; the one that is moved or cancelled not at the old time",
    () =>
      Effect.gen(function* () {
        const woken: Array<string> = []
        const wheel = yield* make<string>((actor, now) => void woken.push(`${actor} ${now}`))
        const [a, b, c, d] = ["a", "b", "c", "d"].map((actor) => new Appointment(actor))
        if (a === undefined || b === undefined || c === undefined || d === undefined) return assert.fail()
        wheel.wakeAt(b, 20_000)
        wheel.wakeAt(a, 10_000)
        wheel.wakeAt(c, 20_000)
        wheel.wakeAt(d, 5_000)
        wheel.cancel(d)
        wheel.wakeAt(b, 30_000)
        yield* TestClock.adjust("15 millis")
        assert.deepStrictEqual(woken, ["a 10000"])
        // Earlier than what it sleeps for.
        wheel.wakeAt(d, 16_000)
        yield* TestClock.adjust("100 millis")
        assert.deepStrictEqual(woken.slice(1), ["d 16000", "c 20000", "b 30000"])
        // From rest.
        wheel.wakeAt(a, 120_000)
        yield* TestClock.adjust("5 millis")
        assert.strictEqual(woken.at(-1), "a 120000")
      }).pipe(Effect.scoped)
  )

  it.effect("wakes all of many that are due at once", () =>
    Effect.gen(function* () {
      const woken: Array<number> = []
      const wheel = yield* make<number>((actor) => void woken.push(actor))
      const actors = Array.from({ length: 1_000 }, (_, index) => index)
      for (const actor of actors) wheel.wakeAt(new Appointment(actor), 0)
      yield* TestClock.adjust("1 millis")
      assert.deepStrictEqual(woken, actors)
    }).pipe(Effect.scoped)
  )
})
