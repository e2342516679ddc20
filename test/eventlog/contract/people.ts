/** What a person's POST, PUT and DELETE must do to the log: each of them leaves what was there before. */
import { assert } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { position, type ReadingId, readingId, sensorId } from "../../../src/domain/Ids.js"
import { EventLog } from "../../../src/eventlog/EventLog.js"
import {
  at,
  candidate,
  described,
  eventTypes,
  headPosition,
  look,
  message,
  named,
  numbered,
  post,
  publish,
  put,
  replacement,
  type Suite,
  valuesNow
} from "./support.js"

const idOf = (id: ReadingId) =>
  Effect.flatMap(EventLog, (log) => Effect.flatMap(headPosition, (head) => log.reading(id, head)))

const correcting = ({ test }: Suite): void => {
  test(
    "20 → 21 → 20 → 21 is three corrections of one reading",
    Effect.gen(function* () {
      const log = yield* EventLog
      const { reading } = yield* post(candidate(0, 20, { said: described }))
      yield* look
      for (const value of [21, 20, 21]) {
        const replaced = yield* put(reading, { value })
        assert.strictEqual(replaced.change, "Corrected")
        assert.deepInclude(replaced.reading, { id: reading.id, value, ...described })
        assert.strictEqual(replaced.reading.position, yield* headPosition)
        assert.deepStrictEqual(yield* look, [replaced.reading])
      }
      const history = yield* log.history(reading.id)
      assert.deepStrictEqual(
        history.map((event) => [event.type, event.value, event.readingId]),
        [
          ["ReadingRecorded", 20, null],
          ["ReadingCorrected", 21, reading.id],
          ["ReadingCorrected", 20, reading.id],
          ["ReadingCorrected", 21, reading.id]
        ]
      )
      assert.deepStrictEqual(
        history.map((event) => event.supersededBy),
        [history[1]?.position, history[2]?.position, history[3]?.position, null]
      )
      assert.strictEqual(new Set(history.map((event) => event.eventId)).size, 4)
    })
  )

  test(
    "makes no event of a replacement that changes nothing",
    Effect.gen(function* () {
      const { reading } = yield* post(candidate(0, 0, { said: described }))
      const head = yield* headPosition
      for (const change of [{}, { said: described }, { value: -0 }, { said: { unit: "C" } }]) {
        assert.deepStrictEqual(yield* put(reading, change), { change: "None", reading })
      }
      assert.strictEqual(yield* headPosition, head)
    })
  )

  test(
    "answers a message or a POST of what was corrected since with what is in force",
    Effect.gen(function* () {
      const { reading } = yield* post(candidate(0, 20))
      const { reading: corrected } = yield* put(reading, { value: 25 })
      const head = yield* headPosition
      assert.deepStrictEqual(yield* publish(candidate(0, 20)), ["Repeated"])
      assert.deepStrictEqual(yield* post(candidate(0, 20)), { created: false, reading: corrected })
      assert.strictEqual(yield* headPosition, head)
    })
  )

  test(
    "changes a reading only when its row in force is the one that was expected",
    Effect.gen(function* () {
      const log = yield* EventLog
      const { reading } = yield* post(candidate(0, 20))
      const stale = { ifPosition: reading.position }
      const { reading: corrected } = yield* log.replace(
        reading.id,
        replacement(reading, { value: 21 }),
        stale
      )
      const late = yield* Effect.flip(log.replace(reading.id, replacement(reading, { value: 22 }), stale))
      const lateRemoval = yield* Effect.flip(log.remove(reading.id, stale))
      for (const error of [late, lateRemoval]) {
        assert.strictEqual(error._tag, "ReadingChanged")
        assert.deepInclude({ ...error }, { id: reading.id, position: corrected.position })
      }
      assert.deepStrictEqual(yield* look, [corrected])
      assert.deepStrictEqual(
        yield* log.remove(reading.id, { ifPosition: corrected.position, reason: "spike" }),
        corrected
      )
      const history = yield* log.history(reading.id)
      assert.deepStrictEqual(history.at(-1)?.payload, { reason: "spike" })
    })
  )

  test(
    "knows readings by the position of their first event alone",
    Effect.gen(function* () {
      const log = yield* EventLog
      const { reading } = yield* post(candidate(0, 20))
      const { reading: corrected } = yield* put(reading, { value: 21 })
      yield* post(candidate(1, 5))
      const gone = yield* post(candidate(2, 6))
      yield* log.remove(gone.reading.id)
      for (const id of [1, corrected.position, gone.reading.id, yield* headPosition, 999].map(readingId)) {
        const replaced = yield* Effect.flip(log.replace(id, replacement(reading, { value: 9 })))
        const removed = yield* Effect.flip(log.remove(id))
        assert.deepStrictEqual([replaced._tag, removed._tag], ["ReadingNotFound", "ReadingNotFound"], `${id}`)
        assert.deepStrictEqual(yield* idOf(id), Option.none())
      }
      assert.deepStrictEqual(yield* log.history(readingId(corrected.position)), [])
      assert.deepStrictEqual(yield* log.history(readingId(999)), [])
    })
  )
}

