/**
 * Which columns of a CSV say the time, and how: one, a date and a time of day, or year, month, day and so on. By their
 * names; where no name tells, a column that holds nothing but dates with times.
 */
import * as Either from "effect/Either"
import { type TimeZone, timeZone, UTC } from "../../domain/TimeZone.js"
import type { CsvHeader } from "./CsvHeader.js"
import { type CsvName, zoneInName } from "./CsvNames.js"
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

/** Year, month and so on, in this order. */
const partsText = ([year = "", month = "1", day = "1", ...clock]: Cells): string => {
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

/** The zone of the file, or that of the column's name; one that the name only hints at has to be said. */
const zoneOf = (label: string, options: CsvOptions): Either.Either<TimeZone, CsvRefusal> => {
  const { offset, other } = zoneInName(label)
  if (offset !== undefined) return Either.right(Either.getOrElse(timeZone(offset), () => options.zone))
  return other === undefined || options.zone !== UTC
    ? Either.right(options.zone)
    : Either.left({
        reason: `the times of ${quoted(label)} are of a zone of their own`,
        give: "--timezone, such as Europe/Zurich or +01:00"
      })
}

/** The text of several cells; none where one of them is empty: half of a time is another time. */
const joined = (cells: Cells, inParts: boolean): string =>
  cells.includes("") ? "" : inParts ? partsText(cells) : cells.join(" ")

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
  const part = (index: number) => PARTS.indexOf(names[index]?.text.toLowerCase() ?? "")
  const inParts = found.length > 1 && found.every((index) => part(index) !== -1)
  if (!inParts && found.length === 1 && all(held(header, first), (cell) => isClock(cell) && !isDate(cell))) {
    return Either.left({
      reason: `${quoted(label)} holds a time of day without a date`,
      give: "--time date,time"
    })
  }
  const order = inParts ? [...found].sort((a, b) => part(a) - part(b)) : found
  const textOf = (cells: Cells): string =>
    joined(
      order.map((index) => cells[index] ?? ""),
      inParts
    )
  // A date in a column of its own is written by a logger; beside a time in one cell programs have rewritten it.
  const proven = found.length === 2 && !inParts ? provenOrder(held(header, first)) : undefined
  return Either.map(zoneOf(label, options), (zone) => ({
    ...{ indexes: found, label, textOf, zone },
    dates: options.dates ?? proven
  }))
}
