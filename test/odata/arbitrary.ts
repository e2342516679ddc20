/** Random filters over the properties of an entity set, of kinds that fit, so that nearly all of them are valid. */
import * as FastCheck from "effect/FastCheck"
import type { EntitySet, Kind, Property } from "../../src/odata/Edm.js"
import { ARITHMETICS, COMPARISONS, type Expr, type Literal } from "../../src/odata/syntax/Ast.js"
import { DAY, T0 } from "./data.js"

type Arb<A> = FastCheck.Arbitrary<A>

const literal = (value: Literal): Expr => ({ _tag: "Literal", literal: value })
const call = (name: string, ...args: ReadonlyArray<Expr>): Expr => ({ _tag: "Call", name, args })

const TEXTS = [
  "",
  "C",
  "C ",
  "%",
  "c",
  "O'Brien",
  "Küche",
  "küche",
  "😀x",
  "￿",
  " ",
  "Main Entrance",
  "main",
  "in",
  "1m"
]
export const texts: Arb<Literal> = FastCheck.constantFrom(...TEXTS).map((value) => ({ kind: "text", value }))
const integers: Arb<Literal> = FastCheck.integer({ min: -3, max: 70 }).map((value) => ({
  kind: "integer",
  value
}))
const numbers: Arb<Literal> = FastCheck.constantFrom(0.5, -1.25, 20, 21.5, 1e3, 1e-7, 60, 0.1).map(
  (value) => ({
    kind: "number",
    value
  })
)
const times: Arb<Literal> = FastCheck.integer({ min: -2_000_000, max: 200_000_000 }).map((micros) => ({
  kind: "time",
  value: T0 + micros
}))
const dates: Arb<Literal> = FastCheck.integer({ min: -1, max: 2 }).map((days) => ({
  kind: "date",
  value: Math.floor(T0 / DAY) * DAY + days * DAY
}))
const booleans: Arb<Literal> = FastCheck.boolean().map((value) => ({ kind: "boolean", value }))
const NULL: Literal = { kind: "null" }

const literals: Record<Kind, Arb<Literal>> = {
  integer: integers,
  number: FastCheck.oneof(integers, numbers),
  text: texts,
  time: FastCheck.oneof(times, times, dates),
  date: dates,
  boolean: booleans
}

/** Every primitive property that can be asked for, with its kind. */
export const members = (set: EntitySet) => {
  const walk = (
    property: Property,
    above: ReadonlyArray<string>
  ): ReadonlyArray<{ path: ReadonlyArray<string>; kind: Kind }> =>
    !property.filterable
      ? []
      : property.type._tag === "Primitive"
        ? [{ path: [...above, property.name], kind: property.type.kind }]
        : property.type.of.properties.flatMap((one) => walk(one, [...above, property.name]))
  return set.properties.flatMap((property) => walk(property, []))
}

const memberOf = (set: EntitySet, ...kinds: ReadonlyArray<Kind>): Arb<Expr> => {
  const found = members(set).filter(({ kind }) => kinds.includes(kind))
  return found.length === 0
    ? literals[kinds[0] ?? "text"].map(literal)
    : FastCheck.constantFrom(...found.map(({ path }): Expr => ({ _tag: "Member", path })))
}

