/** What each column of a CSV is: the time, whose reading it is, the values, what else is said; or why that is not clear. */
import * as Either from "effect/Either"
import { hasDecimalComma, isMissing, numberOf } from "./CsvCells.js"
import type { CsvHeader } from "./CsvHeader.js"
import { type CsvRole, SIDE_FIELDS, type SideField, sensorOfName } from "./CsvNames.js"
import type { CsvOptions } from "./CsvOptions.js"
import { type CsvRefusal, quoted } from "./CsvRefusal.js"
import { timeOfText } from "./CsvTime.js"
import { type TimeColumns, timeColumns } from "./CsvTimeColumns.js"

type Cells = ReadonlyArray<string>

export interface ValueColumn {
  readonly index: number
  /** The metric, or the sensor where each column is one. */
  readonly name: string
  readonly unit: string | null
  /** Of our own files: `sensor_7`. */
  readonly sensor: number | undefined
}

export interface CsvLayout {
  /** The header's names. */
  readonly names: ReadonlyArray<string>
  /** The first cell of each row is a name that the header leaves out, as R writes it. */
  readonly rowNames: boolean
  readonly time: TimeColumns
  readonly identity: { readonly index: number; readonly field: "sensor_id" | "name" } | undefined
  readonly values: ReadonlyArray<ValueColumn>
  /** The column that says what is measured, where each row is one reading. */
  readonly metric: number | undefined
  readonly sides: ReadonlyArray<{ readonly index: number; readonly field: SideField }>
  /** The header's names of what is not read. */
  readonly passedOver: ReadonlyArray<string>
}

const filled = (rows: ReadonlyArray<Cells>, index: number): Cells =>
  rows.flatMap((row) => (isMissing(row[index] ?? "") ? [] : [row[index] ?? ""]))

/** A date, a time of day, an address: no number, though it begins as one. */
const MOMENT_OR_ADDRESS = /^\d+([-/.:])\d+\1\d+|^\d{1,2}:\d{2}/

/** Whether a column without a name that tells holds measurements: numbers among its first cells, or none yet. */
const holdsValues = ({ rows }: CsvHeader, index: number): boolean => {
  const cells = filled(rows, index)
  if (cells.length > 0 && cells.every((cell) => MOMENT_OR_ADDRESS.test(cell))) return false
  return (
    cells.length === 0 ||
    cells.some((cell) => /^[+-]?[.,]?\d/.test(cell) || !Number.isNaN(numberOf(cell, "point")))
  )
}

interface Chosen {
  readonly values: ReadonlyArray<number>
  readonly metric: number | undefined
}

const chosenValues = (header: CsvHeader, taken: ReadonlyArray<number>): Chosen => {
  const { names } = header
  const indexes = [...names.keys()].filter((index) => !taken.includes(index))
  const ofRole = (role: CsvRole) => indexes.find((index) => names[index]?.role === role)
  const metric = ofRole("metric")
  const value = ofRole("value")
  if (value !== undefined) return { values: [value], metric }
  const others = indexes.filter((index) => {
    const name = names[index]
    return name !== undefined && name.text !== "" && name.role === undefined && holdsValues(header, index)
  })
  // A name such as "field" is what is measured beside a single column of values, else a column as any other.
  const isOwn = metric !== undefined && holdsValues(header, metric)
  return isOwn
    ? { values: [...others, metric].sort((a, b) => a - b), metric: undefined }
    : { values: others, metric: others.length === 1 ? metric : undefined }
}

const valueColumns = ({ names }: CsvHeader, indexes: ReadonlyArray<number>): ReadonlyArray<ValueColumn> => {
  const plain = indexes.map((index) => names[index]?.plain ?? "")
  return indexes.map((index, i) => {
    const { text, unit } = names[index] ?? { text: "", unit: null }
    // Two that differ in their unit alone stay two.
    const name = plain.indexOf(plain[i] ?? "") === plain.lastIndexOf(plain[i] ?? "") ? (plain[i] ?? "") : text
    return { index, name, unit, sensor: sensorOfName(name) }
  })
}

