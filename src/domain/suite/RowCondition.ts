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
  | { readonly kind: "text" | "column" | "name" | "sign"; readonly value: string }

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

/** Reads one condition by recursive descent: OR binds weakest, then AND, then NOT. */
class ConditionParser {
  private at = 0
  private depth = 0

  constructor(private readonly tokens: ReadonlyArray<Token>) {}

  parse(): Condition {
    const condition = this.disjunction()
    if (this.at < this.tokens.length) throw new CannotRun("the condition goes on where it should end")
    return condition
  }

  private get token(): Token | undefined {
    return this.tokens[this.at]
  }

  private take(is: boolean): boolean {
    if (is) this.at += 1
    return is
  }

  private takeWord(word: string): boolean {
    const { token } = this
    return this.take(token?.kind === "name" && token.value.toUpperCase() === word)
  }

  private takeSign(sign: string): boolean {
    return this.take(this.token?.kind === "sign" && this.token.value === sign)
  }

  private need(is: boolean, what: string): void {
    if (!is) throw new CannotRun(`the condition lacks ${what}`)
  }

  private value(): Value {
    const negative = this.takeSign("-")
    const { token } = this
    this.at += 1
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

  private values(): ReadonlyArray<Value> {
    this.need(this.takeSign("("), "(")
    const all = [this.value()]
    while (this.takeSign(",")) all.push(this.value())
    this.need(this.takeSign(")"), ")")
    return all
  }

  /** What follows a value: a call, a test for null, a set, a range, or a comparison. */
  private predicate(left: Value): Condition {
    if (this.takeSign(".")) return this.notNullCall(left)
    if (this.takeWord("IS")) {
      const isNull = !this.takeWord("NOT")
      this.need(this.takeWord("NULL"), "NULL")
      return (row) => (left(row) === null) === isNull
    }
    const negated = this.takeWord("NOT")
    const judged = (condition: Condition): Condition => (negated ? (row) => not(condition(row)) : condition)
    if (this.takeWord("IN")) {
      const all = this.values().map((one) => compared(left, "=", one))
      return judged((row) => all.reduce<boolean | null>((sum, one) => or(sum, one(row)), false))
    }
    if (this.takeWord("BETWEEN")) {
      const low = compared(left, ">=", this.value())
      this.need(this.takeWord("AND"), "AND")
      const high = compared(left, "<=", this.value())
      return judged((row) => and(low(row), high(row)))
    }
    return this.comparison(left)
  }

  private notNullCall(left: Value): Condition {
    this.need(this.takeWord("NOTNULL"), "notNull()")
    this.need(this.takeSign("("), "(")
    this.need(this.takeSign(")"), ")")
    return (row) => left(row) !== null
  }

  private comparison(left: Value): Condition {
    const { token } = this
    if (token?.kind !== "sign" || COMPARISONS[token.value] === undefined)
      throw new CannotRun("the condition lacks a comparison")
    this.at += 1
    return compared(left, token.value, this.value())
  }

  private factor(): Condition {
    this.depth += 1
    if (this.depth > DEPTH_MAX) throw new CannotRun("the condition is nested too deep")
    try {
      if (this.takeWord("NOT")) {
        const one = this.factor()
        return (row) => not(one(row))
      }
      if (this.takeSign("(")) {
        const inner = this.disjunction()
        this.need(this.takeSign(")"), ")")
        return inner
      }
      return this.predicate(this.value())
    } finally {
      this.depth -= 1
    }
  }

  private conjunction(): Condition {
    let all = this.factor()
    while (this.takeWord("AND")) {
      const [a, b] = [all, this.factor()]
      all = (row) => and(a(row), b(row))
    }
    return all
  }

  private disjunction(): Condition {
    let all = this.conjunction()
    while (this.takeWord("OR")) {
      const [a, b] = [all, this.conjunction()]
      all = (row) => or(a(row), b(row))
    }
    return all
  }
}

/** Throws CannotRun where it can't be read. */
export const parseCondition = (input: string): Condition => new ConditionParser(tokensOf(input)).parse()
