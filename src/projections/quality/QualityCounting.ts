/**
 * Reads a spell of one sensor's events and stored minutes, piece by piece, and counts it.
 *
 * Invariants:
 * 1. A piece ends with a minute, and holds all events of its minutes: parts of a spell merge to the whole.
 * 2. No statement reads more than PIECE_ROWS rows, and others get their turn between two of them, at least every
 *    TURN_AFTER_MS: with SQLite each held the event loop.
 */
import type { SqlClient } from "@effect/sql/SqlClient"
import type { SqlError } from "@effect/sql/SqlError"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type { BadCell } from "../../db/Rows.js"
import { mergeParts, NO_PART, type PartCounts } from "../../domain/quality/QualityCounts.js"
import { type FoldScope, foldMinutes, foldReadings } from "../../domain/quality/QualityFold.js"
import type { QualityEvent, QualityMinute, VersionFacts } from "../../domain/quality/QualityRows.js"
import { HOUR_PART } from "../../domain/quality/StoredHour.js"
import { MICROS_PER_HOUR, MICROS_PER_MINUTE, minuteOf } from "../../domain/Time.js"
import type { LogError } from "../../eventlog/EventLog.js"
import { eventsAcross, type ReadEvents } from "../cold/ColdQuality.js"
import { shortTurn } from "../Turn.js"
import * as Rows from "./QualityCells.js"
import {
  type Db,
  type EventPlace,
  type QualityDb,
  type Spell,
  type Statements,
  statements
} from "./SqlQuality.js"

/** Rows that one statement reads: 20 ms of SQLite. */
export const PIECE_ROWS = 2_000
/** How long statements may follow on each other without a break: one costs more than a small statement, ms. */
const TURN_AFTER_MS = 8

export type ReadError = SqlError | BadCell | LogError

