/**
 * Local times of a zone, to UTC and back. Pure: the rules are those of the platform (`Intl`), no clock is read.
 *
 * A local time is held as if it were UTC: the microseconds that its digits would make there. In autumn an hour comes
 * twice, in spring one is missing. `Dst` says which offset such a time is read with: `first` that before the change,
 * `second` that after it. An hour that comes twice is so its first or its second coming.
 */
import * as Either from "effect/Either"
import { formatTime, MICROS_PER_DAY, MICROS_PER_HOUR, MICROS_PER_MILLI, MICROS_PER_MINUTE } from "./Time.js"

export type Dst = "first" | "second"

export interface LocalTime {
  /** UTC, in µs. */
  readonly time: number
  /** What the hour was, where `Dst` had to say how it is read. */
  readonly odd: "twice" | "missing" | null
}

/** A spell all through which local time less UTC is the same, in whole minutes; µs. */
export interface OffsetSpell {
  readonly from: number
  readonly to: number
  readonly offset: number
}

export interface TimeZone {
  readonly name: string
  /** A spell that holds this time of UTC; the next one may have the same offset. */
  readonly spellAt: (time: number) => OffsetSpell
  /** Left: the local time comes twice, or never. */
  readonly toUtc: (local: number, dst: Dst | undefined) => Either.Either<LocalTime, string>
}

/** Aggregates are merged from minutes of UTC: the seconds that Liberia had until 1972 are rounded. */
const inMinutes = (offset: number): number => Math.round(offset / MICROS_PER_MINUTE) * MICROS_PER_MINUTE

const fixed = (name: string, offset: number): TimeZone => ({
  name,
  spellAt: () => ({ from: 0, to: Number.MAX_SAFE_INTEGER, offset: inMinutes(offset) }),
  toUtc: (local) => Either.right({ time: local - offset, odd: null })
})

/** What is taken where no zone was said; one that was said is another object. */
export const UTC = fixed("UTC", 0)

/** What the zone's clocks show, to the second: `2026-11-02T00:00:00`. In an hour that comes twice they show it twice. */
export const localTime = (time: number, zone: TimeZone = UTC): string =>
  formatTime(time + zone.spellAt(time).offset).slice(0, 19)

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
/** Days that are looked through for changes of the offset at once. */
const BLOCK_DAYS = 1_024
const BLOCK = BLOCK_DAYS * MICROS_PER_DAY

class Zone implements TimeZone {
  /** The offset of a local day that has but one, in µs; null: it has more. */
  private readonly days = new Map<number, number | null>()
  /** The spells of each block of days that was asked for. */
  private readonly blocks = new Map<number, ReadonlyArray<OffsetSpell>>()

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

  /** The first minute after `from`, not after `to`, that has another offset than `from`. */
  private changeWithin(from: number, to: number): number {
    const offset = offsetAt(this.format, from)
    let [before, after] = [from, to]
    while (after - before > MICROS_PER_MINUTE) {
      const middle = before + Math.floor((after - before) / 2 / MICROS_PER_MINUTE) * MICROS_PER_MINUTE
      if (offsetAt(this.format, middle) === offset) before = middle
      else after = middle
    }
    return after
  }

  private spellsOf(block: number): ReadonlyArray<OffsetSpell> {
    const known = this.blocks.get(block)
    if (known !== undefined) return known
    const [start, end] = [block * BLOCK, (block + 1) * BLOCK]
    const spells: Array<OffsetSpell> = []
    let from = start
    let offset = offsetAt(this.format, start)
    for (let day = start + MICROS_PER_DAY; day <= end; day += MICROS_PER_DAY) {
      const next = offsetAt(this.format, day)
      if (next === offset) continue
      const change = this.changeWithin(day - MICROS_PER_DAY, day)
      spells.push({ from, to: change, offset: inMinutes(offset) })
      from = change
      offset = next
    }
    if (from < end) spells.push({ from, to: end, offset: inMinutes(offset) })
    this.blocks.set(block, spells)
    return spells
  }

  spellAt(time: number): OffsetSpell {
    const block = Math.floor(time / BLOCK)
    const spells = this.spellsOf(block)
    const spell = spells.find(({ to }) => time < to)
    return spell ?? { from: time, to: (block + 1) * BLOCK, offset: inMinutes(offsetAt(this.format, time)) }
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
