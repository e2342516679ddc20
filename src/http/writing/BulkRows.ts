/**
 * NDJSON and CSV, row by row, to what is appended for each: the same readings that POST takes in JSON. A row that is
 * wrong is rejected with every bad field by its name, and kept as it stands.
 */
import * as Either from "effect/Either"
import type { FieldError } from "../../api/core/Problem.js"
import { BULK_ROWS_MAX } from "../../api/data/Writing.js"
import type { MessageSource } from "../../domain/rejected/RejectedMessage.js"
import { type Faults, fault } from "../../domain/rejected/RejectionFault.js"
import { csvOptions } from "../../ingest/csv/CsvOptions.js"
import { readCsv } from "../../ingest/csv/CsvReader.js"
import { behindLines, csvRecords } from "../../ingest/csv/CsvRecords.js"
import type { CsvFault, CsvRefusal } from "../../ingest/csv/CsvRefusal.js"
import { type CsvRow, candidateOf as csvCandidate } from "../../ingest/csv/CsvRows.js"
import { textOf as csvText } from "../../ingest/csv/CsvText.js"
import { invalidField, type Refusal } from "../core/Problems.js"
import { clockFault, decodeReading, type TimeBound } from "../core/RequestDecoding.js"
import type { BulkRow } from "./Bulk.js"
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

const sourceOf = (raw: string, metric: string | null): MessageSource => ({
  topic: POST_TOPIC,
  bytes: Buffer.from(raw),
  metric
})

const reject = (row: number, raw: string, faults: Faults, metric: string | null = null): BulkRow => ({
  row,
  item: { _tag: "Rejected", source: sourceOf(raw, metric), faults }
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
    item: { _tag: "Reading", reading: candidateOf(decoded.right), source: sourceOf(raw, null) }
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

export const ndjsonRows = (text: string, bound: TimeBound): Either.Either<Iterable<BulkRow>, Refusal> =>
  atMost(lines(text), BULK_ROWS_MAX) ? Either.right(ndjsonOf(text, bound)) : Either.left(tooMany("lines"))

const refused = ({ reason }: CsvRefusal): Refusal => invalidField("", `the CSV can't be read: ${reason}`)

const csvFaults = (faults: ReadonlyArray<CsvFault>): Faults =>
  faults.map(({ field, message }) =>
    field === "" ? fault("row-csv", null, message) : fault("row-field", field, message)
  )

function* csvOf(rows: Iterable<CsvRow>): Generator<BulkRow> {
  for (const csv of rows) {
    const { faults, raw, row, values } = csv
    if (faults.length > 0) yield reject(row, raw, csvFaults(faults))
    for (const value of values) {
      const reading = csvCandidate(csv, value)
      const metric = values.length > 1 ? value.metric : null
      if (value.fault !== null) yield reject(row, raw, csvFaults([value.fault]), metric)
      else if (reading !== null)
        yield { row, item: { _tag: "Reading", reading, source: sourceOf(raw, metric) } }
    }
  }
}

/**
 * A CSV as files are read (ingest/csv): without an encoding of its own UTF-8, or what its mark says. A date may be as
 * old as in JSON, a number must be one of seconds, ms or µs that can be meant.
 */
export const csvRows = (
  bytes: Uint8Array,
  encoding: string | undefined,
  { futureMax, now }: TimeBound
): Either.Either<Iterable<BulkRow>, Refusal> =>
  Either.gen(function* () {
    const text = yield* Either.mapLeft(csvText(bytes, encoding), refused)
    const options = csvOptions(now, { futureMax, minDate: 0 })
    const { plan, rows } = yield* Either.mapLeft(readCsv(text, options), refused)
    const records = csvRecords(behindLines(text, plan.dataFrom), plan.separator)
    return atMost(records, BULK_ROWS_MAX) ? csvOf(rows) : yield* Either.left(tooMany("rows"))
  })
