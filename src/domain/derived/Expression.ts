/**
 * What a derived sensor is computed by: an expression over one minute of its sources. Pure.
 *
 * Invariant: `parse(print(e))` equals `e`, for each expression within the limits.
 */

/** What a minute of a source is asked for. */
export const FIGURES = ["mean", "sum", "min", "max", "count", "first", "last"] as const
export type Figure = (typeof FIGURES)[number]
export const isFigure = (name: string): name is Figure => FIGURES.some((figure) => figure === name)

/** Longest text, in UTF-16 code units; deepest nesting; most sensors. */
export const EXPRESSION_LENGTH_MAX = 1_000
export const EXPRESSION_DEPTH_MAX = 32
export const SOURCES_MAX = 8

export const OPERATORS = {
  "+": { rank: 1, of: (a: number, b: number) => a + b },
  "-": { rank: 1, of: (a: number, b: number) => a - b },
  "*": { rank: 2, of: (a: number, b: number) => a * b },
  "/": { rank: 2, of: (a: number, b: number) => a / b }
} as const
export type Operator = keyof typeof OPERATORS
export const isOperator = (text: string): text is Operator => Object.hasOwn(OPERATORS, text)

export type Expression =
  | { readonly kind: "number"; readonly value: number }
  /** `sensor`: its number, or its name as it was written. */
  | { readonly kind: "source"; readonly sensor: number | string; readonly figure: Figure }
  | { readonly kind: "negative"; readonly of: Expression }
  | {
      readonly kind: "operation"
      readonly operator: Operator
      readonly left: Expression
      readonly right: Expression
    }
  | { readonly kind: "call"; readonly name: FunctionName; readonly args: ReadonlyArray<Expression> }

/** Over water, of the air's temperature in °C and its relative humidity in %: Magnus' formula with Sonntag's constants. */
const dewPoint = (celsius: number, percent: number): number => {
  const gamma = Math.log(percent / 100) + (17.62 * celsius) / (243.12 + celsius)
  return (243.12 * gamma) / (17.62 - gamma)
}

interface FunctionShape {
  readonly least: number
  readonly most: number
  readonly of: (...values: ReadonlyArray<number>) => number
}

export const FUNCTIONS = {
  min: { least: 2, most: 8, of: Math.min },
  max: { least: 2, most: 8, of: Math.max },
  abs: { least: 1, most: 1, of: (x = Number.NaN) => Math.abs(x) },
  sqrt: { least: 1, most: 1, of: (x = Number.NaN) => Math.sqrt(x) },
  exp: { least: 1, most: 1, of: (x = Number.NaN) => Math.exp(x) },
  ln: { least: 1, most: 1, of: (x = Number.NaN) => Math.log(x) },
  pow: { least: 2, most: 2, of: (x = Number.NaN, y = Number.NaN) => x ** y },
  dew_point: { least: 2, most: 2, of: (t = Number.NaN, rh = Number.NaN) => dewPoint(t, rh) },
  // W over one minute: 1/60 h, and 1/1000 for the kilo.
  kwh: { least: 1, most: 1, of: (w = Number.NaN) => w / 60_000 }
} as const satisfies Record<string, FunctionShape>
export type FunctionName = keyof typeof FUNCTIONS
export const isFunction = (name: string): name is FunctionName => Object.hasOwn(FUNCTIONS, name)

const NEGATIVE_RANK = 3
const ATOM_RANK = 4

/** `"` and `\` of a name are written with `\` before them. */
const quoted = (name: string) => `"${name.replace(/["\\]/g, (mark) => `\\${mark}`)}"`

const printed = (expression: Expression): readonly [text: string, rank: number] => {
  switch (expression.kind) {
    case "number":
      return [String(expression.value), ATOM_RANK]
    case "source": {
      const { figure, sensor } = expression
      const name = typeof sensor === "number" ? `s${sensor}` : quoted(sensor)
      return [figure === "mean" ? name : `${name}.${figure}`, ATOM_RANK]
    }
    case "negative":
      return [`-${wrapped(expression.of, NEGATIVE_RANK)}`, NEGATIVE_RANK]
    case "call":
      return [`${expression.name}(${expression.args.map(print).join(", ")})`, ATOM_RANK]
    case "operation": {
      const { left, operator, right } = expression
      const { rank } = OPERATORS[operator]
      return [`${wrapped(left, rank)} ${operator} ${wrapped(right, rank + 1)}`, rank]
    }
  }
}

const wrapped = (expression: Expression, least: number): string => {
  const [text, rank] = printed(expression)
  return rank < least ? `(${text})` : text
}

export const print = (expression: Expression): string => printed(expression)[0]

/** Each sensor that it names, once, in the order in which they are named. */
export const sensorsIn = (expression: Expression): ReadonlyArray<number | string> => {
  const sensors = new Set<number | string>()
  const walk = (part: Expression): void => {
    if (part.kind === "source") sensors.add(part.sensor)
    else if (part.kind === "negative") walk(part.of)
    else if (part.kind === "operation") for (const side of [part.left, part.right]) walk(side)
    else if (part.kind === "call") for (const arg of part.args) walk(arg)
  }
  walk(expression)
  return [...sensors]
}

/** The same, with numbers in place of the names that `numberOf` knows. */
export const numbered = (expression: Expression, numberOf: ReadonlyMap<string, number>): Expression => {
  switch (expression.kind) {
    case "number":
      return expression
    case "source": {
      const { sensor } = expression
      return { ...expression, sensor: typeof sensor === "number" ? sensor : (numberOf.get(sensor) ?? sensor) }
    }
    case "negative":
      return { ...expression, of: numbered(expression.of, numberOf) }
    case "operation":
      return {
        ...expression,
        left: numbered(expression.left, numberOf),
        right: numbered(expression.right, numberOf)
      }
    case "call":
      return { ...expression, args: expression.args.map((arg) => numbered(arg, numberOf)) }
  }
}

/** Its value; NaN or an infinity where it has none. `figureOf` is asked for each source as it is met. */
export const evaluate = (
  expression: Expression,
  figureOf: (sensor: number | string, figure: Figure) => number
): number => {
  switch (expression.kind) {
    case "number":
      return expression.value
    case "source":
      return figureOf(expression.sensor, expression.figure)
    case "negative":
      return -evaluate(expression.of, figureOf)
    case "operation":
      return OPERATORS[expression.operator].of(
        evaluate(expression.left, figureOf),
        evaluate(expression.right, figureOf)
      )
    case "call":
      return FUNCTIONS[expression.name].of(...expression.args.map((arg) => evaluate(arg, figureOf)))
  }
}
