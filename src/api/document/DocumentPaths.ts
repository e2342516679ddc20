/**
 * Completes what OpenAPI says of paths and answers: one item a path, each media type that the rows come in, the
 * headers of answers, and which body gets which answer.
 */
import { isObject, type Json, mapValues } from "./DocumentJson.js"

const ROOT = "/"
const PARAMETER = /\{[^}]+\}/g

/** Both forms answer; the document has the one without. */
const withoutSlash = (path: string): string => (path === ROOT ? path : path.replace(/\/$/, ""))

const namesOf = (path: string): ReadonlyArray<string> => path.match(PARAMETER) ?? []

/** Parameters of the path that have another name now: `x-name` keeps the one that problems and clients use. */
const renamed = (operations: unknown, from: ReadonlyArray<string>, to: ReadonlyArray<string>): Json =>
  mapValues(operations, (_method, operation) => {
    if (!isObject(operation) || !Array.isArray(operation.parameters)) return operation
    const parameters = operation.parameters.map((parameter: unknown) => {
      if (!isObject(parameter) || parameter.in !== "path") return parameter
      const at = from.indexOf(`{${parameter.name}}`)
      const name = to[at]?.slice(1, -1)
      return name === undefined || name === parameter.name
        ? parameter
        : { ...parameter, name, "x-name": parameter.name }
    })
    return { ...operation, parameters }
  })

/**
 * OpenAPI takes `/data/{sensor_id}` and `/data/{data_id}` for the same path: they become one, `/data/{id}`.
 */
export const mergePaths = (paths: unknown): Json => {
  const groups = new Map<string, Array<string>>()
  for (const path of Object.keys(isObject(paths) ? paths : {})) {
    const key = withoutSlash(path).replace(PARAMETER, "{}")
    groups.set(key, [...(groups.get(key) ?? []), path])
  }
  const source = isObject(paths) ? paths : {}
  const merged: Json = {}
  for (const group of groups.values()) {
    const [first = ROOT] = group
    const names = namesOf(first).map((name, i) =>
      group.every((path) => namesOf(path)[i] === name) ? name : "{id}"
    )
    let at = 0
    const path = withoutSlash(first).replace(PARAMETER, () => names[at++] ?? "{id}")
    merged[path] = Object.assign({}, ...group.map((one) => renamed(source[one], namesOf(one), names)))
  }
  return merged
}

const rowsText = (description: string): Json => ({ schema: { type: "string", description } })
const binary = (contentMediaType: string, description: string): Json => ({
  schema: { contentMediaType, description }
})

/** What rows come in beside JSON: all of them, streamed. */
const STREAMED: Json = {
  "application/x-ndjson": rowsText("A row a line, in the JSON of the rows"),
  "text/csv": rowsText("RFC 4180 in UTF-8: a header, then a row a line"),
  "application/vnd.apache.parquet": binary(
    "application/vnd.apache.parquet",
    "Parquet, with units, licence, position and watermark as metadata"
  ),
  "application/vnd.apache.arrow.stream": binary(
    "application/vnd.apache.arrow.stream",
    "Arrow IPC stream, with units, licence, position and watermark as metadata"
  )
}

const header = (description: string, example: string): Json => ({
  description,
  schema: { type: "string", examples: [example] }
})

const LINK = header(
  "Of a page that is not the last: the next one",
  '</data/?cursor=MTIzNC4xNzE4Mzg5NjY1MTIzNDU2>; rel="next"'
)
const POSITION: Json = {
  "Tidemark-Position": {
    description: "The position of the log that the answer stands for: as `as_of` it gives the same again",
    schema: { type: "integer", minimum: 0, examples: [4711], "x-unit": "none" }
  }
}
const ETAG = header(
  "What the answer is known by, for `If-None-Match`, and of a reading for `If-Match`",
  '"4711"'
)
const LOCATION = header("Where the reading is, when it moved", "/data/4712")

/** Parameters that change the form of the rows, so that they are no longer those of the JSON's schema. */
const RESHAPING = new Set(["format", "sep", "bom", "fields", "shape"])

const hasParameter = (operation: Json, name: string): boolean =>
  Array.isArray(operation.parameters) &&
  operation.parameters.some((one) => isObject(one) && one.name === name)

/** The success of an operation with more headers and media types. */
const answering = (operation: Json, status: string, headers: Json, content: Json): Json => ({
  ...operation,
  responses: mapValues(operation.responses, (code, response) =>
    code === status && isObject(response)
      ? {
          ...response,
          headers: { ...(isObject(response.headers) ? response.headers : {}), ...headers },
          content: { ...(isObject(response.content) ? response.content : {}), ...content }
        }
      : response
  )
})

const completeRows = (operation: Json): Json => {
  if (!hasParameter(operation, "format")) return operation
  const operationCopy = {
    ...operation,
    parameters: (operation.parameters as ReadonlyArray<unknown>).map((parameter) =>
      isObject(parameter) && RESHAPING.has(String(parameter.name))
        ? { ...parameter, "x-reshapes": true }
        : parameter
    )
  }
  const paged = hasParameter(operation, "cursor") ? { Link: LINK } : {}
  return answering(operationCopy, "200", { ...paged, ...POSITION, ETag: ETAG }, STREAMED)
}

const ref = (name: string): Json => ({ $ref: `#/components/schemas/${name}` })
const listOf = (name: string): Json => ({ type: "array", items: ref(name) })

/** Server-Sent Events: `contentSchema` is that of their `data`, in JSON. */
const EVENTS: Json = {
  type: "string",
  contentMediaType: "text/event-stream",
  contentSchema: ref("LiveReading"),
  examples: ['event: recorded\nid: 4711\ndata: {"id":4711,"sensor_id":1,"value":21.5}\n\n']
}

/** What single operations say beside their schemas. */
const OWN: Readonly<Record<string, (operation: Json) => Json>> = {
  "Data.recordReadings": (operation) => ({
    ...operation,
    // Which answer goes with which body: the statuses alone don't say it.
    "x-answers": [
      { contentTypes: ["application/json"], body: ref("ReadingInput"), answer: ref("Reading") },
      { contentTypes: ["application/json"], body: listOf("ReadingInput"), answer: listOf("Reading") },
      { contentTypes: ["application/senml+json"], body: listOf("SenMlRecord"), answer: ref("BulkResult") },
      {
        contentTypes: ["application/x-ndjson", "text/csv"],
        body: { type: "string" },
        answer: ref("BulkResult")
      }
    ]
  }),
  "Data.replaceReading": (operation) => answering(operation, "200", { ETag: ETAG, Location: LOCATION }, {}),
  // Health is told in its own form when the database is away, too.
  "System.health": (operation) => ({
    ...operation,
    responses: mapValues(operation.responses, (status, response) =>
      status === "503"
        ? {
            description: "The database is away, or not migrated",
            content: { "application/json": { schema: ref("Health") } }
          }
        : response
    )
  }),
  "Live.streamReadings": (operation) =>
    answering(operation, "200", {}, { "text/event-stream": { schema: EVENTS } }),
  "Live.readingHistory": (operation) => answering(operation, "200", { ETag: ETAG }, {})
}

export const completePaths = (spec: Json): Json => ({
  ...spec,
  paths: mergePaths(
    mapValues(spec.paths, (_path, operations) =>
      mapValues(operations, (_method, operation) => {
        if (!isObject(operation)) return operation
        const rows = completeRows(operation)
        return OWN[String(rows.operationId)]?.(rows) ?? rows
      })
    )
  )
})
