/**
 * Which row each correction and deletion supersedes. A backup has the events alone: the links between them follow from
 * their order, as each supersedes the last row of its reading.
 */
import type { SqlClient } from "@effect/sql/SqlClient"
import * as Effect from "effect/Effect"
import type { DatabaseError } from "../db/Failure.js"
import * as Rows from "../db/Rows.js"
import type { DatabaseService } from "../db/Transaction.js"
import type { Cells } from "./RowText.js"
import { eventsTable } from "./SavedTables.js"

/** What of an event says whom it supersedes. */
export interface Linked {
  readonly position: number
  /** Null: it supersedes none. */
  readonly readingId: number | null
}

/** Readings whose last rows are remembered; over it all are looked up again. */
const TAILS_MAX = 100_000

const rowsAt = (sql: SqlClient, positions: ReadonlyArray<number>) =>
  sql`SELECT position, superseded_by FROM events WHERE ${sql.in("position", positions)}`.pipe(
    Effect.flatMap(
      Rows.every((row) => [Rows.integer(row.position), Rows.maybeInteger(row.superseded_by)] as const)
    ),
    Effect.map((rows) => new Map(rows))
  )

/** The last row of each of these readings, by the links that are there. */
export const lastRows = (sql: SqlClient, readings: ReadonlyArray<number>) =>
  Effect.gen(function* () {
    const tails = new Map<number, number>(readings.map((id) => [id, id]))
    for (let open = readings; open.length > 0; ) {
      const links = yield* rowsAt(
        sql,
        open.map((id) => tails.get(id) ?? id)
      )
      open = open.filter((id) => {
        const next = links.get(tails.get(id) ?? id)
        if (next == null) return false
        tails.set(id, next)
        return true
      })
    }
    return tails
  })

/** The links of a log that is written in order. */
export class Linker {
  private tails = new Map<number, number>()

  /** Of a page of events: which row (`at`) each of them supersedes, in order. Earlier pages are stored and linked. */
  linksOf(sql: SqlClient, events: ReadonlyArray<Linked>) {
    const self = this
    return Effect.gen(function* () {
      const amending = events.flatMap(({ position, readingId }) =>
        readingId === null ? [] : [{ position, readingId }]
      )
      if (amending.length === 0) return []
      if (self.tails.size > TAILS_MAX) self.tails = new Map()
      const first = events[0]?.position ?? 0
      const unknown = amending.filter(({ readingId }) => readingId < first && !self.tails.has(readingId))
      const found = yield* lastRows(sql, [...new Set(unknown.map(({ readingId }) => readingId))])
      for (const [id, tail] of found) self.tails.set(id, tail)
      return amending.map(({ position, readingId }) => {
        const at = self.tails.get(readingId) ?? readingId
        self.tails.set(readingId, position)
        return { at, by: position }
      })
    })
  }
}

const index = (name: string): number => eventsTable.columns.findIndex((column) => column.name === name)
const [POSITION, READING] = [index("position"), index("reading_id")]

/**
 * Corrections and deletions that no row of their readings leads to, among these events, and rows among them that lead to
 * none.
 */
export const linkFaults = (
  { read }: Pick<DatabaseService, "read">,
  rows: ReadonlyArray<Cells>
): Effect.Effect<ReadonlyArray<string>, DatabaseError | Rows.BadCell> =>
  Effect.gen(function* () {
    const amending = new Map(
      rows.flatMap((row) => (row[READING] == null ? [] : [[Number(row[POSITION]), Number(row[READING])]]))
    )
    const faults: Array<string> = []
    // Along each chain, until it comes to the event or ends.
    let open = [...amending].map(([position, reading]) => ({ position, at: reading }))
    while (open.length > 0) {
      const links = yield* read((sql) => rowsAt(sql, [...new Set(open.map(({ at }) => at))]))
      const next: typeof open = []
      for (const { at, position } of open) {
        const by = links.get(at)
        if (by === position) continue
        if (by == null || by > position)
          faults.push(`the event at position ${position} supersedes no row of its reading`)
        else next.push({ position, at: by })
      }
      open = next
    }
    const first = Number(rows[0]?.[POSITION] ?? 0)
    const last = Number(rows.at(-1)?.[POSITION] ?? -1)
    const linked = yield* read((sql) => linksBetween(sql, first, last))
    const targets = yield* read((sql) =>
      readingsAt(
        sql,
        linked.map(({ by }) => by)
      )
    )
    for (const { at, by, reading } of linked) {
      if (targets.get(by) !== reading) {
        faults.push(`the event at position ${at} is superseded by ${by}, which is no event of its reading`)
      }
    }
    return faults
  })

/** Rows that are superseded, with the reading that each is of. */
const linksBetween = (sql: SqlClient, first: number, last: number) =>
  sql`SELECT position, superseded_by, COALESCE(reading_id, position) AS reading FROM events
    WHERE position >= ${first} AND position <= ${last} AND superseded_by IS NOT NULL`.pipe(
    Effect.flatMap(
      Rows.every((row) => ({
        at: Rows.integer(row.position),
        by: Rows.integer(row.superseded_by),
        reading: Rows.integer(row.reading)
      }))
    )
  )

const readingsAt = (sql: SqlClient, positions: ReadonlyArray<number>) =>
  positions.length === 0
    ? Effect.succeed(new Map<number, number | null>())
    : sql`SELECT position, reading_id FROM events WHERE ${sql.in("position", positions)}`.pipe(
        Effect.flatMap(
          Rows.every((row) => [Rows.integer(row.position), Rows.maybeInteger(row.reading_id)] as const)
        ),
        Effect.map((rows) => new Map(rows))
      )
