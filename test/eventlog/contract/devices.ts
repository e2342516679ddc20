/** What a device's messages must do to the log. */
import { assert } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as Ref from "effect/Ref"
import * as TestClock from "effect/TestClock"
import { position, readingId, sensorId } from "../../../src/domain/Ids.js"
import { fault } from "../../../src/domain/rejected/RejectionFault.js"
import { micros } from "../../../src/domain/Time.js"
import { EventLog } from "../../../src/eventlog/EventLog.js"
import {
  allEvents,
  at,
  candidate,
  described,
  eventTypes,
  headPosition,
  look,
  message,
  NOW_MILLIS,
  numbered,
  post,
  publish,
  readingsAsOf,
  type Suite,
  sourceOf,
  valuesNow
} from "./support.js"

const storing = ({ test }: Suite): void => {
  test(
    "stores a reading, after the registration of its sensor",
    Effect.gen(function* () {
      const log = yield* EventLog
      const outcomes = yield* log.append([message(candidate(0, 21.5, { said: described }))])
      assert.deepStrictEqual(outcomes, [{ _tag: "Stored", position: position(2) }])
      const [registered, recorded] = yield* allEvents
      const metadata = { ...described, min: null, max: null }
      assert.strictEqual(registered?.type, "SensorRegistered")
      assert.deepStrictEqual(registered?.payload, { name: null, metadata, interval_ms: null })
      assert.deepInclude(recorded, {
        position: position(2),
        type: "ReadingRecorded",
        sensorId: sensorId(1),
        sensorVersion: 1,
        occurredAt: at(0),
        recordedAt: micros(NOW_MILLIS * 1_000),
        value: 21.5,
        lat: null,
        lng: null,
        readingId: null,
        supersededBy: null,
        payload: null
      })
      const [reading] = yield* look
      assert.deepInclude(reading, { id: readingId(2), position: position(2), ...described })
      assert.deepStrictEqual(yield* log.head, {
        position: position(2),
        recordedAt: micros(NOW_MILLIS * 1_000)
      })
    })
  )

  test(
    "has nothing at first, and an empty batch changes nothing",
    Effect.gen(function* () {
      const log = yield* EventLog
      assert.strictEqual(yield* headPosition, 0)
      assert.deepStrictEqual(yield* log.append([]), [])
      assert.deepStrictEqual(yield* log.record([]), [])
      assert.strictEqual(yield* headPosition, 0)
      assert.deepStrictEqual(yield* readingsAsOf(), [])
      assert.deepStrictEqual(yield* log.sensors({ limit: 10 }), [])
    })
  )

  test(
    "knows what comes again after many late readings that did not",
    Effect.gen(function* () {
      const log = yield* EventLog
      const poison = {
        _tag: "Rejected" as const,
        source: sourceOf("{"),
        faults: [fault("unknown", null, "x")]
      }
      yield* log.append([message(candidate(1_000, 1)), poison])
      for (let late = 1; late <= 40; late++) yield* log.append([message(candidate(late, late))])
      const before = yield* headPosition
      const outcomes = yield* log.append([message(candidate(7, 7)), message(candidate(1_001, 2)), poison])
      assert.deepStrictEqual(outcomes, [
        // The registration, the newest reading, and six late ones come before it.
        { _tag: "Repeated", id: readingId(9) },
        { _tag: "Stored", position: position(before + 1) },
        { _tag: "Rejected", faults: poison.faults }
      ])
      assert.strictEqual(yield* headPosition, before + 1)
      const [kept] = yield* log.rejected({ limit: 10 })
      assert.strictEqual(kept?.deliveries, 2)
      assert.deepStrictEqual(yield* log.rejectedTotals, { messages: 1, bytes: 1 })
    })
  )

  test(
    "stores a batch of 1,000 readings of 10 sensors, repeats within it included",
    Effect.gen(function* () {
      const readings = Array.from({ length: 1_000 }, (_, index) =>
        candidate(Math.floor((index % 900) / 10), index % 900, { sensor: numbered((index % 10) + 1) })
      )
      const outcomes = yield* publish(...readings)
      assert.strictEqual(outcomes.filter((outcome) => outcome === "Stored").length, 900)
      assert.deepStrictEqual(outcomes.slice(900), Array(100).fill("Repeated"))
      assert.strictEqual((yield* look).length, 900)
      assert.strictEqual(yield* headPosition, 910)
    })
  )
}

