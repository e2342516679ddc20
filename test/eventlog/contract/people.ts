/** What a person's PUT and DELETE must do to the log: each of them leaves what was there before. */
import { assert } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { type ReadingId, readingId } from "../../../src/domain/Ids.js"
import { EventLog } from "../../../src/eventlog/EventLog.js"
import {
  candidate,
  described,
  headPosition,
  look,
  post,
  publish,
  put,
  replacement,
  type Suite
} from "./support.js"

const idOf = (id: ReadingId) =>
  Effect.flatMap(EventLog, (log) => Effect.flatMap(headPosition, (head) => log.reading(id, head)))

const deletingMany = ({ test }: Suite): void => {
  test(
    "deletes many readings at once: those in force, as they are by then, each once",
    Effect.gen(function* () {
      const log = yield* EventLog
      yield* publish(candidate(0, 1), candidate(1, 2), candidate(2, 3), candidate(3, 4))
      const all = yield* look
      const [first, second, third] = all
      if (first === undefined || second === undefined || third === undefined) throw new Error("none")
      yield* put(second, { value: 20 })
      yield* log.remove(third.id)
      const before = yield* headPosition
      const deleted = yield* log.removeAll([first, second, third], { reason: "wrong", actor: "anna" })
      assert.strictEqual(deleted, 2)
      assert.deepStrictEqual(yield* look, all.slice(3))
      assert.strictEqual(yield* log.removeAll([first, second, third]), 0)
      assert.strictEqual(yield* headPosition, before + 2)
      const history = yield* log.history(second.id)
      assert.deepStrictEqual(
        history.map(({ type }) => type),
        ["ReadingRecorded", "ReadingCorrected", "ReadingDeleted"]
      )
      assert.deepStrictEqual(history.at(-1)?.payload, { reason: "wrong", actor: "anna" })
      const asOf = yield* log.readings({}, { asOf: before, limit: 10 })
      assert.deepStrictEqual(
        asOf.map(({ value }) => value),
        [1, 20, 4]
      )
      yield* publish(candidate(0, 1))
      assert.strictEqual(yield* headPosition, before + 2)
    })
  )
}

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
        yield* log.remove(reading.id, { ifPosition: corrected.position, reason: "spike", actor: "anna" }),
        corrected
      )
      const history = yield* log.history(reading.id)
      assert.deepStrictEqual(history.at(-1)?.payload, { reason: "spike", actor: "anna" })
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

export const people = (suite: Suite): void => {
  correcting(suite)
  deleting(suite)
  deletingMany(suite)
}
