/**
 * NDJSON and CSV, row by row, to what is appended for each: the same readings that POST takes in JSON. A row that is
 * wrong is rejected with every bad field by its name, and kept as it stands.
 */
import * as Either from "effect/Either"
import type { FieldError } from "../../api/core/Problem.js"
import { BULK_ROWS_MAX } from "../../api/data/Writing.js"
import { type Faults, fault, faultText } from "../../domain/rejected/RejectionFault.js"
import { invalidField, type Refusal } from "../core/Problems.js"
import { clockFault, decodeReading, type TimeBound } from "../core/RequestDecoding.js"
import type { BulkRow } from "./Bulk.js"
import { csvRecords, SEPARATORS, type Separator } from "./CsvRecords.js"
import { candidateOf } from "./ReadingJson.js"

/** Where it came in, as it is kept with what is rejected. */
export const POST_TOPIC = "POST /data/"

const utf8 = new TextDecoder("utf-8", { fatal: true })

/** The text of a body, without a byte order mark. */
export const textOf = (bytes: Uint8Array): Either.Either<string, Refusal> =>
  Either.mapLeft(
    Either.try(() => utf8.decode(bytes)),
    () => invalidField("", "the body is not valid UTF-8")
  )

const reject = (row: number, raw: string, faults: Faults): BulkRow => ({
  row,
  item: {
    _tag: "Rejected",
    source: { topic: POST_TOPIC, bytes: Buffer.from(raw), metric: null },
    faults
  }
})

const faultsOf = (errors: ReadonlyArray<FieldError>): Faults =>
  errors.map(({ field, message }) =>
    field === "" ? fault("row-not-reading", null) : fault("row-field", field, message)
  )

const rowOf = (row: number, raw: string, input: unknown, bound: TimeBound): BulkRow => {
  const decoded = decodeReading(input, bound)
  if (Either.isLeft(decoded)) return reject(row, raw, faultsOf(decoded.left))
  const wrong = clockFault(decoded.right, bound)
  if (wrong !== null) return reject(row, raw, [wrong])
  return {
    row,
    item: {
      _tag: "Reading",
      reading: candidateOf(decoded.right),
      source: { topic: POST_TOPIC, bytes: Buffer.from(raw), metric: null }
    }
  }
}

const parsed = (raw: string): Either.Either<unknown, string> =>
  Either.try({
    try: (): unknown => JSON.parse(raw),
    catch: (error) => (error instanceof Error ? error.message : "")
  })

function* lines(text: string): Generator<{ readonly row: number; readonly raw: string }> {
  let row = 0
  for (let start = 0; start < text.length; ) {
    const newline = text.indexOf("\n", start)
    const end = newline === -1 ? text.length : newline
    row += 1
    const raw = text.slice(start, end).trim()
    if (raw !== "") yield { row, raw }
    start = end + 1
  }
}

function* ndjsonOf(text: string, bound: TimeBound): Generator<BulkRow> {
  for (const { raw, row } of lines(text)) {
    const json = parsed(raw)
    yield Either.isLeft(json)
      ? reject(row, raw, [fault("row-not-json", null, json.left)])
      : rowOf(row, raw, json.right, bound)
  }
}

const tooMany = (what: string): Refusal =>
  invalidField("", `the body holds more than ${BULK_ROWS_MAX} ${what}: send it in parts`)

const atMost = (items: Iterable<unknown>, max: number): boolean => {
  let count = 0
  for (const _ of items) {
    count += 1
    if (count > max) return false
  }
  return true
}

/** A reading a line. */
export const ndjsonRows = (text: string, bound: TimeBound): Either.Either<Iterable<BulkRow>, Refusal> =>
  atMost(lines(text), BULK_ROWS_MAX) ? Either.right(ndjsonOf(text, bound)) : Either.left(tooMany("lines"))

const NEEDED = ["sensor_id", "timestamp", "value"] as const
const NUMBERS: ReadonlySet<string> = new Set(["value", "lat", "lng", "seq"])
const NUMBER = /^\s*[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?\s*$/

/** A cell as JSON would have it; what is no number stays text, and is refused by its field's name. */
const cellValue = (column: string, cell: string): unknown =>
  NUMBERS.has(column) && NUMBER.test(cell) ? Number(cell) : cell

const headerFault = (columns: ReadonlyArray<string>): string | null => {
  const missing = NEEDED.filter((name) => !columns.includes(name))
  if (missing.length > 0) return `it lacks ${missing.join(", ")}`
  const twice = columns.find((name, i) => name !== "" && columns.indexOf(name) !== i)
  return twice === undefined ? null : `it names ${JSON.stringify(twice)} twice`
}

interface CsvHeader {
  readonly columns: ReadonlyArray<string>
  /** Why it is none; null: it is one. */
  readonly fault: string | null
  readonly separator: Separator
}

/** The header as `separator` parts it; undefined: there is none. */
const headerOf = (text: string, separator: Separator): CsvHeader | undefined => {
  const { value: header } = csvRecords(text, separator).next()
  if (header === undefined) return undefined
  const { cells } = header
  if ("code" in cells) return { separator, columns: [], fault: faultText(cells) }
  const columns = cells.map((name: string) => name.trim())
  return { separator, columns, fault: headerFault(columns) }
}

/** Parted by what makes it a header; by commas where nothing does. */
const csvHeader = (text: string): CsvHeader | undefined =>
  SEPARATORS.map((separator) => headerOf(text, separator)).find((header) => header?.fault === null) ??
  headerOf(text, ",")

function* csvOf(text: string, { columns, separator }: CsvHeader, bound: TimeBound): Generator<BulkRow> {
  let row = -1
  for (const { cells, raw } of csvRecords(text, separator)) {
    row += 1
    if (row === 0) continue
    if ("code" in cells) yield reject(row, raw, [cells])
    else if (cells.length !== columns.length) {
      yield reject(row, raw, [fault("row-cells", null, cells.length, columns.length)])
    } else {
      const input: Record<string, unknown> = Object.create(null)
      for (const [i, column] of columns.entries()) {
        const cell = cells[i] ?? ""
        // "metadata" is MQTT's; as a column nobody means it.
        if (cell !== "" && column !== "metadata") input[column] = cellValue(column, cell)
      }
      yield rowOf(row, raw, input, bound)
    }
  }
}

/** RFC 4180 with a header, which also tells what stands between two cells. */
export const csvRows = (text: string, bound: TimeBound): Either.Either<Iterable<BulkRow>, Refusal> => {
  const header = csvHeader(text)
  if (header === undefined) return Either.left(invalidField("", "the body is empty"))
  if (header.fault !== null) return Either.left(invalidField("", `the header is not valid: ${header.fault}`))
  return atMost(csvRecords(text, header.separator), BULK_ROWS_MAX + 1)
    ? Either.right(csvOf(text, header, bound))
    : Either.left(tooMany("rows"))
}