const deleting = ({ test }: Suite): void => {
  test(
    "keeps a deleted reading deleted when its message comes again",
    Effect.gen(function* () {
      const log = yield* EventLog
      const { reading } = yield* post(candidate(0, 20))
      yield* look
      assert.deepStrictEqual(yield* log.remove(reading.id), reading)
      const head = yield* headPosition
      assert.deepStrictEqual(yield* publish(candidate(0, 20)), ["Repeated"])
      assert.strictEqual(yield* headPosition, head)
      assert.deepStrictEqual(yield* look, [])
      assert.strictEqual((yield* Effect.flip(log.remove(reading.id)))._tag, "ReadingNotFound")
      const history = yield* log.history(reading.id)
      assert.deepInclude(history.at(-1), {
        type: "ReadingDeleted",
        readingId: reading.id,
        sensorId: reading.sensorId,
        occurredAt: reading.occurredAt,
        value: null
      })
    })
  )

  test(
    "restores a deleted reading that is posted again, as a new one, after each deletion",
    Effect.gen(function* () {
      const log = yield* EventLog
      const ids: Array<number> = []
      for (let round = 0; round < 3; round++) {
        const posted = yield* post(candidate(0, 20))
        assert.strictEqual(posted.created, true)
        assert.deepStrictEqual(yield* post(candidate(0, 20)), { ...posted, created: false })
        assert.deepStrictEqual(yield* publish(candidate(0, 20)), ["Repeated"])
        assert.deepStrictEqual(yield* look, [posted.reading])
        ids.push(posted.reading.id)
        yield* log.remove(posted.reading.id)
        assert.deepStrictEqual(yield* look, [])
      }
      assert.strictEqual(new Set(ids).size, 3)
    })
  )

  test(
    "deletes a reading that was corrected, and restores what was said at first",
    Effect.gen(function* () {
      const log = yield* EventLog
      const { reading } = yield* post(candidate(0, 20))
      const { reading: corrected } = yield* put(reading, { value: 21 })
      yield* look
      assert.deepStrictEqual(yield* log.remove(reading.id), corrected)
      assert.deepStrictEqual(yield* look, [])
      assert.deepStrictEqual(
        (yield* log.history(reading.id)).map((event) => event.type),
        ["ReadingRecorded", "ReadingCorrected", "ReadingDeleted"]
      )
      const restored = yield* post(candidate(0, 20))
      assert.deepInclude(restored, { created: true })
      assert.strictEqual(restored.reading.value, 20)
      yield* look
    })
  )
}

