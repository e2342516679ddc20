/** What all projections share: who runs them, when, and what is told of failures. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as LogLevel from "effect/LogLevel"
import * as TestClock from "effect/TestClock"
import { type Position, position } from "../../src/domain/Ids.js"
import { micros } from "../../src/domain/Time.js"
import { LogCorrupt, type LogError, LogUnavailable } from "../../src/eventlog/EventLog.js"
import { Ownership } from "../../src/ownership/Ownership.js"
import { type Fold, make, rebuild, step } from "../../src/projections/Projection.js"
import { scheduled } from "../../src/projections/ProjectionRunner.js"

/** A log of ten events, folded four at a time; `fault` is what its head says instead. */
const setUp = () => {
  const state = { generation: 1, at: 0, head: 10, rounds: 0, beside: 0 }
  let fault: Effect.Effect<never, LogError> | null = null
  const fold: Fold<Position, null> = {
    checkpoint: Effect.sync(() => ({ generation: state.generation, position: position(state.at) })),
    head: Effect.suspend(() => {
      state.rounds += 1
      return fault ?? Effect.succeed(position(state.head))
    }),
    next: (from, head) => Effect.succeed({ to: position(Math.min(head, from.position + 4)), rows: null }),
    commit: (from, { to }) =>
      Effect.sync(() => {
        if (from.position !== state.at || from.generation !== state.generation) return false
        state.at = to
        return true
      })
  }
  const projection = make({
    name: "numbers",
    fold,
    origin: position(0),
    beside: Effect.sync(() => ++state.beside % 3 !== 0),
    rebuild: null,
    schedule: { every: 10_000, backoffMax: 2_000 }
  })
  return {
    fold,
    projection,
    state,
    failWith: (error: typeof fault) => {
      fault = error
    }
  }
}

/** What is logged as an error from now on. */
const errors = () => {
  const lines: Array<string> = []
  const logger = Logger.make(({ logLevel, message }) => {
    if (LogLevel.greaterThanEqual(logLevel, LogLevel.Error)) lines.push(String(message))
  })
  return { lines, layer: Logger.replace(Logger.defaultLogger, logger) }
}

const during = (layer: Layer.Layer<never>, body: Effect.Effect<void>) =>
  Effect.scoped(
    Effect.gen(function* () {
      yield* Layer.build(layer)
      yield* body
    })
  )

