/**
 * Local times of a zone, to UTC and back. Pure: the rules are those of the platform (`Intl`), no clock is read.
 *
 * A local time is held as if it were UTC: the microseconds that its digits would make there. In autumn an hour comes
 * twice, in spring one is missing. `Dst` says which offset such a time is read with: `first` that before the change,
 * `second` that after it. An hour that comes twice is so its first or its second coming.
 */
import * as Either from "effect/Either"
import { MICROS_PER_DAY, MICROS_PER_HOUR, MICROS_PER_MILLI, MICROS_PER_MINUTE } from "./Time.js"

export type Dst = "first" | "second"

export interface LocalTime {
  /** UTC, in µs. */
  readonly time: number
  /** What the hour was, where `Dst` had to say how it is read. */
  readonly odd: "twice" | "missing" | null
}

export interface TimeZone {
  readonly name: string
  /** Left: the local time comes twice, or never. */
  readonly toUtc: (local: number, dst: Dst | undefined) => Either.Either<LocalTime, string>
}

const fixed = (name: string, offset: number): TimeZone => ({
  name,
  toUtc: (local) => Either.right({ time: local - offset, odd: null })
})

/** What is taken where no zone was said; one that was said is another object. */
export const UTC = fixed("UTC", 0)

const OFFSET = /^(?:UTC|GMT)?([+-])(\d{1,2})(?::?([0-5]\d))?(?::([0-5]\d))?$/i

/** `+02:00`, `GMT-5`, `UTC+0530` in µs; null: it is none. */
const offsetOf = (text: string): number | null => {
  const match = OFFSET.exec(text)
  if (match === null) return null
  const [, sign, hours = "0", minutes = "0", seconds = "0"] = match
  const size =
    Number(hours) * MICROS_PER_HOUR + Number(minutes) * MICROS_PER_MINUTE + Number(seconds) * 1_000_000
  return Number(hours) > 18 ? null : sign === "-" ? -size : size
}

/** The offset of the zone at a time, in µs: a call to `Intl`, which takes microseconds. */
const offsetAt = (format: Intl.DateTimeFormat, time: number): number => {
  const parts = format.formatToParts(Math.floor(time / MICROS_PER_MILLI))
  return offsetOf(parts.find(({ type }) => type === "timeZoneName")?.value ?? "") ?? 0
}

/** Days of which an offset is kept. */
const DAYS_KEPT = 4_096

class Zone implements TimeZone {
  /** The offset of a local day that has but one, in µs; null: it has more. */
  private readonly days = new Map<number, number | null>()

  constructor(
    readonly name: string,
    private readonly format: Intl.DateTimeFormat
  ) {}

  private offsetOfDay(day: number): number | null {
    const cacheEntry = this.days.get(day)
    if (cacheEntry !== undefined) return cacheEntry
    const before = offsetAt(this.format, (day - 1) * MICROS_PER_DAY)
    const offset = before === offsetAt(this.format, (day + 2) * MICROS_PER_DAY) ? before : null
    if (this.days.size >= DAYS_KEPT) this.days.clear()
    this.days.set(day, offset)
    return offset
  }

  toUtc(local: number, dst: Dst | undefined): Either.Either<LocalTime, string> {
    const sole = this.offsetOfDay(Math.floor(local / MICROS_PER_DAY))
    if (sole !== null) return Either.right({ time: local - sole, odd: null })
    const before = offsetAt(this.format, local - MICROS_PER_DAY)
    const after = offsetAt(this.format, local + MICROS_PER_DAY)
    const fits = (offset: number) => offsetAt(this.format, local - offset) === offset
    const [first, second] = [fits(before), fits(after)]
    if (before === after || first !== second) {
      return Either.right({ time: local - (first ? before : after), odd: null })
    }
    const odd = first ? "twice" : "missing"
    return dst === undefined
      ? Either.left(`is in an hour that ${first ? "comes twice" : "does not exist"} in ${this.name}`)
      : Either.right({ time: local - (dst === "first" ? before : after), odd })
  }
}

/** `Europe/Zurich`, `UTC` or an offset such as `+02:00`; left: why it is no zone, to follow the name. */
export const timeZone = (name: string): Either.Either<TimeZone, string> => {
  if (/^(?:UTC|GMT|Z)$/i.test(name)) return Either.right(fixed("UTC", 0))
  const offset = offsetOf(name)
  if (offset !== null) return Either.right(fixed(name, offset))
  return Either.try({
    try: () => new Zone(name, new Intl.DateTimeFormat("en", { timeZone: name, timeZoneName: "longOffset" })),
    catch: () => "is no time zone: give one such as Europe/Zurich, or an offset such as +02:00"
  })
}
