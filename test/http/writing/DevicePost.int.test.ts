import { assert, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { Reading } from "../../../src/api/data/ReadingContract.js"
import { BulkResult, ReadingVersions, SENML_TYPE } from "../../../src/api/data/Writing.js"
import { Sensor, SensorDetail } from "../../../src/api/sensors/SensorContract.js"
import { nowMicros } from "../../../src/telemetry/Instant.js"
import { describeDatabases } from "../../support/databases.js"
import { ask, post, problemFields, shaped } from "../server.js"
import { sqlServer } from "../sql.js"

/** More than the test takes, and than the age that it states, µs. */
const AGE = 600_000_000

describeDatabases("a device's own JSON by POST", (database) => {
  layer(sqlServer(database), { excludeTestServices: true })((it) => {
    it.effect("is what it is by MQTT; what holds no reading is refused as before", () =>
      Effect.gen(function* () {
        const ttn = {
          end_device_ids: { device_id: "attic" },
          received_at: "2024-06-14T18:27:45.332604900Z",
          uplink_message: { decoded_payload: { temperature: 20.7 } }
        }
        const first = yield* post("/data/", ttn)
        assert.strictEqual(first.status, 201)
        assert.deepInclude(shaped(BulkResult, first.json), { rows: 1, stored: 1, rejected: 0 })
        assert.strictEqual((yield* post("/data/", ttn)).status, 200)
        const named = [
          { name: "a", value: "1.5", timestamp: "2024-06-14T18:27:45Z" },
          { name: "b", value: {} }
        ]
        const mixed = yield* post("/data/", named)
        assert.strictEqual(mixed.status, 207)
        assert.deepInclude(shaped(BulkResult, mixed.json), { rows: 2, stored: 1, rejected: 1 })
        const none = problemFields(yield* post("/data/", { value: 1 }), 400)
        assert.deepStrictEqual(none, ["sensor_id", "timestamp"])
        assert.strictEqual((yield* ask("/data/")).status, 200)
      })
    )

    it.effect("what it passed over is counted with its sensors, and adds up", () =>
      Effect.gen(function* () {
        const message = {
          device: "porch",
          timestamp: "2024-06-14T18:27:45Z",
          t: 1,
          hum: "n/a",
          wind: "3,5 m/s",
          state: "idle",
          unit: "",
          lat: 91
        }
        for (const t of [1, 2]) assert.strictEqual((yield* post("/data/", { ...message, t })).status, 201)
        const other = { device: "porch-2", timestamp: message.timestamp, t: 1, hum: "--" }
        assert.strictEqual((yield* post("/data/", other)).status, 201)
        const { json } = yield* ask("/sensors/?limit=1000")
        const sensors = shaped(Schema.Array(Sensor), json)
        const of = (name: string) =>
          Effect.gen(function* () {
            const id = sensors.find((sensor) => sensor.name === name)?.id
            const { passed_over: fields } = shaped(SensorDetail, (yield* ask(`/sensors/${id}`)).json)
            return fields.map(({ count, example, field, kind }) => [field, kind, example, count]).sort()
          })
        assert.deepStrictEqual(yield* of("porch/t"), [
          ["hum", "unread", "n/a", 2],
          ["lat", "wrong", "91", 2],
          ["wind", "unread", "3,5 m/s", 2]
        ])
        assert.deepStrictEqual(yield* of("porch-2/t"), [["hum", "unread", "--", 1]])
      })
    )

    it.effect("with a clock that is not set is stored as of its arrival, in each form", () =>
      Effect.gen(function* () {
        const send = (path: string, body: unknown, type: string) =>
          ask(path, {
            method: "POST",
            body: typeof body === "string" ? body : JSON.stringify(body),
            headers: { "content-type": type }
          })
        const before = yield* nowMicros
        const device = { device: "clockless", t: 1, timestamp: 20_261_828 }
        const json = "application/json"
        const telegraf = { name: "m", tags: { host: "b" }, fields: { t: 2 }, timestamp: 3 }
        for (const [path, body, type, status] of [
          ["/data/", device, json, 201],
          // Nothing says that it is the same.
          ["/data/", device, json, 201],
          ["/data/", telegraf, json, 201],
          ["/data/", [{ n: "age", v: 3, t: -5 }], SENML_TYPE, 201],
          ["/data/", [{ n: "aged", v: 4, t: 2 ** 28 }], SENML_TYPE, 201],
          ["/api/v2/write", "m,host=c t=5 20261128", "text/plain", 204]
        ] as const) {
          assert.strictEqual((yield* send(path, body, type)).status, status, JSON.stringify(body))
        }
        const names = ["clockless/t", "m,host=b t", "age", "aged", "m,host=c t"]
        const filter = names.map((name) => `sensor=${encodeURIComponent(name)}`).join("&")
        const readings = shaped(
          Schema.Array(Reading),
          (yield* ask(`/data/range/?start_time=${before - AGE}&end_time=${before + AGE}&${filter}`)).json
        )
        assert.deepStrictEqual(readings.map(({ time_source, value }) => [value, time_source]).sort(), [
          [1, "arrival"],
          [1, "arrival"],
          [2, "arrival"],
          [3, "adjusted"],
          [4, "arrival"],
          [5, "arrival"]
        ])
        const told = yield* Effect.forEach(readings, ({ id }) =>
          Effect.map(ask(`/data/${id}/history`), ({ json: history }) => shaped(ReadingVersions, history)[0])
        )
        assert.deepStrictEqual(told.map((version) => version?.device_time).sort(), [
          "-5",
          "20261128",
          "20261828",
          "20261828",
          "268435456",
          "3"
        ])
      })
    )

    it.effect(
      "a person who states such a time is told so, and nothing is stored; a line of NDJSON is no person",
      () =>
        Effect.gen(function* () {
          const reading = { sensor_id: 7, value: 1, timestamp: 20_261_828 }
          assert.deepStrictEqual(problemFields(yield* post("/data/", reading), 400), ["timestamp"])
          assert.deepStrictEqual(problemFields(yield* post("/data/", [reading]), 400), ["[0].timestamp"])
          const line = yield* ask("/data/", {
            method: "POST",
            body: JSON.stringify(reading),
            headers: { "content-type": "application/x-ndjson" }
          })
          // A line is a device's message, whatever it names.
          assert.strictEqual(line.status, 201)
        })
    )
  })
})
