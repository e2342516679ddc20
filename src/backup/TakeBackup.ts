/**
 * Makes the parts of a backup, as of one position.
 *
 * Invariants:
 * 1. The head and all tables are read as they are at one moment. The log up to the head never changes, so it is read
 *    afterwards, page by page, and no snapshot is held meanwhile.
 * 2. A whole part of the log never changes: one that an earlier backup has is kept.
 */
import type { SqlClient } from "@effect/sql/SqlClient"
import * as Effect from "effect/Effect"
import { migrations } from "../../migrations/index.js"
import * as Rows from "../db/Rows.js"
import { position } from "../domain/Ids.js"
import { formatTime } from "../domain/Time.js"
import { tailAcross } from "../eventlog/cold/ColdEvents.js"
import type { ColdLogService } from "../eventlog/cold/ColdLog.js"
import { nowMicros } from "../telemetry/Instant.js"
import { version } from "../telemetry/Version.js"
import { BackupFault, FORMAT_VERSION, type Manifest, type Part, SEGMENT, type Start } from "./BackupFormat.js"
import type { BesideDatabase } from "./BesideDatabase.js"
import { BLOCK, blockDigest, keptDigests } from "./LogDigests.js"
import { PartBuilder } from "./PartFile.js"
import { type Cells, linesOf } from "./RowText.js"
import { pageOf } from "./SavedRows.js"
import { eventsTable, type SavedTable, savedTables } from "./SavedTables.js"
import { wholeEvents } from "./WholeLog.js"

/** Where the parts go to. */
export interface BackupSink<E> {
  /** What is there already; null: nothing. */
  readonly before: Manifest | null
  readonly start: (start: Start) => Effect.Effect<void, E>
  readonly part: (part: Part, bytes: Uint8Array) => Effect.Effect<void, E>
  readonly end: (manifest: Manifest) => Effect.Effect<void, E>
}

/** Rows that are done, and rows in all; 0: not known yet. */
export interface BackupProgress {
  readonly done: number
  readonly total: number
}

/** Characters of a part of a table. */
const PART_CHARACTERS = 16_777_216
const PAGE_ROWS = 500
/** The same of a table that keeps messages. */
const PAGE_ROWS_OF_BYTES = 50

const padded = (n: number, digits: number): string => String(n).padStart(digits, "0")

/** The key of the event at a position, though a lake alone has it. */
const keyAt = (sql: SqlClient, lake: ColdLogService, at: number) =>
  Effect.map(
    tailAcross(sql, lake, position(Math.max(0, at - 1)), position(at), 1),
    ([event]) => event?.eventId ?? null
  )

const readStart = (sql: SqlClient, lake: ColdLogService, before: Manifest | null) =>
  Effect.gen(function* () {
    const head = yield* Effect.flatMap(
      sql`SELECT position, recorded_at, rejected_messages, rejected_bytes FROM log_head WHERE id = 1`,
      Rows.only((row) => ({
        position: Rows.integer(row.position),
        recorded_at: Rows.time(row.recorded_at),
        rejected_messages: Rows.integer(row.rejected_messages),
        rejected_bytes: Rows.integer(row.rejected_bytes)
      }))
    )
    if (before !== null && (yield* keyAt(sql, lake, before.position)) !== before.event_id) {
      return yield* new BackupFault({
        part: "manifest.json",
        reason: `it is of another log, or of a later state of this one: they differ at position ${before.position}. Give another folder`
      })
    }
    const start: Start = {
      format: "tidemark-backup",
      format_version: FORMAT_VERSION,
      program: version,
      schema: migrations.length,
      run: (before?.run ?? 0) + 1,
      made_at: formatTime(yield* nowMicros),
      event_id: yield* keyAt(sql, lake, head.position),
      ...head,
      columns: Object.fromEntries([eventsTable, ...savedTables].map(({ columns, name }) => [name, columns]))
    }
    return start
  })

/** What each step of a backup needs: where parts go to, and whom rows are told. */
interface Making<E> {
  readonly store: (made: ReturnType<PartBuilder["done"]>) => Effect.Effect<void, E>
  readonly read: (rows: number) => Effect.Effect<void>
}

