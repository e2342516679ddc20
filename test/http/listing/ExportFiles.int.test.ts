/** Exports as files: the length first, then parts of one and the same file. polars where it is installed. */
import { mkdtempSync, readdirSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { assert, describe, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { EventLog } from "../../../src/eventlog/EventLog.js"
import * as MemoryEventLog from "../../../src/eventlog/memory/MemoryEventLog.js"
import * as ExportFiles from "../../../src/http/listing/ExportFiles.js"
import { inPython, pythonHas } from "../../support/python.js"
import { append, askBytes, candidate, portOf, T0 } from "../realServer.js"
import { serverLayer } from "../server.js"

const SECOND = 1_000_000
const ROWS = 3_000
const folder = mkdtempSync(join(tmpdir(), "tidemark-parts-"))
process.on("exit", () => rmSync(folder, { recursive: true, force: true }))

const server = (bytesMax: number) => {
  const log = MemoryEventLog.layer()
  return serverLayer({ log }).pipe(
    Layer.provide(ExportFiles.layer(folder, bytesMax)),
    Layer.provideMerge(log)
  )
}

const readings = (from: number, count: number) =>
  append(
    Array.from({ length: count }, (_, n) =>
      candidate(1 + (n % 3), T0 + (from + n) * SECOND, Math.sin(n) * 1_000, {
        unit: "C",
        type: "temperature"
      })
    )
  )

const FORMATS = ["parquet", "csv", "ndjson", "arrow"] as const
const ranged = (path: string, range: string, headers: Record<string, string> = {}) =>
  askBytes(path, { range, "user-agent": "parts", ...headers })
const length = (path: string) => askBytes(path, { "user-agent": "parts" }, "HEAD")
const total = (answer: { readonly headers: Readonly<Record<string, unknown>> }) =>
  Number(String(answer.headers["content-range"]).split("/")[1])

layer(server(50_000_000), { excludeTestServices: true })("an export as a file", (it) => {
  it.effect("HEAD says how long it is, and parts make up what a plain GET streams, in every format", () =>
    Effect.gen(function* () {
      yield* readings(0, ROWS)
      const { position } = yield* Effect.flatMap(EventLog, ({ head }) => head)
      for (const format of FORMATS) {
        const path = `/data.${format}?as_of=${position}`
        const head = yield* length(path)
        assert.deepStrictEqual([head.status, head.body.length], [200, 0], format)
        assert.strictEqual(head.headers["accept-ranges"], "bytes")
        const whole = yield* askBytes(path)
        assert.strictEqual(whole.status, 200)
        assert.isUndefined(whole.headers["content-length"])
        const size = whole.body.length
        assert.strictEqual(head.headers["content-length"], String(size))
        assert.strictEqual(head.headers.etag, whole.headers.etag)
        assert.strictEqual(head.headers["content-type"], whole.headers["content-type"])
        const middle = Math.floor(size / 2)
        const parts = [
          yield* ranged(path, `bytes=0-${middle - 1}`),
          yield* ranged(path, `bytes=${middle}-${middle}`),
          yield* ranged(path, `bytes=${middle + 1}-`)
        ]
        assert.deepStrictEqual(
          parts.map(({ headers, status }) => [status, headers["content-range"], headers.etag]),
          [
            [206, `bytes 0-${middle - 1}/${size}`, head.headers.etag],
            [206, `bytes ${middle}-${middle}/${size}`, head.headers.etag],
            [206, `bytes ${middle + 1}-${size - 1}/${size}`, head.headers.etag]
          ]
        )
        assert.isTrue(Buffer.concat(parts.map(({ body }) => body)).equals(whole.body), format)
        const end = yield* ranged(path, "bytes=-8")
        assert.deepStrictEqual([end.status, end.headers["content-length"]], [206, "8"])
        assert.isTrue(end.body.equals(whole.body.subarray(-8)))
        // More than there is: all of it.
        assert.isTrue((yield* ranged(path, `bytes=-${size + 9}`)).body.equals(whole.body))
        const beyond = yield* ranged(path, `bytes=${size}-`)
        assert.deepStrictEqual([beyond.status, beyond.headers["content-range"]], [416, `bytes */${size}`])
        // Several parts at once are answered with all of it, as is a range that is none.
        for (const other of ["bytes=0-1,4-5", "bytes=5-1", "rows=1-2", "bytes=-"]) {
          assert.deepStrictEqual([(yield* ranged(path, other)).status], [200], other)
        }
      }
      assert.deepStrictEqual(readdirSync(folder), [])
    })
  )

  it.effect("parts come from the file whose length was told, while the log grows", () =>
    Effect.gen(function* () {
      const path = "/data.csv?start_time=-20000d"
      const head = yield* length(path)
      const size = Number(head.headers["content-length"])
      const first = yield* ranged(path, "bytes=0-99")
      yield* readings(ROWS, 500)
      const rest = yield* ranged(path, `bytes=100-`)
      assert.deepStrictEqual([total(first), total(rest)], [size, size])
      const lines = Buffer.concat([first.body, rest.body]).toString().trimEnd().split("\r\n")
      assert.strictEqual(lines.length, 1 + ROWS)
      assert.strictEqual(rest.headers["tidemark-position"], head.headers["tidemark-position"])
      // Another reader is told of what there is now; the first goes on with its own.
      const other = yield* askBytes(path, { "user-agent": "other" }, "HEAD")
      assert.isAbove(Number(other.headers["content-length"]), size)
      assert.strictEqual(total(yield* ranged(path, "bytes=7-9")), size)
      // A plain GET is never of an old file.
      const { body } = yield* askBytes(path, { "user-agent": "parts" })
      assert.strictEqual(body.toString().trimEnd().split("\r\n").length, 1 + ROWS + 500)
    })
  )

  it.effect("a part that goes on is of no other file: without one, all of it is answered", () =>
    Effect.gen(function* () {
      const path = "/data.csv?limit=100"
      const lost = yield* ranged(path, "bytes=100-199", { "user-agent": "lost" })
      assert.deepStrictEqual([lost.status, lost.body.toString().split("\r\n").length], [200, 102])
      // Of an address that always names the same rows, any part may be the first.
      const fixed = yield* ranged(`${path}&as_of=50`, "bytes=100-199", { "user-agent": "lost" })
      assert.deepStrictEqual([fixed.status, fixed.body.length], [206, 100])
      const since = "start_time=-20000d"
      const moving = yield* ranged(`${path}&as_of=50&${since}`, "bytes=100-199", { "user-agent": "lost" })
      assert.strictEqual(moving.status, 200)
      const tag = String(fixed.headers.etag)
      assert.strictEqual((yield* ranged(`${path}&as_of=50`, "bytes=9-", { "if-range": tag })).status, 206)
      assert.strictEqual((yield* ranged(`${path}&as_of=50`, "bytes=9-", { "if-range": '"x"' })).status, 200)
    })
  )

  it.effect("what is wrong is said as ever", () =>
    Effect.gen(function* () {
      assert.strictEqual((yield* length("/data.csv?start_time=x")).status, 400)
      assert.strictEqual((yield* length("/data/404.csv")).status, 404)
      assert.strictEqual((yield* ranged("/data.json?limit=5", "bytes=0-9")).status, 200)
    })
  )
})

layer(server(20_000), { excludeTestServices: true })("an export that is too large for a file", (it) => {
  it.effect("is streamed, and no length is told; smaller ones give way to each other", () =>
    Effect.gen(function* () {
      yield* readings(0, ROWS)
      const head = yield* length("/data.csv")
      assert.deepStrictEqual([head.status, head.headers["content-length"]], [200, undefined])
      const part = yield* ranged("/data.csv", "bytes=0-99")
      assert.strictEqual(part.status, 200)
      assert.isAbove(part.body.length, 20_000)
      for (const sensor of [1, 2, 3, 1]) {
        const path = `/data/${sensor}.csv?limit=100`
        const size = Number((yield* length(path)).headers["content-length"])
        assert.isAbove(size, 7_000)
        assert.strictEqual((yield* ranged(path, "bytes=-10")).status, 206)
      }
      assert.deepStrictEqual(readdirSync(folder), [])
    })
  )
})

const POLARS = `
import sys, json
import polars as pl
url = sys.argv[1]
read = {
  "read_parquet": pl.read_parquet(url + ".parquet?start_time=-20000d"),
  "scan_parquet": pl.scan_parquet(url + ".parquet?start_time=-20000d").select("sensor_id", "value").collect(),
  "scan_csv": pl.scan_csv(url + ".csv").collect(),
  "scan_ndjson": pl.scan_ndjson(url + ".ndjson").collect(),
}
print(json.dumps({name: [len(d), d["value"].sum()] for name, d in read.items()}))
`
describe.skipIf(!pythonHas("polars"))(
  "polars (skipped where it is not installed; TEST_PYTHON names a Python)",
  () => {
    layer(server(50_000_000), { excludeTestServices: true })((it) => {
      it.effect("reads and scans addresses", () =>
        Effect.gen(function* () {
          yield* readings(0, ROWS)
          const port = yield* portOf
          const seen = Object(yield* Effect.promise(() => inPython(POLARS, `http://127.0.0.1:${port}/data`)))
          const { body } = yield* askBytes("/data.ndjson")
          const values: ReadonlyArray<number> = body
            .toString()
            .trimEnd()
            .split("\n")
            .map((line) => JSON.parse(line).value)
          const sum = values.reduce((all, value) => all + value, 0)
          for (const name of ["read_parquet", "scan_parquet", "scan_csv", "scan_ndjson"]) {
            assert.strictEqual(seen[name][0], ROWS, name)
            assert.approximately(seen[name][1], sum, 1e-6, name)
          }
        })
      )
    })
  }
)