/** `depth`: how deep the expressions go. */
export const filters = (set: EntitySet, depth = 3): Arb<Expr> => {
  const text = (n: number): Arb<Expr> => {
    const leaf = FastCheck.oneof(texts.map(literal), memberOf(set, "text"), memberOf(set, "text"))
    if (n <= 0) return leaf
    const inner = text(n - 1)
    const small = FastCheck.integer({ min: 0, max: 5 }).map((value) => literal({ kind: "integer", value }))
    return FastCheck.oneof(
      { arbitrary: leaf, weight: 4 },
      FastCheck.constantFrom("tolower", "toupper", "trim").chain((name) => inner.map((a) => call(name, a))),
      FastCheck.tuple(inner, inner).map(([a, b]) => call("concat", a, b)),
      FastCheck.tuple(inner, small).map(([a, b]) => call("substring", a, b)),
      FastCheck.tuple(inner, small, small).map(([a, b, c]) => call("substring", a, b, c))
    )
  }
  const time: Arb<Expr> = FastCheck.oneof(times.map(literal), memberOf(set, "time"), memberOf(set, "time"))
  const integer = (n: number): Arb<Expr> => {
    const leaf = FastCheck.oneof(integers.map(literal), memberOf(set, "integer"))
    if (n <= 0) return leaf
    const inner = integer(n - 1)
    return FastCheck.oneof(
      { arbitrary: leaf, weight: 4 },
      text(n - 1).map((a) => call("length", a)),
      FastCheck.tuple(text(n - 1), text(n - 1)).map(([a, b]) => call("indexof", a, b)),
      FastCheck.tuple(FastCheck.constantFrom("year", "month", "day", "hour", "minute", "second"), time).map(
        ([name, a]) => call(name, a)
      ),
      inner.map((operand): Expr => ({ _tag: "Negate", operand })),
      FastCheck.tuple(FastCheck.constantFrom(...ARITHMETICS), inner, inner).map(
        ([op, left, right]): Expr => ({ _tag: "Binary", op, left, right })
      )
    )
  }
  const number = (n: number): Arb<Expr> => {
    const leaf = FastCheck.oneof(
      numbers.map(literal),
      memberOf(set, "number"),
      memberOf(set, "number"),
      integer(n)
    )
    if (n <= 0) return leaf
    const inner = number(n - 1)
    const op = FastCheck.constantFrom("add" as const, "sub" as const, "mul" as const, "div" as const)
    return FastCheck.oneof(
      { arbitrary: leaf, weight: 4 },
      FastCheck.tuple(op, inner, inner).map(
        ([op, left, right]): Expr => ({ _tag: "Binary", op, left, right })
      )
    )
  }
  const comparison = FastCheck.constantFrom(...COMPARISONS)
  const pairOf = (arbitrary: Arb<Expr>): Arb<Expr> =>
    FastCheck.tuple(comparison, arbitrary, arbitrary).map(([op, left, right]) => ({
      _tag: "Binary",
      op,
      left,
      right
    }))
  const calendarPairs: Arb<Expr> = FastCheck.tuple(
    comparison,
    FastCheck.constantFrom("date", "year"),
    time,
    dates
  ).map(([op, name, of, date]) => ({
    _tag: "Binary",
    op,
    left: call(name, of),
    right: name === "date" ? literal(date) : literal({ kind: "integer", value: 2024 })
  }))
  const ins: Arb<Expr> = FastCheck.constantFrom<Kind>("integer", "number", "text", "time").chain((kind) =>
    FastCheck.tuple(
      kind === "text" ? text(1) : memberOf(set, kind),
      FastCheck.array(FastCheck.oneof({ arbitrary: literals[kind], weight: 5 }, FastCheck.constant(NULL)), {
        minLength: 1,
        maxLength: 4
      })
    ).map(([left, items]): Expr => ({ _tag: "In", left, items }))
  )
  const boolean = (n: number): Arb<Expr> => {
    const compared: Arb<Expr> = FastCheck.oneof(
      pairOf(number(1)),
      pairOf(integer(1)),
      pairOf(text(1)),
      pairOf(FastCheck.oneof(time, dates.map(literal))),
      calendarPairs,
      ins,
      FastCheck.tuple(FastCheck.constantFrom("contains", "startswith", "endswith"), text(1), text(1)).map(
        ([name, a, b]) => call(name, a, b)
      ),
      FastCheck.tuple(comparison, FastCheck.constantFrom<Kind>("text", "number", "time", "integer")).chain(
        ([op, kind]) =>
          memberOf(set, kind).map((left): Expr => ({ _tag: "Binary", op, left, right: literal(NULL) }))
      ),
      memberOf(set, "boolean"),
      FastCheck.constant(literal(NULL))
    )
    if (n <= 0) return compared
    const inner = boolean(n - 1)
    return FastCheck.oneof(
      { arbitrary: compared, weight: 3 },
      FastCheck.tuple(FastCheck.constantFrom("and" as const, "or" as const), inner, inner).map(
        ([op, left, right]): Expr => ({ _tag: "Binary", op, left, right })
      ),
      FastCheck.tuple(FastCheck.constantFrom("eq" as const, "ne" as const), inner, inner).map(
        ([op, left, right]): Expr => ({ _tag: "Binary", op, left, right })
      ),
      inner.map((operand): Expr => ({ _tag: "Not", operand }))
    )
  }
  return boolean(depth)
}
