/** The log of the catalogue in SQL. A change is one transaction that locks the log's head first, as an append does. */
import type { SqlClient } from "@effect/sql/SqlClient"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { Database, type DatabaseService } from "../db/Transaction.js"
import { type CatalogueEvent, upcastCatalogue } from "../domain/catalogue/CatalogueEdits.js"
import { micros } from "../domain/Time.js"
import { nowMicros } from "../telemetry/Instant.js"
import {
  type CatalogueChange,
  type CatalogueKind,
  CatalogueLog,
  type CatalogueLogService,
  decided
} from "./CatalogueLog.js"
import { LogCorrupt } from "./EventLog.js"
import { numberOf, type Row } from "./sql/EventRows.js"
import { mapped } from "./sql/SqlEventLog.js"

const textOrNull = (cell: unknown): string | null =>
  cell === null || cell === undefined ? null : String(cell)

const eventOf = (database: DatabaseService, row: Row): Effect.Effect<CatalogueEvent, LogCorrupt> =>
  Effect.try({
    try: () =>
      upcastCatalogue({
        position: numberOf(row.position),
        logPosition: numberOf(row.log_position),
        type: String(row.type),
        subject: String(row.subject),
        previous: numberOf(row.previous),
        recordedAt: database.decodeTime(row.recorded_at),
        actor: textOrNull(row.actor),
        reason: textOrNull(row.reason),
        payload: JSON.parse(String(row.payload))
      }),
    catch: (error) => new LogCorrupt({ reason: `catalogue_events ${String(row.position)}: ${String(error)}` })
  })

const COLUMNS = "position, log_position, type, subject, previous, recorded_at, actor, reason, payload"

const events = (database: DatabaseService, rows: ReadonlyArray<Row>) =>
  Effect.forEach(rows, (row) => eventOf(database, row))

const lastOf = (sql: SqlClient, database: DatabaseService, kind: CatalogueKind, subject: string) =>
  sql<Row>`SELECT ${sql.literal(COLUMNS)} FROM catalogue_events
    WHERE kind = ${kind} AND subject = ${subject} ORDER BY previous DESC LIMIT 1`.pipe(
    Effect.flatMap((rows) => events(database, rows)),
    Effect.map(([last]) => last)
  )

const change = (sql: SqlClient, database: DatabaseService, asked: CatalogueChange) =>
  Effect.gen(function* () {
    // The log's own lock: one writer at a time, and the log's position is exact.
    const [head] = yield* database.dialect === "mysql"
      ? sql<Row>`SELECT position FROM log_head WHERE id = 1 FOR UPDATE`
      : sql<Row>`SELECT position FROM log_head WHERE id = 1`
    const last = yield* lastOf(sql, database, asked.kind, asked.subject)
    const saying = yield* decided(asked, last)
    if (saying === null) return { made: false, event: Option.fromNullable(last) }
    const [newest] = yield* sql<Row>`SELECT position, recorded_at FROM catalogue_events
      ORDER BY position DESC LIMIT 1`
    const before = newest === undefined ? 0 : database.decodeTime(newest.recorded_at)
    const event = upcastCatalogue({
      ...saying,
      position: newest === undefined ? 1 : numberOf(newest.position) + 1,
      logPosition: numberOf(head?.position),
      subject: asked.subject,
      previous: last?.position ?? 0,
      recordedAt: micros(Math.max(before, yield* nowMicros)),
      actor: asked.actor ?? null,
      reason: asked.reason ?? null
    })
    yield* sql`INSERT INTO catalogue_events
      (position, log_position, type, kind, subject, previous, recorded_at, actor, reason, payload)
      VALUES (${event.position}, ${event.logPosition}, ${event.type}, ${asked.kind}, ${event.subject},
        ${event.previous}, ${database.encodeTime(event.recordedAt)}, ${event.actor}, ${event.reason},
        ${JSON.stringify(event.payload)})`
    return { made: true, event: Option.some(event) }
  })

const make = (database: DatabaseService): CatalogueLogService => ({
  // Run again after an unknown outcome it would find its own work, and say that the subject has changed.
  change: (asked) =>
    mapped(database.transact((sql) => change(sql, database, asked), { retryUnknown: false })),
  current: (kind) =>
    mapped(
      database.read((sql) =>
        Effect.flatMap(
          sql<Row>`SELECT ${sql.literal(COLUMNS)} FROM catalogue_events WHERE position IN
              (SELECT MAX(position) FROM catalogue_events WHERE kind = ${kind} GROUP BY subject)
            ORDER BY subject`,
          (rows) => events(database, rows)
        )
      )
    ),
  history: (kind, subject) =>
    mapped(
      database.read((sql) =>
        Effect.flatMap(
          sql<Row>`SELECT ${sql.literal(COLUMNS)} FROM catalogue_events
            WHERE kind = ${kind} AND subject = ${subject} ORDER BY previous`,
          (rows) => events(database, rows)
        )
      )
    )
})

export const layer: Layer.Layer<CatalogueLog, never, Database> = Layer.effect(
  CatalogueLog,
  Effect.map(Database, make)
)
