/** Rejected messages one by one, and their replays, in SQL. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Rows from "../db/Rows.js"
import { Database, type DatabaseService } from "../db/Transaction.js"
import { nowMicros } from "../telemetry/Instant.js"
import { mapped } from "./LogFailure.js"
import { RejectedReplays, type RejectedReplaysService, type Replay, ReplayResult } from "./RejectedReplays.js"
import { rejectedOf } from "./sql/EventRows.js"

const Results = Schema.parseJson(Schema.Array(ReplayResult))
const decodeResults = Schema.decodeUnknownSync(Results)

const replayOf = (row: Rows.Row): Replay => ({
  attempt: Rows.integer(row.attempt),
  at: Rows.time(row.replayed_at),
  actor: Rows.maybeText(row.actor),
  reason: Rows.maybeText(row.reason),
  bytes: Rows.maybeBytes(row.bytes),
  results: decodeResults(row.results)
})

const make = (database: DatabaseService): RejectedReplaysService => ({
  find: (id) =>
    mapped(
      database.read((sql) =>
        Effect.flatMap(
          sql`SELECT id, topic, metric, bytes, size, truncated, reason, faults, first_seen, deliveries
            FROM rejected_messages WHERE id = ${Buffer.from(id, "hex")}`,
          Rows.first(rejectedOf)
        )
      )
    ).pipe(Effect.map(Option.fromNullable)),
  replays: (id) =>
    mapped(
      database.read((sql) =>
        Effect.flatMap(
          sql`SELECT attempt, replayed_at, actor, reason, bytes, results FROM rejected_replays
            WHERE rejected_id = ${Buffer.from(id, "hex")} ORDER BY attempt`,
          Rows.every(replayOf)
        )
      )
    ),
  keep: (id, replay) =>
    mapped(
      database.transact(
        (sql) =>
          Effect.gen(function* () {
            const key = Buffer.from(id, "hex")
            // One at a time: the message's row is locked, and so are its attempts counted.
            const locking = sql.literal(database.syntax.forUpdate)
            yield* sql`SELECT id FROM rejected_messages WHERE id = ${key} ${locking}`
            const last = yield* Effect.flatMap(
              sql`SELECT MAX(attempt) AS attempt FROM rejected_replays WHERE rejected_id = ${key}`,
              Rows.only(({ attempt }) => Rows.total(attempt))
            )
            const at = yield* nowMicros
            const attempt = last + 1
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
