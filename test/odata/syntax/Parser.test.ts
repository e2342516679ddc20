/** Filters as text: what is printed parses back, and no text brings anything but an OData error. */
import { assert, describe, it } from "@effect/vitest"
import * as Either from "effect/Either"
import * as FastCheck from "effect/FastCheck"
import { checkFilter } from "../../../src/odata/Check.js"
import { ENTITY_SETS } from "../../../src/odata/EntitySets.js"
import { ODataError } from "../../../src/odata/ODataError.js"
import { orderOf } from "../../../src/odata/Order.js"
import { type Expr, type Literal, print } from "../../../src/odata/syntax/Ast.js"
import { parseOptions, parseSelect } from "../../../src/odata/syntax/Options.js"
import { parseFilter } from "../../../src/odata/syntax/Parser.js"
import { filters } from "../arbitrary.js"
import { T0 } from "../data.js"

const parsed = (text: string): Expr => Either.getOrThrowWith(parseFilter(text), (error) => error)
const literalOf = (text: string): Literal => {
  const expr = parsed(text)
  if (expr._tag !== "Literal") throw new Error(`${text} is no literal`)
  return expr.literal
}
const codeOf = (text: string): string => {
  const result = Either.flatMap(parseFilter(text), (expr) => checkFilter(expr, ENTITY_SETS.readings, T0))
  return Either.isLeft(result) ? result.left.code : "ok"
}

const anyLiteral: FastCheck.Arbitrary<Literal> = FastCheck.oneof(
  FastCheck.constant<Literal>({ kind: "null" }),
  FastCheck.boolean().map((value): Literal => ({ kind: "boolean", value })),
  FastCheck.maxSafeInteger().map((value): Literal => ({ kind: "integer", value: value + 0 })),
  FastCheck.double({ noNaN: true, noDefaultInfinity: true }).map(
    (value): Literal => ({
      kind: "number",
      value: value === 0 ? 0 : value
    })
  ),
  FastCheck.string({ unit: "binary" })
    .filter((value) => !value.includes("\0"))
    .map((value): Literal => ({ kind: "text", value })),
  FastCheck.integer({ min: 0, max: 8_000_000_000 }).map(
    (value): Literal => ({ kind: "time", value: value * 1_000_003 })
  ),
  FastCheck.integer({ min: 0, max: 100_000 }).map(
    (value): Literal => ({ kind: "date", value: value * 86_400_000_000 })
  ),
  FastCheck.integer({ min: -1e15, max: 1e15 }).map(
    (value): Literal => ({ kind: "duration", value: value + 0 })
  )
)

