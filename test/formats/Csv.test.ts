/** CSV: what is written reads back, whatever the text, and no text is a formula. */
import { assert, describe, it } from "@effect/vitest"
import * as FastCheck from "effect/FastCheck"
import { formatTime } from "../../src/domain/Time.js"
import { csvEncoder, SEPARATORS, type Separator } from "../../src/formats/Csv.js"
import { bits, chunks, encoded, type Row, row, TABLE } from "./rows.js"

/** RFC 4180, read strictly: fields, and whether each was quoted. */
const parse = (text: string, separator: string): Array<Array<{ text: string; quoted: boolean }>> => {
  const lines: Array<Array<{ text: string; quoted: boolean }>> = []
  let line: Array<{ text: string; quoted: boolean }> = []
  let at = 0
  while (at < text.length) {
    const quoted = text[at] === '"'
    let field = ""
    if (quoted) {
      for (at += 1; text[at] !== '"' || text[at + 1] === '"'; at += 1) {
        if (at >= text.length) throw new Error("an open quote")
        if (text[at] === '"') at += 1
        field += text[at]
      }
      at += 1
    } else {
      while (at < text.length && text[at] !== separator && text[at] !== "\r") {
        assert.notInclude(['"', "\n"], text[at])
        field += text[at]
        at += 1
      }
    }
    line.push({ text: field, quoted })
    if (text[at] === separator) at += 1
    else {
      assert.strictEqual(text.slice(at, at + 2), "\r\n")
      at += 2
      lines.push(line)
      line = []
    }
  }
  return lines
}

const guarded = (text: string): string => (/^[=+\-@\t\r]/.test(text) ? `'${text}` : text)

const write = (rows: ReadonlyArray<ReadonlyArray<Row>>, separator: Separator = ",", bom = false) =>
  encoded(csvEncoder(TABLE, { separator, bom }), rows).toString("utf8")

describe("CSV", () => {
  it("reads back, to the bit, with each separator", () => {
    FastCheck.assert(
      FastCheck.property(chunks, FastCheck.constantFrom(...SEPARATORS), (parts, separator) => {
        const [header, ...lines] = parse(write(parts, separator), separator)
        assert.deepStrictEqual(
          header?.map(({ text }) => text),
          TABLE.columns.map(({ name }) => name)
        )
        const rows = parts.flat()
        assert.strictEqual(lines.length, rows.length)
        lines.forEach((fields, index) => {
          const one = rows[index]
          if (one === undefined) return
          const text = fields.map((field) => field.text)
          assert.strictEqual(text[0], String(one.whole))
          assert.strictEqual(bits(Number(text[1])), bits(one.double))
          assert.strictEqual(
            text[2] === "" ? null : bits(Number(text[2])),
            one.maybe === null ? null : bits(one.maybe)
          )
          assert.strictEqual(text[3], formatTime(one.time))
          assert.strictEqual(text[4], guarded(one.text))
          const maybe = fields[5]
          assert.strictEqual(
            maybe?.text === "" && !maybe.quoted ? null : maybe?.text,
            one.maybeText === null ? null : guarded(one.maybeText)
          )
          assert.strictEqual(text[6], one.flag === null ? "" : String(one.flag))
          assert.strictEqual(text[7], one.bytes === null ? "" : Buffer.from(one.bytes).toString("hex"))
          assert.deepStrictEqual(text[8] === "" ? null : JSON.parse(text[8] ?? ""), one.json)
        })
      })
    )
  })

  it("guards text that a spreadsheet would run, and no number", () => {
    const [sample] = FastCheck.sample(row, 1)
    if (sample === undefined) throw new Error("no sample")
    for (const text of ["=cmd|' /C calc'!A0", "+1", "-1", "@SUM(A1)", "\tx", "\rx"]) {
      const [, line] = parse(write([[{ ...sample, text, double: -1.5, maybe: -0 }]]), ",")
      assert.deepStrictEqual([line?.[4]?.text, line?.[1]?.text, line?.[2]?.text], [`'${text}`, "-1.5", "-0"])
    }
  })

  it("begins with a byte order mark where it is asked for, and has its header without rows", () => {
    assert.strictEqual(write([], ";", true), `\uFEFF${TABLE.columns.map(({ name }) => name).join(";")}\r\n`)
    assert.isFalse(write([]).startsWith("\uFEFF"))
  })
})
