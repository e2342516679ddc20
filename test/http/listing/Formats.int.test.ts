/** One URL, every format: how it is chosen, what it says of itself, and what is not sent again. */
import { brotliDecompressSync, gunzipSync } from "node:zlib"
import { assert, layer } from "@effect/vitest"
import { tableFromIPC } from "apache-arrow"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { Aggregate } from "../../../src/api/data/AggregateContract.js"
import { Reading } from "../../../src/api/data/ReadingContract.js"
import { LogEvent, Rejected } from "../../../src/api/system/LogGroup.js"
import { CatalogDataset } from "../../../src/domain/catalogue/CatalogueDataset.js"
import { DATASETS_TABLE } from "../../../src/domain/catalogue/CatalogueTable.js"
import { AGGREGATES } from "../../../src/domain/dataset/AggregatesDataset.js"
import { EVENTS } from "../../../src/domain/dataset/EventsDataset.js"
import { READINGS } from "../../../src/domain/dataset/ReadingsDataset.js"
import { REJECTED } from "../../../src/domain/dataset/RejectedDataset.js"
import { fault } from "../../../src/domain/rejected/RejectionFault.js"
import { EventLog } from "../../../src/eventlog/EventLog.js"
import { acceptedFormat } from "../../../src/http/core/Negotiate.js"
import { askBytes } from "../realServer.js"
import { ask, input, post, problemFields, serverLayer, shaped } from "../server.js"

