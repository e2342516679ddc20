/**
 * Brings cold days back into the log.
 *
 * Invariant: the mark of a day is taken off when all of its events are there, equal to what was archived: until then it is
 * read from its file, whatever of it is back. A run that is killed is run again.
 */

import type { SqlClient } from "@effect/sql/SqlClient"
import * as Effect from "effect/Effect"
import { insertRows } from "../../backup/SavedRows.js"
import { allTables } from "../../backup/SavedTables.js"
import type { BackupProgress } from "../../backup/TakeBackup.js"
import { cellsOfEvent } from "../../backup/WholeLog.js"
import * as Rows from "../../db/Rows.js"
import { Database, type DatabaseService } from "../../db/Transaction.js"
import { dateText } from "../../domain/dataset/DayFile.js"
import type { Event } from "../../domain/Event.js"
import { position } from "../../domain/Ids.js"
import { MICROS_PER_DAY, type Micros } from "../../domain/Time.js"
import { type ColdDay, coldDays, takeMarkOff } from "../../eventlog/cold/ColdDays.js"
import { mapped } from "../../eventlog/LogFailure.js"
import { lockedHead } from "../../eventlog/sql/LogHead.js"
import { factsOfFile, factsOfLog } from "../LakeFiles.js"
import { LakeFault } from "../LakeFormat.js"
import { manifestOf } from "../LakeManifests.js"
import { lakeRows } from "../LakeRows.js"
import type { LakeStore } from "../LakeStore.js"
import { difference } from "../VerifyLake.js"
import { coldRowsOf } from "./ColdLake.js"

/** Rows of one transaction. */
const PIECE_ROWS = 500

const EVENTS_COLUMNS = allTables.find(({ name }) => name === "events")?.columns ?? []
const cellsOf = cellsOfEvent(EVENTS_COLUMNS)

export interface RehydrateOptions {
  /** The first and the last day, their starts. */
  readonly from: Micros
  readonly until: Micros
  readonly licence: string
  readonly onProgress?: (progress: BackupProgress) => void
}

const putBack = (sql: SqlClient, database: DatabaseService, events: ReadonlyArray<Event>) =>
  Effect.gen(function* () {
    const there = yield* sql`SELECT position FROM events WHERE ${sql.in(
      "position",
      events.map((event) => event.position)
    )}`.pipe(Effect.flatMap(Rows.every((row) => Rows.integer(row.position))))
    const known = new Set<number>(there)
    const missing = events.filter((event) => !known.has(event.position))
    yield* insertRows(sql, database, "events", EVENTS_COLUMNS, missing.map(cellsOf))
    return missing.length
  })

/** Answers the days that are back, and how many events that took. */
export const rehydrate = (store: LakeStore, { from, licence, onProgress, until }: RehydrateOptions) =>
  Effect.gen(function* () {
    const database = yield* Database
    const manifest = yield* manifestOf(store)
    const read = yield* lakeRows(licence)
    const span = { start: from, end: (until + MICROS_PER_DAY) as Micros }
    const days = yield* mapped(database.read((sql) => coldDays(sql, database, span)))
    const total = days.reduce((sum, { readings }) => sum + readings, 0)
    let done = 0

    const bringBack = (cold: ColdDay) =>
      Effect.gen(function* () {
        const file = manifest.files.find(({ path, sha256 }) => path === cold.path && sha256 === cold.sha256)
        if (file === undefined) {
          return yield* new LakeFault({
            path: cold.path,
            reason: `${store.address} has not the file that ${dateText(cold.day)} lies in: it is in ${cold.lake}`
          })
        }
        const rows = yield* coldRowsOf(store, file)
        yield* mapped(
          database.transact(
            (sql) =>
              sql`UPDATE cold_days SET state = 'returning' WHERE day = ${database.encodeTime(cold.day)}`
          )
        )
        let events = 0
        for (let after = position(0); ; ) {
          const page = rows.tail(after, position(Number.MAX_SAFE_INTEGER), PIECE_ROWS)
          const last = page.at(-1)
          if (last === undefined) break
          events += yield* mapped(database.transact((sql) => putBack(sql, database, page)))
          after = last.position
          done += page.length
          onProgress?.({ done, total: Math.max(done, total) })
          yield* Effect.sleep(0)
        }
        const of = { dataset: "events", day: cold.day, position: cold.position } as const
        const { columns } = yield* factsOfFile(yield* store.local(file.path), file.path, () => undefined)
        const inLog = yield* factsOfLog(read, of, columns, () => undefined)
        const wrong = difference(`the log has now of ${dateText(cold.day)}`, inLog, file)
        if (wrong !== undefined) return yield* new LakeFault({ path: file.path, reason: wrong })
        yield* mapped(
          database.transact((sql) =>
            Effect.gen(function* () {
              yield* lockedHead(sql, database)
              yield* takeMarkOff(sql, database, cold.day)
            })
          )
        )
        return events
      }).pipe(Effect.scoped)

    let events = 0
    for (const cold of days) events += yield* bringBack(cold)
    return { days: days.map(({ day }) => dateText(day)), events }
  }).pipe(Effect.scoped)
