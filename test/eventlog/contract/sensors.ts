/** Who a reading's sensor is, and what its owner says of it. */
import { assert } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/TestClock"
import { type Position, position, type SensorId, sensorId } from "../../../src/domain/Ids.js"
import type { SaidMetadata } from "../../../src/domain/Sensor.js"
import { EventLog } from "../../../src/eventlog/EventLog.js"
import {
  allEvents,
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
  type Suite
} from "./support.js"

const ONE = sensorId(1)

const known = (id: SensorId = ONE) =>
  Effect.flatMap(EventLog, (log) => Effect.flatten(log.sensor(id))).pipe(Effect.orDie)

const say = (seconds: number, said: SaidMetadata, value = seconds) =>
  publish(candidate(seconds, value, { said }))

const naming = ({ test }: Suite): void => {
  test(
    "gives sensors known by name numbers from 1,000,000,000 up, one a name",
    Effect.gen(function* () {
      const log = yield* EventLog
      const from = (name: string, seconds: number) => candidate(seconds, 1, { sensor: named(name) })
      yield* publish(from("kitchen", 0), from("attic", 0), from("kitchen", 1))
      yield* publish(candidate(0, 1, { sensor: numbered(999_999_999) }), from("attic", 0), from("Kitchen", 0))
      const sensors = yield* log.sensors({ limit: 10 })
      assert.deepStrictEqual(
        sensors.map(({ id, name }) => [id as number, name]),
        [
          [999_999_999, null],
          [1_000_000_000, "kitchen"],
          [1_000_000_001, "attic"],
          [1_000_000_002, "Kitchen"]
        ]
      )
      assert.strictEqual((yield* look).length, 5)
    })
  )

  test(
    "shows and finds readings by the name that their sensor had as of the position",
    Effect.gen(function* () {
      const log = yield* EventLog
      yield* publish(candidate(0, 1), candidate(0, 2, { sensor: named("zigbee2mqtt/plug/power") }))
      const unnamed = yield* headPosition
      yield* log.describe([{ id: ONE, name: "hall", said: {} }])
      const first = yield* headPosition
      yield* publish(candidate(1, 3))
      yield* log.describe([{ id: ONE, name: "attic", said: {} }])
      const second = yield* headPosition
      const namesAsOf = (asOf: Position) =>
        Effect.map(log.readings({}, { asOf, limit: 10 }), (rows) => rows.map(({ name }) => name))
      assert.deepStrictEqual(yield* namesAsOf(unnamed), [null, "zigbee2mqtt/plug/power"])
      assert.deepStrictEqual(yield* namesAsOf(first), ["hall", "zigbee2mqtt/plug/power"])
      assert.deepStrictEqual(yield* namesAsOf(second), ["attic", "zigbee2mqtt/plug/power", "attic"])
      const found = (names: ReadonlyArray<string>, asOf: Position) => log.sensorsNamed(names, asOf)
      assert.deepStrictEqual(yield* found(["hall"], unnamed), [])
      assert.deepStrictEqual(yield* found(["hall", "attic"], first), [ONE])
      assert.deepStrictEqual(yield* found(["hall"], second), [])
      assert.deepStrictEqual(yield* found(["attic", "nobody"], second), [ONE])
      assert.deepStrictEqual(yield* found([], second), [])
      const [last] = [...(yield* log.lastReadings([ONE], first)).values()]
      assert.strictEqual(last?.name, "hall")
    })
  )

  test(
    "registers sensors named at once by many writers once each",
    Effect.gen(function* () {
      const log = yield* EventLog
      const names = ["a", "b", "c", "d"]
      yield* Effect.forEach(
        Array.from({ length: 16 }, (_, writer) => writer),
        (writer) => publish(...names.map((name) => candidate(writer, 1, { sensor: named(name) }))),
        { concurrency: "unbounded" }
      )
      const sensors = yield* log.sensors({ limit: 10 })
      assert.deepStrictEqual(sensors.map((sensor) => sensor.name).sort(), names)
      assert.deepStrictEqual(
        sensors.map((sensor) => sensor.id as number),
        [1_000_000_000, 1_000_000_001, 1_000_000_002, 1_000_000_003]
      )
      const types = yield* eventTypes
      assert.strictEqual(types.filter((type) => type === "SensorRegistered").length, 4)
      assert.strictEqual((yield* look).length, 64)
    })
  )

  test(
    "rejects a device that claims a number which only the log gives",
    Effect.gen(function* () {
      const log = yield* EventLog
      const claimed = candidate(0, 1, { sensor: numbered(1_000_000_000) })
      const [outcome] = yield* log.append([message(claimed)])
      assert.strictEqual(outcome?._tag, "Rejected")
      assert.strictEqual(yield* headPosition, 0)
      const [kept] = yield* log.rejected({ limit: 10 })
      assert.include(kept?.reason, "1000000000")
      yield* publish(candidate(0, 1, { sensor: named("kitchen") }))
      const { created } = yield* post(claimed)
      assert.strictEqual(created, false)
    })
  )

  test(
    "bounds how many sensors are registered a minute, and keeps what it refuses",
    Effect.gen(function* () {
      const log = yield* EventLog
      const of = (sensor: number, seconds = 0) => candidate(seconds, 1, { sensor: numbered(sensor) })
      assert.deepStrictEqual(yield* publish(of(1), of(2), of(3), of(1, 1)), [
        "Stored",
        "Stored",
        "Rejected",
        "Stored"
      ])
      const [kept] = yield* log.rejected({ limit: 10 })
      assert.include(kept?.reason, "too many new sensors")
      const refused = yield* Effect.flip(log.record([of(1, 2), of(4)]))
      assert.strictEqual(refused._tag, "AppendRefused")
      assert.deepInclude({ ...refused }, { index: 1 })
      yield* TestClock.adjust("2 minutes")
      assert.deepStrictEqual(yield* publish(of(3), of(4), of(5)), ["Stored", "Stored", "Rejected"])
      assert.strictEqual((yield* look).length, 5)
    }),
    { newSensorsPerMinuteMax: 2 }
  )
}

