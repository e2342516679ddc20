/**
 * The names of day files. A file is told by its data set, its day in UTC and the position that it holds as of, so a name
 * never stands for other rows.
 */
import * as Either from "effect/Either"
import { type Position, position } from "../Ids.js"
import { formatTime, MICROS_PER_DAY, type Micros, micros, parseTime } from "../Time.js"
import type { FileDatasetName } from "./Datasets.js"

export interface DayFile {
  readonly dataset: FileDatasetName
  /** When the day begins, UTC. */
  readonly day: Micros
  readonly position: Position
}

/** When the day of a time begins, UTC. */
export const dayStart = (time: number): Micros => micros(time - (time % MICROS_PER_DAY))

/** `2026-11-28`. */
export const dateText = (day: Micros): string => formatTime(day).slice(0, 10)

/** As Hive names a partition, so that readers make a column `date` of it. */
export const dayFolder = (day: Micros): string => `date=${dateText(day)}`

export const dayFileName = ({ dataset, day, position }: DayFile): string =>
  `${dataset}-${dateText(day)}-p${position}.parquet`

/** The day of a folder; undefined: there is no folder of this name. */
export const dayOfFolder = (name: string): Micros | undefined => {
  const day = Either.getOrUndefined(parseTime(/^date=(\d{4}-\d{2}-\d{2})$/.exec(name)?.[1]))
  return day !== undefined && dayFolder(day) === name ? day : undefined
}

/** The file of this name in the folder of a day; undefined: none can have it. */
export const dayFileNamed = (dataset: FileDatasetName, day: Micros, name: string): DayFile | undefined => {
  const digits = /-p(\d{1,15})\.parquet$/.exec(name)?.[1]
  const file = { dataset, day, position: position(Number(digits)) }
  return digits !== undefined && dayFileName(file) === name ? file : undefined
}
