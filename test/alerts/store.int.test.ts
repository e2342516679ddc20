/** Alerts and their outbox on real databases: one transaction, one order, and nothing twice. */
import { assert, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Random from "effect/Random"
import * as TestClock from "effect/TestClock"
import {
  type AlertChannel,
  ATTEMPTS_MAX,
  drain,
  LEASE_MICROS,
  waitAfter
} from "../../src/alerts/AlertOutbox.js"
import { AlertStore } from "../../src/alerts/AlertStore.js"
import * as SqlAlertStore from "../../src/alerts/SqlAlertStore.js"
import type { Alert } from "../../src/domain/alert/Alert.js"
import { decide, type Look } from "../../src/domain/alert/AlertLook.js"
import { ruleOf } from "../../src/domain/alert/AlertRule.js"
import { verdictOf } from "../../src/domain/alert/AlertState.js"
import { sensorId } from "../../src/domain/Ids.js"
import { nowMicros } from "../../src/telemetry/Instant.js"
import { describeDatabases, type TestDatabase } from "../support/databases.js"

/** On the live clock, else each simulated minute is one of heartbeats of the connection too. */
const onLiveClock = <A, E>(layer: Layer.Layer<A, E>) =>
  Layer.scopedContext(Layer.build(layer).pipe(Effect.withClock(Clock.make())))

const live = (database: TestDatabase) => SqlAlertStore.layer.pipe(Layer.provide(onLiveClock(database.layer)))

const rule = ruleOf({ kind: "range", max: 80, channels: ["webhook"] })
const one = sensorId(1)

/** A look at a device that has this value now. */
const look = (value: number, target = "boiler") =>
  Effect.map(nowMicros, (now): Look => {
    const measure = { sensor: one, low: value, high: value, label: "temp" }
    const verdicts = new Map([[one, verdictOf(rule, measure)]])
    const targets = new Map([[target, { verdicts, measures: [measure] }]])
    return { now, rules: [{ name: "hot", rule, targets }], isSilenced: () => false, channels: ["webhook"] }
  })

const looked = (value: number) =>
  Effect.gen(function* () {
    const store = yield* AlertStore
    const seen = yield* look(value)
    yield* TestClock.adjust("1 second")
    return yield* store.commit((open) => decide(seen, open))
  })

const channel = (send: AlertChannel["send"]): AlertChannel => ({ name: "webhook", keeps: false, send })

describeDatabases("alerts that are stored", (database) => {
  it.effect("are raised once by whoever looks, and acknowledged once", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(1_795_000_000_000)
      const store = yield* AlertStore
      const seen = yield* look(95)
      const both = yield* Effect.all(
        [1, 2, 3].map(() => store.commit((open: ReadonlyArray<Alert>) => decide(seen, open))),
        { concurrency: "unbounded" }
      )
      assert.deepStrictEqual(both.map((changes) => changes.length).sort(), [0, 0, 1])
      assert.deepStrictEqual(yield* store.counts, { firing: 1, waiting: 1, dead: 0 })
      const [alert] = yield* store.alerts({ phase: "firing", limit: 10, skip: 0 })
      assert.strictEqual(alert?.summary, "boiler: temp 95, above 80")
      assert.deepStrictEqual(alert?.sensors, [one])
      const id = alert?.id ?? ""
      assert.strictEqual((yield* store.acknowledge(id, "ann", "on my way"))?.acknowledgedBy, "ann")
      assert.strictEqual((yield* store.acknowledge(id, "bob", null))?.acknowledgedBy, "ann")
      assert.isUndefined(yield* store.acknowledge("0".repeat(32), null, null))
      yield* TestClock.adjust("1 second")
      yield* looked(50)
      assert.deepStrictEqual(yield* store.open, [])
      assert.strictEqual((yield* store.alerts({ rule: "hot", limit: 10, skip: 0 })).length, 1)
      assert.deepStrictEqual(yield* store.alerts({ rule: "cold", limit: 10, skip: 0 }), [])
    }).pipe(Effect.provide(live(database)))
  )

  it.effect("are told of in order, later and later after failures, until they are given up", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(1_795_000_000_000)
      const store = yield* AlertStore
      const tried: Array<string> = []
      const refusing = channel(({ body }) =>
        Effect.suspend(() => {
          tried.push(body.event)
          return Effect.fail("it answers 500")
        })
      )
      yield* looked(95)
      yield* looked(50)
      yield* drain(store, refusing)
      // What is over is not told of before it was raised.
      assert.deepStrictEqual(tried, ["raised"])
      yield* drain(store, refusing)
      assert.strictEqual(tried.length, 1)
      for (let i = 0; i < ATTEMPTS_MAX + 2; i++) {
        yield* TestClock.adjust("23 minutes")
        yield* drain(store, refusing)
      }
      assert.strictEqual(tried.filter((event) => event === "raised").length, ATTEMPTS_MAX)
      const [dead] = yield* store.notices({ state: "dead", limit: 10, skip: 0 })
      assert.deepInclude(dead, { attempts: ATTEMPTS_MAX, lastError: "it answers 500" })
      const taken: Array<string> = []
      const taking = channel(({ id }) => Effect.sync(() => void taken.push(id)))
      yield* store.sendAgain(dead?.id ?? "")
      yield* TestClock.adjust("23 minutes")
      yield* drain(store, taking)
      assert.strictEqual(taken[0], dead?.id)
      assert.strictEqual(taken.length, 2)
      assert.deepStrictEqual(yield* store.counts, { firing: 0, waiting: 0, dead: 0 })
      // What was sent is not sent again.
      assert.isUndefined(yield* store.sendAgain(dead?.id ?? ""))
    }).pipe(Effect.provide(live(database)), Effect.withRandom(Random.make("alerts")))
  )

  it.effect("are left to whoever took them for the time of a lease", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(1_795_000_000_000)
      const store = yield* AlertStore
      yield* looked(95)
      const first = yield* store.take("webhook", LEASE_MICROS)
      assert.isUndefined(yield* store.take("webhook", LEASE_MICROS))
      yield* TestClock.adjust(LEASE_MICROS / 1_000 + 1)
      assert.strictEqual((yield* store.take("webhook", LEASE_MICROS))?.id, first?.id)
      // A broker that forgot what it kept gets what fires again.
      yield* store.sent(first?.id ?? "")
      yield* store.renew("webhook")
      assert.strictEqual((yield* store.take("webhook", LEASE_MICROS))?.id, first?.id)
      yield* store.sent(first?.id ?? "")
      yield* store.forget(yield* nowMicros)
      assert.deepStrictEqual(yield* store.notices({ limit: 10, skip: 0 }), [])
    }).pipe(Effect.provide(live(database)))
  )
})

it("waits twice as long after each failure, and for no longer than a quarter of an hour", () => {
  const waits = [1, 2, 3, 20].map((attempts) => waitAfter(attempts, 0.5) / 1_000_000)
  assert.deepStrictEqual(waits, [5, 10, 20, 900])
  assert.strictEqual(waitAfter(1, 0) / 1_000_000, 2.5)
})
