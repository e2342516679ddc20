/** Text in chunks, cut into lines and elements. */
import { assert, describe, it } from "@effect/vitest"
import * as FastCheck from "effect/FastCheck"
import { arrayElements, lines, type Pieces } from "../../../src/cli/replay/TextPieces.js"

const cut = <A>(pieces: Pieces<A>, chunks: ReadonlyArray<string>): ReadonlyArray<A> => [
  ...chunks.flatMap((chunk) => pieces.push(chunk)),
  ...pieces.end()
]

/** A text, cut where chance has it. */
const chunked = (text: string): FastCheck.Arbitrary<ReadonlyArray<string>> =>
  FastCheck.array(FastCheck.nat(text.length)).map((places) => {
    const ends = [...places.sort((a, b) => a - b), text.length]
    return ends.map((end, index) => text.slice(index === 0 ? 0 : (ends[index - 1] ?? 0), end))
  })

describe("the elements of a JSON array", () => {
  it("are those that JSON.parse gives, wherever chunks end", () => {
    const arrays = FastCheck.array(FastCheck.jsonValue().filter((value) => value !== undefined))
    const texts = FastCheck.tuple(arrays, FastCheck.constantFrom(undefined, 1)).chain(([values, indent]) => {
      const text = JSON.stringify(values, null, indent)
      return FastCheck.tuple(FastCheck.constant(JSON.parse(text)), chunked(text))
    })
    FastCheck.assert(
      FastCheck.property(texts, ([values, chunks]) => {
        assert.deepStrictEqual(
          cut(arrayElements(), chunks).map((element) => JSON.parse(element)),
          values
        )
      })
    )
  })

  it("keep their text as it is written", () => {
    const text = '[ {"v": 1.50, "t":"],\\"{"} ,\n2e3]'
    assert.deepStrictEqual(cut(arrayElements(), [text]), ['{"v": 1.50, "t":"],\\"{"}', "2e3"])
  })

  for (const [broken, why] of [
    ['[{"a":1},', /cut off after entry 1/],
    ['[{"a":1}', /cut off/],
    ["[1,,2]", /entry 2 of the array is empty/],
    ["[1,]", /entry 2 of the array is empty/],
    ["[1] 2", /more text/],
    ["x [1]", /more text/],
    ["[1] [2]", /more text/],
    ["", /cut off/]
  ] as const) {
    it(`of ${JSON.stringify(broken)} are refused`, () => {
      assert.throws(() => cut(arrayElements(), [broken]), why)
    })
  }
})

describe("lines", () => {
  it("are trimmed, and blank ones passed over, wherever chunks end", () => {
    const text = '{"a":1}\r\n\n  {"b":2}  \n{"c":3}'
    FastCheck.assert(
      FastCheck.property(chunked(text), (chunks) => {
        assert.deepStrictEqual(cut(lines(), chunks), ['{"a":1}', '{"b":2}', '{"c":3}'])
      })
    )
  })
})
