/**
 * Conditions on a row, as suites have them: SQL's `value > 3 AND unit IN ('C', 'F')`, and the `sensor_id == 1` and
 * `col("sensor_id").notNull()` of `row_condition`. They are parsed and held against rows here: no text of a client
 * ever reaches a database. A comparison with null says nothing (null), as in SQL.
 */
import { type Cell, compare, type Row } from "./ExpectationRows.js"
import { CannotRun } from "./ExpectationRules.js"

export type Condition = (row: Row) => boolean | null

const TOKEN =
  /\s*(?:(\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)|'((?:[^']|'')*)'|col\(\s*"([^"]*)"\s*\)|"([^"]*)"|([A-Za-z_]\w*)|(<=|>=|<>|!=|==|[=<>(),.-]))/y
const DEPTH_MAX = 50
const LENGTH_MAX = 2_000

type Token =
  | { readonly kind: "number"; readonly value: number }
  | { readonly kind: "text"; readonly value: string }
  | { readonly kind: "column"; readonly value: string }
  | { readonly kind: "name"; readonly value: string }
  | { readonly kind: "sign"; readonly value: string }

const tokensOf = (input: string): ReadonlyArray<Token> => {
  if (input.length > LENGTH_MAX) throw new CannotRun(`the condition is longer than ${LENGTH_MAX} characters`)
  const tokens: Array<Token> = []
  const text = input.trimEnd()
  TOKEN.lastIndex = 0
  while (TOKEN.lastIndex < text.length) {
    const at = TOKEN.lastIndex
    const match = TOKEN.exec(text)
    if (match === null)
      throw new CannotRun(`the condition can't be read from "${text.slice(at, at + 20)}" on`)
    const [, number, quoted, called, double, name, sign] = match
    if (number !== undefined) tokens.push({ kind: "number", value: Number(number) })
    else if (quoted !== undefined) tokens.push({ kind: "text", value: quoted.replaceAll("''", "'") })
    else if (called !== undefined) tokens.push({ kind: "column", value: called })
    // Of pandas a text, of SQL a name: what follows a comparison is a text.
    else if (double !== undefined) tokens.push({ kind: "text", value: double })
    else if (name !== undefined) tokens.push({ kind: "name", value: name })
    else tokens.push({ kind: "sign", value: sign ?? "" })
  }
  return tokens
}

type Value = (row: Row) => Cell

const COMPARISONS: Readonly<Record<string, (order: number) => boolean>> = {
  "=": (order) => order === 0,
  "==": (order) => order === 0,
  "<>": (order) => order !== 0,
  "!=": (order) => order !== 0,
  "<": (order) => order < 0,
  "<=": (order) => order <= 0,
  ">": (order) => order > 0,
  ">=": (order) => order >= 0
}

const and = (a: boolean | null, b: boolean | null) =>
  a === false || b === false ? false : a === null || b === null ? null : true
const or = (a: boolean | null, b: boolean | null) =>
  a === true || b === true ? true : a === null || b === null ? null : false
const not = (a: boolean | null) => (a === null ? null : !a)

const compared =
  (left: Value, sign: string, right: Value): Condition =>
  (row) => {
    const [a, b] = [left(row), right(row)]
    if (a === null || b === null) return null
    const order = compare(a, b)
    return order === null ? sign === "<>" || sign === "!=" : (COMPARISONS[sign]?.(order) ?? null)
  }

/** A parser over the tokens of one condition. */
const parser = (tokens: ReadonlyArray<Token>) => {
  let at = 0
  let depth = 0
  const peek = () => tokens[at]
  const isWord = (word: string) => {
    const token = peek()
    return token?.kind === "name" && token.value.toUpperCase() === word
  }
  const isSign = (sign: string) => {
    const token = peek()
    return token?.kind === "sign" && token.value === sign
  }
  const took = (is: boolean) => {
    if (is) at += 1
    return is
  }
  const need = (is: boolean, what: string) => {
    if (!took(is)) throw new CannotRun(`the condition lacks ${what}`)
  }

  const value = (): Value => {
    const negative = took(isSign("-"))
    const token = peek()
    at += 1
    if (token?.kind === "number") return () => (negative ? -token.value : token.value)
    if (negative || token === undefined || token.kind === "sign")
      throw new CannotRun("the condition lacks a value")
    if (token.kind === "text") return () => token.value
    if (token.kind === "name" && /^(true|false)$/i.test(token.value)) {
      const is = token.value.toLowerCase() === "true"
      return () => is
    }
    if (token.kind === "name" && /^null$/i.test(token.value)) return () => null
    return (row) => {
      if (!Object.hasOwn(row, token.value)) throw new CannotRun(`there is no column "${token.value}"`)
      return row[token.value] ?? null
    }
  }

  const values = (): ReadonlyArray<Value> => {
    need(isSign("("), "(")
    const all = [value()]
    while (took(isSign(","))) all.push(value())
    need(isSign(")"), ")")
    return all
  }

  const tail = (left: Value): Condition => {
    if (took(isSign("."))) {
      need(isWord("NOTNULL"), "notNull()")
      need(isSign("("), "(")
      need(isSign(")"), ")")
      return (row) => left(row) !== null
    }
    if (took(isWord("IS"))) {
      const wanted = !took(isWord("NOT"))
      need(isWord("NULL"), "NULL")
      return (row) => (left(row) === null) === wanted
    }
    const negated = took(isWord("NOT"))
    const judged = (condition: Condition): Condition => (negated ? (row) => not(condition(row)) : condition)
    if (took(isWord("IN"))) {
      const all = values().map((one) => compared(left, "=", one))
      return judged((row) => all.reduce<boolean | null>((sum, one) => or(sum, one(row)), false))
    }
    if (took(isWord("BETWEEN"))) {
      const low = compared(left, ">=", value())
      need(isWord("AND"), "AND")
      const high = compared(left, "<=", value())
      return judged((row) => and(low(row), high(row)))
    }
    const token = peek()
    if (token?.kind !== "sign" || COMPARISONS[token.value] === undefined)
      throw new CannotRun("the condition lacks a comparison")
    at += 1
    return compared(left, token.value, value())
  }

  const factor = (): Condition => {
    depth += 1
    if (depth > DEPTH_MAX) throw new CannotRun("the condition is nested too deep")
    try {
      if (took(isWord("NOT"))) {
        const one = factor()
        return (row) => not(one(row))
      }
      if (took(isSign("("))) {
        const inner = whole()
        need(isSign(")"), ")")
        return inner
      }
      return tail(value())
    } finally {
      depth -= 1
    }
  }

  const both = (): Condition => {
    let all = factor()
    while (took(isWord("AND"))) {
      const [a, b] = [all, factor()]
      all = (row) => and(a(row), b(row))
    }
    return all
  }

  const whole = (): Condition => {
    let all = both()
    while (took(isWord("OR"))) {
      const [a, b] = [all, both()]
      all = (row) => or(a(row), b(row))
    }
    return all
  }

  return {
    parse: (): Condition => {
      const condition = whole()
      if (at < tokens.length) throw new CannotRun("the condition goes on where it should end")
      return condition
    }
  }
}

/** Throws CannotRun where it can't be read. */
export const parseCondition = (input: string): Condition => parser(tokensOf(input)).parse()
