/** Parquet, read back by ourselves: each cell is what was written, to the bit. */
import { gunzipSync, gzipSync } from "node:zlib"
import { assert, describe, it } from "@effect/vitest"
import * as FastCheck from "effect/FastCheck"
import { type ParquetOptions, parquetEncoder, valueOf } from "../../src/formats/Parquet.js"
import { parquetRows } from "../../src/formats/ParquetRows.js"
import { ABOUT, chunks, encoded, type Row, row, TABLE } from "./rows.js"

const readBack = async (parts: ReadonlyArray<ReadonlyArray<Row>>, options: ParquetOptions) => {
  const bytes = new Uint8Array(encoded(parquetEncoder(TABLE, ABOUT, options), parts))
  const { columns, groups, read } = await parquetRows(
    { byteLength: bytes.length, slice: (from, to) => bytes.slice(from, to).buffer },
    gunzipSync
  )
  const rows = await Promise.all(groups.map(({ end, first }) => read(first, end)))
  return { columns, groups, rows: rows.flat() }
}

const valuesOf = (rows: ReadonlyArray<Row>) =>
  rows.map((one) => TABLE.columns.map((column) => valueOf(column)(one)))

describe("Rows of Parquet", () => {
  for (const options of [{}, { gzip: gzipSync, sortedBy: "text" }]) {
    it(`are what was written${"gzip" in options ? ", packed tightly" : ""}`, async () => {
      await FastCheck.assert(
        FastCheck.asyncProperty(chunks, async (parts) => {
          const { columns, rows } = await readBack(parts, options)
          assert.deepStrictEqual(
            columns,
            TABLE.columns.map(({ name }) => name)
          )
          assert.deepStrictEqual(rows, valuesOf(parts.flat()))
        }),
        { numRuns: 30 }
      )
    })
  }

  it("are read a group at a time", async () => {
    const [one] = FastCheck.sample(row, 1)
    if (one === undefined) throw new Error("no sample")
    const many = Array.from({ length: 60_000 }, (_, whole) => ({ ...one, whole }))
    const { groups, rows } = await readBack([many], { gzip: gzipSync })
    assert.deepStrictEqual(groups, [
      { first: 0, end: 50_000 },
      { first: 50_000, end: 60_000 }
    ])
    assert.deepStrictEqual(
      rows.map(([whole]) => whole),
      many.map(({ whole }) => BigInt(whole))
    )
  })
})
