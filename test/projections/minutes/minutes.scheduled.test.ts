/** The fold on its schedule: it sleeps when it has caught up, and a log that is away does not end it. */
import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as LogLevel from "effect/LogLevel"
import * as TestClock from "effect/TestClock"
import { position } from "../../../src/domain/Ids.js"
import { EventLog, LogUnavailable } from "../../../src/eventlog/EventLog.js"
import * as MemoryEventLog from "../../../src/eventlog/memory/MemoryEventLog.js"
import * as MemoryMinuteStore from "../../../src/projections/minutes/MemoryMinuteStore.js"
import * as Minutes from "../../../src/projections/minutes/Minutes.js"
import { append, assertFolded, reading } from "./minutes.support.js"

it.effect("folds every interval, and goes on with backoff when the log was away", () => {
  const log = { away: false, asked: 0 }
  const flaky = Layer.effect(
    EventLog,
    Effect.map(EventLog, (whole) => ({
      ...whole,
      head: Effect.suspend(() => {
        log.asked += 1
        return log.away ? Effect.fail(new LogUnavailable({ reason: "it is away" })) : whole.head
      })
    }))
  )
  const layers = Minutes.scheduled({ interval: "250 millis" }).pipe(
    Layer.provideMerge(Minutes.layer()),
    Layer.provideMerge(MemoryMinuteStore.layer),
    Layer.provideMerge(flaky.pipe(Layer.provideMerge(MemoryEventLog.layer())))
  )
  return Effect.gen(function* () {
    const minutes = yield* Minutes.Minutes
    yield* append([reading(1, 1, 1), reading(1, 2, 3)])
    yield* TestClock.adjust("250 millis")
    assert.deepInclude(yield* minutes.status, { behind: 0, position: position(3), lastError: null })
    yield* assertFolded

    log.away = true
    log.asked = 0
    yield* TestClock.adjust("250 millis")
    assert.strictEqual((yield* minutes.status).lastError, "it is away")
    // 250 ms, 500 ms, 1 s, then every 2 s: few questions in a quarter of a minute.
    yield* TestClock.adjust("15 seconds")
    assert.strictEqual(log.asked, 10)

    log.away = false
    yield* append([reading(1, 3, 5)])
    yield* TestClock.adjust("10 seconds")
    assert.deepInclude(yield* minutes.status, { behind: 0, position: position(4), lastError: null })
    yield* assertFolded
  }).pipe(Effect.provide(layers), Logger.withMinimumLogLevel(LogLevel.None))
})

const scheduled = Minutes.scheduled().pipe(
  Layer.provideMerge(Minutes.layer()),
  Layer.provideMerge(MemoryMinuteStore.layer),
  Layer.provideMerge(MemoryEventLog.layer())
)
const many = (first: number, count: number) =>
  append(Array.from({ length: count }, (_, index) => reading(1, (first + index) / 1_000, 1)))

it.effect("lets more come after a busy round, so that a row that keeps changing is stored less often", () =>
  Effect.gen(function* () {
    const minutes = yield* Minutes.Minutes
    const folded = Effect.map(minutes.status, (status) => Number(status.position))
    yield* many(0, 10)
    yield* TestClock.adjust("250 millis")
    assert.strictEqual(yield* folded, 11)
    yield* many(10, 1_500)
    yield* TestClock.adjust("250 millis")
    assert.strictEqual(yield* folded, 1_511)
    yield* many(1_510, 10)
    yield* TestClock.adjust("400 millis")
    assert.strictEqual(yield* folded, 1_511)
    yield* TestClock.adjust("100 millis")
    assert.strictEqual(yield* folded, 1_521)
    yield* many(1_520, 10)
    yield* TestClock.adjust("250 millis")
    assert.strictEqual(yield* folded, 1_531)
    yield* assertFolded
  }).pipe(Effect.provide(scheduled))
)

it.effect("folds what came a moment ago in one step", () =>
  Effect.gen(function* () {
    const minutes = yield* Minutes.Minutes
    yield* many(0, 6_000)
    assert.deepInclude(yield* minutes.step, { _tag: "Folded", to: position(6_001) })
    yield* assertFolded
  }).pipe(
    Effect.provide(
      Minutes.layer().pipe(
        Layer.provideMerge(MemoryMinuteStore.layer),
        Layer.provideMerge(MemoryEventLog.layer())
      )
    )
  )
)
