/**
 * The cold days: those whose readings lie in a lake, and are read from there. A row of `cold_days` is where that is said.
 *
 * Invariants:
 * 1. From the moment a day is marked, until its mark is taken off, nothing is added to it or changed of it.
 * 2. An event is deleted from the log only under a mark, and is in the file that the mark names.
 * 3. The mark is taken off when all of the file's events are back.
 * So whoever finds the same marks before and after a read has missed nothing: `steady`.
 */
import type { SqlClient } from "@effect/sql/SqlClient"
import * as Effect from "effect/Effect"
import * as Rows from "../../db/Rows.js"
import type { DatabaseService } from "../../db/Transaction.js"
import { insertAll, placeholders } from "../../db/ValueLists.js"
import { dateText, dayStart } from "../../domain/dataset/DayFile.js"
import { type Position, position } from "../../domain/Ids.js"
import { MICROS_PER_DAY, type Micros, micros } from "../../domain/Time.js"
import type { PositionRun } from "./ColdRows.js"

type Times = Pick<DatabaseService, "encodeTime">

const STATES = ["dropping", "dropped", "returning"] as const
export type ColdState = (typeof STATES)[number]

export interface ColdDay {
  /** Its start, UTC. */
  readonly day: Micros
  readonly state: ColdState
  /** The folder or bucket of the lake. */
  readonly lake: string
  /** The file of its events, from the lake's root on; `sha256` is of it. */
  readonly path: string
  readonly sha256: string
  /** Of the last event of the day. */
  readonly position: Position
  /** Of the first and the last event of a reading in the file. */
  readonly first: Position
  readonly last: Position
  /** Events of readings in the file, and how many of them are there alone. */
  readonly readings: number
  readonly dropped: number
  readonly markedAt: Micros
}

const stateOf = (text: string): ColdState => {
  const state = STATES.find((one) => one === text)
  if (state === undefined) throw new TypeError(`no state of a day: ${text}`)
  return state
}

const coldDayOf = (row: Rows.Row): ColdDay => ({
  day: Rows.time(row.day),
  state: stateOf(Rows.text(row.state)),
  lake: Rows.text(row.lake),
  path: Rows.text(row.path),
  sha256: Rows.text(row.sha256),
  position: position(Rows.integer(row.position)),
  first: position(Rows.integer(row.first_position)),
  last: position(Rows.integer(row.last_position)),
  readings: Rows.integer(row.readings),
  dropped: Rows.integer(row.dropped),
  markedAt: Rows.time(row.marked_at)
})

const COLUMNS = `c.day, c.state, c.lake, c.path, c.sha256, c.position, c.first_position, c.last_position, c.readings,
  c.dropped, c.marked_at`

/** A span of device time; absent: without an end there. `end` is exclusive. */
export interface TimeSpan {
  readonly start?: Micros | undefined
  readonly end?: Micros | undefined
}

/** The cold days that a span of time is in, in order. */
export const coldDays = (sql: SqlClient, { encodeTime }: Times, { end, start }: TimeSpan = {}) => {
  const conditions = [
    ...(start === undefined ? [] : [sql`c.day >= ${encodeTime(dayStart(start))}`]),
    ...(end === undefined ? [] : [sql`c.day < ${encodeTime(end)}`])
  ]
  return sql`SELECT ${sql.literal(COLUMNS)} FROM cold_days c
    WHERE ${conditions.length === 0 ? sql`1 = 1` : sql.and(conditions)} ORDER BY c.day`.pipe(
    Effect.flatMap(Rows.every(coldDayOf))
  )
}

/**
 * The cold days that may have an event of a reading with `after < position <= upTo`. Of a day that an earlier version has
 * marked no runs are known.
 */
