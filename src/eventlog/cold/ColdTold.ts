/**
 * How many days are cold, told by the statement that reads, as of the same moment as its rows: where none is, nothing
 * else is asked.
 *
 * Invariants:
 * 1. `log_head.cold_days` is the number of rows of `cold_days`. It is set in the transaction that marks a day or takes its
 *    mark off, under the lock of the head: whoever holds that lock knows it.
 * 2. One statement sees one state of the database. An event is deleted only under a mark, so a statement that sees no
 *    mark sees all events.
 */
import type { SqlClient } from "@effect/sql/SqlClient"
import type { SqlError } from "@effect/sql/SqlError"
import type { Statement } from "@effect/sql/Statement"
import * as Effect from "effect/Effect"
import type { ByDialect } from "../../db/Dialect.js"
import * as Rows from "../../db/Rows.js"
import type { DatabaseService } from "../../db/Transaction.js"
import { type ColdDay, steady } from "./ColdDays.js"

/** What a statement answers of the log alone, and how many days were cold as it did. */
export interface Told<A> {
  readonly answer: A
  readonly cold: number
}

/** The last column of a statement whose rows are told with the number of cold days. */
export const COLD_CELL = "NULL AS cold"

/** The number of cold days, as a cell of a statement that has a row in any case. */
export const COLD_DAYS = "(SELECT h.cold_days FROM log_head h WHERE h.id = 1)"

/** For a statement that is ordered, as without a limit its order would not count in a union. */
export const ALL_ROWS = String(Number.MAX_SAFE_INTEGER)

const JOINED: ByDialect<(sql: SqlClient, rows: Statement<Rows.Row>, marker: string) => Statement<Rows.Row>> =
  {
    mysql: (sql, rows, marker) => sql`(${rows}) UNION ALL (${sql.literal(marker)})`,
    sqlite: (sql, rows, marker) => sql`SELECT * FROM (${rows}) UNION ALL ${sql.literal(marker)}`
  }

/** The statement with one row more: nulls, then `before`, and the number of cold days in its last cell. */
const joined = (
  sql: SqlClient,
  { dialect }: Pick<DatabaseService, "dialect">,
  rows: Statement<Rows.Row>,
  width: number,
  before: ReadonlyArray<string>
) => {
  const nulls = Array.from({ length: width - 1 - before.length }, () => "NULL")
  const cells = [...nulls, ...before, "h.cold_days"].join(", ")
  return JOINED[dialect](sql, rows, `SELECT ${cells} FROM log_head h WHERE h.id = 1`)
}

export interface ToldCells extends Told<ReadonlyArray<ReadonlyArray<unknown>>> {
  /** The row that tells it. */
  readonly marker: ReadonlyArray<unknown>
}

/**
 * The rows of a statement as cells. It selects `width` of them, the last one is COLD_CELL. `before`: what the row that
 * tells has before its last cell.
 */
export const toldCells = (
  sql: SqlClient,
  database: Pick<DatabaseService, "dialect">,
  rows: Statement<Rows.Row>,
  width: number,
  before: ReadonlyArray<string> = []
): Effect.Effect<ToldCells, SqlError | Rows.BadCell> =>
  Effect.flatMap(joined(sql, database, rows, width, before).values, (found) => {
    const answer = found.filter((cells) => cells[width - 1] === null)
    const [marker = []] = found.filter((cells) => cells[width - 1] !== null)
    return Effect.map(
      Rows.everyOf(["cold_days"], ([cell]) => Rows.integer(cell))([[marker[width - 1]]]),
      ([cold = 0]) => ({ answer, cold, marker })
    )
  })

/** The same of rows by name: `cold` is the last of their `width` cells. */
export const toldRows = (
  sql: SqlClient,
  database: Pick<DatabaseService, "dialect">,
  rows: Statement<Rows.Row>,
  width: number
): Effect.Effect<Told<ReadonlyArray<Rows.Row>>, SqlError | Rows.BadCell> =>
  Effect.flatMap(joined(sql, database, rows, width, []), (found) => {
    const answer = found.filter(({ cold }) => cold === null)
    return Effect.map(
      Rows.only((row) => Rows.integer(row.cold))(found.filter(({ cold }) => cold !== null)),
      (cold) => ({ answer, cold })
    )
  })

/** What is made of the answer of the log alone. */
export const ofTold =
  <A, B, E, R>(make: (answer: A) => Effect.Effect<B, E, R>) =>
  ({ answer, cold }: Told<A>): Effect.Effect<Told<B>, E, R> =>
    Effect.map(make(answer), (made) => ({ answer: made, cold }))

/** The answer of the log alone, or the one with the cold days among those that it is about. */
export const unlessCold = <A, E, R, E2, R2, E3, R3>(
  told: Effect.Effect<Told<A>, E, R>,
  days: Effect.Effect<ReadonlyArray<ColdDay>, E2, R2>,
  across: (days: ReadonlyArray<ColdDay>) => Effect.Effect<A, E3, R3>
): Effect.Effect<A, E | E2 | E3, R | R2 | R3> =>
  Effect.flatMap(told, ({ answer, cold }) =>
    cold === 0
      ? Effect.succeed(answer)
      : Effect.flatMap(days, (there) =>
          there.length === 0 ? Effect.succeed(answer) : steady(days, across, there)
        )
  )
