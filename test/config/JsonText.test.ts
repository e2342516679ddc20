import { assert, describe, it } from "@effect/vitest"
import * as Either from "effect/Either"
import * as FastCheck from "effect/FastCheck"
import { parseJsonText } from "../../src/config/JsonText.js"

const fault = (text: string): string =>
  Either.match(parseJsonText(text), {
    onLeft: ({ line, column, problem }) => `${line}:${column} ${problem}`,
    onRight: () => "none"
  })

describe("JsonText", () => {
  it("reads all JSON as JSON.parse does", () => {
    FastCheck.assert(
      FastCheck.property(FastCheck.json(), FastCheck.nat(4), (text, indent) => {
        const spaced = JSON.stringify(JSON.parse(text), null, indent)
        assert.deepStrictEqual(parseJsonText(spaced), Either.right(JSON.parse(text)))
      })
    )
  })

  it("refuses whatever JSON.parse refuses", () => {
    FastCheck.assert(
      FastCheck.property(
        FastCheck.json(),
        FastCheck.nat(200),
        FastCheck.constantFrom(...'{}[]:,"0-e.t\\\n'),
        (text, at, char) => {
          const edited = text.slice(0, at) + char + text.slice(at + 1)
          const parses = Either.isRight(Either.try(() => JSON.parse(edited)))
          // A key that is there twice is the first fault of a text, be what follows JSON or not.
          if (fault(edited).endsWith("is there twice")) return
          assert.strictEqual(fault(edited) === "none", parses, edited)
        }
      ),
      {
        numRuns: 500,
        examples: [
          ['{"":null," ":0}', 10, '"'],
          ['{"e":1,"t":2}', 8, "e"]
        ]
      }
    )
  })

  it("names line and column of the first fault", () => {
    assert.strictEqual(fault('{\n  "a": 1\n  "b": 2\n}'), '3:3 expected "," or "}", found """')
    assert.strictEqual(fault('{"a": [1, 2}'), '1:12 expected "," or "]", found "}"')
    assert.strictEqual(fault('{"a": 01}'), '1:7 expected a value, found "0"')
    assert.strictEqual(fault('{"a": 1} x'), '1:10 expected the end of the file, found "x"')
    assert.strictEqual(fault('{"a": "\t"}'), "1:7 a text holds a control character")
    assert.strictEqual(fault("{'a': 1}"), `1:2 expected a key in double quotes, found "'"`)
  })

  it("refuses a key that is there twice", () => {
    assert.strictEqual(fault('{"1": {},\n "1": {}}'), '2:2 the key "1" is there twice')
  })

  it("bounds how deep a text may nest, and passes over a byte order mark", () => {
    assert.strictEqual(fault("[".repeat(100_000)), "1:102 nested deeper than 100")
    assert.strictEqual(fault("\ufeff{}"), "none")
  })
})
