/**
 * The answers by `Idempotency-Key` in SQL, for every process on the database. Kept compressed: an answer to 100,000
 * rows has some 6 MB of text, and a packet of MySQL holds 16 MiB.
 */
import { gunzip, gzip } from "node:zlib"
import type { SqlClient } from "@effect/sql/SqlClient"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import * as Rows from "../db/Rows.js"
import { Database, type DatabaseService } from "../db/Transaction.js"
import { micros } from "../domain/Time.js"
import { nowMicros } from "../telemetry/Instant.js"
import {
  ANSWER_BYTES_MAX,
  ANSWER_LIFETIME,
  ANSWERS_MAX,
  type AnswerMatch,
  Answers,
  type AnswersService,
  isExpired,
  type KeyedRequest
} from "./Answers.js"
import { mapped } from "./LogFailure.js"

/** The oldest answers that make room at a time. */
const EVICTED_AT_ONCE = 100

const Headers = Schema.parseJson(Schema.Record({ key: Schema.String, value: Schema.String }))
const decodeHeaders = Schema.decodeUnknownSync(Headers)

const zipped = (body: string): Effect.Effect<Buffer> =>
  Effect.async((resume) => {
    gzip(body, (error, bytes) => resume(error === null ? Effect.succeed(bytes) : Effect.die(error)))
  })

const unzipped = (bytes: Uint8Array): Effect.Effect<string, Rows.BadCell> =>
  Effect.async((resume) => {
    gunzip(bytes, (error, body) =>
      resume(
        error === null
          ? Effect.succeed(body.toString("utf8"))
          : Effect.fail(new Rows.BadCell({ reason: `body: ${error.message}` }))
      )
    )
  })

const storedOf = (row: Rows.Row) => ({
  request: Rows.bytes(row.request),
  status: Rows.integer(row.status),
  headers: decodeHeaders(row.headers),
  body: Rows.bytes(row.body),
  createdAt: Rows.time(row.created_at)
})

const find =
  (database: DatabaseService): AnswersService["find"] =>
  ({ id, request }) =>
    Effect.gen(function* () {
      const row = yield* database.read((sql) =>
        Effect.flatMap(
          sql`SELECT request, status, headers, body, created_at FROM answers WHERE id = ${id}`,
          Rows.first(storedOf)
        )
      )
      if (row === undefined || isExpired(row.createdAt, yield* nowMicros)) {
        return { _tag: "None" } satisfies AnswerMatch
      }
      if (!request.equals(row.request)) return { _tag: "Other" } satisfies AnswerMatch
      const { headers, status } = row
      const answer = { status, headers, body: yield* unzipped(row.body) }
      return { _tag: "Same", answer } satisfies AnswerMatch
    }).pipe(mapped)

const sumsOf = Rows.only((row) => ({ answers: Rows.integer(row.answers), bytes: Rows.integer(row.bytes) }))
const idsOf = Rows.every(({ id }) => Buffer.from(Rows.bytes(id)))

/** Deletes what has expired, and the oldest while there is no room for `size` bytes more. */
const makeRoom = (sql: SqlClient, database: DatabaseService, size: number) =>
  Effect.gen(function* () {
    const now = yield* nowMicros
    const expired = database.encodeTime(micros(Math.max(0, now - ANSWER_LIFETIME)))
    yield* sql`DELETE FROM answers WHERE created_at <= ${expired}`
    for (;;) {
      const { answers, bytes } = yield* Effect.flatMap(
        sql`SELECT COUNT(*) AS answers, COALESCE(SUM(size), 0) AS bytes FROM answers`,
        sumsOf
      )
      if (answers === 0 || (answers < ANSWERS_MAX && bytes + size <= ANSWER_BYTES_MAX)) return
      const oldest = yield* Effect.flatMap(
        sql`SELECT id FROM answers ORDER BY created_at LIMIT ${String(EVICTED_AT_ONCE)}`,
        idsOf
      )
      for (const id of oldest) yield* sql`DELETE FROM answers WHERE id = ${id}`
    }
  })

const keep =
  (database: DatabaseService): AnswersService["keep"] =>
  ({ id, request }: KeyedRequest, answer) =>
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