const moving = ({ test }: Suite): void => {
  test(
    "A → B → A by PUT of the time is two moves, each to a new reading",
    Effect.gen(function* () {
      const log = yield* EventLog
      const { reading: a } = yield* post(candidate(0, 20, { said: described }))
      yield* look
      const b = yield* put(a, { occurredAt: at(60) })
      yield* look
      const back = yield* put(b.reading, { occurredAt: at(0) })
      assert.deepStrictEqual(yield* look, [back.reading])
      assert.deepStrictEqual([b.change, back.change], ["Moved", "Moved"])
      assert.strictEqual(new Set([a.id, b.reading.id, back.reading.id]).size, 3)
      assert.deepInclude(back.reading, { occurredAt: at(0), value: 20, ...described })
      for (const id of [a.id, b.reading.id]) assert.deepStrictEqual(yield* idOf(id), Option.none())
      assert.strictEqual((yield* Effect.flip(log.remove(a.id)))._tag, "ReadingNotFound")
      assert.deepStrictEqual(
        (yield* log.history(a.id)).map((event) => event.type),
        ["ReadingRecorded", "ReadingDeleted"]
      )
      assert.deepStrictEqual(yield* publish(candidate(0, 20)), ["Repeated"])
    })
  )

  test(
    "A → B → A by PUT of the sensor, known or not",
    Effect.gen(function* () {
      const log = yield* EventLog
      const { reading: a } = yield* post(candidate(0, 20, { said: described }))
      const b = yield* put(a, { sensorId: sensorId(7) })
      yield* look
      assert.deepInclude(b, { change: "Moved" })
      assert.deepInclude(b.reading, { sensorId: sensorId(7), ...described })
      assert.strictEqual(Option.isSome(yield* log.sensor(sensorId(7))), true)
      const back = yield* put(b.reading, { sensorId: sensorId(1), value: 21 })
      assert.deepInclude(back.reading, { sensorId: sensorId(1), value: 21, ...described })
      assert.deepStrictEqual(yield* look, [back.reading])
    })
  )

  test(
    "restores the reading that was moved away when it is posted again",
    Effect.gen(function* () {
      const { reading } = yield* post(candidate(0, 20))
      yield* put(reading, { occurredAt: at(1) })
      assert.deepStrictEqual(yield* publish(candidate(0, 20)), ["Repeated"])
      assert.strictEqual((yield* post(candidate(0, 20))).created, true)
      assert.deepStrictEqual(yield* valuesNow, [20, 20])
      yield* look
    })
  )

  test(
    "refuses a move to a number that only the log gives, and leaves all as it was",
    Effect.gen(function* () {
      const log = yield* EventLog
      const { reading } = yield* post(candidate(0, 20))
      const head = yield* headPosition
      const error = yield* Effect.flip(put(reading, { sensorId: sensorId(1_000_000_000) }))
      assert.strictEqual(error._tag, "AppendRefused")
      assert.strictEqual(yield* headPosition, head)
      assert.deepStrictEqual(yield* look, [reading])
      yield* log.append([message(candidate(0, 1, { sensor: named("kitchen") }))])
      const moved = yield* put(reading, { sensorId: sensorId(1_000_000_000) })
      assert.strictEqual(moved.change, "Moved")
    })
  )
}

const recording = ({ test }: Suite): void => {
  test(
    "records a person's readings in order, each once",
    Effect.gen(function* () {
      const log = yield* EventLog
      yield* publish(candidate(1, 11))
      const recorded = yield* log.record([candidate(2, 12), candidate(1, 11), candidate(2, 12)])
      assert.deepStrictEqual(
        recorded.map(({ created, reading }) => [created, reading.value]),
        [
          [true, 12],
          [false, 11],
          [false, 12]
        ]
      )
      assert.deepStrictEqual(recorded[0]?.reading, recorded[2]?.reading)
      yield* look
    })
  )

  test(
    "stores nothing of a person's append when one of it is refused",
    Effect.gen(function* () {
      const log = yield* EventLog
      yield* publish(candidate(0, 1))
      const before = yield* eventTypes
      const error = yield* Effect.flip(
        log.record([
          candidate(5, 5, { said: { unit: "F" } }),
          candidate(6, 6, { sensor: numbered(77) }),
          candidate(7, 7, { sensor: named("attic") }),
          candidate(8, 8, { sensor: numbered(1_000_000_005) })
        ])
      )
      assert.strictEqual(error._tag, "AppendRefused")
      assert.deepInclude({ ...error }, { index: 3 })
      assert.deepStrictEqual(yield* eventTypes, before)
      assert.deepStrictEqual(
        (yield* log.sensors({ limit: 10 })).map((sensor) => sensor.id),
        [sensorId(1)]
      )
      assert.deepStrictEqual(
        Option.map(yield* log.sensor(sensorId(1)), (sensor) => sensor.metadata.unit),
        Option.some(null)
      )
      const { reading } = yield* post(candidate(7, 7, { sensor: named("attic") }))
      assert.strictEqual(reading.sensorId, 1_000_000_000)
      assert.strictEqual((yield* look).length, 2)
      assert.strictEqual((yield* log.tail(position(0), position(99), 99)).length, before.length + 2)
    })
  )
}

export const people = (suite: Suite): void => {
  correcting(suite)
  deleting(suite)
  moving(suite)
  recording(suite)
}
