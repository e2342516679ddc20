/** How parameters of paths and queries are made of text: each says its bounds when it is wrong. */
import type * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as ParseResult from "effect/ParseResult"
import * as Schema from "effect/Schema"
import { says } from "./ContractFields.js"

/** The words of a parameter, in the schema and in the document. */
export const described = (description: string, jsonSchema: Record<string, unknown>) => ({
  description,
  jsonSchema: { ...jsonSchema, description }
})

/** One that need not be given. */
export const given = <A, I>(schema: Schema.Schema<A, I>) => Schema.optionalWith(schema, { exact: true })

// A parameter that is given twice arrives as an array.
export const Once = Schema.String.annotations(says("must be given once"))
const OnceOrMore = Schema.Union(Schema.String, Schema.Array(Schema.String))
type Texts = typeof OnceOrMore.Type

const parsing = <A, From>(
  from: Schema.Schema<From>,
  to: Schema.Schema<A>,
  decode: (input: From) => Effect.Effect<A, string>,
  encode: (value: A) => From
) =>
  Schema.transformOrFail(from, to, {
    strict: true,
    decode: (input, _, ast) =>
      ParseResult.mapError(decode(input), (message) => new ParseResult.Type(ast, input, message)),
    encode: (value) => ParseResult.succeed(encode(value))
  })

/** One text as a value; `decode` fails with why it is none. */
export const parsedText = <A>(
  to: Schema.Schema<A>,
  decode: (text: string) => Effect.Effect<A, string>,
  encode: (value: A) => string = String
) => parsing(Once, to, decode, encode)

/** Texts that are given once or more, as one value. */
export const parsedTexts = <A>(
  to: Schema.Schema<A>,
  decode: (texts: ReadonlyArray<string>) => Effect.Effect<A, string>,
  encode: (value: A) => Texts
) => parsing(OnceOrMore, to, (input) => decode(typeof input === "string" ? [input] : input), encode)

const DIGITS = /^\d+$/

/** Never `parseInt` or `Number` alone: they take "12abc", "", "0x10" and "1e3". Else NaN. */
export const wholeOf = (text: string, min: number, max: number): number => {
  const n = DIGITS.test(text) ? Number(text) : Number.NaN
  return n >= min && n <= max ? n : Number.NaN
}

/** A whole number as text. */
export const wholeText = <A extends number>(
  to: Schema.Schema<A, number> & { readonly make: (n: number) => A },
  min: number,
  max: number,
  description: string,
  byDefault?: number
) =>
  parsedText(Schema.typeSchema(to), (text) => {
    const n = wholeOf(text, min, max)
    return Number.isNaN(n)
      ? Either.left(`must be an integer from ${min} to ${max}`)
      : Either.right(to.make(n))
  }).annotations(
    described(description, {
      ...{ type: "integer", minimum: min, maximum: max },
      ...(byDefault === undefined ? {} : { default: byDefault })
    })
  )

export const boundedText = (min: number, max: number, description: string, example: string) =>
  Once.pipe(
    Schema.filter(
      (text) => (text.length >= min && text.length <= max) || `must have ${min} to ${max} characters`
    )
  ).annotations(
    described(description, { type: "string", minLength: min, maxLength: max, examples: [example] })
  )

/** One of some words; `byDefault` is what holds where it is not given. */
export const choice = <const A extends ReadonlyArray<string>>(
  values: A,
  byDefault: A[number],
  description: string
) =>
  given(
    Schema.Literal(...values).annotations({
      ...says(`must be one of ${values.join(", ")}`),
      ...described(description, { type: "string", enum: [...values], default: byDefault })
    })
  )

/** A switch, as 0 or 1, or as false or true; `byDefault` is as the document has it. */
export const flag = (byDefault: "0" | "false", message: string, description: string) =>
  Schema.transform(Schema.Literal("0", "1", "false", "true").annotations(says(message)), Schema.Boolean, {
    strict: true,
    decode: (text) => text === "1" || text === "true",
    encode: (on) => (on ? "1" : "0")
  }).annotations(
    described(description, {
      type: "string",
      enum: byDefault === "0" ? ["0", "1"] : ["false", "true"],
      default: byDefault
    })
  )
