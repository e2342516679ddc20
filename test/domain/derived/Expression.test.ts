/** The language of derived sensors: what is printed is parsed again, and evaluated as JavaScript does it. */
import { assert, describe, it } from "@effect/vitest"
import * as Either from "effect/Either"
import * as FastCheck from "effect/FastCheck"
import {
  EXPRESSION_DEPTH_MAX,
  EXPRESSION_LENGTH_MAX,
  type Expression,
  evaluate,
  FIGURES,
  type Figure,
  numbered,
  print,
  sensorsIn
} from "../../../src/domain/derived/Expression.js"
import { parse } from "../../../src/domain/derived/ExpressionParser.js"

const source: FastCheck.Arbitrary<Expression> = FastCheck.record({
  kind: FastCheck.constant("source" as const),
  sensor: FastCheck.oneof(
    FastCheck.integer({ min: 1, max: 3 }),
    FastCheck.constantFrom("boiler", 'a "quoted" \\ name', "é/1", "s1")
  ),
  figure: FastCheck.constantFrom(...FIGURES)
})
const number: FastCheck.Arbitrary<Expression> = FastCheck.oneof(
  FastCheck.nat(1_000),
  FastCheck.double({ min: 0, max: 1e300, noNaN: true })
).map((value) => ({ kind: "number", value: value === 0 ? 0 : value }))

const ONE = ["abs", "sqrt", "exp", "ln", "kwh"] as const
const TWO = ["min", "max", "pow", "dew_point"] as const

const { expression } = FastCheck.letrec<{ expression: Expression }>((tie) => ({
  expression: FastCheck.oneof(
    { depthSize: "small", withCrossShrink: true },
    source,
    number,
    FastCheck.record({ kind: FastCheck.constant("negative" as const), of: tie("expression") }),
    FastCheck.record({
      kind: FastCheck.constant("operation" as const),
      operator: FastCheck.constantFrom("+" as const, "-" as const, "*" as const, "/" as const),
      left: tie("expression"),
      right: tie("expression")
    }),
    FastCheck.tuple(FastCheck.constantFrom(...ONE), tie("expression")).map(
      ([name, arg]): Expression => ({ kind: "call", name, args: [arg] })
    ),
    FastCheck.tuple(FastCheck.constantFrom(...TWO), tie("expression"), tie("expression")).map(
      ([name, ...args]): Expression => ({ kind: "call", name, args })
    )
  )
}))

/** A figure of a sensor, of the test's own: the same for both ways. */
const figureOf = (sensor: number | string, figure: Figure): number =>
  String(sensor).length * 7.25 - FIGURES.indexOf(figure) * 3.5 + (sensor === 2 ? -40 : 1)

/** The same in the words of JavaScript, with every operation in parentheses. */
const asJavaScript = (one: Expression): string => {
  switch (one.kind) {
    case "number":
      return `(${one.value})`
    case "source":
      return `(${figureOf(one.sensor, one.figure)})`
    case "negative":
      return `(-${asJavaScript(one.of)})`
    case "operation":
      return `(${asJavaScript(one.left)} ${one.operator} ${asJavaScript(one.right)})`
    case "call": {
      const [x = "", y = ""] = one.args.map(asJavaScript)
      const gamma = `(Math.log(${y} / 100) + (17.62 * ${x}) / (243.12 + ${x}))`
      const calls: Record<string, string> = {
        ln: `Math.log(${x})`,
        kwh: `(${x} / 60000)`,
        dew_point: `((243.12 * ${gamma}) / (17.62 - ${gamma}))`
      }
      return calls[one.name] ?? `Math.${one.name}(${one.args.map(asJavaScript).join(", ")})`
    }
  }
}

const parsed = (text: string): Expression => Either.getOrThrow(parse(text))
const valueOf = (text: string, figures: Partial<Record<string, number>> = {}) =>
  evaluate(parsed(text), (sensor, figure) => figures[`${sensor}.${figure}`] ?? Number.NaN)
const faultOf = (text: string) => {
  const result = parse(text)
  return Either.isLeft(result) ? ([result.left.at, result.left.message] as const) : "is taken"
}

