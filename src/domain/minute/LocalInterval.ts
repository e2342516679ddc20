/**
 * Where intervals start and end on the clocks of a zone.
 *
 * Invariants:
 * 1. Each time is in one interval, which starts where the one before it ends; all edges are whole minutes of UTC.
 * 2. An interval starts when the local clock first comes to its start, or jumps over it. So a day has 23 or 25 hours
 *    where clocks change, and an hour that comes twice is in one interval of 2 h, of 6 h, or of a day.
 * 3. Intervals no longer than a step back of the clock, which it shows twice, are two.
 */
import * as Either from "effect/Either"
import { MICROS_PER_DAY, type Micros, micros } from "../Time.js"
import { type OffsetSpell, type TimeZone, timeZone } from "../TimeZone.js"
import { type Interval, intervalAt, intervalIndex, intervalMicros } from "./Interval.js"

/** How time is divided; without a zone in UTC. */
export interface Division {
  readonly interval: Interval
  readonly zone?: TimeZone | undefined
}

/** Whole intervals that follow on each other. */
export interface DivisionSpell {
  readonly from: number
  readonly to: number
  /** Local time less UTC, µs, by which all of them are those of UTC, shifted; null: it is one interval. */
  readonly offset: number | null
}

const UTC_SPELL: OffsetSpell = { from: 0, to: Number.MAX_SAFE_INTEGER, offset: 0 }
const offsetsAt = ({ zone }: Division, time: number): OffsetSpell => zone?.spellAt(time) ?? UTC_SPELL

const floorOf = ({ interval }: Division, local: number): number =>
  intervalAt(interval, intervalIndex(interval, local))

/** How far the local clock had come when an offset began to hold, and whether what it shows again counts again. */
const changeAt = (division: Division, { from, offset }: OffsetSpell) => {
  const before = offsetsAt(division, from - 1).offset
  return { reached: from + before, repeats: before - offset >= intervalMicros(division.interval) }
}

/** The start of the interval that holds this time; the first one of all begins with 1970. */
export const divisionStart = (division: Division, time: number): Micros => {
  const spell = offsetsAt(division, time)
  const floor = floorOf(division, time + spell.offset)
  const start = floor - spell.offset
  // No clock was ever put back by more than a day.
  if (spell.from <= 0 || start >= spell.from + MICROS_PER_DAY) return micros(Math.max(0, start))
  const { reached, repeats } = changeAt(division, spell)
  if (start >= spell.from && (repeats || floor >= reached)) return micros(start)
  const before = floorOf(division, reached - 1)
  return start < spell.from && (floor > before || (repeats && floor !== before))
    ? micros(spell.from)
    : divisionStart(division, spell.from - 1)
}

/** Its end, which is the start of the next one. */
export const divisionEnd = (division: Division, time: number): Micros => {
  const { offset, to } = offsetsAt(division, time)
  const next = intervalAt(division.interval, intervalIndex(division.interval, time + offset) + 1) - offset
  const edge = Math.min(next, to)
  return divisionStart(division, edge) === edge ? micros(edge) : divisionEnd(division, edge)
}

/** The intervals around this time that one offset holds for; the one that it is in where a clock changes. */
export const divisionSpell = (division: Division, time: number): DivisionSpell => {
  const spell = offsetsAt(division, time)
  const { offset } = spell
  const least = spell.from <= 0 ? null : changeAt(division, spell)
  const reached = least === null ? 0 : least.repeats ? spell.from + offset : least.reached
  const local = Math.max(spell.from + offset, reached)
  const { interval } = division
  const from = least === null ? 0 : intervalAt(interval, intervalIndex(interval, local - 1) + 1) - offset
  const last = floorOf(division, spell.to + offset)
  const whole = divisionStart(division, last - offset) === last - offset
  const to = (whole ? last : floorOf(division, last - 1)) - offset
  return from <= time && time < to
    ? { from, to, offset }
    : { from: divisionStart(division, time), to: divisionEnd(division, time), offset: null }
}

/** How many intervals there are from the one that holds `from` to the one that `to` is the start of. */
export const divisionCount = (division: Division, from: number, to: number): number => {
  let count = 0
  for (let time = from; time < to; ) {
    const spell = divisionSpell(division, time)
    const end = Math.min(spell.to, to)
    const local = (at: number) => intervalIndex(division.interval, at + (spell.offset ?? 0))
    count += spell.offset === null ? 1 : local(end - 1) - local(time) + 1
    time = end
  }
  return count
}

const ZONES_KEPT = 1_000
const zones = new Map<string, TimeZone | undefined>()

/** The zone of a name that is one; undefined: UTC. It is kept, as its offsets are found once. */
export const zoneNamed = (name: string): TimeZone | undefined => {
  if (zones.has(name)) return zones.get(name)
  const zone = timeZone(name)
  const kept = zone._tag === "Left" || zone.right.name === "UTC" ? undefined : zone.right
  if (zones.size >= ZONES_KEPT) zones.clear()
  zones.set(name, kept)
  return kept
}

/** Whether it names a zone at all: one that `zoneNamed` does not have is no zone, or UTC. */
export const isZone = (name: string): boolean =>
  zoneNamed(name) !== undefined || Either.isRight(timeZone(name))