/** A column of values that is written with a comma where a point is expected. */
const commaColumn = (
  { rows }: CsvHeader,
  values: ReadonlyArray<ValueColumn>,
  { decimal }: CsvOptions
): CsvRefusal | undefined => {
  if (decimal === "comma") return undefined
  for (const { index, name } of values) {
    const cells = filled(rows, index)
    const comma = cells.find(hasDecimalComma)
    if (comma !== undefined && !cells.some((cell) => /^[+-]?\d*\.\d/.test(cell))) {
      return {
        reason: `the values of ${quoted(name)} have a comma (${quoted(comma)})`,
        give: "--decimal comma"
      }
    }
  }
  return undefined
}

/** Whether every row has one cell more than the header, and is right when its first is left out. */
const hasRowNames = ({ names, rows }: CsvHeader, options: CsvOptions): boolean => {
  if (rows.length === 0 || !rows.every(({ length }) => length === names.length + 1)) return false
  const shifted = { names, rows: rows.map((row) => row.slice(1)), separator: ",", dataFrom: 0 } as const
  const time = timeColumns(shifted, options)
  return (
    Either.isRight(time) &&
    shifted.rows.some((row) =>
      Either.isRight(timeOfText(time.right.textOf(row), { ...options, ...time.right, dst: "first" }))
    )
  )
}

const whose = (
  identity: CsvLayout["identity"],
  values: ReadonlyArray<ValueColumn>,
  options: CsvOptions
): CsvRefusal | undefined => {
  if (options.wide || values.every(({ sensor }) => sensor !== undefined)) return undefined
  const many = values.length > 1
  if (identity === undefined && options.sensor === undefined && options.device === undefined) {
    const wide = many ? "; or --wide, where each column is a sensor" : ""
    return {
      reason: "no column says whose readings these are",
      give: `--name with such a column, or --sensor, a number or a name${wide}`
    }
  }
  const numbered =
    identity === undefined ? /^\d+$/.test(options.sensor ?? "") : identity.field === "sensor_id"
  return many && numbered
    ? {
        reason: `it has ${values.length} columns of values, and a sensor's number is for one`,
        give: "--sensor a name"
      }
    : undefined
}

/** The column that says whose a row is: as `--name` has it, else by its usual names. */
const identityOf = (
  { names }: CsvHeader,
  { name }: CsvOptions
): Either.Either<CsvLayout["identity"], CsvRefusal> => {
  const first = (role: CsvRole) => names.findIndex((one) => one.role === role)
  const [numbered, named] = [first("sensor_id"), first("name")]
  if (name !== undefined) {
    const index = names.findIndex(({ text }) => text.toLowerCase() === name.trim().toLowerCase())
    return index === -1
      ? Either.left({ reason: `no column is called ${quoted(name)}` })
      : Either.right({ index, field: index === numbered ? "sensor_id" : "name" })
  }
  if (numbered !== -1) return Either.right({ index: numbered, field: "sensor_id" })
  return Either.right(named === -1 ? undefined : { index: named, field: "name" })
}

/** The columns by what they are; left: what has to be said first. */
export const layoutOf = (found: CsvHeader, options: CsvOptions): Either.Either<CsvLayout, CsvRefusal> =>
  Either.gen(function* () {
    const rowNames = hasRowNames(found, options)
    const header = rowNames ? { ...found, rows: found.rows.map((row) => row.slice(1)) } : found
    const { names } = header
    const time = yield* timeColumns(header, options)
    const identity = yield* identityOf(header, options)
    const { metric, values: indexes } = chosenValues(header, [...time.indexes, identity?.index ?? -1])
    const values = valueColumns(header, indexes)
    if (values.length === 0) return yield* Either.left({ reason: "its header names no column of values" })
    const first = (role: CsvRole) => names.findIndex((name) => name.role === role)
    const refusal = whose(identity, values, options) ?? commaColumn(header, values, options)
    if (refusal !== undefined) return yield* Either.left(refusal)
    const sides = SIDE_FIELDS.flatMap((field) => {
      const index = first(field)
      return index === -1 || time.indexes.includes(index) ? [] : [{ index, field }]
    })
    const read = new Set([
      ...[...time.indexes, ...indexes, ...sides.map(({ index }) => index)],
      ...[metric ?? -1, identity?.index ?? -1]
    ])
    const passedOver = names.flatMap(({ text }, index) =>
      read.has(index) ? [] : [text === "" ? `column ${index + 1}` : text]
    )
    const texts = names.map(({ text }) => text)
    return { names: texts, rowNames, time, identity, values, metric, sides, passedOver }
  })