const NEGOTIATED: ReadonlyArray<readonly [accept: string | undefined, format: string | undefined]> = [
  [undefined, "json"],
  ["", "json"],
  ["*/*", "json"],
  ["application/json", "json"],
  ["text/csv", "csv"],
  ["TEXT/CSV; charset=utf-8", "csv"],
  ["text/*", "csv"],
  ["application/*", "json"],
  ["text/csv, */*;q=0.1", "csv"],
  ["text/csv, */*", "csv"],
  ["text/csv;q=0.5, application/json;q=0.4", "csv"],
  ["text/csv;q=0.4, application/json;q=0.5", "json"],
  ["application/x-ndjson", "ndjson"],
  ["application/jsonl", "ndjson"],
  ["application/vnd.apache.parquet", "parquet"],
  ["application/vnd.apache.arrow.stream", "arrow"],
  ["application/vnd.apache.arrow.stream;q=0.9, application/vnd.apache.parquet", "parquet"],
  ["text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "json"],
  ["*/*, application/json;q=0", "ndjson"],
  ["text/html", undefined],
  ["image/png, text/csv;q=0", undefined],
  ["*/*;q=0", undefined],
  ["application/json;q=0", undefined]
]

const ENDINGS: ReadonlyArray<readonly [path: string, type: string]> = [
  ["/data.csv", "text/csv"],
  ["/data.csv/", "text/csv"],
  ["/DATA.CSV", "text/csv"],
  ["/data.json", "application/json"],
  ["/data.ndjson?limit=2", "application/x-ndjson"],
  ["/data.parquet", "application/vnd.apache.parquet"],
  ["/data.arrow", "application/vnd.apache.arrow.stream"],
  ["/data/1.csv", "text/csv"],
  ["/data/summary.csv?type=temperature", "text/csv"],
  ["/data/range.parquet?start_time=-7d&end_time=-1h", "application/vnd.apache.parquet"],
  ["/aggregated_data.csv", "text/csv"],
  ["/aggregated_data/1.arrow", "application/vnd.apache.arrow.stream"],
  ["/sensors.csv", "text/csv"],
  ["/metadata.csv", "text/csv"],
  ["/events.parquet", "application/vnd.apache.parquet"],
  ["/rejected.csv", "text/csv"],
  ["/data.csv?format=arrow", "application/vnd.apache.arrow.stream"],
  ["/data?format=columns", "application/json"]
]

const TABULAR = [
  "/data/",
  "/data/1",
  "/aggregated_data/",
  "/sensors/",
  "/metadata/",
  "/events/",
  "/rejected/"
]

const cells = (body: Buffer) =>
  body
    .toString("utf8")
    .trimEnd()
    .split("\r\n")
    .map((line) => line.split(","))

layer(serverLayer({}), { excludeTestServices: true })("one URL, every format", (it) => {
  const seed = Effect.gen(function* () {
    yield* post("/data/", [
      ...Array.from({ length: 30 }, (_, n) => input(1, n, n / 3)),
      ...Array.from({ length: 30 }, (_, n) => ({ ...input(2, n, -n), description: "=1+1" }))
    ])
    const log = yield* EventLog
    const source = (n: number) => ({ topic: `sensors/${n}`, bytes: Buffer.from(`bad ${n}`), metric: null })
    yield* log.append(
      Array.from({ length: 7 }, (_, n) => ({
        _tag: "Rejected",
        source: source(n),
        faults: [fault("unknown", null, "+not JSON")]
      }))
    )
  })

  it("Accept: weights, names and preference", () => {
    for (const [accept, format] of NEGOTIATED) assert.strictEqual(acceptedFormat(accept), format, accept)
  })

  it("has the columns that the contract has, for each kind of row", () => {
    const names = (table: { readonly columns: ReadonlyArray<{ readonly name: string }> }) =>
      table.columns.map(({ name }) => name)
    assert.deepStrictEqual(names(READINGS), Object.keys(Reading.fields))
    assert.deepStrictEqual(names(AGGREGATES), Object.keys(Aggregate.fields))
    assert.deepStrictEqual(names(EVENTS), Object.keys(LogEvent.fields))
    assert.deepStrictEqual(names(REJECTED), Object.keys(Rejected.fields))
    assert.deepStrictEqual(names(DATASETS_TABLE), Object.keys(CatalogDataset.fields))
    for (const { description, name } of [READINGS, AGGREGATES, EVENTS, REJECTED, DATASETS_TABLE].flatMap(
      ({ columns }) => columns.map(({ description, name }) => ({ description, name }))
    )) {
      assert.notStrictEqual(description, "", name)
    }
  })

  it.effect("by Accept, by ending, by parameter; 406 names what there is", () =>
    Effect.gen(function* () {
      yield* seed
      for (const [accept, format] of NEGOTIATED) {
        const answer = yield* askBytes("/data/", accept === undefined ? {} : { accept })
        assert.strictEqual(answer.status, format === undefined ? 406 : 200, accept)
      }
      for (const [path, type] of ENDINGS) {
        const answer = yield* askBytes(path)
        assert.strictEqual(answer.status, 200, `${path} ${answer.body}`)
        assert.strictEqual(String(answer.headers["content-type"]).split(";")[0], type, path)
        // A parameter and an ending win over Accept.
        assert.strictEqual((yield* askBytes(path, { accept: "image/png" })).status, 200, path)
      }
      problemFields(yield* ask("/data/", { headers: { accept: "image/png" } }), 406)
      assert.deepStrictEqual(problemFields(yield* ask("/data/?format=xml"), 400), ["format"])
      problemFields(yield* ask("/data.xml"), 404)
      problemFields(yield* ask("/health.csv"), 404)
    })
  )

  it.effect("every kind of row in every format, with as many rows in each", () =>
    Effect.gen(function* () {
      for (const path of TABULAR) {
        const rows = (yield* ask(`${path}?limit=1000`)).json as ReadonlyArray<unknown>
        const lines = (yield* askBytes(`${path}?format=ndjson`)).body.toString("utf8").split("\n")
        assert.strictEqual(lines.length - 1, rows.length, path)
        assert.deepStrictEqual(
          lines.slice(0, -1).map((line) => JSON.parse(line)),
          rows
        )
        const table = tableFromIPC((yield* askBytes(`${path}?format=arrow`)).body)
        assert.strictEqual(table.numRows, rows.length, path)
        const columns = (yield* ask(`${path}?format=columns&limit=1000`)).json as {
          readonly columns: Readonly<Record<string, ReadonlyArray<unknown>>>
          readonly next: string | null
          readonly position: number
        }
        assert.deepStrictEqual(Object.keys(columns.columns), table.schema.names.map(String))
        for (const column of Object.values(columns.columns)) assert.strictEqual(column.length, rows.length)
        assert.isNull(columns.next)
        assert.isAtLeast(columns.position, 0)
        assert.strictEqual((yield* askBytes(`${path}?format=parquet`)).body.subarray(-4).toString(), "PAR1")
      }
      shaped(Schema.Array(LogEvent), (yield* ask("/events/")).json)
      const rejected = shaped(Schema.Array(Rejected), (yield* ask("/rejected/")).json)
      assert.strictEqual(rejected.length, 7)
      assert.strictEqual(
        Buffer.from(rejected[0]?.bytes ?? "", "hex")
          .toString()
          .slice(0, 4),
        "bad "
      )
    })
  )

  it.effect("pages of every kind of row give all of them once", () =>
    Effect.gen(function* () {
      for (const path of TABULAR) {
        const all = (yield* ask(`${path}?limit=1000`)).json
        const seen: Array<unknown> = []
        let next: string | undefined = `${path}?limit=3`
        for (let pages = 0; next !== undefined && pages < 100; pages++) {
          const answer: Effect.Effect.Success<ReturnType<typeof ask>> = yield* ask(next)
          seen.push(...(answer.json as ReadonlyArray<unknown>))
          next = /^<(.*)>; rel="next"$/.exec(answer.headers.get("link") ?? "")?.[1]
        }
        assert.deepStrictEqual(seen, all, path)
      }
    })
  )

  it.effect("CSV: header, separator, mark, guard; numbers are left alone", () =>
    Effect.gen(function* () {
      const [header, ...rows] = cells((yield* askBytes("/data/2.csv")).body)
      assert.deepStrictEqual(header, Object.keys(Reading.fields))
      assert.strictEqual(rows.length, 30)
      assert.deepStrictEqual(
        rows.map((row) => row[3]),
        Array.from({ length: 30 }, (_, n) => String(n === 0 ? 0 : -n))
      )
      for (const row of rows) assert.strictEqual(row[8], "'=1+1")
      const odd = (yield* askBytes("/data/2.csv?sep=;&bom=1&fields=timestamp,value&limit=1")).body.toString(
        "utf8"
      )
      assert.strictEqual(odd, "\uFEFFtimestamp;value\r\n2024-06-14T18:00:00.000000Z;0\r\n")
      for (const wrong of ["sep=x", "bom=2", "sep=", "fields=valu", "fields=value,value"]) {
        const field = wrong.split("=")[0] ?? ""
        assert.deepStrictEqual(problemFields(yield* ask(`/data.csv?${wrong}`), 400), [field])
      }
    })
  )

  it.effect("limit: 1,000 in pages, any number in streams", () =>
    Effect.gen(function* () {
      assert.strictEqual((yield* askBytes("/data.csv?limit=100000")).status, 200)
      assert.strictEqual(cells((yield* askBytes("/data.csv?limit=7&skip=3")).body).length, 8)
      assert.deepStrictEqual(problemFields(yield* ask("/data/?limit=1001"), 400), ["limit"])
      assert.deepStrictEqual(problemFields(yield* ask("/data/?limit=1001&format=columns&skip=-1"), 400), [
        "limit",
        "skip"
      ])
    })
  )

  it.effect("names parameters that are not there", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(problemFields(yield* ask("/data/?sensor=1&limt=5&limit=0"), 400), [
        "sensor",
        "limt",
        "limit"
      ])
      assert.deepStrictEqual(problemFields(yield* ask("/health?x=1"), 400), ["x"])
      assert.deepStrictEqual(problemFields(yield* ask("/data/1?sensor_id=2"), 400), ["sensor_id"])
    })
  )

  it.effect("several sensors, backwards, wide, relative times", () =>
    Effect.gen(function* () {
      const of = (path: string) =>
        Effect.map(ask(path), ({ json }) => json as ReadonlyArray<Record<string, unknown>>)
      const both = yield* of("/data/?sensor_id=1,2&limit=1000")
      assert.deepStrictEqual(yield* of("/data/?sensor_id=1&sensor_id=2&limit=1000"), both)
      assert.strictEqual(both.length, 60)
      assert.deepStrictEqual(problemFields(yield* ask("/data/?sensor_id=1,x"), 400), ["sensor_id"])
      assert.deepStrictEqual(yield* of("/data/?sensor_id=1,2&limit=1000&order=desc"), both.toReversed())
      const wide = yield* of("/data/?shape=wide&limit=1000")
      assert.strictEqual(wide.length, 30)
      assert.deepStrictEqual(wide[3], { timestamp: "2024-06-14T18:00:03.000000Z", sensor_1: 1, sensor_2: -3 })
      assert.deepStrictEqual(yield* of("/data/?shape=wide&limit=1000&order=desc"), wide.toReversed())
      assert.deepStrictEqual(problemFields(yield* ask("/data/?shape=wide&skip=1"), 400), ["skip"])
      // All of it lies years back: a window of days holds nothing, and its next page keeps the window.
      assert.deepStrictEqual(yield* of("/data/?start_time=-24h"), [])
      const first = yield* ask("/data/?start_time=-20000d&limit=5")
      const next = /^<(.*)>/.exec(first.headers.get("link") ?? "")?.[1] ?? ""
      assert.notInclude(next, "-20000d")
      assert.strictEqual((yield* ask(next)).status, 200)
      assert.strictEqual((yield* of("/data/?start_time=1718388000000&end_time=1718388002000")).length, 4)
    })
  )

  it.effect("ETag: 304 for what is known, another one when the log moves; HEAD; Vary", () =>
    Effect.gen(function* () {
      for (const path of [
        "/data/",
        "/data.csv",
        "/data.parquet",
        "/events/",
        "/aggregated_data/",
        "/sensors/"
      ]) {
        const first = yield* askBytes(path)
        const etag = String(first.headers.etag)
        assert.match(etag, /^(W\/)?"[\w-]{22}"$/, path)
        assert.match(String(first.headers.vary), /accept/)
        const again = yield* askBytes(path, { "if-none-match": `"x", ${etag}` })
        assert.deepStrictEqual([again.status, again.body.length], [304, 0], path)
        assert.strictEqual(again.headers.etag, etag)
        const head = yield* askBytes(path, {}, "HEAD")
        assert.deepStrictEqual([head.status, head.body.length], [200, 0])
        assert.strictEqual(head.headers.etag, etag)
        assert.strictEqual(head.headers["content-type"], first.headers["content-type"])
      }
      const tag = String((yield* askBytes("/data.csv")).headers.etag)
      assert.notStrictEqual(String((yield* askBytes("/data.csv?sep=;")).headers.etag), tag)
      yield* post("/data/", input(1, 500, 1))
      assert.strictEqual((yield* askBytes("/data.csv", { "if-none-match": tag })).status, 200)
    })
  )

  it.effect("gzip and br for text, never for Parquet", () =>
    Effect.gen(function* () {
      for (const path of ["/data/?limit=1000&as_of=40", "/data.csv?as_of=40", "/data.ndjson?as_of=40"]) {
        const plain = yield* askBytes(path)
        assert.isUndefined(plain.headers["content-encoding"])
        const br = yield* askBytes(path, { "accept-encoding": "gzip, br" })
        assert.strictEqual(br.headers["content-encoding"], "br", path)
        assert.isTrue(brotliDecompressSync(br.body).equals(plain.body))
        const gzip = yield* askBytes(path, { "accept-encoding": "gzip, br;q=0.5" })
        assert.strictEqual(gzip.headers["content-encoding"], "gzip")
        assert.isTrue(gunzipSync(gzip.body).equals(plain.body))
        assert.notStrictEqual(br.headers.etag, plain.headers.etag)
        const none = yield* askBytes(path, { "accept-encoding": "br;q=0, gzip;q=0" })
        assert.isUndefined(none.headers["content-encoding"])
      }
      const parquet = yield* askBytes("/data.parquet", { "accept-encoding": "gzip, br" })
      assert.isUndefined(parquet.headers["content-encoding"])
    })
  )
})
