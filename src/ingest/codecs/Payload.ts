/**
 * From the bytes of a payload to JSON, and from its values to numbers. Nothing here throws, and nothing that came over the wire reaches an
 * object's prototype: `JSON.parse` makes `__proto__` a key like any other, and only own keys are walked.
 */
import { gunzipSync, inflateSync } from "node:zlib"
import { normalValue } from "../../domain/Reading.js"
import { type Fault, fault } from "../../domain/rejected/RejectionFault.js"
import { inexactIntegers, isInexact, keyTwice } from "./JsonScan.js"

/** A JSON object from outside: each field is still to be checked. */
export type JsonObject = { readonly [key: string]: unknown }

export const isJsonObject = (json: unknown): json is JsonObject =>
  typeof json === "object" && json !== null && !Array.isArray(json)

/** What came of a payload: its JSON, or why it has none. */
export type PayloadResult = { readonly json: unknown } | { readonly fault: Fault }

// Fatal: a replacement character would make two different payloads one.
const utf8 = new TextDecoder("utf-8", { fatal: true })
const utf16le = new TextDecoder("utf-16le", { fatal: true })
const utf16be = new TextDecoder("utf-16be", { fatal: true })

const CONTROL = /\p{Cc}/gu
const JSON_FAULT_LENGTH_MAX = 120

// The engine's message quotes the payload, which may hold anything.
const printable = (text: string): string => text.replace(CONTROL, " ").toWellFormed()

/** Without the NULs that a C string ends with, sent along with it. */
const withoutNul = (payload: Uint8Array): Uint8Array => {
  let end = payload.length
  while (end > 0 && payload[end - 1] === 0) end -= 1
  return end === payload.length ? payload : payload.subarray(0, end)
}

const decodedBy = (decoder: typeof utf8, bytes: Uint8Array): string | null => {
  try {
    return decoder.decode(bytes)
  } catch {
    return null
  }
}

/** UTF-8, or UTF-16 that a mark tells. */
const plainText = (payload: Uint8Array): string | null => {
  const text = decodedBy(utf8, withoutNul(payload))
  if (text !== null) return text
  const [first, second] = payload
  if (first === 0xff && second === 0xfe) return decodedBy(utf16le, payload)
  return first === 0xfe && second === 0xff ? decodedBy(utf16be, payload) : null
}

/** How bytes are compressed, by how they begin; null: they are not. */
export const packingOf = ([first, second = 0]: Uint8Array): "gzip" | "deflate" | null => {
  if (first === 0x1f && second === 0x8b) return "gzip"
  return first === 0x78 && (0x7800 + second) % 31 === 0 ? "deflate" : null
}

/** Inflated where it is gzip or zlib, which are no text; null: neither, or over `bytesMax` when inflated. */
export const inflated = (payload: Uint8Array, bytesMax: number): Uint8Array | null => {
  const packing = packingOf(payload)
  if (packing === null) return null
  try {
    return (packing === "gzip" ? gunzipSync : inflateSync)(payload, { maxOutputLength: bytesMax })
  } catch {
    return null
  }
}

/** The text of at most `bytesMax` bytes in strict UTF-8 or UTF-16, compressed or not; or why it is none. */
export const readText = (payload: Uint8Array, bytesMax: number): string | Fault => {
  if (payload.length === 0) return fault("payload-empty", null)
  if (payload.length > bytesMax) return fault("payload-too-large", null, payload.length, bytesMax)
  const text = plainText(payload)
  if (text !== null) return text
  const bytes = inflated(payload, bytesMax)
  return (bytes === null ? null : plainText(bytes)) ?? fault("payload-not-utf8", null)
}

/** The JSON that a text is, or why it is none. */
export const parseText = (text: string): PayloadResult => {
  if (text === "") return { fault: fault("payload-empty", null) }
  try {
    const json: unknown = JSON.parse(text)
    const twice = keyTwice(text, json)
    return twice === null ? { json } : { fault: fault("key-twice", null, printable(twice)) }
  } catch (error) {
    const why = error instanceof Error ? printable(error.message.slice(0, JSON_FAULT_LENGTH_MAX)) : ""
    return { fault: fault("payload-not-json", null, why) }
  }
}

