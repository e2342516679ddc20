/**
 * Where the header of a CSV is, and what parts its cells: from the beginning of the text. What stands before the header
 * is known (`sep=`, comments, the four lines of a Campbell logger), or refused with how many lines to skip; a first
 * line that is data is refused too, as its values would become names.
 */
import * as Either from "effect/Either"
import { type CsvName, nameOf } from "./CsvNames.js"
import type { CsvOptions } from "./CsvOptions.js"
import { behindLines, type CsvRecord, CsvRecords, SEPARATORS, type Separator } from "./CsvRecords.js"
import { type CsvRefusal, quoted } from "./CsvRefusal.js"
import { isClock, isDate } from "./CsvTime.js"

type Cells = ReadonlyArray<string>

export interface CsvHeader {
  readonly separator: Separator
  readonly names: ReadonlyArray<CsvName>
  /** How many lines there are before the first row. */
  readonly dataFrom: number
  /** The first rows that can be read, to learn from. */
  readonly rows: ReadonlyArray<Cells>
}

/** The beginning of a text; `whole`: there is no more. */
export interface Beginning {
  readonly text: string
  readonly whole: boolean
}

/** The text as one separator parts it. */
interface Parting {
  readonly separator: Separator
  readonly records: ReadonlyArray<CsvRecord>
}

const NUMBER = /^[+-]?(?:\d+[.,]?\d*|[.,]\d+)(?:[eE][+-]?\d+)?$/
const DATE_AND_TIME = /^\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}[T ]/

const isMoment = (cell: string): boolean => isDate(cell) || isClock(cell) || DATE_AND_TIME.test(cell)

const trimmed = (cells: Cells): Cells => cells.map((cell) => cell.trim())

const sameName = (a: string, b: string): boolean => a.trim().toLowerCase() === b.trim().toLowerCase()

/** Whether these cells name the columns: the time among them by its usual name, or as `--time` has it. */
const namesTime = (cells: Cells, { time }: CsvOptions): boolean =>
  !cells.some(isMoment) &&
  (time === undefined
    ? cells.some((cell) => nameOf(cell).role === "time")
    : time.every((name) => cells.some((cell) => sameName(cell, name))))

const cellsOf = ({ cells }: CsvRecord): Cells => (typeof cells === "string" ? [] : trimmed(cells))

const fault = (reason: string, give?: string): Either.Either<never, CsvRefusal> =>
  Either.left(give === undefined ? { reason } : { reason, give })

/** How well a separator parts the text: compared from the left. */
const fitOf = ({ records }: Parting, options: CsvOptions): ReadonlyArray<number> => {
  const [first, ...others] = records
  if (first === undefined) return [0, 0, 0]
  const cells = cellsOf(first)
  const width = options.columns?.length ?? cells.length
  const rows = others.slice(0, 20)
  const like = rows.filter((row) => Math.abs(cellsOf(row).length - width) <= 1).length
  return [
    Number(options.columns === undefined ? namesTime(cells, options) : cells.length === width),
    cells.length > 1 ? like / Math.max(1, rows.length) : 0,
    cells.length
  ]
}

const isBetter = (one: ReadonlyArray<number>, than: ReadonlyArray<number>): boolean => {
  const at = one.findIndex((figure, i) => figure !== than[i])
  return at !== -1 && (one[at] ?? 0) > (than[at] ?? 0)
}

const part = ({ text, whole }: Beginning, separator: Separator): Parting => {
  const records = new CsvRecords(separator)
  return { separator, records: [...records.push(text), ...(whole ? records.end() : [])] }
}

const best = (partings: ReadonlyArray<Parting>, options: CsvOptions): Parting | undefined =>
  partings.reduce<Parting | undefined>(
    (most, one) => (most === undefined || isBetter(fitOf(one, options), fitOf(most, options)) ? one : most),
    undefined
  )

/** How a Campbell logger's four lines begin. */
const LOGGER = "TOA5"
const SEPARATOR_LINE = /^"?sep=(.)"?$/i

/** `sep=;` in the first line, as spreadsheets write and read it. */
const saidSeparator = (line: string): Either.Either<Separator | undefined, CsvRefusal> => {
  const said = SEPARATOR_LINE.exec(line)?.[1]
  if (said === undefined) return Either.right(undefined)
  const separator = SEPARATORS.find((one) => one === said)
  return separator === undefined
    ? fault(`its separator ${quoted(said)} is not known`)
    : Either.right(separator)
}

const firstLine = (text: string): string => /^[^\r\n]*/.exec(text)?.[0] ?? ""