describe("the language of derived sensors", () => {
  it("parses what it prints, equal, and evaluates as JavaScript does", () => {
    let finite = 0
    FastCheck.assert(
      FastCheck.property(expression, (one) => {
        FastCheck.pre(sensorsIn(one).length > 0)
        const text = print(one)
        const again = parse(text)
        if (Either.isLeft(again)) {
          assert.match(again.left.message, /deeper|longer/)
          return
        }
        assert.deepStrictEqual(again.right, one)
        const expected: unknown = new Function(`return ${asJavaScript(one)}`)()
        assert.isTrue(Object.is(evaluate(again.right, figureOf), expected), text)
        if (Number.isFinite(expected)) finite += 1
      }),
      { numRuns: 2_000, seed: 14 }
    )
    assert.isAbove(finite, 200)
  })

  it("binds as arithmetic does, and knows each way to name a sensor's minute", () => {
    const figures = { "1.mean": 2, "2.mean": 8, "1.max": 9, "1.min": 1, "attic/t.mean": 5, "1.count": 60 }
    assert.strictEqual(valueOf("s1 - s2 - 1", figures), -7)
    assert.strictEqual(valueOf("s2 / s1 / 2 + -s1 * 3", figures), -4)
    assert.strictEqual(valueOf("-(s1 + s2) * 1.5e1", figures), -150)
    assert.strictEqual(valueOf('"attic/t" + mean("attic/t") + "attic/t".mean', figures), 15)
    assert.strictEqual(valueOf("max(1) + min(s1) + count(1) + mean(1)", figures), 72)
    assert.strictEqual(valueOf("max(s1, s2, 3) - min(s1, s2)", figures), 6)
    assert.strictEqual(valueOf("pow(s1, 3) + abs(-s2) + sqrt(s1 * s2) + ln(exp(s1))", figures), 22)
    assert.strictEqual(print(parsed(" mean( 1 )*( 2+s2.max ) ")), "s1 * (2 + s2.max)")
  })

  it("has no finite value where it divides by zero or leaves the range of numbers", () => {
    const figures = { "1.mean": 0 }
    for (const text of ["1 / s1", "s1 / s1", "ln(s1)", "sqrt(s1 - 1)", "exp(s1 + 1000)", "pow(s1, -1)"]) {
      assert.isFalse(Number.isFinite(valueOf(text, figures)), text)
    }
  })

  it("knows the dew point, to a tenth of published tables, and the work of a minute", () => {
    // At 20 °C and 50 %: 9.3 °C; 25 and 60: 16.7; 0 and 80: -3.0; saturated air: its own temperature.
    for (const [t, rh, dew] of [
      [20, 50, 9.3],
      [25, 60, 16.7],
      [0, 80, -3],
      [15, 100, 15]
    ] as const) {
      const value = valueOf("dew_point(s1, s2)", { "1.mean": t, "2.mean": rh })
      assert.isAtMost(Math.abs(value - dew), 0.1, `${t} °C, ${rh} %`)
    }
    // 1,500 W for an hour: 60 minutes of it are 1.5 kWh.
    assert.strictEqual(60 * valueOf("kwh(s1)", { "1.mean": 1_500 }), 1.5)
  })

  it("says where it goes wrong, and what was expected there", () => {
    const cases: ReadonlyArray<readonly [text: string, at: number, words: RegExp]> = [
      ["", 0, /expected a number, a sensor, a function or \(, and not the end/],
      ["s1 +", 4, /not the end/],
      ["s1 s2", 3, /an operator or the end, and not s2/],
      ["(s1 + 2", 7, /an operator or \)/],
      ["s1 ** 2", 4, /not \*/],
      ["s1 $ 2", 3, /\$ means nothing/],
      ['"boiler', 0, /not closed/],
      ['"" + 1', 0, /at least one character/],
      ["s1.median", 3, /one of mean, sum, min/],
      ["power(s1)", 0, /power is no sensor/],
      ["dew_point(s1)", 0, /takes 2 values, and not 1/],
      ["min(s1 + 1)", 0, /takes 2 to 8 values/],
      ["mean(s1 + s2)", 5, /expected one sensor/],
      ["s0", 0, /s0 is no sensor/],
      ["s9999999999", 0, /no sensor's number/],
      ["1e999 * s1", 0, /beyond the range/],
      ["1 + 2", 0, /names no sensor/],
      ["s1+s2+s3+s4+s5+s6+s7+s8+s9", 0, /names 9 sensors, and 8/],
      [`${"(".repeat(EXPRESSION_DEPTH_MAX)}s1${")".repeat(EXPRESSION_DEPTH_MAX)}`, 32, /deeper than 32/],
      ["-".repeat(40).concat("s1"), 32, /deeper than 32/],
      [`s1${" + 1".repeat(40)}`, 129, /deeper than 32/],
      [`s1${" ".repeat(EXPRESSION_LENGTH_MAX)}`, EXPRESSION_LENGTH_MAX, /longer than/]
    ]
    for (const [text, at, words] of cases) {
      const fault = faultOf(text)
      assert.strictEqual(fault[0], at, `${text}: ${fault[1]}`)
      assert.match(fault[1] ?? "", words, text)
    }
  })

  it("gives names the numbers that they have, and leaves what it does not know", () => {
    const text = '"a" - "b".max + s7'
    const one = numbered(parsed(text), new Map([["a", 5]]))
    assert.strictEqual(print(one), 's5 - "b".max + s7')
    assert.deepStrictEqual(sensorsIn(parsed(text)), ["a", "b", 7])
  })
})
