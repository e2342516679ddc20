/**
 * A filter's text as an expression: operators by precedence, from left to right. Gives an ODataError for anything
 * that it does not take, and never throws.
 */
import * as Either from "effect/Either"
import { ODataError, odataError } from "../ODataError.js"
import { type BinaryOperator, type Expr, type Literal, RANK } from "./Ast.js"
import { type Token, tokenize } from "./Lexer.js"

/** How deep parentheses, functions and chains of arithmetic may go: databases have their own limits above it. */
export const DEPTH_MAX = 32
export const IN_ITEMS_MAX = 1_000

const isOperator = (name: string): name is BinaryOperator | "in" => Object.hasOwn(RANK, name)

const tooManyInARow = odataError("TooComplex", "too many operators in a row", "$filter")

const WORDS: Readonly<Record<string, Literal>> = {
  null: { kind: "null" },
  true: { kind: "boolean", value: true },
  false: { kind: "boolean", value: false }
}

class Parser {
  private at = 0
  private depth = 0
  constructor(
    private readonly tokens: ReadonlyArray<Token>,
    private readonly text: string
  ) {}

  whole(): Expr {
    const expr = this.expression(1)
    if (this.at < this.tokens.length) throw this.unexpected()
    return expr
  }

  private unexpected(): ODataError {
    const token = this.tokens[this.at]
    const where =
      token === undefined
        ? "the filter ends too early"
        : `${JSON.stringify(this.text.slice(token.at, token.at + 20))} is not expected at character ${token.at + 1}`
    return odataError("InvalidFilter", where, "$filter")
  }

  private isSign(sign: string): boolean {
    const token = this.tokens[this.at]
    return token?._tag === "Sign" && token.sign === sign
  }

  private take(sign: string): boolean {
    if (!this.isSign(sign)) return false
    this.at += 1
    return true
  }

  private expect(sign: string): void {
    if (!this.take(sign)) throw this.unexpected()
  }

  private deeper<A>(body: () => A): A {
    this.depth += 1
    if (this.depth > DEPTH_MAX) {
      throw odataError("TooComplex", `the filter is nested deeper than ${DEPTH_MAX}`, "$filter")
    }
    const value = body()
    this.depth -= 1
    return value
  }

  private word(): string {
    const token = this.tokens[this.at]
    return token?._tag === "Name" ? token.name.toLowerCase() : ""
  }

  private operator(): BinaryOperator | undefined {
    const name = this.word()
    return isOperator(name) && name !== "in" ? name : undefined
  }

  /** Operators that bind at least as tightly as `rank`. */
  private expression(rank: number): Expr {
    let left = this.unary()
    let chain = 0
    for (;;) {
      const op = this.operator()
      if (op === undefined || RANK[op] < rank) return left
      this.at += 1
      if (op !== "and" && op !== "or") chain += 1
      if (chain > DEPTH_MAX) throw tooManyInARow
      left = { _tag: "Binary", op, left, right: this.deeper(() => this.expression(RANK[op] + 1)) }
    }
  }

  private items(): ReadonlyArray<Literal> {
    this.expect("(")
    const items: Array<Literal> = []
    do {
      const expr = this.unary()
      if (expr._tag !== "Literal") throw odataError("NotImplemented", "`in` takes values alone", "$filter")
      items.push(expr.literal)
    } while (this.take(","))
    this.expect(")")
    if (items.length > IN_ITEMS_MAX) {
      throw odataError("TooComplex", `\`in\` takes ${IN_ITEMS_MAX} values at most`, "$filter")
    }
    return items
  }

  private unary(): Expr {
    const token = this.tokens[this.at]
    if (this.take("-")) return { _tag: "Negate", operand: this.deeper(() => this.unary()) }
    if (token?._tag === "Name" && token.name.toLowerCase() === "not") {
      this.at += 1
      return { _tag: "Not", operand: this.deeper(() => this.unary()) }
    }
    return this.membership()
  }

  /** What binds tightest: a value, and the lists that it is asked to be in. */
  private membership(): Expr {
    let left = this.primary()
    for (let chain = 1; this.word() === "in"; chain++) {
      if (chain > DEPTH_MAX) throw tooManyInARow
      this.at += 1
      left = { _tag: "In", left, items: this.items() }
    }
    return left
  }

  private primary(): Expr {
    const token = this.tokens[this.at]
    if (this.take("(")) {
      const inner = this.deeper(() => this.expression(1))
      this.expect(")")
      return inner
    }
    if (token === undefined || token._tag === "Sign") throw this.unexpected()
    this.at += 1
    if (token._tag === "Literal") return { _tag: "Literal", literal: token.literal }
    const word = Object.hasOwn(WORDS, token.name) ? WORDS[token.name] : undefined
    if (word !== undefined) return { _tag: "Literal", literal: word }
    if (isOperator(token.name)) {
      this.at -= 1
      throw this.unexpected()
    }
    if (/^[$@]/.test(token.name)) {
      throw odataError("NotImplemented", `${token.name} can't stand in a filter here`, "$filter")
    }
    return this.isSign("(") ? this.call(token.name) : this.member(token.name)
  }

  private call(name: string): Expr {
    this.expect("(")
    if (this.take(")")) return { _tag: "Call", name, args: [] }
    const args: Array<Expr> = []
    do args.push(this.deeper(() => this.expression(1)))
    while (this.take(","))
    this.expect(")")
    return { _tag: "Call", name, args }
  }

  private member(first: string): Expr {
    const path = [first]
    while (this.take("/")) {
      const token = this.tokens[this.at]
      if (token?._tag !== "Name") throw this.unexpected()
      this.at += 1
      if (this.isSign("(") || token.name.startsWith("$")) {
        throw odataError(
          "NotImplemented",
          `${path.join("/")}/${token.name} can't be asked for in a filter`,
          "$filter"
        )
      }
      path.push(token.name)
    }
    return { _tag: "Member", path }
  }
}

/** Runs what throws ODataErrors; anything else that is thrown is a defect, and passes. */
export const orODataError = <A>(body: () => A): Either.Either<A, ODataError> => {
  try {
    return Either.right(body())
  } catch (error) {
    if (error instanceof ODataError) return Either.left(error)
    throw error
  }
}

export const parseFilter = (text: string): Either.Either<Expr, ODataError> =>
  orODataError(() => new Parser(tokenize(text), text).whole())
