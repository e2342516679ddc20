/**
 * Archives the days that are closed: what the lake lacks, and what has changed since. As far as the log is folded; what comes
 * later is of a later run.
 */

import { join } from "node:path"
import * as Effect from "effect/Effect"
import type { BackupProgress } from "../backup/TakeBackup.js"
import { Database, type DatabaseService } from "../db/Transaction.js"
import { dateText, dayStart } from "../domain/dataset/DayFile.js"
import type { Position } from "../domain/Ids.js"
import { formatTime, MICROS_PER_DAY, type Micros } from "../domain/Time.js"
import { coldDays } from "../eventlog/cold/ColdDays.js"
import { mapped } from "../eventlog/LogFailure.js"
import { FileDays } from "../projections/files/FileDays.js"
import { Aggregates } from "../projections/minutes/Aggregates.js"
import { nowMicros } from "../telemetry/Instant.js"
import { version } from "../telemetry/Version.js"
import { dayStanding, firstTime } from "./LakeEvents.js"
import { makeFile } from "./LakeFiles.js"
import { type LakeFile, type LakeManifest, lakeManifest } from "./LakeFormat.js"
import { lakeWriter, type NewFile } from "./LakeManifests.js"
import { type LakeDay, lakeRows } from "./LakeRows.js"
import type { LakeStore } from "./LakeStore.js"
import { checkLog, eventKeyAt } from "./VerifyLake.js"

export interface ArchiveOptions {
  /** The last day, its start; absent: as many as are closed. */
  readonly until?: Micros | undefined
  /** Under which terms the data may be used. */
  readonly licence: string
  readonly onProgress?: (progress: BackupProgress) => void
}

/** The files of a day that the lake lacks. */
interface DayPlan {
  readonly files: ReadonlyArray<LakeDay>
  readonly events: number
}

const daysBetween = (database: DatabaseService, before: number) =>
  Effect.gen(function* () {
    const days: Array<Micros> = []
    for (let from = 0; ; ) {
      const first = yield* mapped(database.read((sql) => firstTime(sql, database, from, before)))
      if (first === undefined) return days
      const day = dayStart(first)
      days.push(day)
      from = day + MICROS_PER_DAY
    }
  })

/** By data set and day: the position that the newest file holds. */
const positionsOf = (manifest: LakeManifest | null): ReadonlyMap<string, number> =>
  new Map(
    (manifest?.files ?? [])
      .filter(({ current }) => current)
      .map(({ dataset, date, position }) => [`${dataset} ${date}`, position])
  )

const planOf = (database: DatabaseService, before: LakeManifest | null, upTo: Position, end: number) =>
  Effect.gen(function* () {
    const fileDays = yield* FileDays
    const known = positionsOf(before)
    const plan: Array<DayPlan> = []
    // A cold day is archived, and nothing comes to it: what the log still has of it is not all of it.
    const cold = new Set(
      (yield* mapped(database.read((sql) => coldDays(sql, database)))).map(({ day }) => day)
    )
    for (const day of yield* daysBetween(database, end)) {
      if (cold.has(day)) continue
      const standing = yield* mapped(database.read((sql) => dayStanding(sql, database, day, upTo)))
      if (standing === null) continue
      const folded = yield* fileDays.lastTouch(day)
      const files: ReadonlyArray<LakeDay> = [
        { dataset: "readings", day, position: standing.last },
        { dataset: "events", day, position: standing.last },
        ...(folded === null ? [] : [{ dataset: "aggregates", day, position: folded } as const])
      ]
      const lacking = files.filter(
        ({ dataset, position }) => known.get(`${dataset} ${dateText(day)}`) !== position
      )
      if (lacking.length > 0) plan.push({ files: lacking, events: standing.events })
    }
    return plan
  })

/** Answers the manifest, and how many files of how many days were written. */
export const takeArchive = (store: LakeStore, options: ArchiveOptions) =>
  Effect.gen(function* () {
    const database = yield* Database
    const { finalBefore, position } = yield* Effect.flatMap(Aggregates, ({ standing }) => standing)
    const work = yield* store.workFolder
    const { before, put } = yield* lakeWriter(store)
    if (before !== null) yield* checkLog(before)
    const end = Math.min(
      dayStart(finalBefore),
      options.until === undefined ? Number.POSITIVE_INFINITY : options.until + MICROS_PER_DAY
    )
    const plan = yield* planOf(database, before, position, end)
    const event_id = yield* eventKeyAt(position)
    const read = yield* lakeRows(options.licence)
    // Minutes are few beside readings and events.
    const total = plan.reduce((sum, { events, files }) => sum + events * Math.min(2, files.length), 0)
    let done = 0
    const onRows = (rows: number) => {
      done += rows
      options.onProgress?.({ done, total: Math.max(done, total) })
    }
    let written: ReadonlyArray<LakeFile> = []
    for (const { files } of plan) {
      const news: Array<NewFile> = []
      for (const of of files) {
        const made = join(work, `${of.dataset}.parquet`)
        news.push({ made, file: yield* makeFile(read, of, made, onRows) })
      }
      const made_at = formatTime(yield* nowMicros)
      yield* put(news, (all) => lakeManifest({ program: version, made_at, position, event_id, files: all }))
      written = [...written, ...news.map(({ file }) => file)]
    }
    return { position, written, days: plan.length }
  }).pipe(Effect.scoped)
