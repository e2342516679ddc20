/**
 * From the bytes of a payload to JSON. Nothing here throws, and nothing that came over the wire reaches an
 * object's prototype: `JSON.parse` makes `__proto__` a key like any other, and only own keys are walked.
 */
import { type Fault, fault } from "../../domain/rejected/RejectionFault.js"

/** A JSON object from outside: each field is still to be checked. */
export type JsonObject = { readonly [key: string]: unknown }

export const isJsonObject = (json: unknown): json is JsonObject =>
  typeof json === "object" && json !== null && !Array.isArray(json)

/** What came of a payload: its JSON, or why it has none. */
export type PayloadResult = { readonly json: unknown } | { readonly fault: Fault }

// Fatal: a replacement character would make two different payloads one.
const utf8 = new TextDecoder("utf-8", { fatal: true })

const CONTROL = /\p{Cc}/gu
const JSON_FAULT_LENGTH_MAX = 120

// The engine's message quotes the payload, which may hold anything.
const printable = (text: string): string => text.replace(CONTROL, " ").toWellFormed()

/** At most `bytesMax` bytes of JSON in strict UTF-8. */
export const parsePayload = (payload: Uint8Array, bytesMax: number): PayloadResult => {
  if (payload.length === 0) return { fault: fault("payload-empty", null) }
  if (payload.length > bytesMax) {
    return { fault: fault("payload-too-large", null, payload.length, bytesMax) }
  }
  let text: string
  try {
    text = utf8.decode(payload)
  } catch {
    return { fault: fault("payload-not-utf8", null) }
  }
  try {
    return { json: JSON.parse(text) }
  } catch (error) {
    const why = error instanceof Error ? printable(error.message.slice(0, JSON_FAULT_LENGTH_MAX)) : ""
    return { fault: fault("payload-not-json", null, why) }
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
