/** What the document says of single operations beside their schemas: each is a transform of the operation. */
import { isObject, type Json, mapValues } from "./DocumentJson.js"

/** A header of requests, as OpenAPI shows it: in the schema of an endpoint it would be one that clients must give. */
export const headerParameter =
  (name: string, description: string, example: string) =>
  (operation: Json): Json => ({
    ...operation,
    parameters: [
      ...(Array.isArray(operation.parameters) ? operation.parameters : []),
      { name, in: "header", required: false, description, schema: { type: "string", examples: [example] } }
    ]
  })

export const header = (description: string, example: string): Json => ({
  description,
  schema: { type: "string", examples: [example] }
})

export const ETAG = header(
  "What the answer is known by, for `If-None-Match`, and of a reading for `If-Match`",
  '"4711"'
)

/** The success of an operation with more headers and media types. */
export const answering =
  (headers: Json, content: Json = {}) =>
  (operation: Json): Json => ({
    ...operation,
    responses: mapValues(operation.responses, (code, response) =>
      code === "200" && isObject(response)
        ? {
            ...response,
            headers: { ...(isObject(response.headers) ? response.headers : {}), ...headers },
            content: { ...(isObject(response.content) ? response.content : {}), ...content }
          }
        : response
    )
  })

export const ref = (name: string): Json => ({ $ref: `#/components/schemas/${name}` })
export const listOf = (name: string): Json => ({ type: "array", items: ref(name) })
