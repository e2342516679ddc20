/** What readings say of their sensor, and how the versions of that come to be. */
import { assert } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/TestClock"
import { type SensorId, sensorId } from "../../../src/domain/Ids.js"
import { type SaidMetadata, UNKNOWN_METADATA } from "../../../src/domain/Sensor.js"
import { EventLog } from "../../../src/eventlog/EventLog.js"
import { allEvents, at, candidate, eventTypes, look, publish, type Suite, valuesNow } from "./support.js"

const ONE = sensorId(1)

const known = (id: SensorId = ONE) =>
  Effect.flatMap(EventLog, (log) => Effect.flatten(log.sensor(id))).pipe(Effect.orDie)

const say = (seconds: number, said: SaidMetadata, value = seconds) =>
  publish(candidate(seconds, value, { said }))

export const versions = ({ test }: Suite): void => {
  test(
    "makes a version when something new is said, and finds the old one when it is said again",
    Effect.gen(function* () {
      yield* say(0, { unit: "C" })
      yield* say(1, { type: "temperature" })
      yield* look
      yield* say(2, { unit: "F" })
      yield* say(3, { unit: "C" })
      yield* say(4, {})
      yield* say(5, { unit: null, description: null })
      const readings = yield* look
      assert.deepStrictEqual(
        readings.map(({ sensorVersion, type, unit }) => [sensorVersion, unit, type]),
        [
          [1, "C", null],
          [2, "C", "temperature"],
          [3, "F", "temperature"],
          [2, "C", "temperature"],
          [2, "C", "temperature"],
          [2, "C", "temperature"]
        ]
      )
      const sensor = yield* known()
      assert.deepInclude(sensor, { version: 2, versionSince: at(3) })
      assert.deepStrictEqual(
        (yield* eventTypes).filter((type) => type.startsWith("Sensor")),
        ["SensorRegistered", "SensorChanged", "SensorChanged", "SensorChanged"]
      )
    })
  )

  test(
    "moves the current version with readings that are newer in device time alone",
    Effect.gen(function* () {
      yield* say(100, { unit: "C" })
      yield* say(50, { unit: "F" })
      assert.deepInclude(yield* known(), { version: 1, versionSince: at(100) })
      assert.strictEqual((yield* look)[0]?.unit, "F")
      yield* say(100, { unit: "K" }, 7)
      assert.deepInclude(yield* known(), { version: 1, versionSince: at(100) })
      yield* say(101, { unit: "F" })
      assert.deepInclude(yield* known(), { version: 2, versionSince: at(101) })
    })
  )

  test(
    "lets any reading describe a sensor that was registered with nothing said",
    Effect.gen(function* () {
      yield* say(100, {})
      assert.deepInclude(yield* known(), { metadata: UNKNOWN_METADATA, versionSince: 0 as never })
      yield* say(50, { unit: "C" })
      assert.deepInclude(yield* known(), { version: 2, versionSince: at(50) })
    })
  )

  test(
    "keeps the place of a sensor that moves with its readings, and makes no version of it",
    Effect.gen(function* () {
      yield* say(0, { unit: "C" })
      yield* say(1, { lat: 10, lng: 20 })
      yield* say(2, { lat: 11, lng: 20 })
      yield* say(3, { lat: 10, lng: 20 })
      yield* say(4, {})
      const readings = yield* look
      assert.deepStrictEqual(
        readings.map(({ lat, lng, sensorVersion }) => [sensorVersion, lat, lng]),
        [
          [1, null, null],
          [2, 10, 20],
          [2, 11, 20],
          [2, 10, 20],
          [2, 10, 20]
        ]
      )
      const rows = (yield* allEvents).filter((event) => event.type === "ReadingRecorded")
      assert.deepStrictEqual(
        rows.map(({ lat, lng }) => [lat, lng]),
        [
          [null, null],
          [null, null],
          [11, 20],
          [null, null],
          [null, null]
        ]
      )
    })
  )

  test(
    "bounds how many versions a sensor gets an hour; over it the reading keeps what it said",
    Effect.gen(function* () {
      for (let n = 0; n < 5; n++) yield* say(n, { unit: `u${n}` })
      const rows = (yield* allEvents).filter((event) => event.type === "ReadingRecorded")
      assert.deepStrictEqual(
        rows.map(({ payload, sensorVersion }) => [sensorVersion, payload]),
        [
          [1, null],
          [2, null],
          [3, null],
          [3, { metadata: { unit: "u3" } }],
          [3, { metadata: { unit: "u4" } }]
        ]
      )
      assert.deepStrictEqual(yield* valuesNow, [0, 1, 2, 3, 4])
      yield* say(5, { unit: "u0" })
      assert.deepInclude(yield* known(), { version: 1 })
      yield* TestClock.adjust("61 minutes")
      yield* say(6, { unit: "u9" })
      assert.deepInclude(yield* known(), { version: 4 })
      yield* look
    }),
    { versionsPerHourMax: 3 }
  )
}
