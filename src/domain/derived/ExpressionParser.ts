/**
 * The text of a derived sensor as an expression, or where it goes wrong and what was expected there. Never throws.
 *
 *     sum    := product (("+" | "-") product)*
 *     product:= factor (("*" | "/") factor)*
 *     factor := "-" factor | "(" sum ")" | number | source | name "(" sum ("," sum)* ")"
 *     source := ("s1" | "\"name\"") ("." figure)?  |  figure "(" (1 | "s1" | "\"name\"") ")"
 */
import * as Either from "effect/Either"
import { SENSOR_ID_MAX } from "../Ids.js"
import {
  EXPRESSION_DEPTH_MAX,
  EXPRESSION_LENGTH_MAX,
  type Expression,
  FIGURES,
  FUNCTIONS,
  type FunctionName,
  isFigure,
  isFunction,
  isOperator,
  OPERATORS,
  SOURCES_MAX,
  sensorsIn
} from "./Expression.js"

export interface ExpressionFault {
  /** Characters before it. */
  readonly at: number
  readonly message: string
}

type Token =
  | { readonly kind: "number"; readonly at: number; readonly text: string }
  | { readonly kind: "word"; readonly at: number; readonly text: string }
  | { readonly kind: "name"; readonly at: number; readonly text: string }
  | { readonly kind: "mark"; readonly at: number; readonly text: string }
  | { readonly kind: "end"; readonly at: number; readonly text: "" }

class Fault extends Error {
  constructor(
    readonly at: number,
    message: string
  ) {
    super(message)
  }
}

const TOKEN =
  /\s*(?:(\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)|([A-Za-z_][A-Za-z0-9_]*)|"((?:[^"\\]|\\["\\])*)"|([-+*/(),.]))/y

