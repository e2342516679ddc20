/**
 * Drops the readings of archived days from the log: docs/decisions/0048-cold-days.md says what holds.
 *
 * Invariants:
 * 1. Before anything of a day is deleted, its files were read back and equal the log, and the day is marked: from then on
 *    it is read from its file, and nothing is added to it.
 * 2. Deleted are positions that the file has, a bounded number in a transaction, without the lock of the log's head.
 * 3. A drop that is killed leaves the mark. The next one goes on, from the file.
 */

import type { SqlClient } from "@effect/sql/SqlClient"
import * as Effect from "effect/Effect"
import { digestSome } from "../../backup/LogDigester.js"
import type { BackupProgress } from "../../backup/TakeBackup.js"
import * as Rows from "../../db/Rows.js"
import { Database, type DatabaseService } from "../../db/Transaction.js"
import { dateText } from "../../domain/dataset/DayFile.js"
import { type Position, position } from "../../domain/Ids.js"
import { MICROS_PER_DAY, type Micros } from "../../domain/Time.js"
import { type ColdDay, coldDays, countColdDays, keepRuns } from "../../eventlog/cold/ColdDays.js"
import type { ColdRows } from "../../eventlog/cold/ColdRows.js"
import { COLD_AFTER } from "../../eventlog/cold/ColdWrites.js"
import { mapped } from "../../eventlog/LogFailure.js"
import { lockedHead } from "../../eventlog/sql/LogHead.js"
import { nowMicros } from "../../telemetry/Instant.js"
import { fixedAddress } from "../LakeAddress.js"
import { LakeFault, type LakeManifest } from "../LakeFormat.js"
import { manifestOf } from "../LakeManifests.js"
import { lakeRows } from "../LakeRows.js"
import type { LakeStore } from "../LakeStore.js"
import { checkDay, checkLog } from "../VerifyLake.js"
import { coldRowsOf } from "./ColdLake.js"
import { type DroppableDay, endedDays, notFolded, obstacleOf, touchedBehind } from "./DropPlan.js"
import { keptEvents } from "./KeptEvents.js"

const PIECE_ROWS = 500
/** Blocks digested at a time. */
const DIGESTS = 50

export interface DropOptions {
  /** Readings of the last so many µs stay, a day at least. */
  readonly keep: number
  /** Nothing is changed. */
  readonly dryRun: boolean
  readonly licence: string
  /** Rows of one transaction; absent: some 10 ms of them. */
  readonly pieceRows?: number
  readonly onProgress?: (progress: BackupProgress) => void
}

/** What became of a day: how many events were dropped, or would be; or why it stays. */
export type DayDrop =
  | { readonly date: string; readonly dropped: number; readonly stays: null }
  | { readonly date: string; readonly dropped: 0; readonly stays: string }

/** Marks a day, where nothing came to it meanwhile; answers why not. */
const mark = (
  database: DatabaseService,
  store: LakeStore,
  of: DroppableDay,
  rows: ColdRows,
  looked: Position
) =>
  Effect.flatMap(nowMicros, (now) => {
    const runs = rows.runs()
    return database.transact((sql) =>
      Effect.gen(function* () {
        const { day, events } = of
        const head = yield* lockedHead(sql, database)
        const recordedAt = Math.max(now, head.recordedAt)
        if (day + MICROS_PER_DAY + COLD_AFTER > recordedAt) return "it ended less than a day ago"
        if (yield* touchedBehind(sql, database, day, looked, "log"))
          return "it has changed since it was archived"
        const obstacle = yield* notFolded(sql, database, of)
        if (obstacle !== null) return obstacle
        yield* sql`INSERT INTO cold_days (day, state, lake, path, sha256, position, first_position, last_position,
            readings, dropped, marked_at)
          VALUES (${database.encodeTime(day)}, 'dropping', ${fixedAddress(store.address)}, ${events.path},
            ${events.sha256}, ${events.position}, ${runs[0]?.first ?? 0}, ${runs.at(-1)?.last ?? 0}, ${rows.size}, 0,
            ${database.encodeTime(recordedAt)})`
        yield* keepRuns(sql, database, day, runs)
        // Whoever appends from now on sees by this that the day is old enough to be a cold one.
        yield* sql`UPDATE log_head SET recorded_at = ${database.encodeTime(recordedAt)} WHERE id = 1`
        yield* countColdDays(sql)
        return null
      })
    )
  })

/** Of these positions, how many the log has. */
const leftOf = (sql: SqlClient, database: DatabaseService, day: Micros) =>
  sql`SELECT COUNT(*) AS n FROM events e WHERE e.occurred_at >= ${database.encodeTime(day)}
      AND e.occurred_at < ${database.encodeTime(day + MICROS_PER_DAY)}
      AND e.type IN ('ReadingRecorded', 'ReadingCorrected', 'ReadingDeleted')`.pipe(
    Effect.flatMap(Rows.only(({ n }) => Rows.integer(n)))
  )

