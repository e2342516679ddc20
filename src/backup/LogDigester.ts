/**
 * Makes the digests of the log, behind everything else: some blocks a second, and one where much is being stored. What
 * was not digested yet is checked by `tidemark verify` all the same, by its keys and links.
 */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Ref from "effect/Ref"
import * as Schedule from "effect/Schedule"
import * as Rows from "../db/Rows.js"
import { Database, type DatabaseService } from "../db/Transaction.js"
import { ColdLog, type ColdLogService } from "../eventlog/cold/ColdLog.js"
import { Ownership } from "../ownership/Ownership.js"
import { BLOCK, blockDigest, keepDigest } from "./LogDigests.js"
import { linesOf } from "./RowText.js"
import { wholeEvents } from "./WholeLog.js"

const EVERY = "1 second"
/** A round that makes so many is followed by the next at once: after an import there is much to do. */
const BLOCKS_MAX = 20
/** So many events since the last round are a busy one. */
const BUSY_EVENTS = 2_000
/** Rows that are read at once: a whole block would hold the event loop for 10 to 30 ms. */
const PART = BLOCK / 4
/** After each part. */
const PAUSE = "5 millis"

const standing = (database: DatabaseService) =>
  database.read((sql) =>
    sql`SELECT h.position AS head, (SELECT MAX(position) FROM log_digests) AS digested
      FROM log_head h WHERE h.id = 1`.pipe(
      Effect.flatMap(
        Rows.only((row) => ({ head: Rows.integer(row.head), digested: Rows.total(row.digested) }))
      )
    )
  )

/** The lines of a block, and how many rows they are. */
const blockUpTo = (database: DatabaseService, lake: ColdLogService, last: number) =>
  Effect.iterate(
    { rows: 0, lines: "", at: last - BLOCK },
    {
      while: ({ at }) => at < last,
      body: ({ at, lines, rows }) =>
        Effect.map(wholeEvents(database, lake, at, at + PART), (part) => ({
          rows: rows + part.rows.length,
          lines: lines + linesOf(part.rows),
          at: at + PART
        })).pipe(Effect.zipLeft(Effect.sleep(PAUSE)))
    }
  )

/** Digests up to `blocks` whole blocks; answers how many there were. */
export const digestSome = (database: DatabaseService, blocks = BLOCKS_MAX) =>
  Effect.gen(function* () {
    const lake = yield* ColdLog
    const { digested, head } = yield* standing(database)
    const digests: Array<readonly [position: number, digest: string]> = []
    for (let last = digested + BLOCK; last <= head && digests.length < blocks; last += BLOCK) {
      const block = yield* blockUpTo(database, lake, last)
      if (block.rows < BLOCK) break
      digests.push([last, blockDigest(block.lines)])
    }
    if (digests.length === 0) return 0
    // Another process may have made them meanwhile: then its are kept.
    yield* database.transact((sql) =>
      Effect.forEach(digests, ([position, digest]) => keepDigest(sql, position, digest), { discard: true })
    )
    return digests.length
  })

const round = (database: DatabaseService, lastHead: Ref.Ref<number>) =>
  Effect.gen(function* () {
    const { head } = yield* standing(database)
    const before = yield* Ref.getAndSet(lastHead, head)
    return yield* digestSome(database, head - before > BUSY_EVENTS ? 1 : BLOCKS_MAX)
  })

/**
 * Rounds until there is less to do than a round does, or much is being stored. `lastHead`: where the log ended when that
 * was last looked at.
 */
export const digestWhileIdle = (database: DatabaseService, lastHead: Ref.Ref<number>) =>
  Effect.repeat(round(database, lastHead), { while: (made) => made === BLOCKS_MAX })

/** Runs for as long as the layer lives. What fails is tried again: the next round begins where the last one ended. */
export const scheduled = Layer.scopedDiscard(
  Effect.gen(function* () {
    const database = yield* Database
    const { whileOwned } = yield* Ownership
    const lastHead = yield* Ref.make(0)
    const rounds = digestWhileIdle(database, lastHead).pipe(
      Effect.catchAllCause((cause) => Effect.logDebug("digests of the log: trying again", cause)),
      Effect.repeat(Schedule.spaced(EVERY))
    )
    yield* Effect.forkScoped(Effect.zipRight(database.ready, whileOwned("digests", rounds)))
  })
)
