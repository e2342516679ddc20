/** Whose time a reading has, and which import brought it. */
import { assert } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { importId, sensorId } from "../../../src/domain/Ids.js"
import type { ReadingCandidate } from "../../../src/domain/Reading.js"
import { EventLog, type ReadingFilter } from "../../../src/eventlog/EventLog.js"
import {
  allEvents,
  at,
  candidate,
  headPosition,
  look,
  message,
  post,
  publish,
  put,
  type Suite
} from "./support.js"

const arrived = (nonce: string, more: Partial<ReadingCandidate> = {}): Partial<ReadingCandidate> => ({
  identity: { _tag: "Arrival", nonce },
  ...more
})

const matching = (filter: ReadingFilter) =>
  Effect.gen(function* () {
    const log = yield* EventLog
    const asOf = yield* headPosition
    const readings = yield* log.readings(filter, { asOf, limit: 100 })
    assert.strictEqual(yield* log.countReadings(filter, asOf), readings.length)
    return readings.map(({ value }) => value)
  })

const times = ({ test }: Suite): void => {
  test(
    "keeps whose time each reading has, with the device's own words",
    Effect.gen(function* () {
      yield* publish(
        candidate(0, 1),
        candidate(1, 2, arrived("a", { deviceTime: "0" })),
        candidate(2, 3, arrived("b", { deviceTime: "-5", adjusted: true })),
        candidate(3, 4, { identity: { _tag: "Sequence", epoch: "b7", seq: 4 }, deviceTime: "20261128" }),
        candidate(4, 5, arrived("c"))
      )
      assert.deepStrictEqual(
        (yield* look).map(({ timeSource }) => timeSource),
        ["device", "arrival", "adjusted", "arrival", "arrival"]
      )
      assert.deepStrictEqual(yield* matching({ clockSet: true }), [1])
      assert.deepStrictEqual(yield* matching({ clockSet: false }), [2, 3, 4, 5])
      const [registered, ...recorded] = yield* allEvents
      assert.deepInclude(registered, { timeSource: null, importId: null })
      assert.deepStrictEqual(
        recorded.map(({ payload, timeSource }) => [timeSource, payload]),
        [
          ["device", null],
          ["arrival", { device_time: "0" }],
          ["adjusted", { device_time: "-5" }],
          ["arrival", { seq: 4, epoch: "b7", device_time: "20261128" }],
          ["arrival", null]
        ]
      )
    })
  )

  test(
    "takes two readings without a usable clock for two, and one that is counted for a repeat",
    Effect.gen(function* () {
      const counted = { identity: { _tag: "Sequence", epoch: "b7", seq: 4 }, deviceTime: "0" } as const
      const outcomes = yield* publish(
        candidate(0, 20, arrived("a", { deviceTime: "0" })),
        candidate(0, 20, arrived("b", { deviceTime: "0" })),
        candidate(0, 20, counted),
        candidate(9, 20, counted)
      )
      assert.deepStrictEqual(outcomes, ["Stored", "Stored", "Stored", "Repeated"])
    })
  )

  test(
    "lets a correction keep the time as it is, and takes another time as stated",
    Effect.gen(function* () {
      const { reading } = yield* post(candidate(0, 20, arrived("a")))
      const { reading: corrected } = yield* put(reading, { value: 21 })
      assert.deepInclude(corrected, { value: 21, timeSource: "arrival" })
      const { reading: elsewhere } = yield* put(corrected, { sensorId: sensorId(2) })
      assert.strictEqual(elsewhere.timeSource, "arrival")
      const { reading: moved } = yield* put(elsewhere, { occurredAt: at(7) })
      assert.strictEqual(moved.timeSource, "device")
      assert.deepStrictEqual(yield* look, [moved])
      const deletions = (yield* allEvents).filter(({ type }) => type === "ReadingDeleted")
      assert.deepStrictEqual(
        deletions.map(({ timeSource }) => timeSource),
        [null, null]
      )
    })
  )
}

const imports = ({ test }: Suite): void => {
  test(
    "finds what an import brought, its corrections too, and not what was moved or came before",
    Effect.gen(function* () {
      const log = yield* EventLog
      const [first, second] = [importId(1), importId(2)]
      yield* publish(candidate(0, 10))
      yield* publish(
        ...[0, 1, 2].map((seconds) => candidate(seconds, 10 + seconds, { importId: first })),
        candidate(3, 13, { importId: second })
      )
      assert.deepStrictEqual(yield* matching({ importId: first }), [11, 12])
      const [, eleven, twelve] = yield* look
      if (eleven === undefined || twelve === undefined) return assert.fail("not stored")
      yield* put(eleven, { value: 99 })
      yield* put(twelve, { occurredAt: at(8) })
      assert.deepStrictEqual(
        (yield* allEvents).map((event) => event.importId),
        [null, null, 1, 1, 2, 1, null, null]
      )
      assert.deepStrictEqual(yield* matching({ importId: first }), [99])
      assert.deepStrictEqual(yield* matching({ importId: second, start: at(3), end: at(4) }), [13])
      assert.deepStrictEqual(yield* matching({ importId: importId(3) }), [])
      yield* log.append([message(candidate(5, 15, { importId: second }))])
      assert.deepStrictEqual(yield* matching({ importId: second }), [13, 15])
      yield* look
    })
  )
}

export const origins = (suite: Suite): void => {
  times(suite)
  imports(suite)
}
