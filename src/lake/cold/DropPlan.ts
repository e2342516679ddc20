/** Which days of a lake can be dropped from the log, and why the others can't. */
import type { SqlClient } from "@effect/sql/SqlClient"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Rows from "../../db/Rows.js"
import type { DatabaseService } from "../../db/Transaction.js"
import type { Position } from "../../domain/Ids.js"
import { MICROS_PER_DAY, type Micros, micros, parseTime } from "../../domain/Time.js"
import type { ColdDay } from "../../eventlog/cold/ColdDays.js"
import type { LakeFile, LakeManifest } from "../LakeFormat.js"
import { DAY_ROWS_MAX } from "./ColdLake.js"

/** The files of a day that a drop rests on: all are verified first. */
export interface DroppableDay {
  readonly day: Micros
  readonly date: string
  readonly events: LakeFile
  readonly files: ReadonlyArray<LakeFile>
}

const dayOfDate = (date: string): Micros => Either.getOrElse(parseTime(date), () => micros(0))

/** The days of a manifest that have ended by a time, in order, but for those that are cold already. */
export const endedDays = (
  manifest: LakeManifest,
  before: number,
  cold: ReadonlyArray<ColdDay>
): ReadonlyArray<DroppableDay> => {
  const known = new Set(cold.map(({ day }) => day))
  const current = manifest.files.filter((file) => file.current)
  return current
    .filter(({ dataset }) => dataset === "events")
    .map((events) => ({
      day: dayOfDate(events.date),
      date: events.date,
      events,
      files: current.filter(({ date }) => date === events.date)
    }))
    .filter(({ day }) => day + MICROS_PER_DAY <= before && !known.has(day))
    .toSorted((a, b) => a.day - b.day)
}

type Syntax = Pick<DatabaseService, "encodeTime" | "syntax">

const within = (sql: SqlClient, { encodeTime }: Syntax, column: "e.occurred_at" | "q.hour", day: Micros) =>
  sql`${sql.literal(column)} >= ${encodeTime(day)} AND ${sql.literal(column)} < ${encodeTime(day + MICROS_PER_DAY)}`

/** The last position that a day has behind another one; `since`: nothing behind it is looked at for long. */
export const touchedBehind = (
  sql: SqlClient,
  database: Syntax,
  day: Micros,
  after: Position,
  from: "day" | "log"
) => {
  const index = from === "day" ? database.syntax.byIndex("events_time") : database.syntax.byPrimaryKey
  return sql`SELECT 1 AS one FROM events e ${sql.literal(index)}
    WHERE e.position > ${after} AND ${within(sql, database, "e.occurred_at", day)} LIMIT 1`.pipe(
    Effect.map((rows) => rows.length > 0)
  )
}

const checkpoints = (sql: SqlClient) =>
  sql`SELECT projection, position FROM checkpoints`.pipe(
    Effect.flatMap(Rows.every((row) => [Rows.text(row.projection), Rows.integer(row.position)] as const)),
    Effect.map((rows) => new Map(rows))
  )

const uncountedHours = (sql: SqlClient, database: Syntax, day: Micros) =>
  sql`SELECT COUNT(*) AS n FROM quality_hours q WHERE q.dirty = 1 AND ${within(sql, database, "q.hour", day)}`.pipe(
    Effect.flatMap(Rows.only(({ n }) => Rows.integer(n)))
  )

/** Why what is made from the log needs the day's events yet; null: it does not. */
export const notFolded = (sql: SqlClient, database: Syntax, { day, events }: DroppableDay) =>
  Effect.gen(function* () {
    const at = yield* checkpoints(sql)
    const isBehind = (name: string) => (at.get(name) ?? 0) < events.position
    if (isBehind("minutes")) return "its minutes are not folded"
    if (at.has("minutes.rebuild")) return "the minutes are being rebuilt"
    if (at.has("minutes.stale")) return "minutes of an earlier version are being folded again"
    const hours = isBehind("quality") ? 1 : yield* uncountedHours(sql, database, day)
    return hours > 0 ? "the quality of its hours is not counted" : null
  })

/** Why a day stays in the log; null: it can be dropped, once its files are verified. */
export const obstacleOf = (sql: SqlClient, database: Syntax, of: DroppableDay) =>
  Effect.gen(function* () {
    const { day, events, files } = of
    const missing = (["readings", "aggregates"] as const).find(
      (name) => !files.some(({ dataset }) => dataset === name)
    )
    if (missing !== undefined) return `its ${missing} are not archived`
    if (events.rows > DAY_ROWS_MAX)
      return `it has ${events.rows} events, and ${DAY_ROWS_MAX} can be read from a lake`
    if (yield* touchedBehind(sql, database, day, events.position as Position, "day")) {
      return "it has changed since it was archived"
    }
    return yield* notFolded(sql, database, of)
  })
