/** Rejected messages one by one, and their replays, in SQL. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { Database, type DatabaseService } from "../db/Transaction.js"
import { nowMicros } from "../telemetry/Instant.js"
import { RejectedReplays, type RejectedReplaysService, type Replay, ReplayResult } from "./RejectedReplays.js"
import { numberOf, type Row, rejectedOf } from "./sql/EventRows.js"
import { mapped } from "./sql/SqlEventLog.js"

const Results = Schema.parseJson(Schema.Array(ReplayResult))
const decodeResults = Schema.decodeUnknownSync(Results)

const text = (cell: unknown): string | null => (cell === null || cell === undefined ? null : String(cell))

const replayOf = (database: DatabaseService, row: Row): Replay => ({
  attempt: numberOf(row.attempt),
  at: database.decodeTime(row.replayed_at),
  actor: text(row.actor),
  reason: text(row.reason),
  bytes: row.bytes instanceof Uint8Array ? row.bytes : null,
  results: decodeResults(row.results)
})

const make = (database: DatabaseService): RejectedReplaysService => ({
  find: (id) =>
    mapped(
      database.read(
        (
          sql
        ) => sql<Row>`SELECT id, topic, metric, bytes, size, truncated, reason, faults, first_seen, deliveries
          FROM rejected_messages WHERE id = ${Buffer.from(id, "hex")}`
      )
    ).pipe(
      Effect.map(([row]) =>
        Option.map(Option.fromNullable(row), (one) => rejectedOf(one, database.decodeTime))
      )
    ),
  replays: (id) =>
    mapped(
      database.read(
        (sql) => sql<Row>`SELECT attempt, replayed_at, actor, reason, bytes, results FROM rejected_replays
          WHERE rejected_id = ${Buffer.from(id, "hex")} ORDER BY attempt`
      )
    ).pipe(Effect.map((rows) => rows.map((row) => replayOf(database, row)))),
  keep: (id, replay) =>
    mapped(
      database.transact(
        (sql) =>
          Effect.gen(function* () {
            const key = Buffer.from(id, "hex")
            // One at a time: the message's row is locked, and so are its attempts counted.
            if (database.dialect === "mysql") {
              yield* sql`SELECT id FROM rejected_messages WHERE id = ${key} FOR UPDATE`
            }
            const [last] = yield* sql<Row>`SELECT MAX(attempt) AS attempt FROM rejected_replays
              WHERE rejected_id = ${key}`
            const at = yield* nowMicros
            const attempt = numberOf(last?.attempt ?? 0) + 1
            const bytes = replay.bytes === null ? null : Buffer.from(replay.bytes)
            yield* sql`INSERT INTO rejected_replays
              (rejected_id, attempt, replayed_at, actor, reason, bytes, results)
              VALUES (${key}, ${attempt}, ${database.encodeTime(at)}, ${replay.actor}, ${replay.reason},
                ${bytes}, ${JSON.stringify(replay.results)})`
            return { ...replay, attempt, at }
          }),
        // Run again it would keep the same try twice.
        { retryUnknown: false }
      )
    )
})

export const layer: Layer.Layer<RejectedReplays, never, Database> = Layer.effect(
  RejectedReplays,
  Effect.map(Database, make)
)
