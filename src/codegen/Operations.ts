/** The operations of a document, as a client calls them. */
import { isObject, type Json } from "../api/core/DocumentJson.js"

export interface Parameter {
  /** As the client names it. */
  readonly name: string
  readonly in: "path" | "query" | "header"
  readonly required: boolean
  readonly description: string
  readonly schema: Json
  /** It changes the form of the rows, so that they are not those of the schema any more. */
  readonly reshapes: boolean
}

export interface Exchange {
  readonly contentTypes: ReadonlyArray<string>
  readonly body: Json
  /** Undefined: what the operation answers at all. */
  readonly answer: Json | undefined
}

export type Answer =
  | { readonly _tag: "Json"; readonly schemas: ReadonlyArray<Json> }
  | { readonly _tag: "Text"; readonly mediaType: string }
  | { readonly _tag: "Bytes"; readonly mediaType: string }
  | { readonly _tag: "Events"; readonly data: Json }
  | { readonly _tag: "Nothing" }

export interface Operation {
  readonly id: string
  readonly name: string
  readonly method: string
  /** With the client's names of its parameters in braces. */
  readonly path: string
  readonly summary: string
  readonly description: string
  readonly parameters: ReadonlyArray<Parameter>
  readonly exchanges: ReadonlyArray<Exchange>
  readonly answer: Answer
  /** Rows that can be had in other formats too. */
  readonly reshaped: boolean
  /** An answer may name the next one in `Link`. */
  readonly paged: boolean
}

const JSON_TYPE = "application/json"
const EVENTS_TYPE = "text/event-stream"

const textOf = (input: unknown): string => (typeof input === "string" ? input : "")
const objectsOf = (input: unknown): ReadonlyArray<Json> =>
  Array.isArray(input) ? input.filter(isObject) : []
const entriesOf = (input: unknown): ReadonlyArray<readonly [string, Json]> =>
  Object.entries(isObject(input) ? input : {}).flatMap(([key, value]) =>
    isObject(value) ? [[key, value] as const] : []
  )
const schemaOf = (input: unknown): Json => (isObject(input) && isObject(input.schema) ? input.schema : {})

const parameterOf = (input: Json): Parameter => ({
  name: textOf(input["x-name"]) || textOf(input.name),
  in: input.in === "path" || input.in === "header" ? input.in : "query",
  required: input.required === true,
  description: textOf(input.description),
  schema: schemaOf(input),
  reshapes: input["x-reshapes"] === true
})

const successesOf = (operation: Json): ReadonlyArray<Json> =>
  entriesOf(operation.responses).flatMap(([status, response]) => (status.startsWith("2") ? [response] : []))

const answerOf = (operation: Json): Answer => {
  const contents = successesOf(operation).flatMap(({ content }) => entriesOf(content))
  const events = contents.find(([type]) => type === EVENTS_TYPE)
  if (events !== undefined) {
    const { contentSchema } = schemaOf(events[1])
    return { _tag: "Events", data: isObject(contentSchema) ? contentSchema : {} }
  }
  const schemas = contents.flatMap(([type, content]) => (type === JSON_TYPE ? [schemaOf(content)] : []))
  if (schemas.length > 0) return { _tag: "Json", schemas }
  const [other] = contents
  if (other === undefined) return { _tag: "Nothing" }
  return { _tag: schemaOf(other[1]).format === "binary" ? "Bytes" : "Text", mediaType: other[0] }
}

/** What may be sent: as `x-answers` pairs it with its answers, else each content type for itself. */
const exchangesOf = (operation: Json): ReadonlyArray<Exchange> => {
  const paired = objectsOf(operation["x-answers"])
  if (paired.length > 0) {
    return paired.map(({ answer, body, contentTypes }) => ({
      contentTypes: Array.isArray(contentTypes) ? contentTypes.map(String) : [],
      body: isObject(body) ? body : {},
      answer: isObject(answer) ? answer : undefined
    }))
  }
  const { content } = isObject(operation.requestBody) ? operation.requestBody : {}
  return entriesOf(content).map(([type, media]) => ({
    contentTypes: [type],
    body: schemaOf(media),
    answer: undefined
  }))
}

/** `Group.name` is called by its name alone. */
const nameOf = (id: string): string => id.slice(id.lastIndexOf(".") + 1)

const operationOf = (method: string, template: string, operation: Json): Operation => {
  const declarations = objectsOf(operation.parameters)
  const parameters = declarations.map(parameterOf)
  const path = declarations.reduce(
    (text, one, i) => text.replace(`{${textOf(one.name)}}`, `{${parameters[i]?.name}}`),
    template
  )
  const id = textOf(operation.operationId)
  return {
    id,
    name: nameOf(id),
    method: method.toUpperCase(),
    path,
    summary: textOf(operation.summary),
    description: textOf(operation.description),
    parameters,
    exchanges: exchangesOf(operation),
    answer: answerOf(operation),
    reshaped: parameters.some(({ reshapes }) => reshapes),
    paged: successesOf(operation).some(({ headers }) => isObject(headers) && headers.Link !== undefined)
  }
}

export const operationsOf = (document: Json): ReadonlyArray<Operation> =>
  entriesOf(document.paths).flatMap(([path, methods]) =>
    entriesOf(methods).map(([method, operation]) => operationOf(method, path, operation))
  )

export const errorSchemas = (document: Json): ReadonlyArray<Json> =>
  entriesOf(document.paths)
    .flatMap(([, methods]) => entriesOf(methods))
    .flatMap(([, operation]) => entriesOf(operation.responses))
    .flatMap(([status, { content }]) => (/^[45]/.test(status) ? entriesOf(content) : []))
    .map(([, media]) => schemaOf(media))