const owners = ({ test }: Suite): void => {
  test(
    "describes sensors as their owner does, with an event where something changes",
    Effect.gen(function* () {
      const log = yield* EventLog
      const entrance = {
        id: ONE,
        name: "entrance",
        intervalMs: 1_000,
        said: { ...described, min: 0, max: 45 }
      }
      yield* log.describe([entrance, { id: sensorId(2), said: {} }])
      yield* log.describe([entrance])
      assert.deepStrictEqual(yield* eventTypes, ["SensorRegistered", "SensorRegistered"])
      const sensor = yield* known()
      assert.deepStrictEqual(sensor, {
        id: ONE,
        name: "entrance",
        status: "active",
        version: 1,
        metadata: { ...described, min: 0, max: 45 },
        intervalMs: 1_000,
        estimatedIntervalMs: null,
        versionSince: sensor.versionSince
      })
      yield* log.describe([{ id: ONE, intervalMs: 500, said: { unit: null } }])
      assert.deepInclude(yield* known(), { name: "entrance", intervalMs: 500, version: 2 })
      const changed = (yield* allEvents).at(-1)
      assert.strictEqual(changed?.type, "SensorChanged")
      assert.deepStrictEqual(changed?.payload, {
        name: "entrance",
        metadata: { ...described, unit: null, min: 0, max: 45 },
        interval_ms: 500
      })
    })
  )

  test(
    "makes no change of a device that says what its owner said",
    Effect.gen(function* () {
      const log = yield* EventLog
      yield* log.describe([{ id: ONE, name: "entrance", said: described }])
      yield* say(0, described)
      yield* publish(candidate(1, 5, { sensor: named("entrance") }))
      assert.deepStrictEqual(yield* eventTypes, ["SensorRegistered", "ReadingRecorded", "ReadingRecorded"])
    })
  )

  test(
    "refuses a name that another sensor has",
    Effect.gen(function* () {
      const log = yield* EventLog
      yield* publish(candidate(0, 1, { sensor: named("entrance") }))
      const head = yield* headPosition
      const error = yield* Effect.flip(
        log.describe([
          { id: sensorId(5), said: {} },
          { id: ONE, name: "entrance", said: {} }
        ])
      )
      assert.strictEqual(error._tag, "LogCorrupt")
      assert.strictEqual(yield* headPosition, head)
      assert.strictEqual((yield* log.sensors({ limit: 10 })).length, 1)
    })
  )

  test(
    "retires sensors, which a reading or their owner makes active again, but no repeat does",
    Effect.gen(function* () {
      const log = yield* EventLog
      yield* publish(candidate(0, 1))
      yield* log.retire([ONE, sensorId(9)])
      yield* log.retire([ONE])
      assert.deepInclude(yield* known(), { status: "retired" })
      yield* publish(candidate(0, 1))
      assert.deepInclude(yield* known(), { status: "retired" })
      yield* publish(candidate(-5, 2))
      assert.deepInclude(yield* known(), { status: "active" })
      yield* log.retire([ONE])
      yield* log.describe([{ id: ONE, said: {} }])
      assert.deepInclude(yield* known(), { status: "active" })
      assert.deepStrictEqual(yield* eventTypes, [
        "SensorRegistered",
        "ReadingRecorded",
        "SensorRetired",
        "SensorChanged",
        "ReadingRecorded",
        "SensorRetired",
        "SensorChanged"
      ])
      assert.strictEqual((yield* look).length, 2)
      assert.strictEqual((yield* log.tail(position(2), position(3), 9))[0]?.payload, null)
    })
  )

  test(
    "pages through sensors by number",
    Effect.gen(function* () {
      const log = yield* EventLog
      yield* publish(...[5, 3, 9, 7].map((n) => candidate(0, n, { sensor: numbered(n) })))
      const ids = (page: { readonly limit: number; readonly afterId?: SensorId; readonly skip?: number }) =>
        Effect.map(log.sensors(page), (found) => found.map((sensor) => sensor.id as number))
      assert.deepStrictEqual(yield* ids({ limit: 3 }), [3, 5, 7])
      assert.deepStrictEqual(yield* ids({ limit: 3, afterId: sensorId(5) }), [7, 9])
      assert.deepStrictEqual(yield* ids({ limit: 2, skip: 1 }), [5, 7])
    })
  )
}

export const sensors = (suite: Suite): void => {
  naming(suite)
  owners(suite)
}
