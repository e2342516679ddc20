/** Closed days as files: what is listed, what they hold, their parts, and what late data do. */
import { createHash, randomUUID } from "node:crypto"
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { DuckDBInstance } from "@duckdb/node-api"
import { assert, describe, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type { FileEntry, FileFacts } from "../../../src/api/files/FilesGroup.js"
import { readingId } from "../../../src/domain/Ids.js"
import { MICROS_PER_DAY, MICROS_PER_SECOND } from "../../../src/domain/Time.js"
import { EventLog } from "../../../src/eventlog/EventLog.js"
import { describeDatabases, sqlite } from "../../support/databases.js"
import { append, askBytes, candidate, folded, realServer, T0 } from "../realServer.js"
import { ask, keyedAuth, problemFields, READER } from "../server.js"

const folders: Array<string> = []
const newFolder = () => {
  const folder = mkdtempSync(join(tmpdir(), "tidemark-files-"))
  folders.push(folder)
  return folder
}
process.on("exit", () => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
})

const DAY = "date=2026-01-01"
const JSON_WANTED = { headers: { accept: "application/json" } }
const entries = (path: string) =>
  Effect.map(ask(path, JSON_WANTED), ({ json }) => json as ReadonlyArray<FileEntry>)
const names = (path: string) => Effect.map(entries(path), (all) => all.map(({ name }) => name))
const manifest = (path: string) => Effect.map(ask(path), ({ json }) => json as ReadonlyArray<FileFacts>)
const newest = (dataset = "sensor_data", day = DAY) =>
  Effect.map(entries(`/files/${dataset}/${day}/`), ([file]) => file?.href ?? "")
const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex")
const written = newFolder()
/** The rows of a file in their order, as another program reads them. */
const rowsOf = (body: Buffer, order = "") =>
  Effect.promise(async () => {
    const path = join(written, `${randomUUID()}.parquet`)
    writeFileSync(path, body)
    const connection = await (await DuckDBInstance.create()).connect()
    const reader = await connection.runAndReadAll(`SELECT * FROM '${path}' ${order}`)
    connection.closeSync()
    return reader.getRowObjectsJson()
  })

/** Three sensors, whose readings come mixed. */
const readings = (from: number, count: number, step = MICROS_PER_SECOND) =>
  append(
    Array.from({ length: count }, (_, n) =>
      candidate(1 + ((n * 7) % 3), from + n * step, Math.sin(n) * 1_000, { unit: "C", type: "temperature" })
    )
  )

