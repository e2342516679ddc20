/**
 * Which row each correction and deletion supersedes. A backup has the events alone: the links between them follow from
 * their order, as each supersedes the last row of its reading.
 */
import type { SqlClient } from "@effect/sql/SqlClient"
import * as Effect from "effect/Effect"
import * as Rows from "../db/Rows.js"

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
