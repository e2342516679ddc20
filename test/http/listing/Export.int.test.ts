/**
 * All readings, in each format, read back by readers that others wrote: as many, of the same span, and every value
 * equal to the bit. EXPORT_ROWS says how many (100,000). Python and pandas where they are installed.
 */
import { execFile, execFileSync } from "node:child_process"
import { createHash } from "node:crypto"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { promisify } from "node:util"
import { DuckDBInstance } from "@duckdb/node-api"
import { assert, layer } from "@effect/vitest"
import { tableFromIPC } from "apache-arrow"
import * as Effect from "effect/Effect"
import { parseStoredTime } from "../../../src/domain/Time.js"
import { EventLog } from "../../../src/eventlog/EventLog.js"
import { describeDatabases } from "../../support/databases.js"
import { append, askBytes, candidate, doubles, everyReading, realServer, T0 } from "../realServer.js"

const ROWS = Number(process.env.EXPORT_ROWS ?? 100_000)
const SECOND = 1_000_000

const folder = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "tidemark-export-"))),
  (path) => Effect.sync(() => rmSync(path, { recursive: true, force: true }))
)

/** What was read: how many, the span in µs, and a hash of every id, sensor, time, value and description. */
interface Seen {
  readonly count: number
  readonly first: number
  readonly last: number
  readonly hash: string
}

const digest = () => {
  const hash = createHash("sha256")
  const cells = Buffer.alloc(40)
  let count = 0
  let first = 0
  let last = 0
  return {
    add: (id: number, sensor: number, time: number, value: number, recorded: number, text: string | null) => {
      cells.writeDoubleLE(id, 0)
      cells.writeDoubleLE(sensor, 8)
      cells.writeDoubleLE(time, 16)
      cells.writeDoubleLE(value, 24)
      cells.writeDoubleLE(recorded, 32)
      hash.update(cells)
      hash.update(text ?? "\0")
      if (count === 0) first = time
      last = time
      count += 1
    },
    seen: (): Seen => ({ count, first, last, hash: hash.digest("hex") })
  }
}

const byDuck = (query: string) =>
  Effect.promise(async (): Promise<Seen> => {
    const duck = await (await DuckDBInstance.create(":memory:")).connect()
    const { add, seen } = digest()
    // Chunks, so that a million rows need not be objects at once.
    const result = await duck.stream(
      `SELECT id::DOUBLE, sensor_id::DOUBLE, epoch_us(timestamp)::DOUBLE, value, epoch_us(recorded_at)::DOUBLE,
        description FROM ${query}`
    )
    for (;;) {
      const chunk = await result.fetchChunk()
      if (chunk === null || chunk.rowCount === 0) break
      for (const [id, sensor, time, value, recorded, text] of chunk.getRows()) {
        add(
          Number(id),
          Number(sensor),
          Number(time),
          Number(value),
          Number(recorded),
          text === null ? null : String(text)
        )
      }
    }
    duck.closeSync()
    return seen()
  })

const PYTHON = `
import csv, hashlib, struct, sys, json
from datetime import datetime, timezone
h, n, first, last = hashlib.sha256(), 0, 0, 0
epoch = datetime(1970, 1, 1, tzinfo=timezone.utc)
def micros(text):
    d = datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=timezone.utc) - epoch
    return (d.days * 86400 + d.seconds) * 1000000 + d.microseconds
with open(sys.argv[1], newline="", encoding="utf-8") as f:
    for r in csv.DictReader(f, strict=True):
        time = micros(r["timestamp"])
        h.update(struct.pack("<5d", float(r["id"]), float(r["sensor_id"]), time, float(r["value"]), micros(r["recorded_at"])))
        h.update((r["description"] or "\\0").encode())
        if n == 0: first = time
        last, n = time, n + 1
print(json.dumps({"count": n, "first": first, "last": last, "hash": h.hexdigest()}))
`

// As bits: pandas' default parser is off in the last digit of some.
const PANDAS = `
import hashlib, struct, sys, json
import pandas as pd
d = pd.read_csv(sys.argv[1], float_precision="round_trip", keep_default_na=False)
h = hashlib.sha256()
micros = lambda column: (pd.to_datetime(column, utc=True).astype("int64") // 1000).tolist()
times = micros(d["timestamp"])
rows = zip(d["id"].tolist(), d["sensor_id"].tolist(), times, d["value"].tolist(), micros(d["recorded_at"]), d["description"].tolist())
for id, sensor, time, value, recorded, text in rows:
    h.update(struct.pack("<5d", id, sensor, time, value, recorded))
    h.update((text or "\\0").encode())
print(json.dumps({"count": len(d), "first": times[0], "last": times[-1], "hash": h.hexdigest()}))
`

