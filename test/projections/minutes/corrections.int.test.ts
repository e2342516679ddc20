import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { sensorId } from "../../../src/domain/Ids.js"
import { MICROS_PER_DAY, MICROS_PER_HOUR, MICROS_PER_SECOND, micros } from "../../../src/domain/Time.js"
import * as Corrections from "../../../src/projections/minutes/Corrections.js"
import { describeDatabases, type TestDatabase } from "../../support/databases.js"
import { at, events, type HandmadeEvent, sensor } from "../handmade.js"

const START = at("2026-11-22T10:00:00.123456Z")
/** One a day and sensor, so that a window of several days is looked at in parts. */
const recorded = [0, 1, 2, 3].map(
  (day): HandmadeEvent => ({ sensor: 1, occurredAt: START + day * MICROS_PER_DAY, value: 20 })
)
const log: ReadonlyArray<HandmadeEvent> = [
  ...recorded.map((event, index) => (index === 3 ? event : { ...event, supersededBy: index + 5 })),
  { type: "ReadingCorrected", sensor: 1, occurredAt: START, value: 21, readingId: 1, supersededBy: 8 },
  { type: "ReadingCorrected", sensor: 1, occurredAt: START + MICROS_PER_DAY, value: 22, readingId: 2 },
  { type: "ReadingDeleted", sensor: 1, occurredAt: START + 2 * MICROS_PER_DAY, readingId: 3 },
  { type: "ReadingCorrected", sensor: 1, occurredAt: START, value: 23, readingId: 1 },
  { type: "ReadingCorrected", sensor: 2, occurredAt: START, value: 9, readingId: 99 }
]

const live = (database: TestDatabase) => Corrections.layer.pipe(Layer.provideMerge(database.layer))

const found = (start: number, end: number, limit = 100) =>
  Effect.map(
    Effect.flatMap(Corrections.Corrections, ({ inWindow }) =>
      inWindow({ sensorId: sensorId(1), start: micros(start), end: micros(end), limit })
    ),
    (list): ReadonlyArray<ReadonlyArray<unknown>> =>
      list.map(({ inForce, kind, occurredAt, readingId, value }) => [
        (occurredAt - START) / MICROS_PER_DAY,
        Number(readingId),
        kind,
        value,
        inForce
      ])
  )

describeDatabases("corrections", (database) => {
  it.live("are a sensor's corrections and deletions of a window, the newest device time first", () =>
    Effect.gen(function* () {
      yield* sensor(1, {})
      yield* sensor(2, {})
      yield* events(log)
      const newest: ReadonlyArray<ReadonlyArray<unknown>> = [
        [2, 3, "deleted", null, true],
        [1, 2, "corrected", 22, true]
      ]
      const oldest: ReadonlyArray<ReadonlyArray<unknown>> = [
        [0, 1, "corrected", 23, true],
        [0, 1, "corrected", 21, false]
      ]
      assert.deepStrictEqual(yield* found(START - MICROS_PER_HOUR, START + 3 * MICROS_PER_DAY), [
        ...newest,
        ...oldest
      ])
      assert.deepStrictEqual(yield* found(START - MICROS_PER_HOUR, START + 3 * MICROS_PER_DAY, 2), newest)
      // The start belongs to the window, the end does not.
      assert.deepStrictEqual(yield* found(START, START + MICROS_PER_SECOND), oldest)
      assert.deepStrictEqual(yield* found(START - MICROS_PER_DAY, START), [])
      assert.deepStrictEqual(yield* found(START, START), [])
    }).pipe(Effect.provide(live(database)))
  )
})
