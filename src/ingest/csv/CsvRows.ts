/**
 * From a row of a CSV to its readings. A row that is wrong as a whole says why, each bad field by its name; in a row of
 * several values a bad cell is wrong alone, and a cell that says it has none is passed over.
 */
import * as Either from "effect/Either"
import { sensorId } from "../../domain/Ids.js"
import { normalValue, type ReadingCandidate, type SensorRef } from "../../domain/Reading.js"
import {
  DESCRIPTION_LENGTH_MAX,
  NAME_LENGTH_MAX,
  type SaidMetadata,
  TYPE_LENGTH_MAX,
  UNIT_LENGTH_MAX
} from "../../domain/Sensor.js"
import type { Micros } from "../../domain/Time.js"
import { isName } from "../codecs/DeviceName.js"
import { isInexactText } from "../codecs/Payload.js"
import { isMissing, numberOf } from "./CsvCells.js"
import type { CsvLayout, ValueColumn } from "./CsvLayout.js"
import type { CsvOptions } from "./CsvOptions.js"
import type { CsvRecord } from "./CsvRecords.js"
import { type CsvFault, quoted } from "./CsvRefusal.js"
import { timeOfText } from "./CsvTime.js"

/** A cell of values. */
export interface CsvValue {
  readonly sensor: SensorRef
  /** What is measured, where the sensor is a device's metric. */
  readonly metric: string | null
  readonly said: SaidMetadata
  /** As it stands in the row. */
  readonly text: string
  readonly value: number
  /** Why it is no value. */
  readonly fault: CsvFault | null
}

export interface CsvRow {
  /** From 1, behind the header. */
  readonly row: number
  /** In the file, from 1. */
  readonly line: number
  readonly raw: string
  /** Why the row is none: nothing else of it counts then. */
  readonly faults: ReadonlyArray<CsvFault>
  /** Its time can be read, and can't be meant. */
  readonly unbelievable: boolean
  readonly time: Micros | null
  readonly odd: "twice" | "missing" | null
  /** The device, where the sensors are its metrics. */
  readonly device: string | null
  readonly counting: { readonly epoch: string | null; readonly seq: number | null }
  readonly values: ReadonlyArray<CsvValue>
  /** Cells of values that say that there is none. */
  readonly missing: number
}

type Faults = Array<CsvFault>

/** Whether `--sensor` gives a number. */
export const isNumbered = (sensor: string): boolean => /^\d+$/.test(sensor)

type Said = { -readonly [K in keyof SaidMetadata]: SaidMetadata[K] }

const UNCOUNTED = { epoch: null, seq: null }
const NONE = {
  ...{ unbelievable: false, time: null, odd: null, device: null, counting: UNCOUNTED, values: [], missing: 0 }
}
const TEXTS: ReadonlyMap<string, number> = new Map([
  ["unit", UNIT_LENGTH_MAX],
  ["type", TYPE_LENGTH_MAX],
  ["description", DESCRIPTION_LENGTH_MAX],
  ["epoch", 128]
])

const textFault = (text: string, max: number): string | null =>
  text.length > max
    ? `has more than ${max} characters`
    : text.includes("\0") || !text.isWellFormed()
      ? "is not valid text"
      : null

/** Reads the rows of one layout. */
export class CsvRowReader {
  private readonly timeRules: CsvOptions

  constructor(
    private readonly layout: CsvLayout,
    private readonly options: CsvOptions
  ) {
    this.timeRules = { ...options, dates: layout.time.dates, zone: layout.time.zone }
  }

  /** Undefined: all its cells are empty, as in the blank rows of a spreadsheet. */
  read({ cells, line, raw }: CsvRecord, row: number): CsvRow | undefined {
    const none = { ...NONE, row, line, raw }
    const refuse = (message: string) => ({ ...none, faults: [{ field: "", message }] })
    if (typeof cells === "string") return refuse(cells)
    if (cells.every((cell) => cell.trim() === "")) return undefined
    const { names, rowNames } = this.layout
    const own = rowNames ? cells.slice(1) : cells
    if (own.length !== names.length) {
      return refuse(`it has ${cells.length} cells, and the header ${names.length}`)
    }
    const faults: Faults = []
    const trimmed = own.map((cell) => cell.trim())
    const sensor = this.identity(trimmed, faults)
    const time = timeOfText(this.layout.time.textOf(trimmed), this.timeRules)
    let unbelievable = false
    if (Either.isLeft(time)) {
      const { give, message } = time.left
      faults.push({ field: this.layout.time.label, message, ...(give === undefined ? {} : { give }) })
      unbelievable = time.left.unbelievable === true
    }
    const { counting, said } = this.sides(trimmed, faults)
    const { missing, values } = this.values(trimmed, sensor, said)
    const [only] = values
    // The one value of a row is of the row's own faults, where it has others.
    if (faults.length > 0 && this.layout.values.length === 1 && only?.fault) faults.push(only.fault)
    if (faults.length > 0 || Either.isLeft(time)) return { ...none, faults, unbelievable }
    const device = sensor?._tag === "Named" ? sensor.name : null
    return { row, line, raw, faults, unbelievable, ...time.right, device, counting, values, missing }
  }