export const coldDaysWithin = (sql: SqlClient, after: number, upTo: number) =>
  sql`SELECT ${sql.literal(COLUMNS)} FROM cold_days c
    WHERE c.last_position > ${after} AND c.first_position <= ${upTo}
      AND (EXISTS (SELECT 1 FROM cold_runs r
          WHERE r.day = c.day AND r.last_position > ${after} AND r.first_position <= ${upTo})
        OR NOT EXISTS (SELECT 1 FROM cold_runs r WHERE r.day = c.day))
    ORDER BY c.day`.pipe(Effect.flatMap(Rows.every(coldDayOf)))

/** Says where the events of a day lie, beside its mark. */
export const keepRuns = (
  sql: SqlClient,
  database: Pick<DatabaseService, "dialect" | "encodeTime">,
  day: Micros,
  runs: ReadonlyArray<PositionRun>
) =>
  insertAll(
    sql,
    database,
    (lists) => `INSERT INTO cold_runs (day, first_position, last_position) VALUES ${lists}`,
    placeholders(3),
    runs.map(({ first, last }) => [database.encodeTime(day), first, last])
  )

/** Takes the mark of a day off, in a transaction that has locked the head. */
export const takeMarkOff = (sql: SqlClient, { encodeTime }: Times, day: Micros) =>
  Effect.gen(function* () {
    yield* sql`DELETE FROM cold_runs WHERE day = ${encodeTime(day)}`
    yield* sql`DELETE FROM cold_days WHERE day = ${encodeTime(day)}`
    yield* countColdDays(sql)
  })

/** Within the transaction that has marked days or taken marks off, which has locked the head first. */
export const countColdDays = (sql: SqlClient) =>
  sql`UPDATE log_head SET cold_days = (SELECT COUNT(*) FROM cold_days) WHERE id = 1`

const sameDays = (before: ReadonlyArray<ColdDay>, after: ReadonlyArray<ColdDay>): boolean =>
  before.length === after.length &&
  before.every(({ day, sha256 }, index) => day === after[index]?.day && sha256 === after[index]?.sha256)

/** Reads with the cold days known, and again where these were other ones when it ended. `known`: asked already. */
export const steady = <A, E, R, E2, R2>(
  days: Effect.Effect<ReadonlyArray<ColdDay>, E2, R2>,
  read: (days: ReadonlyArray<ColdDay>) => Effect.Effect<A, E, R>,
  known?: ReadonlyArray<ColdDay>
): Effect.Effect<A, E | E2, R | R2> =>
  Effect.gen(function* () {
    let before = known ?? (yield* days)
    for (;;) {
      const answer = yield* read(before)
      const after = yield* days
      if (sameDays(before, after)) return answer
      before = after
    }
  })

/** A span of time without a cold day, or the part of a cold day that is asked for. */
export interface Stretch extends TimeSpan {
  readonly cold: ColdDay | null
}

/** All time that a filter is about, in order. */
export const stretchesOf = (
  { end, start }: TimeSpan,
  days: ReadonlyArray<ColdDay>
): ReadonlyArray<Stretch> => {
  const stretches: Array<Stretch> = []
  let from = start
  for (const cold of days) {
    const dayEnd = micros(cold.day + MICROS_PER_DAY)
    if (from === undefined || from < cold.day) stretches.push({ cold: null, start: from, end: cold.day })
    stretches.push({
      cold,
      start: micros(Math.max(from ?? 0, cold.day)),
      end: micros(Math.min(end ?? Number.POSITIVE_INFINITY, dayEnd))
    })
    from = dayEnd
  }
  if (from === undefined || end === undefined || from < end) stretches.push({ cold: null, start: from, end })
  return stretches
}

/** For people: `2026-08-01, 2026-08-02 and 3 more`. */
export const daysText = (days: ReadonlyArray<Micros>): string => {
  const shown = days.slice(0, SHOWN_MAX).map(dateText)
  return days.length > SHOWN_MAX
    ? `${shown.join(", ")} and ${days.length - SHOWN_MAX} more`
    : shown.join(", ")
}
const SHOWN_MAX = 3