/** How many comments (`#…`) stand before the header, which may begin with that sign itself. */
const commentLines = (text: string, options: CsvOptions): number => {
  let rest = text
  for (let lines = 0; ; lines++) {
    const line = firstLine(rest)
    const isHeader = SEPARATORS.some((separator) =>
      namesTime(trimmed(line.replaceAll('"', "").replace(/^#\s*/, "").split(separator)), options)
    )
    if (!line.startsWith("#") || isHeader || rest === "") return rest === "" ? 0 : lines
    rest = behindLines(rest, 1)
  }
}

/** A later line that does name the time, with rows of its own width behind it; -1: there is none. */
const laterHeader = (partings: ReadonlyArray<Parting>, options: CsvOptions): number => {
  for (const { records } of partings) {
    const at = records.findIndex((record, i) => {
      const cells = cellsOf(record)
      const next = records[i + 1]
      return i > 0 && cells.length > 1 && namesTime(cells, options) && next !== undefined
        ? Math.abs(cellsOf(next).length - cells.length) <= 1
        : false
    })
    if (at !== -1) return records[at]?.line ?? -1
  }
  return -1
}

const twice = (names: ReadonlyArray<CsvName>): string | undefined => {
  const key = ({ role, text }: CsvName) => (role === undefined ? text : text.toLowerCase())
  return names.find((name, i) => name.text !== "" && names.findIndex((one) => key(one) === key(name)) !== i)
    ?.text
}

const headerOf = (
  { records, separator }: Parting,
  columns: Cells,
  before: number,
  at: number,
  units: Cells = []
): Either.Either<CsvHeader, CsvRefusal> => {
  const names = columns.map((name, i) => {
    const own = nameOf(i === 0 && name !== "#" ? name.replace(/^#\s*/, "") : name)
    return own.unit === null && (units[i] ?? "") !== "" ? { ...own, unit: units[i] ?? null } : own
  })
  const again = twice(names)
  if (again !== undefined) {
    return fault(`its header names ${quoted(again)} twice`, "--columns with a name for each column")
  }
  const rows = records.slice(at).flatMap((record) => {
    const cells = cellsOf(record)
    return cells.some((cell) => cell !== "") ? [cells] : []
  })
  const dataFrom = before + (at === 0 ? 0 : (records[at - 1]?.next ?? 1) - 1)
  return Either.right({ separator, names, dataFrom, rows })
}

const isData = (cells: Cells): boolean =>
  cells.some((cell) => isMoment(cell) || (cell !== "" && NUMBER.test(cell)))

/** The names that are given: in place of a header, or where there is none. */
const withNames = (parting: Parting, cells: Cells, columns: Cells, before: number, isHeader: boolean) => {
  const found = Math.max(
    cells.length,
    parting.records[1] === undefined ? 0 : cellsOf(parting.records[1]).length
  )
  return columns.length === found || columns.length === cells.length
    ? headerOf(parting, columns, before, isHeader ? 1 : 0)
    : fault(`--columns names ${columns.length} columns, and the file has ${found}`)
}

/** The header, or why there is none. */
export const findHeader = (
  beginning: Beginning,
  options: CsvOptions
): Either.Either<CsvHeader, CsvRefusal> => {
  let before = options.skip
  let text = behindLines(beginning.text, before)
  const said = saidSeparator(firstLine(text))
  if (Either.isLeft(said)) return Either.left(said.left)
  const dropped = (said.right === undefined ? 0 : 1) + commentLines(text, options)
  before += dropped
  text = behindLines(text, dropped)
  const partings = (said.right === undefined ? SEPARATORS : [said.right]).map((separator) =>
    part({ text, whole: beginning.whole }, separator)
  )
  const parting = best(partings, options)
  const [first] = parting?.records ?? []
  if (parting === undefined || first === undefined || text.trim() === "") {
    return fault(beginning.text.trim() === "" ? "it is empty" : "it holds no line that could be read")
  }
  if (typeof first.cells === "string") return fault(`its header can't be read: ${first.cells}`)
  const cells = trimmed(first.cells)
  const known = namesTime(cells, options)
  if (options.columns !== undefined) {
    return withNames(parting, cells, options.columns, before, known || !isData(cells))
  }
  if (cells[0] === LOGGER) {
    const [, names, units] = parting.records
    return headerOf(parting, names === undefined ? [] : cellsOf(names), before, 4, units && cellsOf(units))
  }
  if (known) return headerOf(parting, cells, before, 1)
  const later = laterHeader(partings, options)
  if (later !== -1) {
    return fault(
      `line ${before + 1} is no header, and line ${before + later} is one`,
      `--skip ${before + later - 1}`
    )
  }
  const example = cells.find((cell) => isData([cell]))
  return example === undefined
    ? headerOf(parting, cells, before, 1)
    : fault(
        `line ${before + 1} is no header: it holds ${quoted(example)}`,
        `--columns, with a name for each of its ${cells.length} columns (timestamp,…), or --skip`
      )
}

/** Whether a text is surely meant as a CSV: its first line names a time among others, or begins with one, or is a logger's. */
export const looksLikeCsv = (text: string): boolean => {
  const line = firstLine(text.replace(/^"?sep=.*\s+/i, "").trimStart())
  return SEPARATORS.some((separator) => {
    const cells = trimmed(line.replaceAll('"', "").replace(/^#\s*/, "").split(separator))
    return (
      cells.length > 1 &&
      (cells.some((cell) => nameOf(cell).role === "time") || isMoment(cells[0] ?? "") || cells[0] === LOGGER)
    )
  })
}