interface Sweeping extends Pick<DropOptions, "pieceRows"> {
  readonly onRows: (rows: number) => void
}

/** Deletes what may go of a day that is marked; answers how many of its events its file alone has. */
const sweep = (
  database: DatabaseService,
  day: Micros,
  rows: ColdRows,
  going: Float64Array,
  { onRows, pieceRows = PIECE_ROWS }: Sweeping
) =>
  Effect.gen(function* () {
    for (let at = 0; at < going.length; at += pieceRows) {
      const piece = Array.from(going.subarray(at, at + pieceRows))
      yield* database.transact((sql) => sql`DELETE FROM events WHERE ${sql.in("position", piece)}`)
      onRows(piece.length)
      yield* Effect.sleep(0)
    }
    const left = yield* database.read((sql) => leftOf(sql, database, day))
    const dropped = rows.size - left
    yield* database.transact(
      (sql) => sql`UPDATE cold_days SET state = 'dropped', dropped = ${dropped}
        WHERE day = ${database.encodeTime(day)} AND state = 'dropping'`
    )
    return dropped
  })

/** A lake that was moved is the same lake: its files tell. */
const followMoved = (
  database: DatabaseService,
  store: LakeStore,
  manifest: LakeManifest,
  cold: ReadonlyArray<ColdDay>
) =>
  Effect.forEach(
    cold.filter(
      ({ lake, path, sha256 }) =>
        lake !== fixedAddress(store.address) &&
        manifest.files.some((file) => file.path === path && file.sha256 === sha256)
    ),
    ({ day }) =>
      database.transact(
        (sql) =>
          sql`UPDATE cold_days SET lake = ${fixedAddress(store.address)} WHERE day = ${database.encodeTime(day)}`
      ),
    { discard: true }
  )

/** All of the log has its digests, so that whatever is brought back is compared with what it was. */
const digestAll = (database: DatabaseService) =>
  Effect.repeat(digestSome(database, DIGESTS), { until: (n) => n === 0 })

/** Answers what became of each day that has ended before the time that is kept, in order. */
export const dropDays = (store: LakeStore, { dryRun, keep, licence, onProgress, pieceRows }: DropOptions) =>
  Effect.gen(function* () {
    const database = yield* Database
    const manifest = yield* manifestOf(store)
    yield* checkLog(manifest)
    const cold = yield* mapped(database.read((sql) => coldDays(sql, database)))
    const before = (yield* nowMicros) - Math.max(keep, COLD_AFTER)
    const plan = endedDays(manifest, before, cold)
    const going = keptEvents(database)
    const read = yield* lakeRows(licence)
    let done = 0
    const total = plan.reduce((sum, { events }) => sum + events.rows, 0)
    const onRows = (rows: number) => {
      done += rows
      onProgress?.({ done, total: Math.max(done, total) })
    }
    const sweeping: Sweeping = pieceRows === undefined ? { onRows } : { onRows, pieceRows }
    const finished: Array<DayDrop> = []
    if (!dryRun) {
      yield* mapped(followMoved(database, store, manifest, cold))
      yield* mapped(digestAll(database))
      for (const one of cold.filter(({ state }) => state === "dropping")) {
        const rows = yield* coldRowsOf(store, one)
        const dropped = yield* mapped(sweep(database, one.day, rows, yield* mapped(going(rows)), sweeping))
        finished.push({ date: dateText(one.day), dropped, stays: null })
      }
    }
    const dropOne = (of: DroppableDay) =>
      Effect.gen(function* () {
        const stays = (reason: string): DayDrop => ({ date: of.date, dropped: 0, stays: reason })
        const head = yield* mapped(
          database.read((sql) =>
            sql`SELECT position FROM log_head WHERE id = 1`.pipe(
              Effect.flatMap(Rows.only((row) => position(Rows.integer(row.position))))
            )
          )
        )
        const obstacle = yield* mapped(database.read((sql) => obstacleOf(sql, database, of)))
        if (obstacle !== null) return stays(obstacle)
        const rows = yield* coldRowsOf(store, of.events)
        if (rows.size === 0) return stays("it has no readings")
        const positions = yield* mapped(going(rows))
        if (dryRun) return { date: of.date, dropped: positions.length, stays: null } satisfies DayDrop
        yield* checkDay(store, read, of.files)
        const refused = yield* mapped(mark(database, store, of, rows, head))
        if (refused !== null) return stays(refused)
        const dropped = yield* mapped(sweep(database, of.day, rows, positions, sweeping))
        return { date: of.date, dropped, stays: null } satisfies DayDrop
      }).pipe(
        // One file that is not what it was keeps its day, and no other one.
        Effect.catchIf(
          (error) => error instanceof LakeFault,
          (error) => Effect.succeed<DayDrop>({ date: of.date, dropped: 0, stays: String(error.message) })
        )
      )
    for (const of of plan) finished.push(yield* dropOne(of))
    return finished as ReadonlyArray<DayDrop>
  }).pipe(Effect.scoped)
