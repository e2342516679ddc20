/**
 * The one reader of CSV: of bodies, of files, of messages. Text in; what was understood of its header, or why it is
 * refused; then its rows, each with its readings or with what is wrong. Pure; of a file in constant memory.
 */
import * as Either from "effect/Either"
import { type Beginning, findHeader } from "./CsvHeader.js"
import { type CsvLayout, layoutOf } from "./CsvLayout.js"
import type { CsvOptions } from "./CsvOptions.js"
import { behindLines, type CsvRecord, CsvRecords, type Separator } from "./CsvRecords.js"
import type { CsvRefusal } from "./CsvRefusal.js"
import { type CsvRow, CsvRowReader } from "./CsvRows.js"

/** How much of the beginning tells how the text is read, in UTF-16 code units. */
export const SAMPLE_LENGTH = 65_536

/** How a CSV is read. */
export interface CsvPlan {
  readonly separator: Separator
  readonly dataFrom: number
  readonly layout: CsvLayout
  readonly options: CsvOptions
}

export const understandCsv = (
  beginning: Beginning,
  options: CsvOptions
): Either.Either<CsvPlan, CsvRefusal> =>
  Either.flatMap(findHeader(beginning, options), (header) =>
    Either.map(layoutOf(header, options), (layout) => ({
      ...{ separator: header.separator, dataFrom: header.dataFrom },
      ...{ layout, options }
    }))
  )

/** The rows of a text that comes in chunks. */
export class CsvRows {
  private readonly records: CsvRecords
  private readonly reader: CsvRowReader
  /** What is held back until the lines before the rows are all there; null: they are dropped. */
  private held: string | null = ""
  private row = 0

  constructor(private readonly plan: CsvPlan) {
    this.records = new CsvRecords(plan.separator, plan.dataFrom + 1)
    this.reader = new CsvRowReader(plan.layout, plan.options)
  }

  push(chunk: string): ReadonlyArray<CsvRow> {
    if (this.held === null) return this.read(this.records.push(chunk))
    this.held += chunk
    return this.held.length > SAMPLE_LENGTH ? this.begin() : []
  }

  end(): ReadonlyArray<CsvRow> {
    return [...this.begin(), ...this.read(this.records.end())]
  }

  private begin(): ReadonlyArray<CsvRow> {
    const text = behindLines(this.held ?? "", this.plan.dataFrom)
    this.held = null
    return this.read(this.records.push(text))
  }

  private read(records: ReadonlyArray<CsvRecord>): ReadonlyArray<CsvRow> {
    return records.flatMap((record) => {
      this.row += 1
      const row = this.reader.read(record, this.row)
      return row === undefined ? [] : [row]
    })
  }
}

function* rowsOf(text: string, plan: CsvPlan): Generator<CsvRow> {
  const rows = new CsvRows(plan)
  for (let start = 0; start < text.length; start += SAMPLE_LENGTH) {
    yield* rows.push(text.slice(start, start + SAMPLE_LENGTH))
  }
  yield* rows.end()
}

/** A whole text: its plan, and its rows as they are asked for. */
export const readCsv = (text: string, options: CsvOptions) =>
  Either.map(
    understandCsv({ text: text.slice(0, SAMPLE_LENGTH), whole: text.length <= SAMPLE_LENGTH }, options),
    (plan) => ({ plan, rows: rowsOf(text, plan) })
  )