const repeating = ({ test }: Suite): void => {
  test(
    "says which reading a repeat repeats, in one batch, later, corrected or deleted",
    Effect.gen(function* () {
      const log = yield* EventLog
      const items = [message(candidate(0, 20)), message(candidate(1, 20)), message(candidate(0, 20))]
      const [first, , third] = yield* log.append(items)
      const id = readingId(first?._tag === "Stored" ? first.position : 0)
      assert.deepStrictEqual(third, { _tag: "Repeated", id })
      yield* log.replace(id, { sensorId: sensorId(1), occurredAt: at(0), value: 21, said: {} })
      assert.deepStrictEqual(yield* log.append(items.slice(2)), [{ _tag: "Repeated", id }])
      yield* log.remove(id)
      assert.deepStrictEqual(yield* log.append(items.slice(0, 1)), [{ _tag: "Repeated", id }])
    })
  )

  test(
    "knows each version of a sensor's metadata",
    Effect.gen(function* () {
      const log = yield* EventLog
      yield* log.append([message(candidate(0, 20, { said: { unit: "C" } }))])
      yield* log.append([message(candidate(1, 20, { said: { unit: "F" } }))])
      const unit = (version: number) =>
        Effect.map(log.metadata(sensorId(1), version), (found) => Option.getOrUndefined(found)?.unit)
      assert.deepStrictEqual([yield* unit(1), yield* unit(2), yield* unit(3)], ["C", "F", undefined])
      assert.isTrue(Option.isNone(yield* log.metadata(sensorId(9), 1)))
    })
  )

  test(
    "adds nothing when a reading comes again: at once, later, with other metadata or by a person",
    Effect.gen(function* () {
      const reading = candidate(0, 20, { said: described })
      assert.deepStrictEqual(yield* publish(reading, reading), ["Stored", "Repeated"])
      const head = yield* headPosition
      yield* TestClock.adjust("1 day")
      const otherwise = { ...reading, said: { unit: "F", description: "Elsewhere" } }
      assert.deepStrictEqual(yield* publish(reading, otherwise), ["Repeated", "Repeated"])
      const again = yield* post(reading)
      assert.strictEqual(again.created, false)
      assert.strictEqual(again.reading.value, 20)
      assert.strictEqual(yield* headPosition, head)
      assert.strictEqual((yield* look).length, 1)
    })
  )

  test(
    "keeps two values of one time, both in force",
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* publish(candidate(0, 20)), ["Stored"])
      yield* look
      assert.deepStrictEqual(yield* publish(candidate(0, 21), candidate(0, 20)), ["Stored", "Repeated"])
      assert.deepStrictEqual(yield* valuesNow, [20, 21])
      yield* look
    })
  )

  test(
    "tells readings apart by epoch and sequence, and by them alone where there is no time",
    Effect.gen(function* () {
      const boot = (epoch: string, seq: number) =>
        candidate(0, 20, { identity: { _tag: "Time", epoch, seq } })
      const timeless = (seconds: number, epoch: string, seq: number) =>
        candidate(seconds, 30, { identity: { _tag: "Sequence", epoch, seq } })
      assert.deepStrictEqual(yield* publish(candidate(0, 20), boot("a", 1), boot("a", 2), boot("b", 1)), [
        "Stored",
        "Stored",
        "Stored",
        "Stored"
      ])
      assert.deepStrictEqual(yield* publish(timeless(5, "a", 1), timeless(5, "a", 2)), ["Stored", "Stored"])
      assert.deepStrictEqual(yield* publish(boot("a", 2), timeless(9, "a", 1)), ["Repeated", "Repeated"])
      assert.strictEqual((yield* look).length, 6)
    })
  )

  test(
    "takes a reading with neither time nor sequence as new at each arrival, and once at its retry",
    Effect.gen(function* () {
      const arrival = (nonce: string) => candidate(0, 20, { identity: { _tag: "Arrival", nonce } })
      assert.deepStrictEqual(yield* publish(arrival("x"), arrival("y"), arrival("x")), [
        "Stored",
        "Stored",
        "Repeated"
      ])
    })
  )
}

const ordering = ({ test }: Suite): void => {
  test(
    "never lets recordedAt fall, even when the clock does",
    Effect.gen(function* () {
      const log = yield* EventLog
      yield* publish(candidate(0, 1))
      yield* TestClock.adjust("1500 millis")
      yield* publish(candidate(1, 2))
      yield* TestClock.setTime(NOW_MILLIS - 3_600_000)
      yield* publish(candidate(2, 3))
      yield* TestClock.setTime(NOW_MILLIS + 2_000)
      yield* publish(candidate(3, 4))
      const times = (yield* allEvents).map((event) => event.recordedAt / 1_000 - NOW_MILLIS)
      assert.deepStrictEqual(times, [0, 0, 1_500, 1_500, 2_000])
      assert.strictEqual((yield* log.head).recordedAt, (NOW_MILLIS + 2_000) * 1_000)
    })
  )

  test(
    "gives positions without a hole, none of which a reader who follows the log misses",
    Effect.gen(function* () {
      const log = yield* EventLog
      const done = yield* Ref.make(false)
      const follow = Effect.gen(function* () {
        const seen: Array<number> = []
        for (let last = position(0), ended = false; !ended; ) {
          ended = yield* Ref.get(done)
          const { position: head } = yield* log.head
          const events = yield* log.tail(last, head, 7)
          for (const event of events) seen.push(event.position)
          last = events.at(-1)?.position ?? last
          if (last < head) ended = false
          yield* Effect.yieldNow()
        }
        return seen
      })
      const reader = yield* Effect.fork(follow)
      yield* Effect.forEach(
        Array.from({ length: 40 }, (_, writer) => writer),
        (writer) =>
          publish(
            ...Array.from({ length: 5 }, (_, n) => candidate(n, writer, { sensor: numbered(writer + 1) }))
          ),
        { concurrency: 8 }
      )
      yield* Ref.set(done, true)
      const seen = yield* Fiber.join(reader)
      assert.deepStrictEqual(
        seen,
        Array.from({ length: 240 }, (_, index) => index + 1)
      )
    })
  )

  test(
    "gives the tail in parts, to any bound",
    Effect.gen(function* () {
      const log = yield* EventLog
      yield* publish(...Array.from({ length: 9 }, (_, n) => candidate(n, n)))
      const positions = (after: number, upTo: number, limit: number) =>
        Effect.map(log.tail(position(after), position(upTo), limit), (events) =>
          events.map((event) => event.position as number)
        )
      assert.deepStrictEqual(yield* positions(0, 10, 4), [1, 2, 3, 4])
      assert.deepStrictEqual(yield* positions(4, 6, 4), [5, 6])
      assert.deepStrictEqual(yield* positions(8, 999, 100), [9, 10])
      assert.deepStrictEqual(yield* positions(10, 10, 4), [])
      assert.strictEqual((yield* eventTypes)[0], "SensorRegistered")
    })
  )
}

export const devices = (suite: Suite): void => {
  storing(suite)
  repeating(suite)
  ordering(suite)
}