/** Whether a Python has a module; its own packages are beside the system's Python alone. */
const has = (python: string, module: string): boolean => {
  try {
    execFileSync(python, ["-c", `import ${module}`], { stdio: "ignore" })
    return true
  } catch {
    return false
  }
}
const SYSTEM_PYTHON = "/usr/bin/python3"
// Beside the server, which is in this process: held up for seconds, it would think that its database is silent.
const inPython = (python: string, script: string, file: string) =>
  Effect.promise(async () => JSON.parse((await promisify(execFile)(python, ["-c", script, file])).stdout))
const hasPython = has("python3", "csv")
const hasPandas = has(SYSTEM_PYTHON, "pandas")

describeDatabases("an export of all readings", (database) => {
  layer(realServer(database), { excludeTestServices: true, timeout: "5 minutes" })((it) => {
    const seeded = Effect.gen(function* () {
      const value = doubles(7)
      const texts = ['Küche, "west"', "line\r\nbreak", "plain", "😀;|", "tab\there"]
      const readings = Array.from({ length: ROWS }, (_, index) =>
        candidate(
          1 + (index % 10),
          T0 + Math.floor(index / 10) * SECOND + (index % 3),
          value(),
          index < 10
            ? { unit: "C", type: "temperature", description: texts[index % texts.length] ?? null }
            : {}
        )
      )
      yield* append(readings)
      const log = yield* EventLog
      const { position } = yield* log.head
      const wanted = digest()
      for (const one of yield* everyReading(position)) {
        wanted.add(one.id, one.sensorId, one.occurredAt, one.value, one.recordedAt, one.description)
      }
      const values = new Set(readings.map((reading) => reading.value))
      return { position, wanted: wanted.seen(), values }
    })

    it.scoped(
      "is read back to the bit by DuckDB, apache-arrow, Python and JSON.parse",
      () =>
        Effect.gen(function* () {
          const { position, values, wanted } = yield* seeded
          assert.strictEqual(wanted.count, ROWS)
          const path = yield* folder
          const get = (format: string) =>
            Effect.map(askBytes(`/data.${format}`), ({ body, headers, status }) => {
              assert.strictEqual(status, 200)
              assert.strictEqual(headers["tidemark-position"], String(position))
              const file = join(path, `data.${format}`)
              writeFileSync(file, body)
              return { file, body }
            })

          const parquet = yield* get("parquet")
          assert.deepStrictEqual(yield* byDuck(`read_parquet('${parquet.file}')`), wanted)

          const csv = yield* get("csv")
          const types =
            "{'timestamp':'TIMESTAMP','recorded_at':'TIMESTAMP','value':'DOUBLE','description':'VARCHAR'}"
          assert.deepStrictEqual(
            yield* byDuck(`read_csv('${csv.file}', header=true, types=${types}, parallel=false)`),
            wanted
          )
          if (hasPython) {
            assert.deepStrictEqual(yield* inPython("python3", PYTHON, csv.file), wanted)
          }
          if (hasPandas) {
            assert.deepStrictEqual(yield* inPython(SYSTEM_PYTHON, PANDAS, csv.file), wanted)
          } else if (process.env.REQUIRE_MYSQL === "1") assert.fail("pandas is not installed")

          const ndjson = yield* get("ndjson")
          const lines = digest()
          const seen = new Set<number>()
          for (const line of ndjson.body.toString("utf8").trimEnd().split("\n")) {
            const row = JSON.parse(line)
            seen.add(row.value)
            lines.add(
              row.id,
              row.sensor_id,
              parseStoredTime(row.timestamp),
              row.value,
              parseStoredTime(row.recorded_at),
              row.description
            )
          }
          assert.deepStrictEqual(lines.seen(), wanted)
          // What was sent in is what comes out.
          assert.strictEqual(seen.size, values.size)
          for (const value of values) assert.isTrue(seen.has(value))

          const arrow = yield* get("arrow")
          const table = tableFromIPC(arrow.body)
          const batches = digest()
          for (const batch of table.batches) {
            const whole = (name: string) => batch.getChild(name)?.data[0]?.values as BigInt64Array
            const [ids, sensors, times, recorded] = ["id", "sensor_id", "timestamp", "recorded_at"].map(whole)
            const value = batch.getChild("value")
            const text = batch.getChild("description")
            for (let row = 0; row < batch.numRows; row++) {
              batches.add(
                Number(ids?.[row]),
                Number(sensors?.[row]),
                Number(times?.[row]),
                Number(value?.get(row)),
                Number(recorded?.[row]),
                text?.get(row) ?? null
              )
            }
          }
          assert.deepStrictEqual(batches.seen(), wanted)
          assert.strictEqual(table.schema.metadata.get("position"), String(position))
        }),
      { timeout: 300_000 + ROWS }
    )
  })
})
