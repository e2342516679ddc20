/**
 * From the bytes of a payload to JSON. Nothing here throws, and nothing that came over the wire reaches an
 * object's prototype: `JSON.parse` makes `__proto__` a key like any other, and only own keys are walked.
 */

/** A JSON object from outside: each field is still to be checked. */
export type JsonObject = { readonly [key: string]: unknown }

export const isJsonObject = (json: unknown): json is JsonObject =>
  typeof json === "object" && json !== null && !Array.isArray(json)

/** What came of a payload: its JSON, or why it has none, as a sentence about the payload. */
export type PayloadResult = { readonly json: unknown } | { readonly fault: string }

// Fatal: a replacement character would make two different payloads one.
const utf8 = new TextDecoder("utf-8", { fatal: true })

const CONTROL = /\p{Cc}/gu
const JSON_FAULT_LENGTH_MAX = 120

// The engine's message quotes the payload, which may hold anything.
const printable = (text: string): string => text.replace(CONTROL, " ").toWellFormed()

const grouped = (n: number): string => n.toLocaleString("en-US")

/** At most `bytesMax` bytes of JSON in strict UTF-8. */
export const parsePayload = (payload: Uint8Array, bytesMax: number): PayloadResult => {
  if (payload.length === 0) return { fault: "the payload is empty" }
  if (payload.length > bytesMax) {
    return {
      fault: `the payload has ${grouped(payload.length)} bytes: at most ${grouped(bytesMax)} are taken`
    }
  }
  let text: string
  try {
    text = utf8.decode(payload)
  } catch {
    return { fault: "the payload is not text in UTF-8" }
  }
  try {
    return { json: JSON.parse(text) }
  } catch (error) {
    const why = error instanceof Error ? printable(error.message.slice(0, JSON_FAULT_LENGTH_MAX)) : ""
    return { fault: `the payload is not JSON: ${why}` }
  }
}

/** What a JSON value is, for a reason: "text", "an object", … */
export const kindOf = (json: unknown): string => {
  if (json === null) return "null"
  if (Array.isArray(json)) return "an array"
  switch (typeof json) {
    case "string":
      return "text"
    case "boolean":
      return "true or false"
    case "number":
      return Number.isFinite(json) ? "a number" : "a number too large to hold"
    case "undefined":
      return "missing"
    default:
      return "an object"
  }
}
