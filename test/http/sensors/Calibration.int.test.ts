/** Calibrations over HTTP, on real databases: who says them, what they do to readings, and what held before. */
import { assert, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { ShapedReading } from "../../../src/api/data/ReadingContract.js"
import { SensorCalibration } from "../../../src/api/sensors/ShapingContract.js"
import { formatTime, micros } from "../../../src/domain/Time.js"
import { EventLog } from "../../../src/eventlog/EventLog.js"
import { describeDatabases } from "../../support/databases.js"
import { append, askBytes, candidate, realServer, T0 } from "../realServer.js"
import { ask, keyedAuth, problemFields, READER, shaped, WRITER } from "../server.js"

const at = (second: number) => micros(T0 + second * 1_000_000)
const as = (key: string, method = "GET", body?: unknown, headers: Record<string, string> = {}) => ({
  method,
  headers: { authorization: `Bearer ${key}`, "content-type": "application/json", ...headers },
  ...(body === undefined ? {} : { body: JSON.stringify(body) })
})
const get = (path: string) => ask(path, as(READER))
const put = (path: string, body: unknown, headers: Record<string, string> = {}) =>
  ask(path, as(WRITER, "PUT", body, headers))

const rowsOf = (json: unknown) => shaped(Schema.Array(ShapedReading), json)
const valuesOf = (path: string) =>
  Effect.map(get(path), ({ json, status, text }) => {
    assert.strictEqual(status, 200, text)
    return rowsOf(json).map(({ calibration, unit, value }) => [value, unit, calibration])
  })

const PATH = "/sensors/1/calibration"

describeDatabases("calibrations", (database) => {
  layer(realServer(database, { auth: keyedAuth }), { excludeTestServices: true, timeout: "1 minute" })(
    (it) => {
      it.effect("are put by a writer, with a condition and a reason, and keep their history", () =>
        Effect.gen(function* () {
          yield* append([0, 1, 2, 3].map((n) => candidate(1, at(n * 60), n, { unit: "mV" })))
          yield* append([candidate(2, at(0), 21, { unit: "C" })])
          const never = yield* get(PATH)
          assert.deepInclude(shaped(SensorCalibration, never.json), { version: 0, segments: [], by: null })
          assert.strictEqual(never.headers.get("etag"), '"0"')
          problemFields(yield* get("/sensors/9/calibration"), 404)
          const linear = { unit: "Cel", segments: [{ scale: -2, offset: 0.5 }] }
          problemFields(yield* ask(PATH, as(READER, "PUT", linear)), 403)
          const said = yield* put(`${PATH}?reason=bath`, linear, { "if-match": '"0"' })
          const first = shaped(SensorCalibration, said.json)
          assert.deepInclude(first, { by: "importer", reason: "bath", unit: "Cel" })
          assert.deepStrictEqual(first.segments, [{ from: null, offset: 0.5, scale: -2, polynomial: null }])
          assert.strictEqual(said.headers.get("etag"), `"${first.version}"`)
          problemFields(yield* put(PATH, { segments: [] }, { "if-match": '"0"' }), 412)
          // What GET gave can be put back, and says nothing new.
          assert.deepStrictEqual((yield* put(PATH, (yield* get(PATH)).json)).json, said.json)

          const { position } = yield* (yield* EventLog).head
          assert.strictEqual(position, first.log_position)
          assert.deepStrictEqual(
            yield* valuesOf("/data/1"),
            [0, 1, 2, 3].map((n) => [n, "mV", undefined])
          )
          assert.deepStrictEqual(yield* valuesOf("/data/?calibrated=true"), [
            [0.5, "Cel", first.version],
            [21, "C", null],
            [-1.5, "Cel", first.version],
            [-3.5, "Cel", first.version],
            [-5.5, "Cel", first.version]
          ])
          const second = shaped(
            SensorCalibration,
            (yield* put(PATH, {
              segments: [
                { from: formatTime(at(60)), polynomial: [1, 0, 2] },
                { from: formatTime(at(180)), offset: 1 }
              ]
            })).json
          )
          const now = [
            [0, "mV", null],
            [3, "mV", second.version],
            [9, "mV", second.version],
            [4, "mV", second.version]
          ]
          const answer = yield* get("/data/1?calibrated=true")
          assert.deepStrictEqual(
            rowsOf(answer.json).map(({ calibration, unit, value }) => [value, unit, calibration]),
            now
          )
          assert.strictEqual(answer.headers.get("tidemark-calibration"), String(second.version))
          assert.strictEqual(answer.headers.get("tidemark-position"), String(second.log_position))

          // As of each position: what held then, whether or not a reading came between.
          const then = `/data/1?calibrated=true&as_of=`
          assert.deepStrictEqual(yield* valuesOf(`${then}${second.log_position}`), now)
          assert.deepStrictEqual(
            (yield* valuesOf(`${then}${second.log_position - 1}`)).map(([value]) => value),
            [0.5, -1.5, -3.5, -5.5]
          )
          const raw = yield* get(`${then}${first.log_position - 1}`)
          assert.deepStrictEqual(
            rowsOf(raw.json).map(({ calibration, value }) => [value, calibration]),
            [0, 1, 2, 3].map((n) => [n, null])
          )
          assert.strictEqual(raw.headers.get("tidemark-calibration"), "0")
          const before = yield* get(`${PATH}?as_of=${second.log_position - 1}`)
          assert.deepStrictEqual(before.json, said.json)
          const history = yield* get(`${PATH}/history`)
          assert.deepStrictEqual(shaped(Schema.Array(SensorCalibration), history.json), [first, second])
        })
      )

      it.effect("are the same in files, wide, thinned out and page by page", () =>
        Effect.gen(function* () {
          const auth = { authorization: `Bearer ${READER}` }
          const csv = yield* askBytes("/data/1.csv?calibrated=true&fields=value,calibration", auth)
          const { version } = shaped(SensorCalibration, (yield* get(PATH)).json)
          assert.deepStrictEqual(csv.body.toString().trim().split("\r\n"), [
            "value,calibration",
            "0,",
            `3,${version}`,
            `9,${version}`,
            `4,${version}`
          ])
          const wide = yield* get("/data/1?calibrated=true&shape=wide")
          assert.deepStrictEqual(
            (wide.json as ReadonlyArray<Record<string, unknown>>).map(({ sensor_1: value }) => value),
            [0, 3, 9, 4]
          )
          const first = yield* get("/data/1?calibrated=true&limit=2")
          const link = /^<(.*)>/.exec(first.headers.get("link") ?? "")?.[1] ?? ""
          assert.deepStrictEqual(
            (yield* valuesOf(link)).map(([value]) => value),
            [9, 4]
          )
          const foreign = yield* get(link.replace("calibrated=true", "calibrated=false"))
          assert.deepStrictEqual(problemFields(foreign, 400), ["cursor"])
          const thin = yield* valuesOf("/data/1?calibrated=true&max_points=4")
          assert.deepInclude(
            thin.map(([value]) => value),
            9
          )
        })
      )

      it.effect("are refused whole, with each fault named", () =>
        Effect.gen(function* () {
          const bad = yield* put(PATH, {
            unit: "",
            segments: [
              { from: "2026-01-02", scale: 0 },
              { from: "2026-01-01", offset: 1, polynomial: [1] },
              { from: "2026-01-03" },
              { from: "2026-01-04", polynomial: [] }
            ],
            colour: "red"
          })
          assert.includeMembers([...problemFields(bad, 400)], ["unit", "segments[0].scale", "colour"])
          const order = yield* put(PATH, { segments: [{ scale: 2 }, { scale: 3 }] })
          assert.deepStrictEqual(problemFields(order, 400), ["segments[1].from"])
          const empty = yield* put(PATH, { segments: [{ from: "2026-01-03" }] })
          assert.deepStrictEqual(problemFields(empty, 400), ["segments[0]"])
        })
      )

      it.effect("never get into the log: a calibrated value can't be put back", () =>
        Effect.gen(function* () {
          const [, row] = rowsOf((yield* get("/data/1?calibrated=true")).json)
          assert.deepStrictEqual(problemFields(yield* put(`/data/${row?.id}`, row), 400), ["calibration"])
        })
      )
    }
  )
})
