/**
 * Which columns of a CSV say the time, and how: one, a date and a time of day, or year, month, day and so on. By their
 * names; where no name tells, a column that holds nothing but dates with times.
 */
import * as Either from "effect/Either"
import { type TimeZone, timeZone } from "../../domain/TimeZone.js"
import type { CsvHeader } from "./CsvHeader.js"
import { type CsvName, offsetInName } from "./CsvNames.js"
import type { CsvOptions } from "./CsvOptions.js"
import { type CsvRefusal, quoted } from "./CsvRefusal.js"
import { type DateForm, dayAndMonth, isClock, isDate } from "./CsvTime.js"

type Cells = ReadonlyArray<string>

export interface TimeColumns {
  readonly indexes: ReadonlyArray<number>
  /** As a reason names it. */
  readonly label: string
  /** The time's text in a row. */
  readonly textOf: (cells: Cells) => string
  readonly dates: DateForm | undefined
  readonly zone: TimeZone
}

const PARTS = ["year", "month", "day", "hour", "minute", "second"]
const RFC = /^\d{4}-\d{2}-\d{2}[T ]\d{1,2}:\d{2}/

/** What a column holds in the first rows, as far as it holds something. */
const held = ({ rows }: CsvHeader, index: number): Cells =>
  rows.flatMap((row) => ((row[index] ?? "") === "" ? [] : [row[index] ?? ""]))

const all = (cells: Cells, is: (cell: string) => boolean): boolean => cells.length > 0 && cells.every(is)

const partsText = (cells: Cells, indexes: ReadonlyArray<number>): string => {
  const [year = "", month = "", day = "1", ...clock] = indexes.map((index) => cells[index] ?? "")
  const [hour = "0", minute = "0", second = "0"] = clock
  const two = (text: string) => text.padStart(2, "0")
  return `${year}-${two(month)}-${two(day)} ${two(hour)}:${two(minute)}:${two(second)}`
}

const labelled = (names: ReadonlyArray<CsvName>, indexes: ReadonlyArray<number>): string =>
  indexes.map((index) => names[index]?.text || `column ${index + 1}`).join(", ")

/** Which number is the day, where dates of their own show that the other can't be a month. */
const provenOrder = (dates: Cells): DateForm | undefined => {
  const pairs = dates.flatMap((date) => {
    const pair = dayAndMonth(date)
    return pair === undefined ? [] : [pair]
  })
  const first = pairs.some(([a]) => a > 12)
  const second = pairs.some(([, b]) => b > 12)
  return first === second ? undefined : first ? "dmy" : "mdy"
}

/** The columns that `--time` names. */
const given = (
  names: ReadonlyArray<CsvName>,
  time: Cells
): Either.Either<ReadonlyArray<number>, CsvRefusal> => {
  const indexes = time.map((name) =>
    names.findIndex(({ text }) => text.toLowerCase() === name.trim().toLowerCase())
  )
  const missing = time[indexes.indexOf(-1)]
  return missing === undefined
    ? Either.right(indexes)
    : Either.left({
        reason: `no column is called ${quoted(missing)}: there are ${labelled(names, [...names.keys()])}`
      })
}

/** Those that their names tell: the first in rank, or a date and a time of day. */
const named = (header: CsvHeader): ReadonlyArray<number> => {
  const times = [...header.names.keys()].filter((index) => header.names[index]?.role === "time")
  times.sort((a, b) => (header.names[a]?.rank ?? 0) - (header.names[b]?.rank ?? 0))
  const [first] = times
  if (first === undefined) return []
  const date = times.find((index) => all(held(header, index), isDate))
  const clock = times.find((index) => all(held(header, index), isClock))
  const split = first === date || first === clock
  return split && date !== undefined && clock !== undefined ? [date, clock] : [first]
}

const byContent = (header: CsvHeader): ReadonlyArray<number> =>
  [...header.names.keys()].filter((index) => all(held(header, index), (cell) => RFC.test(cell))).slice(0, 1)

/** The offset that the column's name tells is that of its times. */
const zoneOf = (label: string, options: CsvOptions): TimeZone => {
  const offset = offsetInName(label)
  return offset === undefined ? options.zone : Either.getOrElse(timeZone(offset), () => options.zone)
}

export const timeColumns = (
  header: CsvHeader,
  options: CsvOptions
): Either.Either<TimeColumns, CsvRefusal> => {
  const { names } = header
  const asked = options.time === undefined ? Either.right([]) : given(names, options.time)
  if (Either.isLeft(asked)) return Either.left(asked.left)
  const found = [asked.right, named(header), byContent(header)].find(({ length }) => length > 0)
  if (found === undefined) {
    return Either.left({
      reason: `no column says the time (there are ${labelled(names, [...names.keys()])})`,
      give: "--time with the column's name, or date,time or year,month,day,hour"
    })
  }
  const label = labelled(names, found)
  const [first = 0] = found
  const parts = found.map((index) => names[index]?.text.toLowerCase() ?? "")
  const inParts = found.length > 1 && parts.every((part) => PARTS.includes(part))
  if (!inParts && found.length === 1 && all(held(header, first), (cell) => isClock(cell) && !isDate(cell))) {
    return Either.left({
      reason: `${quoted(label)} holds a time of day without a date`,
      give: "--time date,time"
    })
  }
  const textOf = (cells: Cells): string =>
    found.length === 1
      ? (cells[first] ?? "")
      : inParts
        ? partsText(
            cells,
            [...found].sort(
              (a, b) =>
                PARTS.indexOf(names[a]?.text.toLowerCase() ?? "") -
                PARTS.indexOf(names[b]?.text.toLowerCase() ?? "")
            )
          )
        : found
            .map((index) => cells[index] ?? "")
            .join(" ")
            .trim()
  // A date in a column of its own is written by a logger; beside a time in one cell programs have rewritten it.
  const proven = found.length === 2 && !inParts ? provenOrder(held(header, first)) : undefined
  return Either.right({
    indexes: found,
    label,
    textOf,
    dates: options.dates ?? proven,
    zone: zoneOf(label, options)
  })
}