describeDatabases("files of closed days", (database) => {
  const folder = newFolder()
  layer(realServer(database, { files: { folder, bytesMax: 50_000_000 } }), {
    excludeTestServices: true,
    timeout: "1 minute"
  })((it) => {
    it.effect("are listed as pages and as JSON, and an open day is not", () =>
      Effect.gen(function* () {
        assert.deepStrictEqual(yield* names("/files/sensor_data/"), ["manifest.json"])
        yield* readings(T0 + MICROS_PER_DAY - 600 * MICROS_PER_SECOND, 1_200)
        yield* readings(Date.now() * 1_000 - 5 * MICROS_PER_SECOND, 3)
        yield* folded
        assert.deepStrictEqual(yield* names("/files/"), ["sensor_data/", "aggregated_sensor_data/"])
        for (const dataset of ["sensor_data", "aggregated_sensor_data"]) {
          const days = [`${DAY}/`, "date=2026-01-02/", "manifest.json"]
          assert.deepStrictEqual(yield* names(`/files/${dataset}/`), days)
          const [file, facts] = yield* entries(`/files/${dataset}/${DAY}/`)
          assert.match(
            file?.href ?? "",
            new RegExp(`^/files/${dataset}/${DAY}/${dataset}-2026-01-01-p\\d+\\.parquet$`)
          )
          assert.deepStrictEqual([file?.type, file?.size, facts?.name], ["file", null, "manifest.json"])
          const page = yield* ask(`/files/${dataset}/${DAY}`)
          assert.strictEqual(page.headers.get("content-type"), "text/html")
          assert.include(page.text, `href="${file?.href}"`)
        }
      })
    )

    it.effect("hold the rows of the day, sorted by sensor and time, as of their position", () =>
      Effect.gen(function* () {
        for (const [dataset, path] of [
          ["sensor_data", "/data"],
          ["aggregated_sensor_data", "/aggregated_data"]
        ] as const) {
          const href = yield* newest(dataset)
          const position = /-p(\d+)\./.exec(href)?.[1]
          const { body, headers, status } = yield* askBytes(href)
          assert.deepStrictEqual([status, headers["tidemark-position"]], [200, position])
          assert.strictEqual(headers["content-type"], "application/vnd.apache.parquet")
          assert.strictEqual(headers["content-length"], String(body.length))
          assert.strictEqual(headers["cache-control"], "public, max-age=31536000, immutable")
          assert.match(String(headers.etag), /^"[\w-]{22}"$/)
          const window = `start_time=2026-01-01&end_time=2026-01-02&as_of=${position}`
          const { body: wanted } = yield* askBytes(`${path}.parquet?${window}`)
          const sorted = yield* rowsOf(wanted, "ORDER BY sensor_id, timestamp")
          assert.isAbove(sorted.length, dataset === "sensor_data" ? 599 : 29)
          assert.deepStrictEqual(yield* rowsOf(body), sorted)
          const [facts, ...more] = yield* manifest(`/files/${dataset}/${DAY}/manifest.json`)
          assert.deepStrictEqual(more, [])
          assert.deepStrictEqual(
            [facts?.rows, facts?.bytes, facts?.sha256],
            [sorted.length, body.length, sha256(body)]
          )
          assert.strictEqual(facts?.position, Number(position))
          const times = sorted.map(({ timestamp }) => String(timestamp).slice(0, 19)).sort()
          assert.deepStrictEqual(
            [facts?.min_time, facts?.max_time].map((time) => time?.slice(0, 19).replace("T", " ")),
            [times[0], times.at(-1)]
          )
          // Of all days: what is not made yet is not known.
          const all = yield* manifest(`/files/${dataset}/manifest.json`)
          assert.deepStrictEqual(
            all.map(({ date, rows }) => [date, rows]),
            [
              ["2026-01-01", sorted.length],
              ["2026-01-02", null]
            ]
          )
        }
      })
    )

    it.effect("are had in parts: one, the end, several; and none that there is not", () =>
      Effect.gen(function* () {
        const href = yield* newest()
        const { body, headers } = yield* askBytes(href)
        const size = body.length
        const tag = String(headers.etag)
        const head = yield* askBytes(href, {}, "HEAD")
        assert.deepStrictEqual(
          [head.status, head.body.length, head.headers["content-length"], head.headers["accept-ranges"]],
          [200, 0, String(size), "bytes"]
        )
        const part = (range: string, more: Record<string, string> = {}) => askBytes(href, { range, ...more })
        const one = yield* part("bytes=4-9")
        assert.deepStrictEqual([one.status, one.headers["content-range"]], [206, `bytes 4-9/${size}`])
        assert.isTrue(one.body.equals(body.subarray(4, 10)))
        assert.isTrue((yield* part("bytes=-8")).body.equals(body.subarray(-8)))
        assert.isTrue((yield* part(`bytes=${size - 3}-`)).body.equals(body.subarray(-3)))
        const several = yield* part(`bytes=0-3, -4,${size}-,10-19`)
        assert.strictEqual(several.status, 206)
        assert.strictEqual(several.headers["content-length"], String(several.body.length))
        const boundary = /^multipart\/byteranges; boundary=(.+)$/.exec(
          String(several.headers["content-type"])
        )?.[1]
        const expected = (
          [
            [0, 3],
            [size - 4, size - 1],
            [10, 19]
          ] as const
        ).map(([first, last]) =>
          Buffer.concat([
            Buffer.from(
              `--${boundary}\r\ncontent-type: application/vnd.apache.parquet\r\ncontent-range: bytes ${first}-${last}/${size}\r\n\r\n`
            ),
            body.subarray(first, last + 1),
            Buffer.from("\r\n")
          ])
        )
        assert.isTrue(several.body.equals(Buffer.concat([...expected, Buffer.from(`--${boundary}--\r\n`)])))
        const beyond = yield* part(`bytes=${size}-`)
        assert.deepStrictEqual([beyond.status, beyond.headers["content-range"]], [416, `bytes */${size}`])
        // What is not understood, or comes to more than all of it, is answered with all of it.
        for (const other of ["bytes=9-4", "rows=1-2", "bytes=0-1,x", `bytes=0-,0-${size}`]) {
          assert.deepStrictEqual([other, (yield* part(other)).status], [other, 200])
        }
        assert.strictEqual((yield* part("bytes=0-3", { "if-range": tag })).status, 206)
        assert.strictEqual((yield* part("bytes=0-3", { "if-range": '"other"' })).body.length, size)
        const same = yield* askBytes(href, { "if-none-match": tag })
        assert.deepStrictEqual([same.status, same.body.length], [304, 0])
        assert.strictEqual((yield* askBytes(href, { "if-match": '"other"' })).status, 412)
        assert.strictEqual((yield* askBytes(href, { "if-match": `"x", ${tag}` })).status, 200)
      })
    )

    it.effect("get another name by late data, and those before can be made again to the byte", () =>
      Effect.gen(function* () {
        const log = yield* EventLog
        const hrefs = [yield* newest(), yield* newest("aggregated_sensor_data")]
        const before = yield* Effect.forEach(hrefs, (href) => askBytes(href))
        const other = yield* newest("sensor_data", "date=2026-01-02")
        const [first] = yield* log.readings({}, { asOf: (yield* log.head).position, limit: 1 })
        yield* append([candidate(2, T0 + 5 * MICROS_PER_SECOND, 77)])
        yield* log.remove(readingId(first?.id ?? 0), {})
        yield* folded
        const after = [yield* newest(), yield* newest("aggregated_sensor_data")]
        const head = (yield* log.head).position
        assert.deepStrictEqual(
          after.map((href) => href.endsWith(`-p${head}.parquet`)),
          [true, true]
        )
        assert.strictEqual(yield* newest("sensor_data", "date=2026-01-02"), other)
        const rows = yield* rowsOf(before[0]?.body ?? Buffer.alloc(0))
        const now = yield* Effect.flatMap(askBytes(after[0] ?? ""), ({ body }) => rowsOf(body))
        assert.strictEqual(now.length, rows.length)
        assert.includeMembers(
          now.map(({ value }) => value),
          [77]
        )
        for (const name of readdirSync(folder)) rmSync(join(folder, name))
        const again = yield* Effect.forEach(hrefs, (href) => askBytes(href))
        assert.deepStrictEqual(
          again.map(({ body, headers }) => [sha256(body), headers.etag]),
          before.map(({ body, headers }) => [sha256(body), headers.etag])
        )
      })
    )

    it.effect("are not found where there never was one", () =>
      Effect.gen(function* () {
        const href = yield* newest()
        const today = `date=${new Date().toISOString().slice(0, 10)}`
        const position = (yield* Effect.flatMap(EventLog, ({ head }) => head)).position
        for (const path of [
          "/files/sensors/",
          "/files/sensors/manifest.json",
          "/files/sensor_data/date=2026-02-30/",
          "/files/sensor_data/date=2026-1-1/",
          "/files/sensor_data/date=2025-01-01/",
          `/files/sensor_data/${today}/`,
          `/files/sensor_data/${today}/manifest.json`,
          href.replace(/-p\d+/, `-p${position + 1}`),
          href.replace(/-p\d+/, "-p1"),
          href.replace(/-p/, "-p0"),
          href.replace(/-p\d+/, ""),
          href.replace(".parquet", ".csv"),
          href.replaceAll("2026-01-01", "2026-01-02")
        ]) {
          const { status } = yield* ask(path)
          assert.deepStrictEqual([path, status], [path, 404])
        }
        assert.deepStrictEqual(problemFields(yield* ask("/files/sensor_data/?skip=1"), 400), ["skip"])
      })
    )
  })
})

