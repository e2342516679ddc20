/**
 * What `{"$PARAMETER": "now() - timedelta(days=1)"}` or `"lo * 2"` stands for: a name among the suite's parameters, or a
 * calculation with numbers, such names, `now()` and `timedelta(…)`. It is read here and nowhere else evaluated; `now()`
 * is UTC. A time comes out as our text, which is how cells are compared.
 */
import * as Either from "effect/Either"
import {
  formatTime,
  MICROS_PER_DAY,
  MICROS_PER_HOUR,
  MICROS_PER_MILLI,
  MICROS_PER_MINUTE,
  MICROS_PER_SECOND,
  type Micros,
  micros,
  parseTime
} from "../Time.js"
import { CannotRun, type Kwargs } from "./ExpectationRules.js"

/** What an expression is read with. */
export interface Surroundings {
  readonly parameters: Kwargs
  readonly now: Micros
}

/** Times since 1970 and lengths of time in µs. */
interface Value {
  readonly kind: "number" | "time" | "length"
  readonly value: number
}

const LENGTH_MAX = 1_000
const DEPTH_MAX = 50
const TOKEN = /\s*(?:(\d+\.?\d*(?:[eE][+-]?\d+)?|\.\d+)|([A-Za-z_][\w.]*)|([-+*/(),=]))/y

const tokensOf = (text: string): ReadonlyArray<string> => {
  if (text.length > LENGTH_MAX) throw new CannotRun(`the parameter is longer than ${LENGTH_MAX} characters`)
  const tokens: Array<string> = []
  const trimmed = text.trimEnd()
  TOKEN.lastIndex = 0
  while (TOKEN.lastIndex < trimmed.length) {
    const [, number, name, sign] = TOKEN.exec(trimmed) ?? []
    const token = number ?? name ?? sign
    if (token === undefined) throw new CannotRun(`the parameter "${text}" can't be read`)
    tokens.push(token)
  }
  return tokens
}

/** Of Python's timedelta, in the order in which it takes them without names. */
const UNITS: Readonly<Record<string, number>> = {
  days: MICROS_PER_DAY,
  seconds: MICROS_PER_SECOND,
  microseconds: 1,
  milliseconds: MICROS_PER_MILLI,
  minutes: MICROS_PER_MINUTE,
  hours: MICROS_PER_HOUR,
  weeks: 7 * MICROS_PER_DAY
}

const isMoment = ({ kind }: Value): boolean => kind === "time"
const isNumber = ({ kind }: Value): boolean => kind === "number"

/** What a sign makes of two values; null: it means nothing. */
const calculated = (sign: string, a: Value, b: Value): Value | null => {
  if (sign === "+" || sign === "-") {
    const value = sign === "+" ? a.value + b.value : a.value - b.value
    if (a.kind === b.kind && !isMoment(a)) return { kind: a.kind, value }
    if (isMoment(a) && b.kind === "length") return { kind: "time", value }
    if (sign === "-" && isMoment(a) && isMoment(b)) return { kind: "length", value }
    return sign === "+" && a.kind === "length" && isMoment(b) ? { kind: "time", value } : null
  }
  if (sign === "/") {
    if (b.value === 0) throw new CannotRun("a parameter is divided by 0")
    if (isNumber(b) && !isMoment(a)) return { kind: a.kind, value: a.value / b.value }
    return a.kind === "length" && b.kind === "length" ? { kind: "number", value: a.value / b.value } : null
  }
  if (isMoment(a) || isMoment(b) || !(isNumber(a) || isNumber(b))) return null
  return { kind: isNumber(a) ? b.kind : a.kind, value: a.value * b.value }
}

class Reader {
  private readonly tokens: ReadonlyArray<string>
  private at = 0
  private depth = 0

  constructor(
    private readonly text: string,
    private readonly around: Surroundings
  ) {
    this.tokens = tokensOf(text)
  }

  whole(): Value {
    const value = this.sum()
    return this.at === this.tokens.length ? value : this.fail()
  }

  private fail(): never {
    throw new CannotRun(`the parameter "${this.text}" can't be read`)
  }

