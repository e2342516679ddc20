/** What an endpoint answers, as a schema with the words that the document has of it. */
import * as HttpApiSchema from "@effect/platform/HttpApiSchema"
import * as Option from "effect/Option"
import type * as Schema from "effect/Schema"
import * as AST from "effect/SchemaAST"

/** What an answer's description in OpenAPI is, with the status that it goes with. */
export const answer = <A, I>(schema: Schema.Schema<A, I>, description: string, status = 200) =>
  schema.annotations({
    ...HttpApiSchema.annotations({ status, description }),
    // Annotating drops the name by which OpenAPI refers to it.
    ...Option.match(AST.getIdentifierAnnotation(schema.ast), {
      onNone: () => ({}),
      onSome: (identifier) => ({ identifier })
    })
  })

/** What every list of rows says of its order. */
export const PAGED =
  "In order of time, then position. The next page, if any, is in the `Link` header. `Tidemark-Position` names the " +
  "position of the log that the answer stands for."
