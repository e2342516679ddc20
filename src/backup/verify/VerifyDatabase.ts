/**
 * Is a database what it must be? The log against its head, its digests, its keys and its links; what is made from the log
 * against it. It only reads, beside a running server too.
 */
import * as Effect from "effect/Effect"
import { migrations } from "../../../migrations/index.js"
import * as Rows from "../../db/Rows.js"
import type { BesideDatabase } from "../BesideDatabase.js"
import { linkFaults } from "../EventLinks.js"
import { BLOCK, blockDigest, damagedText, keptDigests } from "../LogDigests.js"
import { type Cells, linesOf } from "../RowText.js"
import { allTables } from "../SavedTables.js"
import { wholeEvents } from "../WholeLog.js"
import { derivedFaults } from "./DerivedAgainstSources.js"
import { keyFaults } from "./EventKeys.js"
import { intervalFaults } from "./IntervalsAgainstMinutes.js"
import { minuteFaults } from "./MinutesAgainstLog.js"

/** More is not told of a kind: who has so many faults has one. */
export const FAULTS_MAX = 100

/** Blocks whose digests are asked for at once. */
const DIGESTS_AT_ONCE = 100

const headOf = ({ read }: BesideDatabase) =>
  read((sql) =>
    sql`SELECT h.position AS head, (SELECT MAX(position) FROM events) AS last FROM log_head h WHERE h.id = 1`.pipe(
      Effect.flatMap(Rows.only((row) => ({ head: Rows.integer(row.head), last: Rows.total(row.last) })))
    )
  )

const positionOf = (row: Cells): number => Number(row[0])

const holesIn = (rows: ReadonlyArray<Cells>, from: number, to: number): ReadonlyArray<string> => {
  const there = new Set(rows.map(positionOf))
  const missing = Array.from({ length: to - from }, (_, index) => from + 1 + index).filter(
    (at) => !there.has(at)
  )
  return missing.length === 0 ? [] : [`the log has no event at position ${missing.slice(0, 5).join(", ")}`]
}

/** A block of the log: its positions, its digest, its keys and its links. */
const blockFaults = (database: BesideDatabase, from: number, to: number, digest: string | undefined) =>
  Effect.gen(function* () {
    const { cold, rows } = yield* wholeEvents(database, database.lake, from, to)
    const holes = holesIn(rows, from, to)
    if (holes.length > 0) return holes
    const isDamaged = digest !== undefined && digest !== blockDigest(linesOf(rows))
    const damage = isDamaged ? [damagedText([to])] : []
    // What leads to a row of a lake lies there too: its file's digest has all links.
    const links = cold ? [] : yield* linkFaults(database, rows)
    return [...damage, ...keyFaults(rows, isDamaged), ...links]
  }).pipe(
    Effect.catchTag("BadCell", ({ reason }) =>
      Effect.succeed([`an event at positions ${from + 1} to ${to} can't be read: ${reason}`])
    )
  )

const logFaults = (database: BesideDatabase, head: number, read: (rows: number) => void) =>
  Effect.gen(function* () {
    const faults: Array<string> = []
    let digests: ReadonlyMap<number, string> = new Map()
    for (let from = 0; from < head && faults.length < FAULTS_MAX; from += BLOCK) {
      if (from % (DIGESTS_AT_ONCE * BLOCK) === 0) {
        digests = yield* keptDigests(database, from, from + DIGESTS_AT_ONCE * BLOCK)
      }
      const to = Math.min(from + BLOCK, head)
      faults.push(...(yield* blockFaults(database, from, to, digests.get(to))))
      read(to - from)
      yield* Effect.sleep(0)
    }
    return faults
  })

const VIEW = /CREATE (?:OR REPLACE )?VIEW (?:IF NOT EXISTS )?(\w+)/

/** Tables and views that can't be read. */
const missingParts = ({ read }: BesideDatabase) =>
  Effect.gen(function* () {
    const views = migrations.flatMap(({ sqlite }) => VIEW.exec(sqlite)?.[1] ?? [])
    const faults: Array<string> = []
    for (const name of new Set([...allTables.map((table) => table.name), ...views])) {
      yield* read((sql) => sql.unsafe(`SELECT 1 FROM ${name} LIMIT 1`).values).pipe(
        Effect.catchTag("DatabaseError", (error) =>
          error.kind === "Permanent"
            ? Effect.sync(() => void faults.push(`${name} can't be read: ${error.message}`))
            : Effect.fail(error)
        )
      )
    }
    return faults
  })

/** Does one part of the work, and shows how much of it is done. */
export type Showing = <A, E>(
  unit: string,
  total: number,
  work: (done: (rows: number) => void) => Effect.Effect<A, E>
) => Effect.Effect<A, E>

const silently: Showing = (_unit, _total, work) => work(() => undefined)

/** How many minutes are stored, of all sensors and of derived ones. */
const minutesOf = ({ read }: BesideDatabase) =>
  read((sql) =>
    sql`SELECT COUNT(*) AS minutes, SUM(CASE WHEN s.status = 'derived' THEN 1 ELSE 0 END) AS derived
      FROM sensor_minutes m LEFT JOIN sensors s ON s.id = m.sensor_id
      WHERE m.generation = (SELECT c.generation FROM checkpoints c WHERE c.projection = 'minutes')`.pipe(
      Effect.flatMap(
        Rows.only((row) => ({ minutes: Rows.integer(row.minutes), derived: Rows.total(row.derived) }))
      )
    )
  )

/** Answers all that is wrong, each in a line that names where. */
export const verifyDatabase = (database: BesideDatabase, showing: Showing = silently) =>
  Effect.gen(function* () {
    const { head, last } = yield* headOf(database)
    const behind = last > head ? [`the log goes on to position ${last}, behind its head at ${head}`] : []
    const missing = yield* missingParts(database)
    if (missing.length > 0) return { head, faults: missing }
    const { derived, minutes } = yield* minutesOf(database)
    const log = yield* showing("events", head, (done) => logFaults(database, head, done))
    // Each part is told of by itself: a wrong event makes its minute wrong, and a wrong minute its hour.
    const parts = [
      yield* showing("events in minutes", head, (done) => minuteFaults(database, FAULTS_MAX, done)),
      yield* showing("minutes of derived sensors", derived, (done) =>
        derivedFaults(database, FAULTS_MAX, done)
      ),
      yield* showing("minutes in hours and days", minutes, (done) =>
        intervalFaults(database, FAULTS_MAX, done)
      )
    ]
    return { head, faults: [...behind, ...log, ...parts.flat()] }
  })
