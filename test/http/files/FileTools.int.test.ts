/** Files of closed days as the tools of data scientists read them by address, and how much of a file they fetch. */

import { mkdtempSync, rmSync } from "node:fs"
import { createServer, request } from "node:http"
import type { AddressInfo } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { assert, describe, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type { FileFacts } from "../../../src/api/files/FilesGroup.js"
import { MICROS_PER_DAY, MICROS_PER_MINUTE } from "../../../src/domain/Time.js"
import { sqlite } from "../../support/databases.js"
import { inPython, PYTHON, pythonHas } from "../../support/python.js"
import { append, askBytes, candidate, folded, portOf, realServer, T0 } from "../realServer.js"
import { ask } from "../server.js"

const folder = mkdtempSync(join(tmpdir(), "tidemark-tools-"))
process.on("exit", () => rmSync(folder, { recursive: true, force: true }))

const SENSORS = 60
const PER_DAY = MICROS_PER_DAY / MICROS_PER_MINUTE
const WANTED = 42
/** Four libraries are loaded, which takes its time on a busy machine. */
const TEST_MILLIS = 300_000
/** Arrow looks at the last 64 KiB twice, however short a file's metadata are. */
const ARROW_LOOKS = 2 * 65_536
const valueOf = (sensor: number, minute: number) => Math.sin(sensor + minute / 100) * 20

/** Stands before the server, and counts the bytes of parts; `/counted` gives and forgets them. */
const counting = (port: number) =>
  Effect.acquireRelease(
    Effect.promise(async () => {
      let bytes = 0
      const proxy = createServer((asked, answer) => {
        if (asked.url === "/counted") {
          answer.end(String(bytes))
          bytes = 0
          return
        }
        const { headers, method, url: path } = asked
        request({ host: "127.0.0.1", port, path, method, headers }, (from) => {
          answer.writeHead(from.statusCode ?? 500, from.headers)
          // fsspec opens all of a file to see that it is there, and reads nothing of that.
          if (from.statusCode === 206) {
            from.on("data", (piece: Buffer) => {
              bytes += piece.length
            })
          }
          from.pipe(answer)
        }).end()
      })
      await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve))
      return proxy
    }),
    (proxy) =>
      Effect.sync(() => {
        proxy.closeAllConnections()
        proxy.close()
      })
  ).pipe(Effect.map((proxy) => `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`))

// Each reads all of a day, or one column of one sensor; fsspec finds the files by their folder's page.
const TOOLS = `
import datetime, json, sys
from urllib.request import urlopen
from fsspec.implementations.http import HTTPFileSystem
import duckdb, fsspec, pandas as pd, polars as pl, pyarrow.dataset as ds, pyarrow.parquet as pq

server, path, sensor = sys.argv[1], sys.argv[2], int(sys.argv[3])
url = server + path
out = {}

def tool(name, run):
  urlopen(server + "/counted").read()
  rows, total = run()
  out[name] = [rows, total, int(urlopen(server + "/counted").read())]

def frame(df):
  return len(df), float(df["value"].sum())

http = fsspec.filesystem("http", block_size=0)
files = http.glob(server + "/files/sensor_data/*/*.parquet")
out["glob"] = files

# DuckDB's own HTTP is an extension that has to be fetched; it asks fsspec, too, once that says when a file changed.
class Unchanging(HTTPFileSystem):
  def modified(self, path):
    return datetime.datetime(1970, 1, 1)

con = duckdb.connect()
con.register_filesystem(Unchanging(cache_type="none"))
con.sql("SET enable_progress_bar = false")

tool("polars.read_parquet", lambda: frame(pl.read_parquet(url)))
tool("pandas.read_parquet", lambda: frame(pd.read_parquet(url)))
tool("duckdb.read_parquet", lambda: con.sql(f"SELECT count(*), sum(value) FROM read_parquet('{url}')").fetchone())

tool("polars.scan_parquet, one sensor", lambda: frame(
  pl.scan_parquet(url).filter(pl.col("sensor_id") == sensor).select("value").collect()))
tool("duckdb, one sensor", lambda: con.sql(
  f"SELECT count(*), sum(value) FROM read_parquet('{url}') WHERE sensor_id = {sensor}").fetchone())
tool("pyarrow.dataset, one sensor", lambda: frame(
  ds.dataset(url, filesystem=fsspec.filesystem("http", cache_type="none"), format="parquet")
    .to_table(columns=["value"], filter=ds.field("sensor_id") == sensor).to_pandas()))
print(json.dumps(out))
`
const hasTools = pythonHas("polars", "pandas", "pyarrow", "duckdb", "fsspec", "aiohttp")

describe.skipIf(!hasTools)(
  `tools by address (skipped where ${PYTHON} lacks them; TEST_PYTHON names another)`,
  () => {
    layer(realServer(sqlite, { files: { folder, bytesMax: 500_000_000 } }), {
      excludeTestServices: true,
      timeout: "1 minute"
    })((it) => {
      it.scoped(
        "read a day, find files by folders, and fetch little for one column of one sensor",
        () =>
          Effect.gen(function* () {
            yield* append(
              Array.from({ length: SENSORS * PER_DAY }, (_, n) => {
                const [minute, sensor] = [Math.floor(n / SENSORS), 1 + (n % SENSORS)]
                return candidate(sensor, T0 + minute * MICROS_PER_MINUTE, valueOf(sensor, minute), {
                  unit: "C"
                })
              })
            )
            yield* folded
            const server = yield* counting(yield* portOf)
            for (const dataset of ["sensor_data", "aggregated_sensor_data"]) {
              const [facts] = (yield* ask(`/files/${dataset}/date=2026-01-01/manifest.json`))
                .json as ReadonlyArray<FileFacts>
              const [bytes, href, rows] = [facts?.bytes ?? 0, facts?.href ?? "", facts?.rows ?? 0]
              assert.strictEqual(rows, SENSORS * PER_DAY)
              const { glob, ...read } = (yield* Effect.promise(() =>
                inPython(TOOLS, server, href, String(WANTED))
              )) as Record<string, readonly [rows: number, sum: number, bytes: number]>
              const listed = (yield* askBytes("/files/sensor_data/date=2026-01-01/")).body.toString()
              assert.include(listed, String(glob?.[0]).slice(server.length))
              const minutes = Array.from({ length: PER_DAY }, (_, minute) => minute)
              const sumOf = (sensor: number) =>
                minutes.reduce((sum, minute) => sum + valueOf(sensor, minute), 0)
              const all = Array.from({ length: SENSORS }, (_, n) => sumOf(n + 1)).reduce(
                (sum, one) => sum + one,
                0
              )
              for (const [name, [count, sum, fetched]] of Object.entries(read)) {
                const isOne = name.endsWith("one sensor")
                assert.strictEqual(count, isOne ? PER_DAY : rows, name)
                assert.approximately(sum, isOne ? sumOf(WANTED) : all, 1e-6, name)
                if (!isOne) continue
                const looks = name.startsWith("pyarrow") ? ARROW_LOOKS : 0
                assert.isAbove(fetched, 0, name)
                assert.isAtMost(fetched - looks, bytes / 10, `${name} fetched ${fetched} of ${bytes} bytes`)
              }
            }
          }),
        TEST_MILLIS
      )
    })
  }
)
