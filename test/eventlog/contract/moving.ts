/** What a PUT to another time or sensor does, and a person's POST. */
import { assert } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { position, type ReadingId, sensorId } from "../../../src/domain/Ids.js"
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
  type Suite,
  valuesNow
} from "./support.js"

const idOf = (id: ReadingId) =>
  Effect.flatMap(EventLog, (log) => Effect.flatMap(headPosition, (head) => log.reading(id, head)))

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

export const movesAndPosts = (suite: Suite): void => {
  moving(suite)
  recording(suite)
}
