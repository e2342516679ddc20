/** Requests that are made from the OpenAPI document: as its schemas say, and mutated. */

const NAUGHTY = [
  "",
  "0",
  "-1",
  "1e999",
  "NaN",
  "null",
  "true",
  "9007199254740993",
  "99999999999999999999999999",
  "0x10",
  "1.5",
  " 1",
  "\u0000",
  "a\u0000b",
  "\ud83d\udca9\u202e\u0301",
  "ÄÖÜ漢字",
  "\ufeff",
  "' OR '1'='1",
  "'; DROP TABLE events;--",
  "%",
  "%s%n",
  "../../etc/passwd",
  "..%2f..",
  "{{7*7}}",
  "<script>alert(1)</script>",
  "__proto__",
  "constructor",
  "hasOwnProperty",
  "2024-02-30T00:00:00Z",
  "0000-01-01T00:00:00Z",
  "9999-12-31T23:59:59.999999Z",
  "2024-06-14T18:27:45+99:99",
  "now",
  "-0",
  "1,2,,3",
  "a".repeat(300),
  "9".repeat(400),
  "[".repeat(2_000)
]

const ACCEPTS = [
  "*/*",
  "application/json",
  "text/csv",
  "application/x-ndjson",
  "application/vnd.apache.parquet",
  "application/vnd.apache.arrow.stream",
  "application/*;q=0.1, text/csv;q=0",
  "image/png",
  "q=;;,,",
  "application/problem+json"
]

const CONTENT_TYPES = [
  "application/json",
  "application/json; charset=utf-8",
  "text/csv",
  "application/x-ndjson",
  "text/plain",
  "application/senml+json",
  "application/octet-stream",
  "multipart/form-data; boundary=x",
  "application/x-www-form-urlencoded",
  "nonsense"
]

const METHODS = ["get", "put", "post", "delete", "patch", "options", "head", "trace"]

/** A value as a schema says; deep ones become empty. */
const valueOf = (chance, document, schema, depth = 0) => {
  if (schema === undefined || depth > 6) return null
  const also = (inner) => valueOf(chance, document, inner, depth + 1)
  if (schema.$ref !== undefined) return also(document.components.schemas[schema.$ref.split("/").at(-1)])
  const examples = schema.examples ?? []
  if (examples.length > 0 && chance.may(0.5)) return chance.pick(examples)
  if (schema.const !== undefined) return schema.const
  if (schema.enum !== undefined) return chance.pick(schema.enum)
  const choice = schema.oneOf ?? schema.anyOf
  if (choice !== undefined) return also(chance.pick(choice))
  if (schema.allOf !== undefined) return also(schema.allOf[0])
  const type = Array.isArray(schema.type) ? chance.pick(schema.type) : schema.type
  const least = schema.minimum ?? schema.exclusiveMinimum ?? -1_000
  const most = schema.maximum ?? least + 2_000
  switch (type) {
    case "integer":
      return chance.may(0.1) ? chance.pick([least, most]) : chance.whole(least, Math.min(most, least + 5_000))
    case "number":
      return chance.may(0.1) ? chance.pick([least, most, 1e308, -0]) : least + chance.next() * (most - least)
    case "boolean":
      return chance.may(0.5)
    case "array":
      return Array.from({ length: chance.whole(schema.minItems ?? 0, 3) }, () => also(schema.items))
    case "object": {
      const required = new Set(schema.required ?? [])
      const entries = Object.entries(schema.properties ?? {})
        .filter(([name]) => required.has(name) || chance.may(0.4))
        .map(([name, inner]) => [name, also(inner)])
      return Object.fromEntries(entries)
    }
    case "string": {
      if (schema.format === "date-time") return new Date(chance.whole(1.7e12, 1.8e12)).toISOString()
      return chance.pick([
        "a",
        "press-4/temperature",
        "C",
        "1",
        "temperature",
        "x".repeat(schema.minLength ?? 1)
      ])
    }
    default:
      return null
  }
}

const naughty = (chance) => chance.pick(NAUGHTY)

/** Some place in a value is changed for what nobody expects. */
const spoil = (chance, value, depth = 0) => {
  if (chance.may(0.3) || depth > 5 || typeof value !== "object" || value === null) {
    return chance.pick([
      null,
      naughty(chance),
      [],
      {},
      -1,
      1e308,
      true,
      [[]],
      { a: { b: [naughty(chance)] } }
    ])
  }
  if (Array.isArray(value)) {
    return value.length === 0
      ? [naughty(chance)]
      : value.map((one) => (chance.may(0.5) ? spoil(chance, one, depth + 1) : one))
  }
  const names = Object.keys(value)
  const name = names.length === 0 || chance.may(0.1) ? naughty(chance) : chance.pick(names)
  const spoiled = { ...value, [name]: spoil(chance, value[name], depth + 1) }
  if (chance.may(0.1)) delete spoiled[name]
  return spoiled
}

