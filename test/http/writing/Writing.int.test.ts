/** Bulk bodies, SenML, line protocol, Idempotency-Key, conditions and histories, over each database. */
import { gzipSync } from "node:zlib"
import { assert, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Schema from "effect/Schema"
import { InfluxError } from "../../../src/api/data/Influx.js"
import { Reading } from "../../../src/api/data/ReadingContract.js"
import { BulkResult, ReadingVersions } from "../../../src/api/data/Writing.js"
import { EventLog } from "../../../src/eventlog/EventLog.js"
import { describeDatabases } from "../../support/databases.js"
import {
  type Answer,
  ask,
  input,
  keyedAuth,
  post,
  problemFields,
  put,
  START,
  shaped,
  WRITER
} from "../server.js"
import { sqlServer } from "../sql.js"

const real = { excludeTestServices: true } as const
const bulk = (answer: Answer, status: number) => {
  assert.strictEqual(answer.status, status, answer.text)
  return shaped(BulkResult, answer.json)
}
const postAs = (type: string, body: NonNullable<RequestInit["body"]>, headers: Record<string, string> = {}) =>
  ask("/data/", { method: "POST", body, headers: { "content-type": type, ...headers } })
const at = (second: number) => new Date(START + second * 1_000).toISOString()
const countOf = (sensor: number) =>
  Effect.map(ask(`/data/${sensor}/?limit=1000`), ({ json }) => shaped(Schema.Array(Reading), json).length)
const rejectedBytes = Effect.gen(function* () {
  const log = yield* EventLog
  const messages = yield* log.rejected({ limit: 1_000 })
  return new Map(messages.map(({ bytes, reason }) => [Buffer.from(bytes ?? []).toString(), reason]))
})

const CSV_ROWS = 10_000
const BAD: ReadonlyMap<number, readonly [row: string, reason: RegExp]> = new Map([
  [17, ["1,,20.5,C", /^timestamp/]],
  [400, [`1.5,${at(400)},20.5,C`, /^sensor_id must be an integer/]],
  [1_001, [`1,${at(1_001)},warm,C`, /^value must be a finite number/]],
  [2_500, [`1,${at(2_500)},20.5`, /^it has 3 cells, and the header 4/]],
  [2_501, [`0,yesterday,,C`, /^sensor_id .*; timestamp .*; value /]],
  [4_999, [`1,${at(4_999)},1e999,C`, /^value/]],
  [5_000, [`1,2024-02-30T00:00:00Z,20.5,C`, /^timestamp is not a time/]],
  [7_777, [`1,${at(7_777)},20.5,"C"x`, /closing quote/]],
  [9_998, [`1,2099-01-01T00:00:00Z,20.5,C`, /^timestamp is more than 24 h in the future/]],
  [10_000, [`1,${at(10_000)},20.5,"C`, /^a quote is not closed/]]
])
const csv = [
  "sensor_id,timestamp,value,unit",
  ...Array.from({ length: CSV_ROWS }, (_, i) => BAD.get(i + 1)?.[0] ?? `1,${at(i + 1)},${i / 8},"C"`)
].join("\r\n")

describeDatabases("writing", (database) => {
  layer(sqlServer(database), real)("rows", (it) => {
    it.effect(
      "a CSV of 10,000 rows with 10 bad ones: the others are stored, each bad one is named and kept",
      () =>
        Effect.gen(function* () {
          const posted = yield* Effect.fork(postAs("text/csv; charset=utf-8", csv))
          // Others are served meanwhile.
          let served = 0
          while ((yield* Fiber.poll(posted))._tag === "None") {
            assert.strictEqual((yield* ask("/health")).status, 200)
            served += 1
          }
          assert.isAbove(served, 7)
          const first = bulk(yield* Fiber.join(posted), 207)
          const { rejected, results, rows, stored } = first
          assert.deepStrictEqual([rows, stored, rejected], [CSV_ROWS, CSV_ROWS - BAD.size, BAD.size])
          const bad = results.filter(({ status }) => status === "rejected")
          assert.deepStrictEqual(
            bad.map(({ row }) => row),
            [...BAD.keys()]
          )
          const kept = yield* rejectedBytes
          for (const { reason, row } of bad) {
            const [raw = "", why = /^$/] = BAD.get(row) ?? []
            assert.match(reason ?? "", why)
            assert.match(kept.get(raw) ?? "", why)
          }
          const log = yield* EventLog
          assert.strictEqual(yield* log.countReadings({}, (yield* log.head).position), CSV_ROWS - BAD.size)
          // The same again adds nothing, and says which reading each row repeats.
          const again = bulk(yield* postAs("text/csv", csv), 207)
          assert.deepStrictEqual(
            [again.stored, again.repeated, again.rejected],
            [0, CSV_ROWS - BAD.size, BAD.size]
          )
          assert.deepStrictEqual(
            again.results.map(({ id }) => id),
            results.map(({ id }) => id)
          )
        })
    )

    it.effect("CSV parted by semicolons, tabs or bars, as exports are, mark and all", () =>
      Effect.gen(function* () {
        for (const [index, separator] of [";", "\t", "|"].entries()) {
          const row = ["9", `2024-01-02T00:00:0${index}Z`, "1.5"].join(separator)
          const text = `\ufeff${["sensor_id", "timestamp", "value"].join(separator)}\r\n${row}\r\n`
          const { rejected, stored } = bulk(yield* postAs("text/csv", text), 201)
          assert.deepStrictEqual([stored, rejected], [1, 0])
        }
      })
    )

    it.effect("NDJSON, and that the same reading by any way is one; what was deleted stays deleted", () =>
      Effect.gen(function* () {
        const lines = [input(2, 0), input(2, 1), "{", "", { ...input(2, 2), value: null }, input(2, 3)]
        const body = lines.map((line) => (typeof line === "string" ? line : JSON.stringify(line))).join("\n")
        const { results } = bulk(yield* postAs("application/x-ndjson", body), 207)
        assert.deepStrictEqual(
          results.map(({ row, status }) => `${row} ${status}`),
          ["1 stored", "2 stored", "3 rejected", "5 rejected", "6 stored"]
        )
        assert.strictEqual((yield* post("/data/", input(2, 0))).status, 200)
        const small = `sensor_id,timestamp,value\n2,${at(1)},20\n2,${at(9)},20\n`
        const mixed = bulk(yield* postAs("text/csv", small), 201)
        assert.deepStrictEqual([mixed.repeated, mixed.stored], [1, 1])
        assert.strictEqual(bulk(yield* postAs("text/csv", small), 200).repeated, 2)
        const [first] = results
        yield* ask(`/data/${first?.id}`, { method: "DELETE" })
        assert.strictEqual(
          bulk(yield* postAs("application/x-ndjson", JSON.stringify(input(2, 0))), 200).repeated,
          1
        )
        assert.strictEqual(yield* countOf(2), 3)
      })
    )

    it.effect("what can't be read at all is refused whole, and stores nothing", () =>
      Effect.gen(function* () {
        const refused: ReadonlyArray<
          readonly [type: string, body: NonNullable<RequestInit["body"]>, status: number]
        > = [
          ["text/csv", "", 400],
          ["text/csv", "a,b\n1,2", 400],
          ["text/csv", "sensor_id,value,timestamp,value\n1,2,3,4", 400],
          ["text/csv", new Uint8Array([0xff, 0xfe]), 400],
          ["application/x-ndjson", new Uint8Array([0x7b, 0xff]), 400],
          ["application/x-ndjson", "{}\n".repeat(100_001), 400],
          ["application/senml+json", "{}", 400],
          ["application/x-ndjson", new Uint8Array(16_777_217), 413],
          ["text/html", "x", 415]
        ]
        for (const [type, body, status] of refused) problemFields(yield* postAs(type, body), status)
        const zipped = { "content-encoding": "gzip" }
        problemFields(
          yield* postAs("text/csv", new Uint8Array(gzipSync(Buffer.alloc(20_000_000))), zipped),
          413
        )
        problemFields(yield* postAs("text/csv", "plain", zipped), 400)
        problemFields(yield* postAs("text/csv", "plain", { "content-encoding": "br" }), 415)
      })
    )

    it.effect("SenML with base values and relative times", () =>
      Effect.gen(function* () {
        const pack = [
          { bn: "urn:dev:42:", bt: START / 1_000, bu: "Cel", n: "temperature", v: 21.5 },
          { n: "humidity", u: "%RH", v: 40, t: 1 },
          { n: "door", vb: true, t: 2 },
          { n: "note", vs: "hello" },
          { bt: -60, n: "temperature", v: 22, t: 30 }
        ]
        const { results, stored } = bulk(yield* postAs("application/senml+json", JSON.stringify(pack)), 207)
        assert.strictEqual(stored, 4)
        assert.deepInclude(results[3], { row: 4, status: "rejected" })
        const [, humidity] = results
        const [version] = shaped(ReadingVersions, (yield* ask(`/data/${humidity?.id}/history`)).json)
        assert.deepInclude(version, { value: 40, unit: "%RH", timestamp: "2024-06-14T18:00:01.000000Z" })
        const again = bulk(yield* postAs("application/senml+json", JSON.stringify(pack)), 207)
        // The relative one can't be told from its repeat.
        assert.deepStrictEqual([again.repeated, again.stored], [3, 1])
      })
    )
  })

  layer(sqlServer(database), real)("line protocol", (it) => {
    const write = (
      path: string,
      body: NonNullable<RequestInit["body"]>,
      headers: Record<string, string> = {}
    ) =>
      ask(path, {
        method: "POST",
        body,
        headers: { "content-type": "text/plain; charset=utf-8", ...headers }
      })
    const NS = "1718389665123456789"
    const telegraf = [
      `cpu,cpu=cpu0,host=db1 usage_idle=98.7,usage_user=1.25 ${NS}`,
      `mem,host=db1 used=8589934592i,free=42u,ok=true,label="a, b=\\"c\\"" ${NS}`,
      `disk,path=/mnt/my\\ disk,host=db1 used_percent=12.5 ${NS}`
    ].join("\n")

    it.effect("a body of Telegraf's, zipped: 204, and its readings are there once", () =>
      Effect.gen(function* () {
        const zipped = new Uint8Array(gzipSync(telegraf))
        const headers = { "content-encoding": "gzip", authorization: "Token any" }
        for (const path of ["/api/v2/write?bucket=b&org=o&precision=ns", "/write?db=x", "/api/v2/write"]) {
          const answer = yield* write(path, zipped, headers)
          assert.deepStrictEqual([answer.status, answer.text], [204, ""])
        }
        const log = yield* EventLog
        const sensors = yield* log.sensors({ limit: 100 })
        assert.deepStrictEqual(sensors.map(({ name }) => name).sort(), [
          "cpu,cpu=cpu0,host=db1 usage_idle",
          "cpu,cpu=cpu0,host=db1 usage_user",
          "disk,host=db1,path=/mnt/my\\ disk used_percent",
          "mem,host=db1 free",
          "mem,host=db1 ok",
          "mem,host=db1 used"
        ])
        const [idle] = sensors
        const [reading] = shaped(Schema.Array(Reading), (yield* ask(`/data/${idle?.id}`)).json)
        assert.deepInclude(reading, {
          value: 98.7,
          type: "usage_idle",
          timestamp: "2024-06-14T18:27:45.123456Z"
        })
        assert.strictEqual(yield* log.countReadings({}, (yield* log.head).position), 6)
      })
    )

    it.effect("names the bad lines in Influx's form, and stores the good ones", () =>
      Effect.gen(function* () {
        const answer = yield* write(
          "/api/v2/write?precision=s",
          "a f=1 1718389665\nbad\nb f=x\na f=2 1718389666\n"
        )
        assert.strictEqual(answer.status, 400)
        const error = shaped(InfluxError, answer.json)
        assert.deepInclude(error, { code: "invalid", line: 2, stored: 2, rejected: 2 })
        assert.deepStrictEqual(
          error.errors.map(({ line }) => line),
          [2, 3]
        )
        assert.match(error.message, /partial write: line 2: the fields are missing; line 3: .* dropped=2/)
        assert.include([...(yield* rejectedBytes).keys()], "bad")
        const wrong = yield* write("/api/v2/write?precision=fortnight", "a f=1")
        assert.deepInclude(shaped(InfluxError, wrong.json), { code: "invalid", stored: 0 })
        assert.strictEqual((yield* write("/write", "a f=1", { origin: "http://elsewhere" })).status, 403)
        assert.strictEqual((yield* ask("/ping")).status, 204)
      })
    )

    it.effect("CREATE DATABASE is answered as InfluxDB 1 does, and other queries are refused with why", () =>
      Effect.gen(function* () {
        const form = (q: string) =>
          ask("/query", {
            method: "POST",
            body: new URLSearchParams({ q }).toString(),
            headers: { "content-type": "application/x-www-form-urlencoded" }
          })
        const asked = (method: string, q: string) => ask(`/query?db=x&q=${encodeURIComponent(q)}`, { method })
        const make = 'CREATE DATABASE "telegraf"'
        for (const answer of [
          yield* form(make),
          yield* asked("POST", make),
          yield* asked("GET", "create database home WITH DURATION 3d;")
        ]) {
          assert.deepStrictEqual([answer.status, answer.json], [200, { results: [{ statement_id: 0 }] }])
        }
        for (const answer of [
          yield* form("SELECT * FROM cpu"),
          yield* asked("GET", "SHOW DATABASES"),
          yield* asked("POST", "CREATE DATABASE a; DROP DATABASE b"),
          yield* asked("POST", "CREATE DATABASE")
        ]) {
          assert.strictEqual(answer.status, 400)
          const { code, error, message } = shaped(InfluxError, answer.json)
          assert.deepStrictEqual([code, error], ["invalid", message])
          assert.match(message, /q is not answered: CREATE DATABASE alone is/)
        }
        assert.match((yield* ask("/query", { method: "POST" })).text, /q is missing/)
        assert.match((yield* ask("/query")).text, /q is missing/)
      })
    )
  })

  layer(sqlServer(database, { auth: keyedAuth }), real)("changes", (it) => {
    const key = { "x-api-key": WRITER }
    const asked = (path: string, method: string, body?: unknown, headers: Record<string, string> = {}) =>
      ask(path, {
        method,
        ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
        headers: { "content-type": "application/json", ...key, ...headers }
      })

    it.effect("Idempotency-Key: the first answer again; another body is refused", () =>
      Effect.gen(function* () {
        const once = { "idempotency-key": "8e03978e" }
        const first = yield* asked("/data/", "POST", input(1, 0), once)
        const { id } = shaped(Reading, first.json)
        assert.deepStrictEqual([first.status, first.headers.get("etag")], [201, `"${id}"`])
        yield* asked(`/data/${id}`, "PUT", input(1, 0, 99))
        const again = yield* asked("/data/", "POST", input(1, 0), once)
        assert.deepStrictEqual([again.status, again.text], [201, first.text])
        assert.deepStrictEqual(
          [again.headers.get("etag"), again.headers.get("idempotency-replayed")],
          [`"${id}"`, "true"]
        )
        problemFields(yield* asked("/data/", "POST", input(1, 1), once), 422)
        problemFields(yield* asked("/data/", "POST", input(1, 1), { "idempotency-key": "a b" }), 400)
        // What was refused is not kept.
        const other = { "idempotency-key": "other" }
        problemFields(yield* asked("/data/", "POST", { ...input(1, 2), value: "x" }, other), 400)
        assert.strictEqual((yield* asked("/data/", "POST", input(1, 2), other)).status, 201)
        const rows = { "content-type": "text/csv", "idempotency-key": "csv" }
        const csv = `sensor_id,timestamp,value\n1,${at(50)},1\n`
        const stored = yield* asked("/data/", "POST", csv, rows)
        assert.deepStrictEqual(
          [(yield* asked("/data/", "POST", csv, rows)).text, stored.status],
          [stored.text, 201]
        )
      })
    )

    it.effect("If-Match: 412 where the reading has changed, and nothing happens", () =>
      Effect.gen(function* () {
        const { id, position } = shaped(Reading, (yield* asked("/data/", "POST", input(2, 0))).json)
        const path = `/data/${id}`
        const put1 = yield* asked(path, "PUT", input(2, 0, 21), { "if-match": `"${position}"` })
        const etag = put1.headers.get("etag") ?? ""
        assert.strictEqual(etag, `"${shaped(Reading, put1.json).position}"`)
        for (const stale of [`"${position}"`, `W/${etag}`, '"x"', `"${position}", "1"`]) {
          const put2 = yield* asked(path, "PUT", input(2, 0, 22), { "if-match": stale })
          problemFields(put2, 412)
          assert.strictEqual(put2.headers.get("etag"), etag)
          problemFields(yield* asked(path, "DELETE", undefined, { "if-match": stale }), 412)
        }
        problemFields(yield* asked(path, "PUT", input(2, 0, 22), { "if-match": "no quotes" }), 400)
        assert.strictEqual(
          (yield* asked(path, "PUT", input(2, 0, 23), { "if-match": `"1", ${etag}` })).status,
          200
        )
        assert.strictEqual((yield* asked(path, "DELETE", undefined, { "if-match": "*" })).status, 200)
        problemFields(yield* asked(path, "DELETE", undefined, { "if-match": "*" }), 404)
      })
    )

    it.effect("the history: each version, why and by whom, of a deleted and a moved reading too", () =>
      Effect.gen(function* () {
        const { id } = shaped(Reading, (yield* asked("/data/", "POST", input(3, 0))).json)
        yield* asked(`/data/${id}`, "PUT", { ...input(3, 0, 21), reason: "off by one" })
        yield* asked(`/data/${id}?reason=unit`, "PUT", { ...input(3, 0, 21), unit: "F" })
        problemFields(yield* asked(`/data/${id}?reason=a`, "PUT", { ...input(3, 0, 22), reason: "b" }), 400)
        problemFields(yield* asked(`/data/${id}`, "PUT", { ...input(3, 0, 22), reason: 5 }), 400)
        problemFields(yield* asked(`/data/${id}?reason=${"x".repeat(501)}`, "DELETE"), 400)
        const moved = shaped(
          Reading,
          (yield* asked(`/data/${id}?reason=clock`, "PUT", input(3, 60, 21))).json
        )
        const history = shaped(ReadingVersions, (yield* asked(`/data/${id}/history/`, "GET")).json)
        assert.deepStrictEqual(
          history.map(({ by, reason, type, unit, value }) => [type, value, unit, reason, by]),
          [
            ["recorded", 20, "C", null, null],
            ["corrected", 21, "C", "off by one", "importer"],
            ["corrected", 21, "F", "unit", "importer"],
            ["deleted", null, "F", "clock", "importer"]
          ]
        )
        assert.deepStrictEqual(
          history.map(({ superseded_by }) => superseded_by),
          [...history.slice(1).map(({ position }) => position), null]
        )
        const [first] = shaped(ReadingVersions, (yield* asked(`/data/${moved.id}/history`, "GET")).json)
        assert.deepInclude(first, { moved_from: id, reason: "clock", timestamp: moved.timestamp })
        problemFields(yield* asked("/data/999999/history", "GET"), 404)
        problemFields(yield* asked("/data/x/history", "GET"), 400)
      })
    )
  })
})

layer(sqlServer({ ...(await import("../../support/databases.js")).sqlite }), real)("without keys", (it) => {
  it.effect("a PUT says no name", () =>
    Effect.gen(function* () {
      const { id } = shaped(Reading, (yield* post("/data/", input(1, 0))).json)
      yield* put(`/data/${id}`, input(1, 0, 5))
      const [, version] = shaped(ReadingVersions, (yield* ask(`/data/${id}/history`)).json)
      assert.deepInclude(version, { by: null, reason: null, value: 5 })
    })
  )
})
