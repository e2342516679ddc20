/**
 * Counts the spells of a window that were not counted before: its edges, and what came since. Many sensors have the
 * same ones. Several sensors are read by one statement, for a statement costs as much as a hundred rows.
 *
 * Invariant: what is counted of a sensor is what `countSpell` counts of it.
 */
import * as Effect from "effect/Effect"
import { MICROS_PER_MILLI, minuteOf } from "../../domain/Time.js"
import * as Rows from "./QualityCells.js"
import {
  type Counting,
  type CountScope,
  countSpell,
  foldPiece,
  minuteCeil,
  PIECE_ROWS,
  versionsOf
} from "./QualityCounting.js"
import { NAMED_MAX, type Spell } from "./SqlQuality.js"

/** A sensor's spell that is to be counted. */
export interface Uncounted {
  readonly sensor: number
  readonly spell: Spell
  readonly scope: CountScope
}

export const spellKey = (sensor: number, { end, start }: Spell): string => `${sensor} ${start} ${end}`

const rowsExpected = ({ scope: { intervalMs }, spell }: Uncounted): number =>
  intervalMs === null
    ? Number.POSITIVE_INFINITY
    : 1 + (spell.end - spell.start) / (intervalMs * MICROS_PER_MILLI)

/** Those of the same spell that one statement may read together. */
const groupsOf = (uncounted: ReadonlyArray<Uncounted>): ReadonlyArray<ReadonlyArray<Uncounted>> => {
  const groups: Array<Array<Uncounted>> = []
  const open = new Map<string, { readonly group: Array<Uncounted>; rows: number }>()
  for (const one of uncounted) {
    const rows = rowsExpected(one)
    const key = spellKey(0, one.spell)
    const last = open.get(key)
    if (last !== undefined && last.group.length < NAMED_MAX && last.rows + rows < PIECE_ROWS) {
      last.group.push(one)
      last.rows += rows
    } else {
      const group = [one]
      groups.push(group)
      open.set(key, { group, rows })
    }
  }
  return groups
}

/** Counts a group by one statement, but for those that it did not reach, or not wholly. */
const countGroup = (of: Counting, group: ReadonlyArray<Uncounted>, { end, start }: Spell) =>
  Effect.gen(function* () {
    const sensors = group.map(({ sensor }) => sensor)
    const whole: Spell = { start: minuteOf(start), end: minuteCeil(end) }
    const versions = yield* versionsOf(of, sensors)
    const rows = yield* of.turn(of.ask.events(sensors, whole, of.asOf, null, PIECE_ROWS))
    const events = yield* Rows.bySensor(Rows.events(versions))(rows)
    const minutes = yield* of.turn(
      Effect.flatMap(of.ask.minutes(sensors, whole), Rows.bySensor(Rows.minutes(versions)))
    )
    const cutOff = rows.length < PIECE_ROWS ? Number.POSITIVE_INFINITY : Math.max(...events.keys())
    for (const { scope, sensor, spell } of group) {
      if (sensor >= cutOff) continue
      const piece = { spell: whole, events: events.get(sensor) ?? [], minutes: minutes.get(sensor) ?? [] }
      of.spells.set(spellKey(sensor, spell), foldPiece(of, spell, piece, scope))
    }
  })

/** Puts what is counted of all these into `spells`, and nothing else is left there. */
export const countSpells = (of: Counting, uncounted: ReadonlyArray<Uncounted>) =>
  Effect.gen(function* () {
    of.spells.clear()
    for (const group of groupsOf(uncounted)) {
      const [first, second] = group
      if (first !== undefined && second !== undefined) yield* countGroup(of, group, first.spell)
      for (const { scope, sensor, spell } of group) {
        const key = spellKey(sensor, spell)
        if (!of.spells.has(key)) of.spells.set(key, yield* countSpell(of, sensor, spell, scope))
      }
    }
  })
