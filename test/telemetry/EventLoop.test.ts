/** Long work and who has the loop's time. Nothing here waits for a clock: the turns of the others are counted. */
import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { LongWork } from "../../src/telemetry/EventLoop.js"

it.effect("lets sockets and timers in between two pieces", () =>
  Effect.gen(function* () {
    const long = new LongWork()
    let turns = 0
    const turn = () => {
      turns += 1
      immediate = setImmediate(turn)
    }
    let immediate = setImmediate(turn)
    const seen: Array<number> = []
    for (let piece = 0; piece < 3; piece += 1) yield* long.piece(Effect.sync(() => seen.push(turns)))
    clearImmediate(immediate)
    assert.isTrue(
      seen.every((count, index) => count > (seen[index - 1] ?? 0)),
      seen.join(", ")
    )
  })
)

const spin = (millis: number) => {
  for (const until = performance.now() + millis; performance.now() < until; );
}

it.live("leaves several turns of a busy loop to the others for each of its pieces", () =>
  Effect.gen(function* () {
    const long = new LongWork()
    const pieces = 10
    let turns = 0
    const others = setInterval(() => {
      turns += 1
      spin(5)
    }, 1)
    for (let piece = 0; piece < pieces; piece += 1) yield* long.piece(Effect.sync(() => spin(5)))
    clearInterval(others)
    assert.isAtLeast(turns, 2 * pieces)
  })
)
