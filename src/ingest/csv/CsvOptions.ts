/** How a CSV is to be read, as far as it does not say so itself. */
import { SENSOR_ID_MAX } from "../../domain/Ids.js"
import { MICROS_PER_DAY, MIN_TIME } from "../../domain/Time.js"
import { UTC } from "../../domain/TimeZone.js"
import type { Decimal } from "./CsvCells.js"
import type { CsvTimeRules } from "./CsvTime.js"

export interface CsvOptions extends CsvTimeRules {
  readonly decimal: Decimal
  /** Lines before the header that are no part of it. */
  readonly skip: number
  /** Names of the columns in their order, in place of a header. */
  readonly columns: ReadonlyArray<string> | undefined
  /** Names of the columns that say the time: one, a date and a time, or year, month, day and so on. */
  readonly time: ReadonlyArray<string> | undefined
  /** The column that says whose a row is. */
  readonly name: string | undefined
  /** A number (the sensor's id) or a name, for rows that don't say whose they are. */
  readonly sensor: string | undefined
  /** The name of the device that sent it, for the same rows. */
  readonly device: string | undefined
  /** The largest number that a row may give for its sensor. */
  readonly sensorIdMax: number
  /** Each column of values is a sensor of its own, named by the header. */
  readonly wide: boolean
  readonly unit: string | undefined
  readonly type: string | undefined
}

/** As a file without a word about it is read; `now` in µs. */
export const csvOptions = (now: number, given: Partial<CsvOptions> = {}): CsvOptions => ({
  ...{ dates: undefined, zone: UTC, dst: undefined, minTime: MIN_TIME, now, futureMax: MICROS_PER_DAY },
  ...{ decimal: "point", skip: 0, columns: undefined, time: undefined, name: undefined },
  ...{ device: undefined, sensorIdMax: SENSOR_ID_MAX },
  ...{ sensor: undefined, wide: false, unit: undefined, type: undefined },
  minDate: given.minTime ?? MIN_TIME,
  ...given
})
