/** Parquet, read back by DuckDB. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { gzipSync } from "node:zlib"
import { DuckDBInstance } from "@duckdb/node-api"
import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import * as FastCheck from "effect/FastCheck"
import { GROUP_ROWS, type ParquetOptions, parquetEncoder } from "../../src/formats/Parquet.js"
import { ABOUT, bits, chunks, encoded, type Row, row, TABLE } from "./rows.js"

describe("Parquet", () => {
  const folder = mkdtempSync(join(tmpdir(), "tidemark-parquet-"))
  const file = join(folder, "rows.parquet")
  let duck: Awaited<ReturnType<DuckDBInstance["connect"]>>
  beforeAll(async () => {
    duck = await (await DuckDBInstance.create(":memory:")).connect()
  })
  afterAll(() => {
    duck.closeSync()
    rmSync(folder, { recursive: true, force: true })
  })

  const read = async (
    parts: ReadonlyArray<ReadonlyArray<Row>>,
    query: string,
    options: ParquetOptions = {}
  ) => {
    writeFileSync(file, encoded(parquetEncoder(TABLE, ABOUT, options), parts))
    return (await duck.runAndReadAll(query.replaceAll("FILE", `'${file}'`))).getRowObjectsJS()
  }

  const CELLS = `SELECT whole, double, maybe, epoch_us(time) AS time, text, maybe_text, flag, hex(bytes) AS bytes,
    json FROM read_parquet(FILE)`

  const WAYS: Record<string, ParquetOptions> = {
    quickly: {},
    "tightly, as for an archive": { gzip: gzipSync, sortedBy: "text" }
  }
  it.each(Object.keys(WAYS))("packed %s, reads back to the bit", async (way) => {
    await FastCheck.assert(
      FastCheck.asyncProperty(chunks, async (parts) => {
        const found = await read(parts, CELLS, WAYS[way])
        const rows = parts.flat()
        assert.strictEqual(found.length, rows.length)
        rows.forEach((one, index) => {
          const cells = found[index] ?? {}
          assert.deepStrictEqual(
            [cells.whole, cells.time, cells.text, cells.maybe_text, cells.flag],
            [BigInt(one.whole), BigInt(one.time), one.text, one.maybeText, one.flag]
          )
          assert.strictEqual(bits(Number(cells.double)), bits(one.double))
          assert.strictEqual(
            cells.maybe === null ? null : bits(Number(cells.maybe)),
            one.maybe === null ? null : bits(one.maybe)
          )
          assert.strictEqual(
            cells.bytes,
            one.bytes === null ? null : Buffer.from(one.bytes).toString("hex").toUpperCase()
          )
          assert.deepStrictEqual(cells.json === null ? null : JSON.parse(String(cells.json)), one.json)
        })
      }),
      { numRuns: 30 }
    )
  })

  it("is written in groups of bounded size, with statistics, and says what it is", async () => {
    const [one] = FastCheck.sample(row, 1)
    if (one === undefined) throw new Error("no sample")
    const many = Array.from({ length: GROUP_ROWS + 5 }, (_, whole) => ({ ...one, whole }))
    const groups = await read(
      [many],
      "SELECT DISTINCT row_group_id, row_group_num_rows AS rows FROM parquet_metadata(FILE) ORDER BY 1"
    )
    assert.deepStrictEqual(
      groups.map(({ rows }) => Number(rows)),
      [GROUP_ROWS, 5]
    )
    const said = await read(
      [many],
      "SELECT decode(key) AS key, decode(value) AS value FROM parquet_kv_metadata(FILE)"
    )
    const values = new Map(said.map(({ key, value }) => [String(key), String(value)]))
    assert.strictEqual(values.get("licence"), "CC-BY-4.0")
    assert.strictEqual(values.get("position"), "4711")
    assert.strictEqual(values.get("watermark"), "2024-06-14T18:27:45.123456Z")
    assert.deepStrictEqual(JSON.parse(values.get("units") ?? ""), { double: "C", time: "UTC" })
    const types = await read(
      [many],
      "SELECT column_name, column_type FROM (DESCRIBE SELECT * FROM read_parquet(FILE))"
    )
    assert.strictEqual(
      types.find(({ column_name }) => column_name === "time")?.column_type,
      "TIMESTAMP WITH TIME ZONE"
    )
    const bytes = await read(
      [[{ ...one, bytes: new Uint8Array(5_000_000) }, one]],
      "SELECT count(DISTINCT row_group_id) AS groups FROM parquet_metadata(FILE)"
    )
    assert.strictEqual(Number(bytes[0]?.groups), 2)
  })

  it("is a file without rows too", async () => {
    assert.deepStrictEqual(await read([], CELLS), [])
  })
})
