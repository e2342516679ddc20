/**
 * What each process says of itself on a server that several share: a row each in the table `processes`, by the server's
 * clock. Nothing is decided by it: who does what is a lease's to say (SqlOwnership).
 */
import { randomUUID } from "node:crypto"
import type { SqlClient } from "@effect/sql/SqlClient"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import * as Rows from "../db/Rows.js"
import { Database, type DatabaseService } from "../db/Transaction.js"
import { OtherProcesses, OwnFigures, type ProcessFigures } from "./OtherProcesses.js"

export interface SpeechTimes {
  /** How often a process says how it does, ms. */
  readonly everyMillis: number
  /** Who has said nothing for so long is gone, ms: two may come late. */
  readonly goneAfterMillis: number
}

const SPEECH_TIMES: SpeechTimes = { everyMillis: 5_000, goneAfterMillis: 15_000 }
/** So long after a moment that all processes share: what they counted then, they say at once. */
const AFTER_MILLIS = 150
/** What the others said is asked for again after this. */
const KEPT = "1 second"
/** Whoever asks for it does not wait longer. */
const WAITED = "1 second"
/** Rows of processes that are gone are deleted, each time. */
const DELETED_MAX = 10

const FiguresText = Schema.parseJson(OwnFigures)
const encode = Schema.encodeSync(FiguresText)
const decode = Schema.decodeUnknownEither(FiguresText)

/** Before this moment of the database, nobody who lives has spoken last. */
const goneBefore = (sql: SqlClient, { goneAfterMillis }: SpeechTimes) =>
  sql.literal(`UTC_TIMESTAMP(6) - INTERVAL ${goneAfterMillis * 1_000} MICROSECOND`)

const say = (database: DatabaseService, times: SpeechTimes, process: string, figures: OwnFigures) => {
  const text = encode(figures)
  return database.transact((sql) =>
    Effect.gen(function* () {
      yield* sql`INSERT INTO processes (process, said_at, figures) VALUES (${process}, UTC_TIMESTAMP(6), ${text})
        ON DUPLICATE KEY UPDATE said_at = VALUES(said_at), figures = VALUES(figures)`
      const gone = yield* Effect.flatMap(
        sql`SELECT process FROM processes WHERE said_at < ${goneBefore(sql, times)} ORDER BY process
          LIMIT ${sql.literal(String(DELETED_MAX))}`,
        Rows.every((row) => Rows.text(row.process))
      )
      for (const one of gone)
        yield* sql`DELETE FROM processes WHERE process = ${one} AND said_at < ${goneBefore(sql, times)}`
    })
  )
}

const heard = (database: DatabaseService, times: SpeechTimes, process: string) =>
  database.read((sql) =>
    Effect.flatMap(
      sql`SELECT process, figures FROM processes
        WHERE process <> ${process} AND said_at >= ${goneBefore(sql, times)}
        ORDER BY said_at DESC, process`,
      Rows.every((row) => ({ process: Rows.text(row.process), figures: decode(row.figures) }))
    )
  )

const make = (database: DatabaseService, times: SpeechTimes) =>
  Effect.gen(function* () {
    const process = randomUUID()
    const scope = yield* Effect.scope
    const others = yield* Effect.cachedWithTTL(
      heard(database, times, process).pipe(
        // Another version's figures may be others.
        Effect.map((rows): ReadonlyArray<ProcessFigures> | null =>
          rows.flatMap((row) =>
            Either.isRight(row.figures) ? [{ process: row.process, ...row.figures.right }] : []
          )
        ),
        Effect.timeout(WAITED),
        Effect.catchAll((error) =>
          Effect.as(Effect.logDebug(`the others are not heard: ${error._tag}`), null)
        )
      ),
      KEPT
    )
    const known = Effect.flatMap(database.status, ({ reachable }) =>
      reachable ? others : Effect.succeed(null)
    )
    const next = Effect.flatMap(Clock.currentTimeMillis, (now) =>
      Effect.sleep((Math.floor(now / times.everyMillis) + 1) * times.everyMillis + AFTER_MILLIS - now)
    )
    const saying = (figures: Effect.Effect<OwnFigures>) =>
      figures.pipe(
        Effect.flatMap((some) => say(database, times, process, some)),
        Effect.catchAll(({ reason }) =>
          Effect.logDebug(`the others are not told how this process does: ${reason}`)
        ),
        Effect.zipRight(next),
        Effect.forever,
        (forever) => Effect.zipRight(database.ready, forever),
        Effect.forkIn(scope),
        Effect.asVoid
      )
    yield* Effect.addFinalizer(() =>
      database
        .transact((sql) => sql`DELETE FROM processes WHERE process = ${process}`)
        .pipe(Effect.disconnect, Effect.timeout(WAITED), Effect.ignore)
    )
    return { others: known, saying, isShared: true }
  })

/** A file belongs to one process: there are no others, and nothing is said. */
export const layer = (times: SpeechTimes = SPEECH_TIMES): Layer.Layer<never, never, Database> =>
  Layer.unwrapEffect(
    Effect.map(Database, (database) =>
      database.dialect === "sqlite" ? Layer.empty : Layer.scoped(OtherProcesses, make(database, times))
    )
  )