const tokenize = (text: string): ReadonlyArray<Token> => {
  const tokens: Array<Token> = []
  const end = text.trimEnd().length
  TOKEN.lastIndex = 0
  while (TOKEN.lastIndex < end) {
    const from = TOKEN.lastIndex
    const match = TOKEN.exec(text)
    if (match === null) {
      const at = from + (/^\s*/.exec(text.slice(from))?.[0].length ?? 0)
      const strange = text.slice(at, at + 1)
      throw new Fault(
        at,
        strange === '"' ? "the name is not closed by a quote" : `${strange} means nothing here`
      )
    }
    const [whole, number, word, name, mark] = match
    const at = from + (/^\s*/.exec(whole)?.[0].length ?? 0)
    if (number !== undefined) tokens.push({ kind: "number", at, text: number })
    else if (word !== undefined) tokens.push({ kind: "word", at, text: word })
    else if (name !== undefined) tokens.push({ kind: "name", at, text: name.replace(/\\(["\\])/g, "$1") })
    else tokens.push({ kind: "mark", at, text: mark ?? "" })
  }
  return [...tokens, { kind: "end", at: end, text: "" }]
}

const RANK_MAX = 2

const NUMBERED = /^s([1-9]\d{0,9})$/

class Parser {
  private index = 0
  private depth = 0

  constructor(private readonly tokens: ReadonlyArray<Token>) {}

  whole(): Expression {
    const expression = this.chain(1)
    const { at, kind } = this.next
    if (kind !== "end") throw new Fault(at, `expected an operator or the end, and not ${this.shown}`)
    return expression
  }

  private get next(): Token {
    return this.tokens[this.index] ?? { kind: "end", at: 0, text: "" }
  }

  private get shown(): string {
    const { kind, text } = this.next
    return kind === "end" ? "the end" : kind === "name" ? `"${text}"` : text
  }

  private take(): Token {
    const token = this.next
    this.index += 1
    return token
  }

  private isMark(text: string, ahead = 0): boolean {
    const token = this.tokens[this.index + ahead]
    return token?.kind === "mark" && token.text === text
  }

  private mark(text: string, instead: string): void {
    if (!this.isMark(text)) throw new Fault(this.next.at, `expected ${instead}, and not ${this.shown}`)
    this.index += 1
  }

  /** Operators of a rank, from left to right: each makes what is left of it deeper. */
  private chain(rank: number): Expression {
    if (rank > RANK_MAX) return this.factor()
    const depth = this.depth
    let left = this.chain(rank + 1)
    for (;;) {
      const { kind, text } = this.next
      if (kind !== "mark" || !isOperator(text) || OPERATORS[text].rank !== rank) break
      this.deeper()
      this.index += 1
      left = { kind: "operation", operator: text, left, right: this.chain(rank + 1) }
    }
    this.depth = depth
    return left
  }

  private deeper(): void {
    this.depth += 1
    if (this.depth > EXPRESSION_DEPTH_MAX) {
      throw new Fault(this.next.at, `nested deeper than ${EXPRESSION_DEPTH_MAX}`)
    }
  }

  private nested<A>(body: () => A): A {
    this.deeper()
    const value = body()
    this.depth -= 1
    return value
  }

  private factor(): Expression {
    return this.nested(() => {
      if (this.isMark("-")) {
        this.index += 1
        return { kind: "negative", of: this.factor() }
      }
      if (this.isMark("(")) {
        this.index += 1
        const inner = this.chain(1)
        this.mark(")", "an operator or )")
        return inner
      }
      return this.atom()
    })
  }

  private atom(): Expression {
    const { at, kind, text } = this.next
    if (kind === "number") {
      this.index += 1
      const value = Number(text)
      if (!Number.isFinite(value)) throw new Fault(at, `${text} is beyond the range of numbers`)
      return { kind: "number", value }
    }
    const sensor = this.sensor()
    if (sensor !== undefined) return { kind: "source", sensor, figure: this.figure() }
    if (kind === "word") return this.call()
    throw new Fault(at, `expected a number, a sensor, a function or (, and not ${this.shown}`)
  }

  /** `s1` or `"name"`. */
  private sensor(): number | string | undefined {
    const { kind, text } = this.next
    const digits = kind === "word" ? NUMBERED.exec(text)?.[1] : undefined
    if (kind !== "name" && digits === undefined) return undefined
    const { at } = this.take()
    if (text === "") throw new Fault(at, "a name has at least one character")
    return digits === undefined ? text : this.inRange(Number(digits), at)
  }

  private inRange(id: number, at: number): number {
    if (!Number.isInteger(id) || id < 1 || id > SENSOR_ID_MAX)
      throw new Fault(at, `${id} is no sensor's number`)
    return id
  }

  private figure() {
    if (!this.isMark(".")) return "mean"
    this.index += 1
    const { at, text } = this.next
    if (!isFigure(text)) throw new Fault(at, `expected one of ${FIGURES.join(", ")}, and not ${this.shown}`)
    this.index += 1
    return text
  }

  private call(): Expression {
    const { at, text } = this.take()
    if (!isFunction(text) && !isFigure(text)) {
      const names = [...Object.keys(FUNCTIONS), ...FIGURES.filter((name) => !isFunction(name))]
      throw new Fault(at, `${text} is no sensor (s1, "name") and none of ${names.join(", ")}`)
    }
    this.mark("(", `( after ${text}`)
    // A sensor alone is asked for its figure: `min` and `max` of values take two at least.
    const token = this.next
    const sensor = isFigure(text) && this.isMark(")", 1) ? this.soleSensor(token) : undefined
    if (sensor !== undefined && isFigure(text)) {
      this.mark(")", ")")
      return { kind: "source", sensor, figure: text }
    }
    if (!isFunction(text)) {
      throw new Fault(token.at, `expected one sensor: ${text}(1), ${text}(s1) or ${text}("name")`)
    }
    return this.args(text, at)
  }

  private soleSensor({ at, kind, text }: Token): number | string | undefined {
    if (kind !== "number") return this.sensor()
    this.index += 1
    return this.inRange(Number(text), at)
  }

  private args(name: FunctionName, at: number): Expression {
    const args = [this.chain(1)]
    while (this.isMark(",")) {
      this.index += 1
      args.push(this.chain(1))
    }
    this.mark(")", "an operator, a comma or )")
    const { least, most } = FUNCTIONS[name]
    if (args.length < least || args.length > most) {
      const many = least === most ? String(least) : `${least} to ${most}`
      throw new Fault(at, `${name} takes ${many} values, and not ${args.length}`)
    }
    return { kind: "call", name, args }
  }
}

export const parse = (text: string): Either.Either<Expression, ExpressionFault> => {
  const fault = (at: number, message: string) => Either.left({ at, message })
  if (text.length > EXPRESSION_LENGTH_MAX) {
    return fault(EXPRESSION_LENGTH_MAX, `longer than ${EXPRESSION_LENGTH_MAX} characters`)
  }
  try {
    const expression = new Parser(tokenize(text)).whole()
    const sensors = sensorsIn(expression)
    if (sensors.length === 0) return fault(0, "names no sensor: s1, or the name of one in quotes")
    return sensors.length > SOURCES_MAX
      ? fault(0, `names ${sensors.length} sensors, and ${SOURCES_MAX} are the most`)
      : Either.right(expression)
  } catch (error) {
    if (error instanceof Fault) return fault(error.at, error.message)
    throw error
  }
}