  /** Whose the row is: a number, a name, or nobody's where each column is a sensor. */
  private identity(cells: ReadonlyArray<string>, faults: Faults): SensorRef | null {
    const { identity } = this.layout
    const own = identity === undefined ? "" : (cells[identity.index] ?? "")
    const { device, sensor, sensorIdMax, wide } = this.options
    const text = own === "" ? (sensor ?? device ?? "") : own
    const numbered =
      own === "" && sensor !== undefined
        ? isNumbered(sensor) && this.layout.values.length === 1
        : identity?.field === "sensor_id" && !isName(text)
    if (numbered) {
      const n = /^\d{1,16}$/.test(text) ? Number(text) : 0
      if (n >= 1 && n <= sensorIdMax) return { _tag: "Numbered", id: sensorId(n) }
      faults.push({ field: "sensor_id", message: `must be an integer from 1 to ${sensorIdMax}` })
      return null
    }
    if (text === "") {
      if (identity !== undefined && !wide) faults.push({ field: "name", message: "is empty" })
      return null
    }
    return { _tag: "Named", name: text }
  }

  private sides(cells: ReadonlyArray<string>, faults: Faults) {
    const said: Said = {}
    let counting: CsvRow["counting"] = UNCOUNTED
    for (const { field, index } of this.layout.sides) {
      const cell = cells[index] ?? ""
      if (cell === "") continue
      const number = numberOf(cell, this.options.decimal)
      if (field === "lat" || field === "lng") {
        const max = field === "lat" ? 90 : 180
        if (number >= -max && number <= max) said[field] = normalValue(number)
        else if (!isMissing(cell)) faults.push({ field, message: `must be a number from -${max} to ${max}` })
      } else if (field === "seq") {
        if (Number.isSafeInteger(number) && number >= 0) counting = { ...counting, seq: number }
        else faults.push({ field, message: "must be an integer from 0 to 9007199254740991" })
      } else {
        const fault = textFault(cell, TEXTS.get(field) ?? 0)
        if (fault !== null) faults.push({ field, message: fault })
        else if (field === "epoch") counting = { ...counting, epoch: cell }
        else said[field] = cell
      }
    }
    return { said, counting }
  }

  private values(cells: ReadonlyArray<string>, device: SensorRef | null, row: SaidMetadata) {
    const { metric, values: columns } = this.layout
    const values: Array<CsvValue> = []
    let missing = 0
    for (const column of columns) {
      const text = cells[column.index] ?? ""
      if (columns.length > 1 && isMissing(text)) {
        missing += 1
        continue
      }
      const said = metric === undefined ? column.name : (cells[metric] ?? "")
      values.push(
        this.value(column, text, device, row, columns.length > 1 || metric !== undefined ? said : null)
      )
    }
    return { values, missing }
  }

  private value(
    column: ValueColumn,
    text: string,
    device: SensorRef | null,
    row: SaidMetadata,
    metric: string | null
  ): CsvValue {
    const { options } = this
    const value = numberOf(text, options.decimal)
    const unit = row.unit ?? column.unit ?? options.unit
    const type = row.type ?? options.type ?? metric ?? undefined
    const said = { ...row, ...(unit ? { unit } : {}), ...(type ? { type } : {}) }
    const sensor = this.sensorOf(column, device, metric)
    const name = sensor._tag === "Named" ? textFault(sensor.name, NAME_LENGTH_MAX) : null
    const field = metric ?? "value"
    const fault =
      name !== null
        ? { field, message: `the sensor's name ${name}` }
        : isInexactText(text)
          ? { field, message: "is an integer larger than what a double holds exactly" }
          : Number.isFinite(value)
            ? null
            : { field, message: `must be a finite number, not ${quoted(text)}` }
    return {
      sensor,
      metric: sensor._tag === "Named" ? metric : null,
      said,
      text,
      value: normalValue(value),
      fault
    }
  }

  private sensorOf(column: ValueColumn, device: SensorRef | null, metric: string | null): SensorRef {
    if (column.sensor !== undefined && device === null)
      return { _tag: "Numbered", id: sensorId(column.sensor) }
    if (device === null) return { _tag: "Named", name: metric ?? column.name }
    if (device._tag === "Numbered" || metric === null) return device
    return { _tag: "Named", name: `${device.name}/${metric}` }
  }
}

/** A value as a reading, of a row with a time. */
export const candidateOf = (
  { counting, time }: CsvRow,
  { said, sensor, value }: CsvValue
): ReadingCandidate | null =>
  time === null ? null : { sensor, occurredAt: time, value, identity: { _tag: "Time", ...counting }, said }
