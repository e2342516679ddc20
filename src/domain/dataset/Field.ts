/** Fields of schemas, with what the document of the contract says of them. */
import * as Schema from "effect/Schema"

const words = <A>(description: string, example: A | undefined): { description: string; examples?: [A] } =>
  example === undefined ? { description } : { description, examples: [example] }

export const field = <A, I>(schema: Schema.Schema<A, I>, description: string, example?: A) =>
  Schema.propertySignature(schema).annotations(words(description, example))

/** A field that may be left out. */
export const optional = <A, I>(schema: Schema.Schema<A, I>, description: string, example?: A) =>
  Schema.optionalWith(schema, { exact: true }).annotations(words(description, example))
