/** What was rejected is kept, once, with its bytes and reason. */
import { assert } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/TestClock"
import { isUnder } from "../../../src/domain/access/Topic.js"
import { REJECTED_BYTES_KEPT } from "../../../src/domain/rejected/RejectedMessage.js"
import { fault } from "../../../src/domain/rejected/RejectionFault.js"
import { type AppendItem, EventLog } from "../../../src/eventlog/EventLog.js"
import { candidate, headPosition, message, NOW_MILLIS, type Suite, sourceOf } from "./support.js"

const rejected = (text: string, reason = "not JSON", metric: string | null = null): AppendItem => ({
  _tag: "Rejected",
  source: sourceOf(text, metric),
  faults: [fault("unknown", null, reason)]
})

const rejectedBy = (topic: string, text: string): AppendItem => ({
  _tag: "Rejected",
  source: { topic, bytes: Buffer.from(text), metric: null },
  faults: [fault("unknown", null, "not JSON")]
})

const bytesOf = (size: number): AppendItem => ({
  _tag: "Rejected",
  source: { topic: "sensors/big", bytes: Uint8Array.from({ length: size }, (_, n) => n % 251), metric: null },
  faults: [fault("payload-too-large", null, size, 65_536)]
})

export const rejecting = ({ test }: Suite): void => {
  test(
    "counts each of many messages that come again, once or several times in a batch",
    Effect.gen(function* () {
      const log = yield* EventLog
      const texts = Array.from({ length: 70 }, (_, n) => `{${n}`)
      yield* log.append(texts.map((text) => rejected(text)))
      yield* log.append([...texts, ...texts.slice(0, 3), "{0", "{new"].map((text) => rejected(text)))
      const kept = yield* log.rejected({ limit: 100 })
      const deliveries = new Map(kept.map((one) => [Buffer.from(one.bytes ?? []).toString(), one.deliveries]))
      assert.deepStrictEqual(
        [...texts, "{new"].map((text) => deliveries.get(text)),
        [4, 3, 3, ...Array.from({ length: 67 }, () => 2), 1]
      )
      assert.strictEqual((yield* log.rejectedTotals).messages, 71)
    })
  )

  test(
    "keeps a rejected message with its reason and bytes, and counts when it comes again",
    Effect.gen(function* () {
      const log = yield* EventLog
      const outcomes = yield* log.append([rejected("{"), message(candidate(0, 1)), rejected("{")])
      assert.deepStrictEqual(
        outcomes.map((outcome) => outcome._tag),
        ["Rejected", "Stored", "Rejected"]
      )
      assert.deepStrictEqual(outcomes[0], { _tag: "Rejected", faults: [fault("unknown", null, "not JSON")] })
      yield* TestClock.adjust("1 minute")
      yield* log.append([rejected("{")])
      const [kept, ...others] = yield* log.rejected({ limit: 10 })
      assert.deepStrictEqual(others, [])
      assert.deepInclude(kept, {
        topic: "sensors/test",
        metric: null,
        size: 1,
        truncated: false,
        faults: [fault("unknown", null, "not JSON")],
        reason: "not JSON",
        deliveries: 3
      })
      assert.strictEqual(kept?.firstSeen, NOW_MILLIS * 1_000)
      assert.match(kept?.id ?? "", /^[0-9a-f]{32}$/)
      assert.deepStrictEqual([...(kept?.bytes ?? [])], [123])
      assert.deepStrictEqual(yield* log.rejectedTotals, { messages: 1, bytes: 1 })
      assert.strictEqual(yield* headPosition, 2)
    })
  )

  test(
    "keeps each of a hundred and more in one batch, empty ones and known ones among them",
    Effect.gen(function* () {
      const log = yield* EventLog
      yield* log.append([rejected("known")])
      const texts = Array.from({ length: 123 }, (_, n) => (n === 7 ? "" : `text ${n}`))
      yield* log.append([...texts, "known"].map((text) => rejected(text)))
      const page = yield* log.rejected({ limit: 200 })
      assert.deepStrictEqual(
        page.map(({ bytes }) => Buffer.from(bytes ?? []).toString()).sort(),
        [...texts, "known"].sort()
      )
      assert.deepStrictEqual(
        page.filter(({ size }) => size === 0).map(({ bytes }) => bytes?.length),
        [0]
      )
      assert.deepStrictEqual(
        page
          .filter(({ deliveries }) => deliveries === 2)
          .map(({ bytes }) => String(Buffer.from(bytes ?? []))),
        ["known"]
      )
      const bytes = texts.reduce((sum, text) => sum + text.length, "known".length)
      assert.deepStrictEqual(yield* log.rejectedTotals, { messages: 124, bytes })
    })
  )

  test(
    "tells topics, bytes and metrics apart, and lists the newest first",
    Effect.gen(function* () {
      const log = yield* EventLog
      const items = [
        rejected("a"),
        rejected("b"),
        rejected("b", "no value", "x"),
        rejected("b", "no value", "")
      ]
      for (const item of items) {
        yield* log.append([item])
        yield* TestClock.adjust("1 second")
      }
      const all = yield* log.rejected({ limit: 10 })
      assert.deepStrictEqual(
        all.map(({ metric }) => metric),
        ["", "x", null, null]
      )
      assert.deepStrictEqual(yield* log.rejected({ limit: 2, skip: 1 }), all.slice(1, 3))
    })
  )

  test(
    "lists those under a topic filter alone, page by page, however many others there are",
    Effect.gen(function* () {
      const log = yield* EventLog
      const topics = ["a", "a/b", "a/b/c", "a/bc", "a/B", "a/b ", "b/x/c", "b/é/c", "$SYS/a", "a/%", "a/_"]
      for (const topic of topics) {
        yield* log.append([rejectedBy(topic, "{")])
        yield* TestClock.adjust("1 second")
      }
      // More than one statement looks at, all behind the same prefix and none under the filters.
      yield* log.append(Array.from({ length: 1_050 }, (_, n) => rejectedBy("a/b/other/x", `noise ${n}`)))
      yield* TestClock.adjust("1 second")
      yield* log.append([rejectedBy("a/b", "[")])
      const all = yield* log.rejected({ limit: 2_000 })
      const filters = ["a/b", "a/b/#", "a/+", "a/+/c", "+/+/c", "#", "$SYS/#", "b/é/+", "a/%", "A/b", "a/b "]
      for (const topic of filters) {
        const under = all.filter((one) => isUnder(one.topic, topic))
        assert.deepStrictEqual(yield* log.rejected({ limit: 2_000, topic }), under, topic)
        assert.deepStrictEqual(yield* log.rejected({ limit: 2, skip: 1, topic }), under.slice(1, 3), topic)
        const [after] = under
        assert.deepStrictEqual(
          yield* log.rejected({ limit: 3, after, topic }),
          under.slice(after ? 1 : 0, after ? 4 : 3)
        )
      }
    })
  )

  test(
    "keeps any bytes, and the first 64 KiB of many",
    Effect.gen(function* () {
      const log = yield* EventLog
      const sizes = [0, 256, REJECTED_BYTES_KEPT, REJECTED_BYTES_KEPT + 1, 1_048_576]
      for (const size of sizes) {
        yield* log.append([bytesOf(size)])
        yield* TestClock.adjust("1 second")
      }
      const kept = (yield* log.rejected({ limit: 10 })).toReversed()
      for (const [index, size] of sizes.entries()) {
        const length = Math.min(size, REJECTED_BYTES_KEPT)
        assert.deepInclude(kept[index], { size, truncated: size > REJECTED_BYTES_KEPT })
        assert.isNotNull(kept[index]?.bytes)
        assert.deepStrictEqual(
          Buffer.from(kept[index]?.bytes ?? []).toString("hex"),
          Buffer.from(Uint8Array.from({ length }, (_, n) => n % 251)).toString("hex")
        )
      }
    })
  )

  test(
    "keeps no bytes over the quota, but hash, reason and count",
    Effect.gen(function* () {
      const log = yield* EventLog
      for (const size of [60, 50, 40]) {
        yield* log.append([bytesOf(size)])
        yield* TestClock.adjust("1 second")
      }
      yield* log.append([bytesOf(50)])
      const kept = yield* log.rejected({ limit: 10 })
      assert.deepStrictEqual(
        kept.map(({ bytes, deliveries, size }) => [size, bytes?.length ?? null, deliveries]),
        [
          [40, 40, 1],
          [50, null, 2],
          [60, 60, 1]
        ]
      )
      assert.deepStrictEqual(yield* log.rejectedTotals, { messages: 3, bytes: 100 })
    }),
    { rejectedBytesMax: 100 }
  )
}
