/** Numbers, times and text come back as they were. */
import { assert } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as FastCheck from "effect/FastCheck"
import { sensorId } from "../../../src/domain/Ids.js"
import { micros } from "../../../src/domain/Time.js"
import { EventLog } from "../../../src/eventlog/EventLog.js"
import {
  at,
  candidate,
  headPosition,
  look,
  named,
  post,
  publish,
  put,
  readingsAsOf,
  type Suite
} from "./support.js"

const EXTREMES = [
  0,
  1e308,
  -1e308,
  Number.MAX_VALUE,
  -Number.MAX_VALUE,
  Number.MIN_VALUE,
  -Number.MIN_VALUE,
  2.2250738585072014e-308,
  2.225073858507201e-308,
  1e-320,
  0.1,
  0.1 + 0.2,
  1 / 3,
  Number.MAX_SAFE_INTEGER,
  2 ** 53 + 2,
  1e21,
  1e22,
  1e23,
  123456789.12345679,
  5e-324,
  4.35,
  1.7976931348623155e308
]

const TEXTS = [
  "°C",
  "µg/m³",
  "温度",
  "🌡️ 𝒳 é",
  "a'b\"c\\d",
  "%_`;--",
  " leading and trailing ",
  "\ttab\nline",
  "Straße"
]

export const exactness = ({ test }: Suite): void => {
  test(
    "gives every double back to the bit",
    Effect.gen(function* () {
      const random = FastCheck.sample(FastCheck.double({ noNaN: true, noDefaultInfinity: true }), {
        numRuns: 2_000,
        seed: 7
      })
      const doubles = [...EXTREMES, ...random].map((double) => (double === 0 ? 0 : double))
      yield* publish(...doubles.map((value, index) => candidate(index, value)))
      const readings = yield* readingsAsOf()
      assert.strictEqual(readings.length, doubles.length)
      for (const [index, reading] of readings.entries()) {
        assert.isTrue(Object.is(reading.value, doubles[index]), `${reading.value} for ${doubles[index]}`)
      }
      const rows = yield* Effect.flatMap(EventLog, (log) =>
        Effect.flatMap(headPosition, (head) => log.inForce(sensorId(1), micros(0), at(1e6), head))
      )
      assert.deepStrictEqual(
        rows.map((row) => row.value),
        doubles
      )
    })
  )

  test(
    "gives places, ranges and corrected values back to the bit",
    Effect.gen(function* () {
      const log = yield* EventLog
      const said = { lat: 0.1 + 0.2, lng: -179.99999999999997, min: 5e-324, max: 1.7976931348623157e308 }
      const { reading } = yield* post(candidate(0, 1, { said }))
      assert.deepInclude((yield* log.sensors({ limit: 1 }))[0]?.metadata, said)
      yield* publish(candidate(1, 2, { said: { lat: 1 / 3, lng: 2.2250738585072014e-308 } }))
      yield* put(reading, { value: 4.9406564584124654e-324, said: { lat: 89.99999999999999 } })
      const [corrected, elsewhere] = yield* look
      assert.deepInclude(corrected, { value: 5e-324, lat: 89.99999999999999, lng: said.lng })
      assert.deepInclude(elsewhere, { lat: 1 / 3, lng: 2.2250738585072014e-308 })
    })
  )

  test(
    "keeps no -0 of a correction",
    Effect.gen(function* () {
      const { reading } = yield* post(candidate(0, 1))
      assert.isTrue(Object.is((yield* put(reading, { value: -0 })).reading.value, 0))
      assert.isTrue(Object.is((yield* look)[0]?.value, 0))
    })
  )

  test(
    "gives every microsecond of the years 1970 to 2255 back",
    Effect.gen(function* () {
      const times = [
        0, 1, 999_999, 1_000_000, 951_782_399_999_999, 4_107_542_399_999_999, 9_000_000_000_000_001
      ]
      yield* publish(...times.map((time) => candidate(0, time, { occurredAt: micros(time) })))
      assert.deepStrictEqual(
        (yield* look).map((reading) => reading.occurredAt as number),
        times
      )
    })
  )

  test(
    "gives text of any language back, and tells case, accents and spaces at its end apart",
    Effect.gen(function* () {
      const log = yield* EventLog
      const names = [...TEXTS, "cafe", "café", "Cafe", "cafe\u0301", "cafe ", "cafe  ", " cafe", "cafe\t"]
      yield* publish(
        ...names.map((name, index) =>
          candidate(index, index, {
            sensor: named(name),
            said: { unit: name, type: name, description: name }
          })
        )
      )
      const readings = yield* look
      assert.deepStrictEqual(
        readings.map(({ description, type, unit }) => [unit, type, description]),
        names.map((name) => [name, name, name])
      )
      const sensors = yield* log.sensors({ limit: 100 })
      assert.deepStrictEqual(
        sensors.map((sensor) => sensor.name),
        names
      )
      for (const [index, name] of names.entries()) {
        const found = yield* log.readings({ unit: name }, { asOf: yield* headPosition, limit: 10 })
        assert.deepStrictEqual(
          found.map((reading) => reading.value),
          [index],
          name
        )
      }
    })
  )
}
