/**
 * The keys' own log, in SQL.
 *
 * Invariants:
 * 1. Append only, in one order without a hole: writers hold the lock of the log's head.
 * 2. A key is created once and revoked at most once; to revoke it again changes nothing.
 */
import type { SqlClient } from "@effect/sql/SqlClient"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Rows from "../db/Rows.js"
import { Database, type DatabaseService } from "../db/Transaction.js"
import { foldKeys, type Key, KeyCreation, type KeyEvent, KeyId } from "../domain/access/Key.js"
import { micros } from "../domain/Time.js"
import type { LogError } from "../eventlog/EventLog.js"
import { mapped } from "../eventlog/LogFailure.js"
import { nowMicros } from "../telemetry/Instant.js"

export interface KeyLogService {
  readonly create: (id: KeyId, creation: KeyCreation, actor: string | null) => Effect.Effect<Key, LogError>
  /** The key as it is from then on; none: there is none of this id. */
  readonly revoke: (id: KeyId, actor: string | null) => Effect.Effect<Option.Option<Key>, LogError>
  /** What happened behind a position, in order. */
  readonly after: (position: number) => Effect.Effect<ReadonlyArray<KeyEvent>, LogError>
}

export class KeyLog extends Context.Tag("tidemark/KeyLog")<KeyLog, KeyLogService>() {}

const decodeId = Schema.decodeUnknownSync(KeyId)
const decodeCreation = Schema.decodeUnknownSync(Schema.parseJson(KeyCreation))
const encodeCreation = Schema.encodeSync(Schema.parseJson(KeyCreation))

const eventOf = (row: Rows.Row): KeyEvent => {
  const facts = {
    position: Rows.integer(row.position),
    id: decodeId(row.key_id),
    recordedAt: Rows.time(row.recorded_at),
    actor: Rows.maybeText(row.actor)
  }
  switch (Rows.text(row.type)) {
    case "KeyCreated":
      return { ...facts, type: "KeyCreated", creation: decodeCreation(row.payload) }
    case "KeyRevoked":
      return { ...facts, type: "KeyRevoked", creation: null }
    default:
      throw new TypeError(`no event of a key: ${row.type}`)
  }
}

const eventsWhere = (sql: SqlClient, condition: ReturnType<SqlClient["and"]> | ReturnType<SqlClient>) =>
  sql`SELECT position, type, key_id, recorded_at, actor, payload FROM key_events WHERE ${condition}
    ORDER BY position`.pipe(Effect.flatMap(Rows.every(eventOf)))

const keyAmong = (events: ReadonlyArray<KeyEvent>): Key | undefined => {
  const keys = new Map<KeyId, Key>()
  foldKeys(keys, events)
  return [...keys.values()][0]
}

/** Appends one event of a key, if it is not there, and gives the key that all of its events make. */
const append = (
  sql: SqlClient,
  { encodeTime, syntax }: DatabaseService,
  id: KeyId,
  type: KeyEvent["type"],
  payload: string,
  actor: string | null
) =>
  Effect.gen(function* () {
    yield* sql`SELECT position FROM log_head WHERE id = 1 ${sql.literal(syntax.forUpdate)}`
    const before = yield* eventsWhere(sql, sql`key_id = ${id}`)
    const isDone = before.some((event) => event.type === type)
    if (isDone || (type === "KeyRevoked" && before.length === 0)) return keyAmong(before)
    const last = yield* Effect.flatMap(
      sql`SELECT position, recorded_at FROM key_events ORDER BY position DESC LIMIT 1`,
      Rows.first((row) => ({ position: Rows.integer(row.position), at: Rows.time(row.recorded_at) }))
    )
    const at = micros(Math.max(last?.at ?? 0, yield* nowMicros))
    yield* sql`INSERT INTO key_events (position, type, key_id, recorded_at, actor, payload)
      VALUES (${(last?.position ?? 0) + 1}, ${type}, ${id}, ${encodeTime(at)}, ${actor}, ${payload})`
    return keyAmong(yield* eventsWhere(sql, sql`key_id = ${id}`))
  })

const make = (database: DatabaseService): KeyLogService => ({
  create: (id, creation, actor) =>
    mapped(
      database.transact((sql) =>
        Effect.flatMap(append(sql, database, id, "KeyCreated", encodeCreation(creation), actor), (key) =>
          key === undefined ? Effect.dieMessage("a key that was created is not there") : Effect.succeed(key)
        )
      )
    ),
  revoke: (id, actor) =>
    mapped(database.transact((sql) => append(sql, database, id, "KeyRevoked", "{}", actor))).pipe(
      Effect.map(Option.fromNullable)
    ),
  after: (position) => mapped(database.read((sql) => eventsWhere(sql, sql`position > ${position}`)))
})

export const layer: Layer.Layer<KeyLog, never, Database> = Layer.effect(KeyLog, Effect.map(Database, make))
