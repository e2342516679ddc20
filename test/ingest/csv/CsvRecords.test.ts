/** RFC 4180, read. */
import { assert, describe, it } from "@effect/vitest"
import * as FastCheck from "effect/FastCheck"
import { CsvRecords, csvRecords } from "../../../src/ingest/csv/CsvRecords.js"

const cells = (text: string) => [...csvRecords(text)].map(({ cells }) => cells)

describe("CSV", () => {
  it("cells are quoted or not, records end with CR LF or LF, empty lines are none", () => {
    assert.deepStrictEqual(cells('a,"b ""x"", y",\r\n\r\n"line\nbreak",,"c"\n1,2,3'), [
      ["a", 'b "x", y', ""],
      ["line\nbreak", "", "c"],
      ["1", "2", "3"]
    ])
    assert.deepStrictEqual(cells('a,b\r\n"1","2"\r\n'), [
      ["a", "b"],
      ["1", "2"]
    ])
    assert.deepStrictEqual(cells(""), [])
    assert.deepStrictEqual(cells("a,"), [["a", ""]])
  })

  it("what stands between two cells can be told", () => {
    const parted = [...csvRecords('a;"b;c";d,e\n', ";")]
    assert.deepStrictEqual(parted[0]?.cells, ["a", "b;c", "d,e"])
    const tabs = [...csvRecords("a\tb;c\r\n", "\t")]
    assert.deepStrictEqual(tabs[0]?.cells, ["a", "b;c"])
  })

  it("a quote that is wrong is told, and swallows no record behind it", () => {
    assert.deepStrictEqual(cells('1,"2"x\n3,4'), ["something follows a closing quote", ["3", "4"]])
    assert.deepStrictEqual(cells('1,"2\n3,4\n5,6'), ["a quote is not closed", ["3", "4"], ["5", "6"]])
    assert.deepStrictEqual(cells('1,2"3'), [["1", '2"3']])
  })

  it("what is written is read", () => {
    const cell = FastCheck.oneof(
      FastCheck.string(),
      FastCheck.array(FastCheck.constantFrom('"', ",", "\n", "\r\n", "x", " ")).map((all) => all.join(""))
    )
    const records = FastCheck.array(FastCheck.array(cell, { minLength: 2, maxLength: 5 }), { maxLength: 9 })
    const quoted = (text: string) => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text)
    FastCheck.assert(
      FastCheck.property(records, FastCheck.constantFrom("\n", "\r\n"), (rows, end) => {
        const text = rows.map((row) => row.map(quoted).join(",") + end).join("")
        assert.deepStrictEqual(cells(text), rows)
      }),
      { numRuns: 1_000 }
    )
  })

  it("is the same wherever chunks end, line numbers too", () => {
    const piece = FastCheck.constantFrom('"', ",", "\n", "\r", "x", '"a\r\nb"', ",\r\n", "time,value\n")
    const texts = FastCheck.array(piece, { maxLength: 40 }).map((pieces) => pieces.join(""))
    const cuts = texts.chain((text) =>
      FastCheck.tuple(FastCheck.constant(text), FastCheck.array(FastCheck.nat(text.length)))
    )
    FastCheck.assert(
      FastCheck.property(cuts, ([text, places]) => {
        const ends = [...places.sort((a, b) => a - b), text.length]
        const records = new CsvRecords(",")
        const read = ends.flatMap((end, i) => records.push(text.slice(i === 0 ? 0 : ends[i - 1], end)))
        assert.deepStrictEqual([...read, ...records.end()], [...csvRecords(text)])
      }),
      { numRuns: 2_000 }
    )
  })

  it("never throws, and ends", () => {
    const piece = FastCheck.constantFrom('"', ",", "\n", "\r", "x", "")
    FastCheck.assert(
      FastCheck.property(FastCheck.array(piece, { maxLength: 40 }), (pieces) => {
        const text = pieces.join("")
        for (const { raw } of csvRecords(text)) assert.include(text, raw)
      }),
      { numRuns: 2_000 }
    )
  })
})
