/**
 * Completes what OpenAPI says of paths and answers: one item a path, each media type that the rows come in, the
 * headers of answers, and which body gets which answer.
 */
import { isObject, type Json, mapValues } from "../core/DocumentJson.js"
import { answering, ETAG, header } from "../core/OperationFacts.js"

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
const ZONE: Json = {
  "Tidemark-Time-Zone": header("The time zone on whose clocks intervals start and end", "Europe/Zurich")
}
/** Parameters that change the form of the rows, so that they are no longer those of the JSON's schema. */
const RESHAPING = new Set(["format", "sep", "bom", "fields", "shape"])

const hasParameter = (operation: Json, name: string): boolean =>
  Array.isArray(operation.parameters) &&
  operation.parameters.some((one) => isObject(one) && one.name === name)

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
  const divided = hasParameter(operation, "tz") ? ZONE : {}
  return answering({ ...paged, ...POSITION, ...divided, ETag: ETAG }, STREAMED)(operationCopy)
}

export const completePaths = (spec: Json): Json => ({
  ...spec,
  paths: mergePaths(
    mapValues(spec.paths, (_path, operations) =>
      mapValues(operations, (_method, operation) =>
        isObject(operation) ? completeRows(operation) : operation
      )
    )
  )
})
