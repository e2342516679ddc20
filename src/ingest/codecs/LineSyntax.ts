/**
 * The grammar of InfluxDB's line protocol: from text to measurement, tags, fields and timestamp, and back.
 *
 * A backslash escapes what would else end the part that it stands in (a comma or space of a measurement; a comma,
 * space or equals sign of tags and of a field's key), and is itself elsewhere. A quoted text may hold newlines.
 */
import { type Fault, fault } from "../../domain/rejected/RejectionFault.js"

export interface Field {
  readonly key: Part
  /** The value; of a quoted one the text that it means. */
  readonly text: string
  readonly quoted: boolean
}

/** A part as it is meant, and as the protocol writes it: one way for each meaning. */
export interface Part {
  readonly text: string
  readonly written: string
}

export interface Line {
  readonly measurement: string
  /** In the order of their keys. */
  readonly tags: ReadonlyArray<readonly [key: string, value: string]>
  readonly fields: ReadonlyArray<Field>
  readonly timestamp: string | null
}

const MEASUREMENT = ", "
const KEY = ",= "

const written = (text: string, specials: string): string => {
  let out = ""
  for (const c of text) out += specials.includes(c) ? `\\${c}` : c
  return out
}

/** The key of a field as the protocol writes it. */
export const writtenKey = (text: string): string => written(text, KEY)

/** Tags in the order that a series has them. */
export const sortTags = (tags: ReadonlyArray<readonly [key: string, value: string]>): Line["tags"] =>
  tags.toSorted(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))

/** The series as the protocol writes it, tags sorted. */
export const seriesText = ({ measurement, tags }: Pick<Line, "measurement" | "tags">): string =>
  [
    written(measurement, MEASUREMENT),
    ...tags.map(([key, value]) => `${written(key, KEY)}=${written(value, KEY)}`)
  ].join(",")

/** Reads one line; where it stands is `at`. */
class Reader {
  at = 0
  constructor(readonly line: string) {}

  get next(): string {
    return this.line[this.at] ?? ""
  }

  /** What stands before the first of `ends` that is not escaped. */
  until(ends: string, specials: string): string {
    let text = ""
    while (this.at < this.line.length) {
      const c = this.next
      const following = this.line[this.at + 1]
      if (c === "\\" && following !== undefined && specials.includes(following)) {
        text += following
        this.at += 2
      } else if (ends.includes(c)) break
      else {
        text += c
        this.at += 1
      }
    }
    return text
  }

  /** The text of a quoted value, behind its closing quote; none where there is none. */
  quoted(): string | null {
    let text = ""
    for (this.at += 1; this.at < this.line.length; this.at += 1) {
      const c = this.next
      const following = this.line[this.at + 1]
      if (c === "\\" && (following === '"' || following === "\\")) {
        text += following
        this.at += 1
      } else if (c === '"') {
        this.at += 1
        return text
      } else text += c
    }
    return null
  }

  skip(c: string): boolean {
    if (this.next !== c) return false
    this.at += 1
    return true
  }

  spaces(): void {
    while (this.next === " ") this.at += 1
  }
}

const parseTags = (reader: Reader): Line["tags"] | Fault => {
  const tags: Array<readonly [string, string]> = []
  while (reader.skip(",")) {
    const key = reader.until(KEY, KEY)
    if (key === "" || !reader.skip("=")) return fault("line-tag-cut", null, tags.length + 1)
    const value = reader.until(KEY, KEY)
    if (value === "" || reader.next === "=") return fault("line-tag-invalid", null, key)
    tags.push([key, value])
  }
  const sorted = sortTags(tags)
  const twice = sorted.find(([key], i) => sorted[i + 1]?.[0] === key)
  return twice === undefined ? sorted : fault("line-tag-twice", null, twice[0])
}

const parseFields = (reader: Reader): Line["fields"] | Fault => {
  const fields: Array<Field> = []
  do {
    const text = reader.until(KEY, KEY)
    if (text === "" || !reader.skip("=")) return fault("line-field-cut", null, fields.length + 1)
    const key = { text, written: writtenKey(text) }
    const quoted = reader.next === '"'
    const value = quoted ? reader.quoted() : reader.until(MEASUREMENT, "")
    if (value === null) return fault("line-quote-open", null, text)
    if (!quoted && value === "") return fault("line-field-empty", null, text)
    if (quoted && !["", ",", " "].includes(reader.next)) {
      return fault("line-quote-followed", null, text)
    }
    fields.push({ key, text: value, quoted })
  } while (reader.skip(","))
  return fields
}

const TIMESTAMP = /^-?\d{1,19}$/

/** One line, or why it is none. */
export const parseLine = (text: string): Line | Fault => {
  const reader = new Reader(text)
  const measurement = reader.until(MEASUREMENT, MEASUREMENT)
  if (measurement === "") return fault("line-no-measurement", null)
  const tags = parseTags(reader)
  if ("code" in tags) return tags
  reader.spaces()
  if (reader.next === "") return fault("line-no-fields", null)
  const fields = parseFields(reader)
  if ("code" in fields) return fields
  const timestamp = text.slice(reader.at).trim()
  if (timestamp !== "" && !TIMESTAMP.test(timestamp)) return fault("line-time-invalid", null)
  return { measurement, tags, fields, timestamp: timestamp === "" ? null : timestamp }
}

/**
 * Where a line that begins at `start` ends: at the first newline outside a quoted value. A quote that is never
 * closed, or closed by one that was meant to open, ends with its own line, so that it can't swallow those behind it.
 */
const endOfLine = (text: string, start: number): number => {
  const newline = text.indexOf("\n", start)
  const plain = newline === -1 ? text.length : newline
  if (!text.slice(start, plain).includes('"')) return plain
  const whole = (end: number): number =>
    end > plain && "code" in parseLine(text.slice(start, end).trim()) ? plain : end
  let quoted = false
  let fields = false
  for (let i = start; i < text.length; i++) {
    const c = text[i]
    if (c === "\\") {
      // Of an escape at the end of a line the newline is no part.
      if (text[i + 1] !== "\n") i += 1
    } else if (c === "\n" && !quoted) return whole(i)
    else if (c === " " && !quoted) fields = true
    else if (c === '"' && fields && (quoted || text[i - 1] === "=")) quoted = !quoted
  }
  return quoted ? plain : whole(text.length)
}

/** The lines of a body with their numbers, from 1; without empty ones and comments. */
export function* splitLines(text: string): Generator<{ readonly row: number; readonly raw: string }> {
  let row = 1
  for (let start = 0; start < text.length; ) {
    const end = endOfLine(text, start)
    const line = text.slice(start, end)
    const raw = line.trim()
    if (raw !== "" && !raw.startsWith("#")) yield { row, raw }
    row += 1
    for (let at = line.indexOf("\n"); at !== -1; at = line.indexOf("\n", at + 1)) row += 1
    start = end + 1
  }
}
