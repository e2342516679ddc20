/**
 * The answers by `Idempotency-Key` in SQL, for every process on the database. Kept compressed: an answer to 100,000
 * rows has some 6 MB of text, and a packet of MySQL holds 16 MiB.
 */
import { gunzip, gzip } from "node:zlib"
import type { SqlClient } from "@effect/sql/SqlClient"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import { Database, type DatabaseService } from "../db/Transaction.js"
import { micros } from "../domain/Time.js"
import { nowMicros } from "../telemetry/Instant.js"
import {
  ANSWER_BYTES_MAX,
  ANSWER_LIFETIME,
  ANSWERS_MAX,
  Answers,
  type AnswersService,
  type Asked,
  isExpired,
  type Kept
} from "./Answers.js"
import { numberOf, type Row } from "./sql/EventRows.js"
import { mapped } from "./sql/SqlEventLog.js"

/** The oldest answers that make room at a time. */
const EVICTED_AT_ONCE = 100

const Headers = Schema.parseJson(Schema.Record({ key: Schema.String, value: Schema.String }))
const decodeHeaders = Schema.decodeUnknownSync(Headers)

const zipped = (body: string): Effect.Effect<Buffer> =>
  Effect.async((resume) => {
    gzip(body, (error, bytes) => resume(error === null ? Effect.succeed(bytes) : Effect.die(error)))
  })

const unzipped = (bytes: Uint8Array): Effect.Effect<string> =>
  Effect.async((resume) => {
    gunzip(bytes, (error, body) =>
      resume(error === null ? Effect.succeed(body.toString("utf8")) : Effect.die(error))
    )
  })

const bytesOf = (column: unknown): Uint8Array => (column instanceof Uint8Array ? column : new Uint8Array())

const find =
  (database: DatabaseService): AnswersService["find"] =>
  ({ id, request }) =>
    Effect.gen(function* () {
      const [row] = yield* mapped(
        database.read(
          (sql) => sql<Row>`SELECT request, status, headers, body, created_at FROM answers WHERE id = ${id}`
        )
      )
      if (row === undefined || isExpired(database.decodeTime(row.created_at), yield* nowMicros)) {
        return { _tag: "None" } satisfies Kept
      }
      if (!request.equals(bytesOf(row.request))) return { _tag: "Other" } satisfies Kept
      const body = yield* unzipped(bytesOf(row.body))
      const answer = { status: numberOf(row.status), headers: decodeHeaders(row.headers), body }
      return { _tag: "Same", answer } satisfies Kept
    })

/** Deletes what has expired, and the oldest while there is no room for `size` bytes more. */
const makeRoom = (sql: SqlClient, database: DatabaseService, size: number) =>
  Effect.gen(function* () {
    const now = yield* nowMicros
    const expired = database.encodeTime(micros(Math.max(0, now - ANSWER_LIFETIME)))
    yield* sql`DELETE FROM answers WHERE created_at <= ${expired}`
    for (;;) {
      const [sums] = yield* sql<Row>`SELECT COUNT(*) AS answers, COALESCE(SUM(size), 0) AS bytes FROM answers`
      const over = numberOf(sums?.answers) >= ANSWERS_MAX || numberOf(sums?.bytes) + size > ANSWER_BYTES_MAX
      if (!over || numberOf(sums?.answers) === 0) return
      const oldest = yield* sql<Row>`SELECT id FROM answers ORDER BY created_at
        LIMIT ${String(EVICTED_AT_ONCE)}`
      for (const { id } of oldest) yield* sql`DELETE FROM answers WHERE id = ${Buffer.from(bytesOf(id))}`
    }
  })

const keep =
  (database: DatabaseService): AnswersService["keep"] =>
  ({ id, request }: Asked, answer) =>
    Effect.gen(function* () {
      const body = yield* zipped(answer.body)
      const headers = JSON.stringify(answer.headers)
      const now = database.encodeTime(yield* nowMicros)
      yield* mapped(
        database.transact((sql) =>
          Effect.gen(function* () {
            yield* makeRoom(sql, database, body.length)
            // Two requests of one key at once in two processes: the later answer is as right as the first.
            yield* sql`DELETE FROM answers WHERE id = ${id}`
            yield* sql`INSERT INTO answers (id, request, status, headers, body, size, created_at)
              VALUES (${id}, ${request}, ${answer.status}, ${headers}, ${body}, ${body.length}, ${now})`
          })
        )
      )
    })

export const layer: Layer.Layer<Answers, never, Database> = Layer.effect(
  Answers,
  Effect.map(Database, (database) => ({ find: find(database), keep: keep(database) }))
)