describe("a projection", () => {
  it.effect("comes up to the head, does what is beside piece by piece, and rests", () =>
    Effect.gen(function* () {
      const { projection, state } = setUp()
      const one = yield* projection
      yield* during(
        scheduled(Effect.succeed(one)),
        Effect.gen(function* () {
          yield* TestClock.adjust("9 seconds")
          assert.deepInclude(yield* one.status, { position: position(10), head: position(10), behind: 0 })
          assert.strictEqual(state.beside, 3)
          state.head = 12
          yield* TestClock.adjust("900 millis")
          assert.strictEqual(state.at, 10)
          yield* TestClock.adjust("100 millis")
          assert.strictEqual(state.at, 12)
        })
      )
    })
  )

  it.live("lets others go between its pieces, which wait for nothing themselves", () =>
    Effect.gen(function* () {
      const order: Array<string> = []
      /** Work of another's that is there by now: it waits a millisecond for more first, as a batch does. */
      const others = (piece: string) =>
        Effect.sync(() => {
          order.push(piece)
          setTimeout(() => setTimeout(() => order.push(`other's, after ${piece}`), 1), 0)
        })
      const { fold, state } = setUp()
      state.head = 4
      const projection = yield* make({
        name: "numbers",
        fold: {
          ...fold,
          next: (from, head) => Effect.zipLeft(fold.next(from, head), others("made")),
          commit: (from, batch) => Effect.zipLeft(fold.commit(from, batch), others("stored"))
        },
        origin: position(0),
        beside: Effect.as(others("beside"), false),
        rebuild: null,
        schedule: { every: 10_000, backoffMax: 2_000 }
      })
      yield* projection.round
      const step = ["made", "other's, after made", "stored", "other's, after stored"]
      assert.deepStrictEqual(order, [...step, "beside"])
    })
  )

  it.effect("comes as far as the head was, and leaves what came meanwhile to the next round", () =>
    Effect.gen(function* () {
      const { fold, state } = setUp()
      const one = yield* make({
        name: "numbers",
        // Each step finds one event more.
        fold: { ...fold, next: (from, head) => Effect.tap(fold.next(from, head), () => ++state.head) },
        origin: position(0),
        rebuild: null,
        schedule: { every: 10_000, backoffMax: 2_000 }
      })
      const round = yield* Effect.fork(one.round)
      yield* TestClock.adjust("1 second")
      yield* Fiber.join(round)
      assert.deepInclude(yield* one.status, { position: position(12), caughtUpAt: micros(0) })
      assert.strictEqual(state.head, 13)
    })
  )

  it.effect("is run by its owner alone, and once more when that ends", () =>
    Effect.gen(function* () {
      const { projection, state } = setUp()
      const one = yield* projection
      const turn = yield* Effect.makeLatch()
      let ours = false
      const layer = scheduled(Effect.succeed(one), { every: "1 second", lastWithin: "1 second" }).pipe(
        Layer.provide(
          Layer.succeed(Ownership, {
            whileOwned: (_, effect) => Effect.zipRight(turn.await, effect),
            ifOwned: (_, effect) => (ours ? Effect.asSome(effect) : Effect.succeedNone),
            whileOneOwned: (_, effect) => effect({ number: 1, isOurs: () => ours }),
            forEachLeft: () => Effect.never,
            owns: () => ours,
            epochs: Effect.succeed(new Map())
          })
        )
      )
      yield* during(
        layer,
        Effect.gen(function* () {
          yield* TestClock.adjust("10 seconds")
          assert.strictEqual(state.at, 0)
          ours = true
          yield* turn.open
          yield* TestClock.adjust("1 second")
          assert.strictEqual(state.at, 10)
          state.head = 20
        })
      )
      assert.strictEqual(state.at, 20)
      ours = false
      yield* turn.close
      yield* during(
        layer,
        Effect.sync(() => {
          state.head = 30
        })
      )
      assert.strictEqual(state.at, 20)
    })
  )

  it.effect("tells of a fault of ours once, of a log that is away never, and goes on", () => {
    const told = errors()
    return Effect.gen(function* () {
      const { failWith, projection, state } = setUp()
      const one = yield* projection
      yield* during(
        scheduled(Effect.succeed(one), { every: "1 second" }),
        Effect.gen(function* () {
          failWith(Effect.fail(new LogUnavailable({ reason: "away" })))
          yield* TestClock.adjust("20 seconds")
          assert.deepStrictEqual(told.lines, [])
          assert.strictEqual((yield* one.status).lastError, "away")
          failWith(Effect.fail(new LogCorrupt({ reason: "a hole" })))
          yield* TestClock.adjust("20 seconds")
          assert.deepStrictEqual(told.lines, ["numbers can't be made; trying again: a hole"])
          failWith(Effect.die("a defect"))
          yield* TestClock.adjust("20 seconds")
          assert.strictEqual(told.lines.length, 2)
          failWith(null)
          yield* TestClock.adjust("3 seconds")
          assert.deepInclude(yield* one.status, { position: position(10), lastError: null })
          state.rounds = 0
          failWith(Effect.die("a defect"))
          // After a success the waits begin anew: 250 ms, 500 ms, 1 s.
          yield* TestClock.adjust("2750 millis")
          assert.strictEqual(told.lines.length, 3)
          assert.strictEqual(state.rounds, 4)
        })
      )
    }).pipe(Effect.provide(told.layer))
  })

  it.effect("is made again beside what is live, and gives way to another rebuild", () =>
    Effect.gen(function* () {
      const { fold, state } = setUp()
      const seen: Array<number> = []
      const begin = Effect.sync(() => {
        state.generation += 1
        state.at = 0
        return { generation: state.generation, position: position(0) }
      })
      let swaps = 0
      const parts = {
        begin,
        fold,
        swap: () => Effect.sync(() => ++swaps > 1),
        sweep: Effect.succeed(false)
      }
      const rebuilt = yield* rebuild(parts, ({ position: at }) => Effect.sync(() => void seen.push(at)))
      assert.deepStrictEqual(rebuilt, { generation: 2, position: position(10) })
      assert.deepStrictEqual([seen, swaps], [[4, 8, 10], 2])
      const running = yield* Effect.fork(rebuild(parts, () => Effect.asVoid(begin)))
      const exit = yield* Fiber.await(running)
      assert.strictEqual(exit._tag, "Failure")
      assert.include(String(exit), "another rebuild took over")
      const gone = yield* Effect.flip(step({ ...fold, checkpoint: Effect.succeed(null) }))
      assert.strictEqual(gone.reason, "its checkpoint is gone")
    })
  )
})
