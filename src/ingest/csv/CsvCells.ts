/** What a cell says: a number, nothing, or text. */

/** How a number's fraction begins: `21.5` or `21,5`. */
export type Decimal = "point" | "comma"

const POINT = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/
const COMMA = /^[+-]?(?:\d+,?\d*|,\d+)(?:[eE][+-]?\d+)?$/
/** A number with a fraction after a comma, which would be another one without it. */
const FRACTION_AFTER_COMMA = /^[+-]?\d*,\d+(?:[eE][+-]?\d+)?$/

export const hasDecimalComma = (cell: string): boolean => FRACTION_AFTER_COMMA.test(cell)

/** What programs write for a value that they don't have. */
const MISSING: ReadonlySet<string> = new Set([
  ...["", "?", "-", "--", "na", "n/a", "#n/a", "nan", "-nan", "null", "nil", "none", "\\n", "<na>"],
  ...["unknown", "unavailable"]
])
const isShort = (cell: string): boolean => cell.length <= 11

export const isMissing = (cell: string): boolean => isShort(cell) && MISSING.has(cell.toLowerCase())

const SWITCHES: ReadonlyMap<string, number> = new Map([
  ...["true", "on", "open"].map((word) => [word, 1] as const),
  ...["false", "off", "closed"].map((word) => [word, 0] as const)
])

/** The number that a cell is, true and on as 1, false and off as 0; NaN: it is none. */
export const numberOf = (cell: string, decimal: Decimal): number => {
  if (decimal === "point") {
    if (POINT.test(cell)) return Number(cell)
  } else if (COMMA.test(cell)) return Number(cell.replace(",", "."))
  return (isShort(cell) ? SWITCHES.get(cell.toLowerCase()) : undefined) ?? Number.NaN
}