const textOf = (value) =>
  typeof value === "object" && value !== null ? JSON.stringify(value) : String(value)

const bodyOf = (chance, document, operation) => {
  const content = Object.entries(operation.requestBody?.content ?? {})
  if (content.length === 0)
    return chance.may(0.05) ? { type: "application/json", bytes: Buffer.from("{}") } : null
  const [type, { schema }] = chance.pick(content)
  const value = valueOf(chance, document, schema)
  const sent = chance.may(0.5) ? spoil(chance, value) : value
  let text = typeof sent === "string" && !type.includes("json") ? sent : JSON.stringify(sent)
  if (chance.may(0.05)) text = text.slice(0, chance.below(text.length + 1))
  if (chance.may(0.02)) text = `${"[".repeat(20_000)}${text}`
  if (chance.may(0.005)) text = text.padEnd(2_000_000, " ")
  return { type: chance.may(0.85) ? type : chance.pick(CONTENT_TYPES), bytes: Buffer.from(text) }
}

const SOMETIMES = [
  ["if-none-match", ["*", '"x"', 'W/"y", "z"', "junk"]],
  ["if-match", ["*", '"1"', '"4711"', 'W/"1"', "junk", '"99999999999999999999"']],
  ["range", ["bytes=0-10", "bytes=-5", "bytes=9-1", "rows=1-2", `bytes=${"0-1,".repeat(200)}0-1`]],
  ["idempotency-key", ["a", "b", "c", "k".repeat(300), "é"]],
  ["accept-encoding", ["gzip", "br", "zstd, gzip;q=0.5", "identity;q=0", "*;q=0"]],
  ["content-encoding", ["gzip", "deflate", "br", "gzip, gzip"]],
  ["x-forwarded-host", ["evil.example", "a b", "[::1]:99"]],
  ["x-forwarded-proto", ["https", "javascript"]],
  ["origin", ["null", "https://evil.example"]],
  ["last-event-id", ["0", "999999", "x"]],
  ["authorization", ["Bearer x", "Basic eDp5", "Basic", "Token a b", "Digest x"]],
  ["prefer", ["return=minimal"]]
]

const headersOf = (chance) => {
  const headers = { accept: chance.may(0.7) ? "*/*" : chance.pick(ACCEPTS) }
  for (const [name, values] of SOMETIMES)
    if (chance.may(0.04)) headers[name] = Buffer.from(chance.pick(values)).toString("latin1")
  return headers
}

/** A parameter, once, never, or more often than it may be. */
const queryOf = (chance, document, operation) => {
  const pairs = []
  for (const { in: place, name, required, schema } of operation.parameters ?? []) {
    if (place !== "query" || !(chance.may(0.25) || (required === true && chance.may(0.95)))) continue
    for (let times = chance.may(0.03) ? chance.whole(2, 40) : 1; times > 0; times--) {
      const value = chance.may(0.25) ? naughty(chance) : textOf(valueOf(chance, document, schema))
      pairs.push(`${name}=${encodeURIComponent(value.toWellFormed())}`)
    }
  }
  if (chance.may(0.04))
    pairs.push(
      `${encodeURIComponent(naughty(chance).toWellFormed())}=${chance.pick(["1", "%00", "%ff", "%zz", "%"])}`
    )
  return pairs.length === 0 ? "" : `?${pairs.join("&")}`
}

const pathOf = (chance, document, path, operation) =>
  path.replaceAll(/\{(\w+)\}/g, (_, name) => {
    const schema = operation.parameters?.find((one) => one.in === "path" && one.name === name)?.schema
    if (chance.may(0.25)) return encodeURIComponent((naughty(chance) || "x").toWellFormed())
    const value = textOf(valueOf(chance, document, schema))
    return encodeURIComponent(value === "" ? "x" : value)
  })

export const operationsOf = (document) =>
  Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods)
      .filter(([method]) => METHODS.includes(method))
      // The first key would shut all the others out; the table of callers asks these.
      .filter(() => !path.startsWith("/keys"))
      .map(([method, operation]) => ({ path, method, operation }))
  )

/** The request of a number. */
export const requestOf = (chance, document, operations) => {
  const { method, operation, path } = chance.pick(operations)
  const body = bodyOf(chance, document, operation)
  const target =
    pathOf(chance, document, path, operation) +
    (chance.may(0.1) ? "/" : "") +
    queryOf(chance, document, operation)
  const isOther = chance.may(0.02)
  const headers = headersOf(chance)
  if (body !== null && chance.may(0.97)) headers["content-type"] = body.type
  // Node frames no body of a GET by itself: its bytes would be taken for the next request.
  if (body !== null) headers["content-length"] = String(body.bytes.length)
  return {
    method: (isOther ? chance.pick(METHODS) : method).toUpperCase(),
    target,
    headers,
    bytes: body?.bytes ?? null,
    // Of another method the document says nothing.
    operation: isOther ? null : operation,
    isNamed: path.includes("{"),
    isStream: path.endsWith("/stream")
  }
}