/** At most `bytesMax` bytes of JSON in strict UTF-8. */
export const parsePayload = (payload: Uint8Array, bytesMax: number): PayloadResult => {
  const text = readText(payload, bytesMax)
  return typeof text === "string" ? parseText(text) : { fault: text }
}

/** The text of a message, and what it is as JSON, parsed once and when a codec asks for it. */
export class Document {
  private isParsed: boolean
  private value: unknown
  private why: Fault | null = null
  private rounded: ReadonlySet<number> | undefined

  /** `json`: of bytes that were no text, what was read from them. */
  constructor(
    readonly text: string,
    json?: unknown
  ) {
    this.value = json
    this.isParsed = json !== undefined
  }

  /** Undefined: it is no JSON. */
  get json(): unknown {
    if (!this.isParsed) {
      this.isParsed = true
      const parsed = parseText(this.text)
      if ("fault" in parsed) this.why = parsed.fault
      else this.value = parsed.json
    }
    return this.value
  }

  /** Whether a number of it stands there as an integer that a double can't hold. */
  isInexact(n: number): boolean {
    if (Number.isSafeInteger(n) || !Number.isInteger(n)) return false
    this.rounded ??= inexactIntegers(this.text)
    return this.rounded.has(n)
  }

  /** Why it is no JSON; null: it is. */
  get fault(): Fault | null {
    return this.json === undefined ? this.why : null
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

/** Longest text that can be a number. */
const NUMBER_LENGTH_MAX = 40
const NUMBER = /^\s*[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?\s*$/

const INTEGER = /^\s*[+-]?\d{16,40}\s*$/

const WORDS: ReadonlyMap<string, number> = new Map([
  ["on", 1],
  ["off", 0],
  ["true", 1],
  ["false", 0],
  ["open", 1],
  ["closed", 0]
])

/** Whether a text is an integer that a double can't hold: what it gives is another number. */
export const isInexactText = (text: string): boolean =>
  INTEGER.test(text) && isInexact(text.trim().replace("+", ""))

/** The number that a text is; null: it is none. A comma is never a decimal point: nobody said so. */
export const numberOfText = (text: string): number | null => {
  if (text.length === 0 || text.length > NUMBER_LENGTH_MAX) return null
  if (!NUMBER.test(text)) return WORDS.get(text.trim().toLowerCase()) ?? null
  const n = Number(text)
  return Number.isFinite(n) ? normalValue(n) : null
}

/** Text that is a number, and names a version or an address, measures nothing. */
const LABELS = /version|firmware|model|serial|ssid|addr|eui$|(?:^|_)id$|[a-z]I[dD]$|^(?:fw|sw|hw|ver|ip|rev)/i

const NO_VALUE = /^\s*(?:--?|\?|n\/?a|nan|null|none|nil|unknown|unavailable|inf(?:inity)?)\s*$/i
/** A number with a comma, or with a unit behind it. */
const NUMBER_AND_MORE = /^\s*[+-]?(?:\d+[.,]?\d*|[.,]\d+)(?:\s?[\p{L}°%µ‰][\p{L}°%µ/²³·^*-]{0,11}[23]?)?\s*$/u

/** Whether text that is no number looks like a measurement all the same: `21.5 °C`, `21,5`, `n/a`, `--`. */
export const looksMeasured = (text: string): boolean =>
  text.length <= NUMBER_LENGTH_MAX && (NO_VALUE.test(text) || NUMBER_AND_MORE.test(text))

/** Whether a value beside others is a measurement. What a number is too large for is one too, and is refused. */
export const isMeasured = (key: string, value: unknown): boolean => {
  if (typeof value === "number" || typeof value === "boolean") return true
  return typeof value === "string" && numberOfText(value) !== null && !LABELS.test(key)
}
