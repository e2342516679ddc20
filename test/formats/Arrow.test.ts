/** The Arrow stream, read back by apache-arrow's own reader. */
import { assert, describe, it } from "@effect/vitest"
import { tableFromIPC } from "apache-arrow"
import * as FastCheck from "effect/FastCheck"
import { arrowEncoder } from "../../src/formats/Arrow.js"
import { ABOUT, bits, chunks, encoded, TABLE } from "./rows.js"

describe("Arrow", () => {
  it("reads back to the bit, in as many batches as there were chunks", () => {
    FastCheck.assert(
      FastCheck.property(chunks, (parts) => {
        const table = tableFromIPC(encoded(arrowEncoder(TABLE, ABOUT), parts))
        const rows = parts.flat()
        assert.strictEqual(table.numRows, rows.length)
        const column = (name: string) => table.getChild(name)
        rows.forEach((row, index) => {
          const cell = (name: string): unknown => column(name)?.get(index)
          assert.strictEqual(cell("whole"), BigInt(row.whole))
          assert.strictEqual(bits(Number(cell("double"))), bits(row.double))
          const maybe = cell("maybe")
          assert.strictEqual(
            maybe === null ? null : bits(Number(maybe)),
            row.maybe === null ? null : bits(row.maybe)
          )
          assert.deepStrictEqual(
            [cell("text"), cell("maybe_text"), cell("flag")],
            [row.text, row.maybeText, row.flag]
          )
          assert.deepStrictEqual(cell("bytes"), row.bytes)
          const json = cell("json")
          assert.deepStrictEqual(json === null ? null : JSON.parse(String(json)), row.json)
        })
        // The reader gives times as ms: the stored µs are compared.
        const times = table.batches.flatMap((batch) => [...(batch.getChild("time")?.data[0]?.values ?? [])])
        assert.deepStrictEqual(
          times,
          rows.map(({ time }) => BigInt(time))
        )
      }),
      { numRuns: 50 }
    )
  })

  it("says what it is: units, licence, position and watermark", () => {
    const { schema } = tableFromIPC(encoded(arrowEncoder(TABLE, ABOUT), []))
    assert.strictEqual(schema.metadata.get("licence"), "CC-BY-4.0")
    assert.strictEqual(schema.metadata.get("position"), "4711")
    assert.strictEqual(schema.metadata.get("watermark"), "2024-06-14T18:27:45.123456Z")
    assert.deepStrictEqual(JSON.parse(schema.metadata.get("units") ?? ""), { double: "C", time: "UTC" })
    assert.deepStrictEqual(
      schema.fields.map(({ name, nullable, type }) => `${name} ${type}${nullable ? "?" : ""}`),
      [
        "whole Int64",
        "double Float64",
        "maybe Float64?",
        "time Timestamp<MICROSECOND, UTC>",
        "text Utf8",
        "maybe_text Utf8?",
        "flag Bool?",
        "bytes Binary?",
        "json Utf8?"
      ]
    )
    assert.strictEqual(schema.fields[1]?.metadata.get("unit"), "C")
  })
})
