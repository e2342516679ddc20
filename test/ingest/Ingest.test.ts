/** Ingest over a log of ours, on a simulated clock: batches, retries, bounds, stopping. */
import { assert, describe, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Scope from "effect/Scope"
import * as TestClock from "effect/TestClock"
import { type MessageOutcome, MessageSink } from "../../src/broker/MessageSink.js"
import type { SensorScope } from "../../src/domain/access/Scope.js"
import { position, readingId } from "../../src/domain/Ids.js"
import { micros } from "../../src/domain/Time.js"
import {
  type AppendItem,
  type AppendOutcome,
  EventLog,
  LogCorrupt,
  type LogError,
  LogUnavailable
} from "../../src/eventlog/EventLog.js"
import * as Ingest from "../../src/ingest/Ingest.js"
import type { IngestSettings } from "../../src/ingest/IngestParts.js"
import { IngestStatus } from "../../src/ingest/IngestStatus.js"

type Append = (items: ReadonlyArray<AppendItem>) => Effect.Effect<ReadonlyArray<AppendOutcome>, LogError>

const outcomes = (items: ReadonlyArray<AppendItem>): ReadonlyArray<AppendOutcome> =>
  items.map((item) =>
    item._tag === "Reading"
      ? { _tag: "Stored", position: position(1) }
      : { _tag: "Rejected", faults: item.faults }
  )

const taken: Append = (items) => Effect.succeed(outcomes(items))

const encoder = new TextEncoder()
const reading = (value: number) => JSON.stringify({ sensor_id: 1, timestamp: 0, value })

type Settled = Array<MessageOutcome | null>

/** A running ingest, its batches' sizes, and a scope to stop it by. */
const start = (append: Append, settings: Partial<IngestSettings> = {}) =>
  Effect.gen(function* () {
    const batches: Array<number> = []
    const log = Layer.mock(EventLog, {
      append: (items) =>
        Effect.suspend(() => {
          batches.push(items.length)
          return append(items)
        })
    })
    const scope = yield* Scope.make()
    const context = yield* Layer.buildWithScope(Ingest.layer(settings).pipe(Layer.provide(log)), scope)
    const sink = Context.get(context, MessageSink)
    const status = Context.get(context, IngestStatus)
    const offer = (payload: string, qos: 0 | 1 = 1, clientId = "c"): Settled => {
      const settled: Settled = []
      const message = {
        topic: "sensors",
        payload: encoder.encode(payload),
        qos,
        clientId,
        arrivedAt: micros(0)
      }
      sink.offer(message, (outcome) => settled.push(outcome))
      return settled
    }
    return { batches, sink, status, offer, stop: Scope.close(scope, Exit.void) }
  })

const adjust = (millis: number) => TestClock.adjust(Duration.millis(millis))
const stored: MessageOutcome = { stored: 1, repeated: 0, rejected: 0 }

describe("a batch", () => {
  it.effect("waits for more while more comes, at most the linger", () =>
    Effect.gen(function* () {
      const { batches, offer, stop } = yield* start(taken, { lingerMillis: 5 })
      const all: Array<Settled> = []
      for (let half = 0; half < 16; half += 1) {
        all.push(offer(reading(half)))
        yield* adjust(0.5)
      }
      yield* adjust(2)
      assert.deepStrictEqual(
        all,
        all.map(() => [stored])
      )
      assert.strictEqual(batches.length, 2)
      const [alone] = [offer(reading(9))]
      assert.deepStrictEqual(alone, [])
      yield* adjust(2)
      assert.deepStrictEqual(alone, [stored])
      yield* stop
    })
  )

  it.effect("is full by rows or by bytes, and never splits a message", () =>
    Effect.gen(function* () {
      const { batches, offer, stop } = yield* start(taken, { batchRowsMax: 10, batchBytesMax: 1_000 })
      const six = JSON.stringify({ device: "d", data: { a: 1, b: 1, c: 1, d: 1, e: 1, f: 1 } })
      const twenty = JSON.stringify(Array.from({ length: 20 }, (_, i) => ({ sensor_id: 1, value: i })))
      for (const payload of [six, six, twenty, reading(1), "x".repeat(900), "y".repeat(900)]) offer(payload)
      yield* adjust(10)
      assert.deepStrictEqual(batches, [12, 20, 2, 1])
      yield* stop
    })
  )

  it.effect("waits for the append before it while it is not full, and not once it is", () =>
    Effect.gen(function* () {
      const gate = yield* Deferred.make<void>()
      const gated: Append = (items) => Effect.as(Deferred.await(gate), outcomes(items))
      const { batches, offer, stop } = yield* start(gated, { workers: 2, batchRowsMax: 3 })
      offer(reading(1))
      yield* adjust(10)
      offer(reading(2))
      offer(reading(3))
      yield* adjust(10)
      assert.deepStrictEqual(batches, [1])
      offer(reading(4))
      yield* adjust(10)
      assert.deepStrictEqual(batches, [1, 3])
      const last = offer(reading(5))
      yield* Deferred.succeed(gate, undefined)
      yield* adjust(10)
      assert.deepStrictEqual(batches, [1, 3, 1])
      assert.deepStrictEqual(last, [stored])
      yield* stop
    })
  )

  it.effect("tells each message, and each client, what became of its readings", () =>
    Effect.gen(function* () {
      const { offer, sink, status, stop } = yield* start((items) =>
        Effect.succeed(
          outcomes(items).map((o, i): AppendOutcome => (i === 0 ? { _tag: "Repeated", id: readingId(1) } : o))
        )
      )
      const a = offer(reading(1), 1, "a")
      const b = offer('{"device":"d","data":{"x":1,"y":"bad"}}', 1, "b")
      const c = offer("junk", 0, "b")
      yield* adjust(10)
      assert.deepStrictEqual(a, [{ stored: 0, repeated: 1, rejected: 0 }])
      const refusals = [...b, ...c].map((outcome) => outcome?.refusal)
      assert.deepStrictEqual(b, [{ stored: 1, repeated: 0, rejected: 1, refusal: refusals[0] }])
      assert.deepStrictEqual(c, [{ stored: 0, repeated: 0, rejected: 1, refusal: refusals[1] }])
      assert.deepStrictEqual(
        refusals.map((refusal) => refusal?.kind),
        ["Message", "Message"]
      )
      assert.match(refusals[0]?.reason ?? "", /metric "y"/)
      assert.deepStrictEqual(sink.tally("b"), { messages: 2, stored: 1, repeated: 0, rejected: 2 })
      assert.deepStrictEqual(sink.tally("nobody"), { messages: 0, stored: 0, repeated: 0, rejected: 0 })
      const { messagesTotal, pendingBytes, pendingMessages, rejectedTotal, state } = yield* status.get
      assert.deepStrictEqual(
        { messagesTotal, pendingBytes, pendingMessages, rejectedTotal, state },
        { messagesTotal: 3, pendingBytes: 0, pendingMessages: 0, rejectedTotal: 2, state: "running" }
      )
      yield* stop
    })
  )

  it.effect("settles the others when one callback throws", () =>
    Effect.gen(function* () {
      const { offer, sink, stop } = yield* start(taken)
      const message = { topic: "t", payload: encoder.encode("x"), qos: 1, clientId: null } as const
      sink.offer({ ...message, arrivedAt: micros(0) }, () => {
        throw new Error("a giver's fault")
      })
      const other = offer(reading(1))
      yield* adjust(10)
      assert.deepStrictEqual(other, [stored])
      yield* stop
    })
  )
})

describe("a message whose sender may speak of some sensors alone", () => {
  it.effect("gives their readings, and is kept as rejected for the others, which it names", () =>
    Effect.gen(function* () {
      const appended: Array<AppendItem> = []
      const { sink, stop } = yield* start((items) => {
        appended.push(...items)
        return taken(items)
      })
      const say = (topic: string, json: object, sensors: SensorScope): Settled => {
        const settled: Settled = []
        const payload = encoder.encode(JSON.stringify(json))
        const message = { topic, payload, qos: 1, clientId: "c", arrivedAt: micros(0) } as const
        const scope = { sensors, datasets: null }
        sink.offer({ ...message, scope }, (outcome) => settled.push(outcome))
        return settled
      }
      const press = { ranges: [{ first: 42, last: 42 }], names: ["press", "press/*"] }
      const own = say("sensors/press", { temperature: 1, humidity: 2 }, press)
      const numbered = say("sensors/press", { sensor_id: 42, value: 1 }, press)
      const other = say("sensors/press", { sensor_id: 7, value: 1 }, press)
      const mixed = say("sensors/press", { device: "pump", data: { a: 1 } }, press)
      const part = say("sensors/press", { sensor_id: 42, value: 1, name: "x" }, press)
      yield* adjust(10)
      assert.deepStrictEqual([own, numbered, part].flat(), [
        { stored: 2, repeated: 0, rejected: 0 },
        { stored: 1, repeated: 0, rejected: 0 },
        { stored: 1, repeated: 0, rejected: 0 }
      ])
      const refused = (sensor: string) => ({
        ...{ stored: 0, repeated: 0, rejected: 1 },
        refusal: {
          kind: "Access",
          reason: `it names ${sensor}, which is none of the sensors of this key`
        }
      })
      assert.deepStrictEqual<unknown>([other, mixed].flat(), [
        refused("sensor 7"),
        refused('the sensor "pump/a"')
      ])
      const kept = appended.filter(({ _tag }) => _tag === "Rejected")
      assert.deepStrictEqual(
        kept.map(({ source: { metric, topic } }) => [topic, metric]),
        [
          ["sensors/press", null],
          ["sensors/press", null]
        ]
      )
      yield* stop
    })
  )
})

describe("while the log is unavailable", () => {
  it.effect("the same batch is tried again, nothing is settled, and then all of it", () =>
    Effect.gen(function* () {
      let up = false
      const tried: Array<ReadonlyArray<AppendItem>> = []
      const { offer, status, stop } = yield* start((items) => {
        tried.push(items)
        return up ? taken(items) : Effect.fail(new LogUnavailable({ reason: "away" }))
      })
      const first = offer(reading(1))
      yield* adjust(10)
      const later = offer(reading(2))
      yield* adjust(10_000)
      assert.deepStrictEqual([first, later], [[], []])
      assert.isAbove(tried.length, 6)
      assert.isTrue(tried.every((items) => items === tried[0]))
      const waiting = yield* status.get
      assert.strictEqual(waiting.state, "waiting")
      assert.strictEqual(waiting.lastError, "away")
      assert.strictEqual(waiting.pendingMessages, 2)
      up = true
      yield* adjust(2_000)
      yield* adjust(10)
      assert.deepStrictEqual([first, later], [[stored], [stored]])
      const running = yield* status.get
      assert.deepStrictEqual([running.state, running.lastError, running.since], ["running", null, null])
      yield* stop
    })
  )

  it.effect("QoS 0 over the bound is dropped, QoS 1 is kept, and drained is said once", () =>
    Effect.gen(function* () {
      const gate = yield* Effect.makeLatch(false)
      const { offer, sink, status, stop } = yield* start(
        (items) => Effect.zipRight(gate.await, taken(items)),
        {
          pendingMessagesMax: 4
        }
      )
      let drained = 0
      const unlisten = sink.onDrained(() => {
        drained += 1
      })
      const zeros = Array.from({ length: 8 }, (_, i) => offer(reading(i), 0))
      assert.isTrue(sink.overloaded())
      const one = offer(reading(9))
      assert.deepStrictEqual(
        zeros.map((settled) => settled.length),
        [0, 0, 0, 0, 0, 1, 1, 1]
      )
      assert.deepStrictEqual(zeros[5], [null])
      assert.deepStrictEqual(one, [])
      yield* adjust(10)
      yield* gate.open
      yield* adjust(10)
      assert.deepStrictEqual(one, [stored])
      assert.isFalse(sink.overloaded())
      assert.strictEqual(drained, 1)
      assert.strictEqual((yield* status.get).droppedQos0Total, 3)
      unlisten()
      yield* stop
    })
  )
})

describe("a log that contradicts itself", () => {
  it.effect("stops ingest: nothing is acknowledged, and the reason is said", () =>
    Effect.gen(function* () {
      const { offer, status, stop } = yield* start(() => Effect.fail(new LogCorrupt({ reason: "a hole" })))
      const settled = offer(reading(1))
      yield* adjust(10)
      assert.deepStrictEqual(settled, [null])
      assert.deepStrictEqual(offer(reading(2)), [null])
      assert.strictEqual((yield* status.get).state, "failed")
      assert.strictEqual((yield* Effect.flip(status.failed)).reason, "a hole")
      yield* stop
    })
  )

  it.effect("a defect is one", () =>
    Effect.gen(function* () {
      const { offer, status, stop } = yield* start(() => Effect.die(new Error("a bug")))
      const settled = offer(reading(1))
      yield* adjust(10)
      assert.deepStrictEqual(settled, [null])
      assert.include((yield* Effect.flip(status.failed)).reason, "a bug")
      yield* stop
    })
  )
})

describe("stopping", () => {
  it.effect("stores what is pending, and takes nothing new", () =>
    Effect.gen(function* () {
      const gate = yield* Effect.makeLatch(false)
      const { offer, stop } = yield* start((items) => Effect.zipRight(gate.await, taken(items)))
      const before = offer(reading(1))
      const stopping = yield* Effect.fork(stop)
      yield* adjust(10)
      assert.deepStrictEqual(offer(reading(2)), [null])
      assert.deepStrictEqual(before, [])
      yield* gate.open
      yield* adjust(10)
      assert.deepStrictEqual(before, [stored])
      yield* Fiber.join(stopping)
    })
  )

  it.effect("gives up at its deadline, also on an append that can't be interrupted", () =>
    Effect.gen(function* () {
      const never = yield* Deferred.make<void>()
      const { offer, stop } = yield* start((items) =>
        Effect.uninterruptible(Effect.zipRight(Deferred.await(never), taken(items)))
      )
      const pending = offer(reading(1))
      yield* adjust(10)
      const stopping = yield* Effect.fork(stop)
      yield* adjust(2_999)
      assert.deepStrictEqual(pending, [])
      yield* adjust(1)
      assert.deepStrictEqual(pending, [null])
      yield* adjust(500)
      yield* Fiber.join(stopping)
      yield* Deferred.succeed(never, undefined)
      yield* adjust(10)
      assert.deepStrictEqual(pending, [null])
    })
  )
})
