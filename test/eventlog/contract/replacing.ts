/** What a person's PUT does to the metadata of one reading, and to nothing else. */
import { assert } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { sensorId } from "../../../src/domain/Ids.js"
import { EventLog } from "../../../src/eventlog/EventLog.js"
import { at, candidate, described, headPosition, look, post, publish, put, type Suite } from "./support.js"

const current = Effect.flatMap(EventLog, (log) => log.sensor(sensorId(1))).pipe(Effect.map(Option.getOrThrow))

export const replacing = ({ test }: Suite): void => {
  test(
    "changes the metadata of one reading, and never those of its sensor",
    Effect.gen(function* () {
      const { reading } = yield* post(candidate(0, 20, { said: described }))
      yield* post(candidate(1, 21))
      const before = yield* current
      yield* look
      const { change, reading: corrected } = yield* put(reading, { said: { unit: "F", description: "Hall" } })
      assert.strictEqual(change, "Corrected")
      assert.deepInclude(corrected, { ...described, unit: "F", description: "Hall", value: 20 })
      assert.deepStrictEqual(yield* current, before)
      const again = yield* put(reading, { said: { unit: "C", description: "Main Entrance" } })
      assert.deepInclude(again.reading, { ...described, sensorVersion: reading.sensorVersion })
      assert.strictEqual((yield* look)[1]?.unit, "C")
    })
  )

  test(
    "takes null as said on purpose, and what is absent as it was",
    Effect.gen(function* () {
      const { reading } = yield* post(candidate(0, 20, { said: described }))
      const { reading: bare } = yield* put(reading, { said: { unit: null, type: null } })
      assert.deepInclude(bare, { ...described, unit: null, type: null })
      const { reading: placeless } = yield* put(reading, { said: { lat: null, lng: null } })
      assert.deepInclude(placeless, { lat: null, lng: null, unit: null, description: "Main Entrance" })
      assert.deepStrictEqual(yield* put(reading, { said: { lat: null } }), {
        change: "None",
        reading: placeless
      })
      yield* look
      const { reading: half } = yield* put(reading, { said: { lat: 1 } })
      assert.deepInclude(half, { lat: 1, lng: null })
      const { reading: placed } = yield* put(reading, { said: { lat: described.lat, lng: described.lng } })
      assert.deepInclude(placed, { lat: described.lat, lng: described.lng, unit: null })
      assert.deepInclude(yield* current, { version: 1 })
      yield* look
    })
  )

  test(
    "keeps a reading's own place where it is not said",
    Effect.gen(function* () {
      yield* publish(candidate(0, 1, { said: described }))
      const { reading } = yield* post(candidate(1, 20, { said: { lat: 1, lng: 2 } }))
      const { reading: corrected } = yield* put(reading, { value: 30 })
      assert.deepInclude(corrected, { ...described, lat: 1, lng: 2, value: 30, sensorVersion: 1 })
      const { reading: moved } = yield* put(corrected, { occurredAt: at(2) })
      assert.deepInclude(moved, { ...described, lat: 1, lng: 2, value: 30, sensorVersion: 1 })
      yield* look
    })
  )

  test(
    "puts back what GET gave, whatever the sensor says by now",
    Effect.gen(function* () {
      const { reading } = yield* post(candidate(0, 20, { said: described }))
      yield* publish(candidate(1, 21, { said: { unit: "F", type: "heat", description: "Hall" } }))
      const { description, lat, lng, type, unit } = reading
      const head = yield* headPosition
      const back = yield* put(reading, { said: { lat, lng, unit, type, description } })
      assert.deepStrictEqual(back, { change: "None", reading })
      assert.strictEqual(yield* headPosition, head)
    })
  )

  test(
    "is not counted against the bound of new versions",
    Effect.gen(function* () {
      const { reading } = yield* post(candidate(0, 20, { said: described }))
      for (const unit of ["K", "F", "R"]) {
        assert.strictEqual((yield* put(reading, { said: { unit } })).reading.unit, unit)
      }
      yield* look
    }),
    { versionsPerHourMax: 1 }
  )
}