/** All rows of a table, in parts. */
const tableParts = <E>(
  sql: SqlClient,
  database: BesideDatabase,
  table: SavedTable,
  run: number,
  { read, store }: Making<E>
) =>
  Effect.gen(function* () {
    const { columns, name } = table
    const limit = columns.some(({ kind }) => kind === "bytes") ? PAGE_ROWS_OF_BYTES : PAGE_ROWS
    let number = 0
    let builder = new PartBuilder()
    for (let after: Cells | null = null, more = true; more; ) {
      const rows: ReadonlyArray<Cells> = yield* pageOf(sql, database, table, after, limit)
      yield* builder.add(linesOf(rows), rows.length)
      yield* read(rows.length)
      after = rows.at(-1) ?? null
      more = rows.length === limit
      if (builder.rows === 0 || (more && builder.characters < PART_CHARACTERS)) continue
      number += 1
      const file = `table-${name}-${padded(run, 6)}-${padded(number, 6)}.ndjson.gz`
      yield* store(builder.done({ file, table: name, first: null, last: null }))
      builder = new PartBuilder()
    }
  })

const holeBefore = (position: number) =>
  new BackupFault({
    part: "the log",
    reason: `it has a hole in the ${BLOCK} positions up to ${position}: see \`tidemark verify\``
  })

/** The events behind `after`, up to `end`, as one part. Answers the blocks that are not as they were, by their ends. */
const logPart = <E>(database: BesideDatabase, after: number, end: number, { read, store }: Making<E>) =>
  Effect.gen(function* () {
    const digests = yield* keptDigests(database, after, end)
    const damaged: Array<number> = []
    const builder = new PartBuilder()
    for (let from = after; from < end; ) {
      const to = Math.min(from + BLOCK, end)
      const { rows } = yield* wholeEvents(database, database.lake, from, to)
      if (rows.length !== to - from) return yield* holeBefore(to)
      const lines = linesOf(rows)
      if ((digests.get(to) ?? blockDigest(lines)) !== blockDigest(lines)) damaged.push(to)
      yield* builder.add(lines, rows.length)
      yield* read(rows.length)
      from = to
    }
    const file = `events-${padded(after + 1, 15)}-${padded(end, 15)}.ndjson.gz`
    yield* store(builder.done({ file, table: eventsTable.name, first: after + 1, last: end }))
    return damaged
  })

/** Parts of the log that stay as they are: whole ones, and the last one where nothing came behind it. */
const keptParts = (before: Manifest | null, { position }: Start): ReadonlyArray<Part> =>
  (before?.parts ?? []).filter(
    ({ first, last }) => first !== null && (last === first + SEGMENT - 1 || last === position)
  )

/** Answers the manifest, and the last positions of the blocks of the log that are not as they once were. */
export const takeBackup = <E>(
  database: BesideDatabase,
  sink: BackupSink<E>,
  onProgress: (progress: BackupProgress) => void = () => undefined
) =>
  Effect.gen(function* () {
    const parts: Array<Part> = []
    let done = 0
    let total = 0
    const making: Making<E> = {
      store: ({ bytes, part }) => Effect.map(sink.part(part, bytes), () => void parts.push(part)),
      read: (rows) => {
        done += rows
        onProgress({ done, total: Math.max(total, done) })
        // A file's statements wait for nothing: others get their turn.
        return Effect.sleep(0)
      }
    }
    const start = yield* database.snapshot((sql) =>
      Effect.gen(function* () {
        const first = yield* readStart(sql, database.lake, sink.before)
        yield* sink.start(first)
        for (const table of savedTables) yield* tableParts(sql, database, table, first.run, making)
        return first
      })
    )
    const kept = keptParts(sink.before, start)
    const damaged: Array<number> = []
    let at = kept.reduce((last, part) => Math.max(last, part.last ?? 0), 0)
    total = done + start.position - at
    while (at < start.position) {
      const end = Math.min(at + SEGMENT, start.position)
      damaged.push(...(yield* logPart(database, at, end, making)))
      at = end
    }
    const manifest: Manifest = { ...start, parts: [...kept, ...parts] }
    yield* sink.end(manifest)
    return { manifest, damaged }
  })