describe("the room for files", () => {
  layer(realServer(sqlite, { files: { folder: newFolder(), bytesMax: 30_000 }, auth: keyedAuth }), {
    excludeTestServices: true,
    timeout: "1 minute"
  })((it) => {
    const asked = (path: string, accept = "*/*") => askBytes(path, { "x-api-key": READER, accept })
    const hrefOf = (day: string) =>
      Effect.map(
        asked(`/files/sensor_data/date=2026-01-0${day}/`, "application/json"),
        ({ body }) => (JSON.parse(body.toString()) as ReadonlyArray<FileEntry>)[0]?.href ?? ""
      )

    it.effect("is shared: the file that was longest not asked for gives way; one too large is refused", () =>
      Effect.gen(function* () {
        for (const day of [0, 1, 2]) yield* readings(T0 + day * MICROS_PER_DAY, 400)
        yield* readings(T0 + 3 * MICROS_PER_DAY, 12_000)
        yield* folded
        const hrefs = yield* Effect.forEach(["1", "2", "3", "4"], hrefOf)
        const answers = yield* Effect.forEach([...hrefs.slice(0, 3), hrefs[0] ?? ""], (href) => asked(href))
        assert.deepStrictEqual(
          answers.map(({ status }) => status),
          [200, 200, 200, 200]
        )
        assert.isAbove(
          answers.slice(0, 3).reduce((sum, { body }) => sum + body.length, 0),
          30_000
        )
        assert.strictEqual(answers[0]?.headers.etag, answers[3]?.headers.etag)
        assert.strictEqual((yield* asked(hrefs[3] ?? "")).status, 507)
        // A key is needed, and then no cache on the way keeps the file for others.
        assert.strictEqual(answers[0]?.headers["cache-control"], "private, max-age=31536000, immutable")
        assert.strictEqual((yield* askBytes(hrefs[0] ?? "")).status, 401)
      })
    )
  })
})