describe("a filter's text", () => {
  it("takes `in` before `not`, as a condition of its own", () => {
    assert.deepStrictEqual(parsed("not unit in ('C')"), parsed("not (unit in ('C'))"))
    assert.deepStrictEqual(parsed("id in (1) in (true)"), parsed("(id in (1)) in (true)"))
    assert.deepStrictEqual(parsed("2 mul id in (1)"), parsed("2 mul (id in (1))"))
    assert.strictEqual(codeOf("not unit in ('C') and value gt 1"), "ok")
    assert.strictEqual(codeOf(`id in (1)${" in (true)".repeat(40)}`), "TooComplex")
  })

  for (const set of Object.values(ENTITY_SETS)) {
    it(`comes back from what was printed of it: ${set.name}`, () => {
      FastCheck.assert(
        FastCheck.property(filters(set, 4), (expr) => {
          assert.deepStrictEqual(parsed(print(expr)), expr)
        }),
        { numRuns: 400 }
      )
    })
  }

  it("gives every literal back", () => {
    FastCheck.assert(
      FastCheck.property(anyLiteral, (literal) => {
        assert.deepStrictEqual(parsed(print({ _tag: "Literal", literal })), { _tag: "Literal", literal })
      }),
      { numRuns: 2_000 }
    )
  })

  it("brings nothing but OData errors, whatever it is", () => {
    const words = FastCheck.constantFrom(
      ...[
        "value",
        "timestamp",
        "unit",
        "nothing",
        "metadata",
        "/",
        "(",
        ")",
        ",",
        "'",
        "''",
        "-",
        " ",
        "eq",
        "and",
        "or"
      ],
      ...[
        "not",
        "in",
        "add",
        "mod",
        "div",
        "contains(",
        "date(",
        "now()",
        "null",
        "true",
        "1",
        "1.5e3",
        "NaN",
        "INF"
      ],
      ...[
        "2024-06-14",
        "2024-02-30",
        "T00:00:00Z",
        "duration'P1D'",
        "'C'",
        "$it",
        "@p",
        "%",
        "\0",
        "\ud800",
        "any(x:x)"
      ]
    )
    const soup = FastCheck.oneof(
      FastCheck.string({ unit: "binary", maxLength: 60 }),
      FastCheck.array(words, { maxLength: 12 }).map((all) => all.join(" ")),
      FastCheck.array(words, { maxLength: 12 }).map((all) => all.join(""))
    )
    const refusals = (result: Either.Either<unknown, unknown>) => {
      if (Either.isLeft(result)) assert.instanceOf(result.left, ODataError)
    }
    FastCheck.assert(
      FastCheck.property(soup, (text) => {
        for (const set of Object.values(ENTITY_SETS)) {
          refusals(Either.flatMap(parseFilter(text), (expr) => checkFilter(expr, set, T0)))
          refusals(orderOf(set, text))
          refusals(parseSelect(set, text))
        }
        refusals(parseOptions(text))
        refusals(parseOptions(`$filter=${text}`))
      }),
      { numRuns: 3_000 }
    )
  })

  it("refuses what other answers take, and leaves alone what is anybody's", () => {
    for (const name of ["as_of", "tz"]) {
      const refusal = parseOptions(`$top=1&${name}=5`)
      assert.isTrue(Either.isLeft(refusal) && refusal.left.message.includes(name), name)
    }
    assert.deepStrictEqual(parseOptions("$top=1&mine=5"), Either.right({ top: 1 }))
  })

  it("binds as OData says", () => {
    const same = (a: string, b: string) => assert.deepStrictEqual(parsed(a), parsed(b), a)
    same("a eq 1 or b eq 2 and c eq 3", "(a eq 1) or ((b eq 2) and (c eq 3))")
    same("a add 2 mul 3 gt 4 eq true", "((a add (2 mul 3)) gt 4) eq true")
    same("a sub b sub c eq 1", "((a sub b) sub c) eq 1")
    same("not contains(a,'x') and b", "(not contains(a,'x')) and b")
    same("not not a or -b eq 1", "(not (not a)) or ((-b) eq 1)")
    same("a in (1,2) eq true", "(a in (1,2)) eq true")
    same("  a\teq  1 ", "a eq 1")
    same("a EQ 1 AND NOT b", "a eq 1 and not b")
  })

  it("takes times as tools write them", () => {
    const at = (text: string) => {
      const literal = literalOf(text)
      return literal.kind === "time" ? literal.value : literal.kind
    }
    const noon = Date.UTC(2024, 0, 1, 12) * 1_000
    for (const text of [
      "2024-01-01T12:00:00Z",
      "2024-01-01T12:00Z",
      "2024-01-01T12:00:00",
      "2024-01-01T13:00:00+01:00"
    ]) {
      assert.strictEqual(at(text), noon, text)
    }
    // A plus that was not encoded; .NET's seven digits; older versions.
    assert.strictEqual(at("2024-01-01T13:00:00 01:00"), noon)
    assert.strictEqual(at("2024-01-01T12:00:00.0000019Z"), noon + 1)
    assert.strictEqual(at("datetimeoffset'2024-01-01T12:00:00Z'"), noon)
    assert.strictEqual(at("2024-01-01"), "date")
    assert.isBelow(Number(at("0001-01-01T00:00:00Z")), 0)
    assert.isBelow(Number(at("1970-01-01T00:00:00+01:00")), 0)
    assert.strictEqual(at("9999-12-31T23:59:59.9999999Z"), Number.MAX_SAFE_INTEGER)
    for (const text of [
      "2024-02-30",
      "2024-13-01T00:00:00Z",
      "2024-01-01T25:00:00Z",
      "0001-02-30",
      "9999-00-01"
    ]) {
      assert.isTrue(Either.isLeft(parseFilter(text)), text)
    }
  })

  it("says what is wrong", () => {
    assert.strictEqual(codeOf("value gt 1"), "ok")
    assert.strictEqual(codeOf("value gt"), "InvalidFilter")
    assert.strictEqual(codeOf("valve gt 1"), "UnknownProperty")
    assert.strictEqual(codeOf("value/x gt 1"), "UnknownProperty")
    assert.strictEqual(codeOf("value gt '1'"), "TypeMismatch")
    assert.strictEqual(codeOf("value"), "TypeMismatch")
    assert.strictEqual(codeOf("not value eq 1"), "TypeMismatch")
    assert.strictEqual(codeOf("frobnicate(value)"), "InvalidFilter")
    assert.strictEqual(codeOf("round(value) eq 1"), "NotImplemented")
    assert.strictEqual(codeOf("value mod 2 eq 1"), "NotImplemented")
    assert.strictEqual(codeOf("timestamp gt now() sub duration'PT24H'"), "ok")
    assert.strictEqual(codeOf("timestamp add duration'PT24H' gt now()"), "NotImplemented")
    assert.strictEqual(codeOf(`${"(".repeat(40)}true${")".repeat(40)}`), "TooComplex")
    assert.strictEqual(codeOf(Array.from({ length: 600 }, (_, i) => `id eq ${i}`).join(" or ")), "ok")
    assert.strictEqual(codeOf(`${"1 add ".repeat(50)}1 eq 1`), "TooComplex")
  })
})