export interface Counting {
  readonly db: Db
  readonly ask: Omit<Statements, "events"> & { readonly events: ReadEvents }
  readonly asOf: number
  readonly folded: number
  /** The versions of the sensors that were read so far. */
  readonly versions: Map<number, Map<number, VersionFacts>>
  /** What the log said of the spells of the window that is measured, by `spellKey`. */
  readonly spells: Map<string, PartCounts>
  /** A statement, after which others get their turn where they have not had it for a while. */
  readonly turn: <A, E, R>(statement: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
}

/** A bare yield would not let sockets be read; a sleep of nothing lasts a millisecond. */
const turns = (): Counting["turn"] => {
  let last = Number.NEGATIVE_INFINITY
  const pause = Effect.flatMap(Clock.currentTimeMillis, (now) =>
    now - last < TURN_AFTER_MS
      ? Effect.void
      : shortTurn.pipe(
          Effect.zipRight(Clock.currentTimeMillis),
          Effect.flatMap((then) =>
            Effect.sync(() => {
              last = then
            })
          )
        )
  )
  return (statement) => Effect.zipLeft(statement, pause)
}

export const counting = (db: QualityDb, sql: SqlClient, asOf: number, folded: number): Counting => ({
  db,
  ask: { ...statements(db, sql), events: eventsAcross(db, sql) },
  asOf,
  folded,
  versions: new Map(),
  spells: new Map(),
  turn: turns()
})

export const hourOf = (time: number): number => time - (time % MICROS_PER_HOUR)
export const minuteCeil = (time: number): number => Math.ceil(time / MICROS_PER_MINUTE) * MICROS_PER_MINUTE

/** The versions of these sensors, at most NAMED_MAX of them. */
export const versionsOf = ({ ask, versions }: Counting, sensors: ReadonlyArray<number>) =>
  Effect.gen(function* () {
    const unread = sensors.filter((sensor) => !versions.has(sensor))
    if (unread.length === 0) return versions
    const rows = yield* Effect.flatMap(ask.versions(unread), Rows.versions)
    for (const sensor of unread) versions.set(sensor, new Map())
    for (const { sensorId, version, ...facts } of rows) versions.get(sensorId)?.set(version, facts)
    return versions
  })

/** Whole minutes of a sensor's events and stored minutes; both ends of `spell` are full minutes. */
export interface Piece {
  readonly spell: Spell
  readonly events: ReadonlyArray<QualityEvent>
  readonly minutes: ReadonlyArray<QualityMinute>
}

const placeOf = (events: ReadonlyArray<QualityEvent>): EventPlace | null => events.at(-1) ?? null

const NO_MINUTES: ReadonlyArray<QualityMinute> = []

/** Hands each piece of a spell to `take`, in the order of time; without its stored minutes where none are needed. */
export const readPieces = (
  of: Counting,
  sensor: number,
  spell: Spell,
  take: (piece: Piece) => void,
  withMinutes = true
): Effect.Effect<void, ReadError> =>
  Effect.gen(function* () {
    const { ask } = of
    const versions = yield* versionsOf(of, [sensor])
    const end = minuteCeil(spell.end)
    let from: number = minuteOf(spell.start)
    let buffer: Array<QualityEvent> = []
    while (from < end) {
      const query = ask.events([sensor], { start: from, end }, of.asOf, placeOf(buffer), PIECE_ROWS)
      const batch = yield* of.turn(Effect.flatMap(query, Rows.events(versions)))
      buffer = buffer.length === 0 ? [...batch] : [...buffer, ...batch]
      const last = buffer.at(-1)
      const until = batch.length < PIECE_ROWS || last === undefined ? end : minuteOf(last.occurredAt)
      // All of them are of one minute, which goes on.
      if (until <= from && last !== undefined) continue
      const piece: Spell = { start: from, end: until }
      const minutes = withMinutes
        ? yield* of.turn(Effect.flatMap(ask.minutes([sensor], piece), Rows.minutes(versions)))
        : NO_MINUTES
      const split = until === end ? buffer.length : buffer.findIndex(({ occurredAt }) => occurredAt >= until)
      take({ spell: piece, events: buffer.slice(0, split), minutes })
      buffer = buffer.slice(split)
      from = until
    }
  })

/** What a count of one sensor must know beside the rows. */
export interface CountScope {
  readonly intervalMs: number | null
  /** Minutes in here are whole. */
  readonly whole: Spell
}

const within = ({ end, start }: Spell, events: ReadonlyArray<QualityEvent>) => {
  const [first, last] = [events[0], events.at(-1)]
  return first === undefined || last === undefined || (first.occurredAt >= start && last.occurredAt < end)
    ? events
    : events.filter(({ occurredAt }) => occurredAt >= start && occurredAt < end)
}

export const foldPiece = (of: Counting, spell: Spell, piece: Piece, scope: CountScope): PartCounts => {
  const fold: FoldScope = {
    asOf: of.asOf,
    folded: of.folded,
    intervalMs: scope.intervalMs,
    wholeFrom: scope.whole.start,
    wholeTo: scope.whole.end
  }
  return {
    readings: foldReadings(within(spell, piece.events), fold),
    minutes: foldMinutes(piece.minutes, piece.events, fold)
  }
}

/** What is counted of a sensor in a spell. */
export const countSpell = (of: Counting, sensor: number, spell: Spell, scope: CountScope) =>
  Effect.gen(function* () {
    let counts: PartCounts = NO_PART
    yield* readPieces(of, sensor, spell, (piece) => {
      counts = mergeParts(counts, foldPiece(of, spell, piece, scope), scope.intervalMs)
    })
    return counts
  })

/** Cuts a piece where each `size` of time ends; what has nothing in it is left out. */
const cutPiece = (piece: Piece, size: number): ReadonlyArray<Piece> => {
  const cuts: Array<Piece> = []
  let { events, minutes } = piece
  while (events.length > 0 || minutes.length > 0) {
    const first = Math.min(
      events[0]?.occurredAt ?? Number.POSITIVE_INFINITY,
      minutes[0]?.minute ?? Number.POSITIVE_INFINITY
    )
    const start = first - (first % size)
    const end = start + size
    const cut = events.findIndex(({ occurredAt }) => occurredAt >= end)
    const cutMinutes = minutes.findIndex(({ minute }) => minute >= end)
    const [split, splitMinutes] = [
      cut < 0 ? events.length : cut,
      cutMinutes < 0 ? minutes.length : cutMinutes
    ]
    cuts.push({
      spell: { start, end },
      events: events.slice(0, split),
      minutes: minutes.slice(0, splitMinutes)
    })
    events = events.slice(split)
    minutes = minutes.slice(splitMinutes)
  }
  return cuts
}

/** The same by hours, and by the parts of hours, each by its start; those without anything are left out. */
export const countHours = (of: Counting, sensor: number, spell: Spell, scope: CountScope) =>
  Effect.gen(function* () {
    const counted = { hours: new Map<number, PartCounts>(), parts: new Map<number, PartCounts>() }
    const add = (to: Map<number, PartCounts>, piece: Piece, size: number) => {
      for (const cut of cutPiece(piece, size)) {
        const counts = foldPiece(of, spell, cut, scope)
        const { start } = cut.spell
        to.set(start, mergeParts(to.get(start) ?? NO_PART, counts, scope.intervalMs))
      }
    }
    yield* readPieces(of, sensor, spell, (piece) => {
      add(counted.hours, piece, MICROS_PER_HOUR)
      add(counted.parts, piece, HOUR_PART)
    })
    return counted
  })
