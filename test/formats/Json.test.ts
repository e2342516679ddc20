/** JSON by row, line and column: equal to what JSON.parse reads, -0 and all. */
import { assert, describe, it } from "@effect/vitest"
import * as FastCheck from "effect/FastCheck"
import { formatTime } from "../../src/domain/Time.js"
import { columnsText, ndjsonEncoder, rowsText } from "../../src/formats/Json.js"
import { selectColumns } from "../../src/formats/Table.js"
import { chunks, encoded, type Row, TABLE } from "./rows.js"

const expected = (row: Row) => ({
  whole: row.whole,
  double: row.double,
  maybe: row.maybe,
  time: formatTime(row.time),
  text: row.text,
  maybe_text: row.maybeText,
  flag: row.flag,
  bytes: row.bytes === null ? null : Buffer.from(row.bytes).toString("hex"),
  json: row.json
})

// deepStrictEqual takes -0 for 0 where chai does; Object.is does not.
const same = (actual: unknown, wanted: unknown) => {
  assert.deepStrictEqual(actual, wanted)
}
const signs = (rows: ReadonlyArray<{ readonly double: number }>) =>
  rows.map(({ double }) => Object.is(double, -0))

describe("JSON", () => {
  it("reads back as rows, as lines and as columns", () => {
    FastCheck.assert(
      FastCheck.property(chunks, (parts) => {
        const rows = parts.flat()
        const wanted = rows.map(expected)
        const read = JSON.parse(rowsText(TABLE, rows))
        same(read, wanted)
        assert.deepStrictEqual(signs(read), signs(rows))
        const lines = encoded(ndjsonEncoder(TABLE), parts).toString("utf8").split("\n")
        assert.strictEqual(lines.pop(), "")
        same(
          lines.map((line) => JSON.parse(line)),
          wanted
        )
        const { columns, next, position } = JSON.parse(
          columnsText(TABLE, rows, { next: "/x?cursor=1", position: 7 })
        )
        assert.deepStrictEqual([next, position], ["/x?cursor=1", 7])
        for (const { name } of TABLE.columns) {
          same(
            columns[name],
            wanted.map((row) => row[name as keyof typeof row])
          )
        }
      })
    )
  })

  it("writes a double beyond what integers hold as no integer, and reads it back to the bit", () => {
    const value = TABLE.columns.filter(({ name }) => name === "double")
    const [row] = FastCheck.sample(chunks, 20).flat(2)
    if (row === undefined) throw new Error("no sample")
    const text = (double: number) => rowsText({ ...TABLE, columns: value }, [{ ...row, double }])
    assert.strictEqual(text(2 ** 64), '[{"double":1.8446744073709552e+19}]')
    assert.strictEqual(text(-(2 ** 63)), '[{"double":-9.223372036854776e+18}]')
    assert.strictEqual(text(2 ** 53 - 1), '[{"double":9007199254740991}]')
    FastCheck.assert(
      FastCheck.property(
        FastCheck.integer({ min: 53, max: 1_023 }),
        FastCheck.integer({ min: 0 }),
        (power, n) => {
          const double = 2 ** power * (1 + (n % 4_096) / 4_096)
          assert.strictEqual(JSON.parse(text(double))[0].double, double)
          assert.notMatch(text(double), /:-?\d+}/)
        }
      )
    )
  })

  it("takes the columns that are wanted, in their order", () => {
    const table = selectColumns(TABLE, ["text", "whole"])
    const [row] = FastCheck.sample(chunks, 20).flat(2)
    if (row === undefined) throw new Error("no sample")
    assert.deepStrictEqual(Object.keys(JSON.parse(rowsText(table, [row]))[0]), ["text", "whole"])
  })
})
