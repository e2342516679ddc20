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
    case "time":
      return (row) => {
        const value = column.get(row)
        return value === null ? "null" : `"${formatTime(value)}"`
      }
    case "binary":
      return (row) => {
        const value = column.get(row)
        return value === null ? "null" : `"${hexText(value)}"`
      }
    case "boolean":
      return (row) => String(column.get(row))
    case "text": {
      // Neighbours nearly always have the same unit, type and description.
      let last: string | null = null
      let lastText = "null"
      return (row) => {
        const value = column.get(row)
        if (value !== last) {
          last = value
          lastText = JSON.stringify(value)
        }
        return lastText
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
    case "time":
      return (row) => {
        const value = column.get(row)
        return value === null ? null : formatTime(value)
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