  private take(...signs: ReadonlyArray<string>): string | null {
    const token = this.tokens[this.at]
    if (token === undefined || !signs.includes(token)) return null
    this.at += 1
    return token
  }

  private must(sign: string): void {
    if (this.take(sign) === null) this.fail()
  }

  private chain(signs: ReadonlyArray<string>, next: () => Value): Value {
    let left = next()
    for (let sign = this.take(...signs); sign !== null; sign = this.take(...signs)) {
      const value = calculated(sign, left, next())
      if (value === null) throw new CannotRun(`the parameter "${this.text}" mixes numbers and times`)
      left = value
    }
    return left
  }

  private readonly sum = (): Value => this.chain(["+", "-"], this.product)
  private readonly product = (): Value => this.chain(["*", "/"], this.part)

  private readonly part = (): Value => {
    this.depth += 1
    if (this.depth > DEPTH_MAX) this.fail()
    const value = this.innermost()
    this.depth -= 1
    return value
  }

  private innermost(): Value {
    if (this.take("+") !== null) return this.part()
    if (this.take("-") !== null) {
      const { kind, value } = this.part()
      return kind === "time" ? this.fail() : { kind, value: -value }
    }
    if (this.take("(") !== null) {
      const value = this.sum()
      this.must(")")
      return value
    }
    const token = this.tokens[this.at] ?? this.fail()
    this.at += 1
    if (/^[\d.]/.test(token)) return { kind: "number", value: Number(token) }
    if (!/^[A-Za-z_]/.test(token)) return this.fail()
    return this.take("(") === null ? this.named(token) : this.called(token)
  }

  private named(name: string): Value {
    const { parameters } = this.around
    if (!Object.hasOwn(parameters, name)) throw new CannotRun(`there is no suite parameter "${name}"`)
    const value = parameters[name]
    if (typeof value === "number") return { kind: "number", value }
    const time = typeof value === "string" && /[-:]/.test(value) ? parseTime(value) : null
    if (time !== null && Either.isRight(time)) return { kind: "time", value: time.right }
    throw new CannotRun(`the suite parameter "${name}" is no number and no time to calculate with`)
  }

  private called(name: string): Value {
    if (name === "now") {
      this.must(")")
      return { kind: "time", value: this.around.now }
    }
    if (name !== "timedelta")
      throw new CannotRun(`the function "${name}" is not known in parameters: now and timedelta are`)
    let value = 0
    for (let place = 0; this.take(")") === null; place += 1) {
      if (place > 0) this.must(",")
      const unit = this.tokens[this.at + 1] === "=" ? (this.tokens[this.at] ?? "") : Object.keys(UNITS)[place]
      if (this.tokens[this.at + 1] === "=") this.at += 2
      if (unit === undefined || !Object.hasOwn(UNITS, unit))
        throw new CannotRun(`timedelta knows no ${unit ?? "more"}: ${Object.keys(UNITS).join(", ")}`)
      const amount = this.sum()
      if (!isNumber(amount)) this.fail()
      value += amount.value * (UNITS[unit] ?? 0)
    }
    return { kind: "length", value: Math.round(value) }
  }
}

const evaluated = (text: string, around: Surroundings): number | string => {
  const { kind, value } = new Reader(text, around).whole()
  if (kind === "length") throw new CannotRun(`the parameter "${text}" is a length of time, and no value`)
  if (kind === "number") return value
  if (!(value >= 0 && value <= Number.MAX_SAFE_INTEGER))
    throw new CannotRun(`the parameter "${text}" is a time before 1970 or after 2255`)
  return formatTime(micros(Math.round(value)))
}

/** A value of kwargs with its parameters put in, those within lists too. */
export const withParameters = (value: unknown, around: Surroundings): unknown => {
  if (Array.isArray(value)) return value.map((one) => withParameters(one, around))
  if (typeof value !== "object" || value === null || !("$PARAMETER" in value)) return value
  const text = String(value.$PARAMETER)
  return Object.hasOwn(around.parameters, text) ? around.parameters[text] : evaluated(text, around)
}
