/** What people say of a sensor over HTTP, on real databases: described, retired, and back with its next reading. */
import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import { Reading } from "../../../src/api/data/ReadingContract.js"
import { Sensor, SensorDetail } from "../../../src/api/sensors/SensorContract.js"
import { formatTime, MICROS_PER_DAY, micros } from "../../../src/domain/Time.js"
import * as SqlEventLog from "../../../src/eventlog/sql/SqlEventLog.js"
import { describeDatabases, type TestDatabase } from "../../support/databases.js"
import { ask, input, keyedAuth, problemFields, READER, serverLayer, shaped, WRITER } from "../server.js"

const served = (database: TestDatabase) =>
  serverLayer({
    auth: keyedAuth,
    log: SqlEventLog.layer().pipe(Layer.provide(database.layer), Layer.orDie)
  })

const send = (method: string, path: string, body?: unknown, key = WRITER) =>
  ask(path, {
    method,
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
    ...(body === undefined ? {} : { body: JSON.stringify(body) })
  })
const patch = (body: unknown) => send("PATCH", "/sensors/1", body)
const sensor = Effect.map(send("GET", "/sensors/1"), ({ json }) => shaped(SensorDetail, json))

const SAID = {
  lat: 46.05,
  lng: 14.5,
  unit: "degF",
  type: "temperature",
  description: "Press 4 <b>🌡</b>",
  min: -40,
  max: 120
}

describeDatabases("a sensor over HTTP", (database) => {
  it.live("is described: what is absent stays, null takes back, earlier readings keep what held", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(problemFields(yield* patch(SAID), 404), [])
      const before = shaped(Reading, (yield* send("POST", "/data/", { ...input(1, 0), unit: "C" })).json)
      assert.strictEqual((yield* sensor).version, 1)

      const answer = yield* patch({ ...SAID, interval_ms: 250 })
      assert.strictEqual(answer.status, 200, answer.text)
      const described = shaped(SensorDetail, answer.json)
      assert.deepStrictEqual(described.metadata, SAID)
      assert.deepInclude(described, { version: 2, interval_ms: 250, interval_estimated: false })
      assert.deepStrictEqual(yield* sensor, described)

      yield* patch({ unit: null })
      assert.deepStrictEqual((yield* sensor).metadata, { ...SAID, unit: null })
      const same = shaped(SensorDetail, (yield* patch({ max: 120 })).json)
      assert.deepInclude(same, { version: 3, interval_ms: 250 })
      const [kept] = shaped(Schema.Array(Reading), (yield* send("GET", "/data/?sensor_id=1")).json)
      assert.deepStrictEqual(kept, before)
      assert.strictEqual(before.unit, "C")
    }).pipe(Effect.provide(served(database)))
  )

  it.live("refuses what is no description, by field, and changes nothing", () =>
    Effect.gen(function* () {
      yield* send("POST", "/data/", input(1, 0))
      const before = yield* sensor
      for (const [body, ...fields] of [
        [{ lat: 91, unit: "", interval_ms: 0 }, "lat", "unit", "interval_ms"],
        [{ min: 5, max: 4 }, "min"],
        [{ interval_ms: null }, "interval_ms"],
        [{ interval: 60, unit: "C" }, "interval"],
        [{ description: "x".repeat(1_001) }, "description"]
      ] as const) {
        assert.sameMembers([...problemFields(yield* patch(body), 400)], [...fields])
      }
      const nested = yield* patch({ metadata: { unit: "C" } })
      assert.deepStrictEqual(problemFields(nested, 400), ["metadata"])
      assert.include(nested.text, "what is in it stands at the top")
      yield* patch({ max: 3 })
      assert.deepStrictEqual(problemFields(yield* patch({ min: 4 }), 400), ["min"])
      problemFields(yield* send("PATCH", "/sensors/1", SAID, READER), 403)
      problemFields(yield* send("DELETE", "/sensors/1", undefined, READER), 403)
      problemFields(yield* send("DELETE", "/sensors/2"), 404)
      assert.deepStrictEqual((yield* sensor).metadata, { ...before.metadata, max: 3 })
    }).pipe(Effect.provide(served(database)))
  )

  it.live("is retired, once, and active again with its next reading or description", () =>
    Effect.gen(function* () {
      yield* send("POST", "/data/", input(1, 0))
      const position = Effect.map(send("GET", "/sensors/1"), ({ headers }) =>
        headers.get("tidemark-position")
      )
      const over = shaped(SensorDetail, (yield* send("DELETE", "/sensors/1")).json)
      assert.isTrue(over.retired)
      assert.strictEqual(over.gone_since, over.last_reading?.timestamp)
      const retired = yield* position
      assert.isTrue(shaped(SensorDetail, (yield* send("DELETE", "/sensors/1")).json).retired)
      assert.strictEqual(yield* position, retired)
      yield* send("POST", "/data/", input(1, 1))
      assert.isFalse((yield* sensor).retired)
      yield* send("DELETE", "/sensors/1")
      yield* patch({})
      assert.isFalse((yield* sensor).retired)
    }).pipe(Effect.provide(served(database)))
  )

  it.live(
    "is gone once it has been silent for a week, as of each position too, and back with a reading",
    () =>
      Effect.gen(function* () {
        const days = (ago: number) => formatTime(micros(Date.now() * 1_000 - ago * MICROS_PER_DAY))
        const since = (query = "") =>
          Effect.map(send("GET", `/sensors/1${query}`), ({ json }) => shaped(SensorDetail, json).gone_since)
        const [old, recent] = [days(8), days(6)]
        yield* send("POST", "/data/", { ...input(1, 0), timestamp: old })
        assert.strictEqual(yield* since(), old)
        const [one] = shaped(Schema.Array(Sensor), (yield* send("GET", "/sensors/")).json)
        assert.strictEqual(one?.gone_since, old)
        const before = (yield* send("GET", "/sensors/1")).headers.get("tidemark-position")
        yield* send("POST", "/data/", { ...input(1, 1), timestamp: recent })
        assert.isNull(yield* since())
        assert.strictEqual(yield* since(`?as_of=${before}`), old)
      }).pipe(Effect.provide(served(database)))
  )

  it.live("says how many readings of a day came without a usable clock, and which", () =>
    Effect.gen(function* () {
      const now = formatTime(micros(Date.now() * 1_000))
      for (const timestamp of [now, 0, 46_354.42, undefined]) {
        yield* send("POST", "/data/", { device: "attic", t: 20, timestamp })
      }
      const [one] = shaped(Schema.Array(Sensor), (yield* send("GET", "/sensors/")).json)
      const detail = shaped(SensorDetail, (yield* send("GET", `/sensors/${one?.id}`)).json)
      assert.deepInclude(detail, { name: "attic/t", clockless_24h: 3 })
      const first = yield* send("GET", `/sensors/${one?.id}?as_of=3`)
      assert.strictEqual(shaped(SensorDetail, first.json).clockless_24h, 1)
    }).pipe(Effect.provide(served(database)))
  )
})
