/** A cell as text, for the formats that are text. Every finite double reads back to the bit, -0 included. */
import { formatTime } from "../domain/Time.js"
import type { Column } from "./Table.js"

/** The shortest text that reads back as the same double. */
export const numberText = (value: number): string =>
  value === 0 && Object.is(value, -0) ? "-0" : String(value)

/** From here on every double is whole, and digits alone would look like an integer that readers hold exactly. */
const WHOLE_DOUBLES_MIN = 2 ** 53

/** A double as JSON: with an exponent where pandas and others would take its digits for an integer, and too big a one. */
const doubleJson = (value: number): string =>
  Math.abs(value) >= WHOLE_DOUBLES_MIN ? value.toExponential() : numberText(value)

const HEX = "0123456789abcdef"

/** Lower-case hex. */
export const hexText = (bytes: Uint8Array): string => {
  let text = ""
  for (const byte of bytes) text += `${HEX.charAt(byte >> 4)}${HEX.charAt(byte & 15)}`
  return text
}

/** What was written last is not written again: neighbours often have the same time, of one moment or one batch. */
const unlessSame = <Value extends string | number>(write: (value: Value) => string) => {
  let last: Value | undefined
  let lastText = ""
  return (value: Value): string => {
    if (value !== last) {
      last = value
      lastText = write(value)
    }
    return lastText
  }
}

/** Texts of a column that are remembered as they are written, and how long each of them may be. */
const TEXTS_MAX = 1_000
const TEXT_LENGTH_MAX = 200

/** Rows say the same few texts of their sensors, in any order: each is written once. */
export const onceEach = (write: (text: string) => string) => {
  const texts = new Map<string, string>()
  return unlessSame((text: string): string => {
    const before = texts.get(text)
    if (before !== undefined) return before
    const written = write(text)
    if (texts.size >= TEXTS_MAX) texts.clear()
    if (text.length <= TEXT_LENGTH_MAX) texts.set(text, written)
    return written
  })
}

/** The cell as JSON text. A double that JSON has no number for is null. */
export const jsonCell = <Row>(column: Column<Row>): ((row: Row) => string) => {
  switch (column.kind) {
    case "integer":
    case "number": {
      const text = column.kind === "integer" ? numberText : doubleJson
      return (row) => {
        const value = column.get(row)
        return value === null || !Number.isFinite(value) ? "null" : text(value)
      }
    }
    case "time": {
      const text = unlessSame((time: number) => `"${formatTime(time)}"`)
      return (row) => {
        const value = column.get(row)
        return value === null ? "null" : text(value)
      }
    }
    case "binary":
      return (row) => {
        const value = column.get(row)
        return value === null ? "null" : `"${hexText(value)}"`
      }
    case "boolean":
      return (row) => String(column.get(row))
    case "text": {
      const quoted = onceEach(JSON.stringify)
      return (row) => {
        const value = column.get(row)
        return value === null ? "null" : quoted(value)
      }
    }
    case "json":
      return (row) => JSON.stringify(column.get(row) ?? null)
  }
}

/** The cell as plain text; null stays null. */
export const plainCell = <Row>(column: Column<Row>): ((row: Row) => string | null) => {
  switch (column.kind) {
    case "integer":
    case "number":
      return (row) => {
        const value = column.get(row)
        return value === null ? null : numberText(value)
      }
    case "time": {
      const text = unlessSame(formatTime)
      return (row) => {
        const value = column.get(row)
        return value === null ? null : text(value)
      }
    }
    case "binary":
      return (row) => {
        const value = column.get(row)
        return value === null ? null : hexText(value)
      }
    case "boolean":
      return (row) => {
        const value = column.get(row)
        return value === null ? null : String(value)
      }
    case "text":
      return (row) => column.get(row)
    case "json":
      return (row) => {
        const value = column.get(row)
        return value === null || value === undefined ? null : JSON.stringify(value)
      }
  }
}
