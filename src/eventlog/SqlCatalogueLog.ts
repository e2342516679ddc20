/** The log of the catalogue in SQL. A change is one transaction that locks the log's head first, as an append does. */
import type { SqlClient } from "@effect/sql/SqlClient"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Rows from "../db/Rows.js"
import { Database, type DatabaseService } from "../db/Transaction.js"
import {
  type CatalogueEvent,
  type CatalogueSaying,
  upcastCatalogue
} from "../domain/catalogue/CatalogueEdits.js"
import type { Position, SensorId } from "../domain/Ids.js"
import { micros } from "../domain/Time.js"
import { nowMicros } from "../telemetry/Instant.js"
import {
  type CatalogueChange,
  type CatalogueKind,
  CatalogueLog,
  type CatalogueLogService,
  decided
} from "./CatalogueLog.js"
import { DEFAULT_LOG_LIMITS } from "./EventLog.js"
import { mapped } from "./LogFailure.js"
import { Recent } from "./sql/Recent.js"
import { Session } from "./sql/Session.js"

const eventOf = (row: Rows.Row): CatalogueEvent =>
  upcastCatalogue({
    position: Rows.integer(row.position),
    logPosition: Rows.integer(row.log_position),
    type: Rows.text(row.type),
    subject: Rows.text(row.subject),
    previous: Rows.integer(row.previous),
    recordedAt: Rows.time(row.recorded_at),
    actor: Rows.maybeText(row.actor),
    reason: Rows.maybeText(row.reason),
    payload: Rows.object(row.payload)
  })

export const EVENT_COLUMNS =
  "position, log_position, type, subject, previous, recorded_at, actor, reason, payload"

export const catalogueEvents = Effect.flatMap(Rows.every(eventOf))

export const lastOf = (sql: SqlClient, kind: CatalogueKind, subject: string) =>
  sql`SELECT ${sql.literal(EVENT_COLUMNS)} FROM catalogue_events
    WHERE kind = ${kind} AND subject = ${subject} ORDER BY previous DESC LIMIT 1`.pipe(
    Effect.flatMap(Rows.first(eventOf))
  )

/** Says in the log that something of the sensor has changed: there it is as it was. Answers the log's head. */
const mark = (session: Session, id: SensorId | undefined) =>
  Effect.gen(function* () {
    if (id === undefined) return session.start
    yield* session.sensors.load([{ _tag: "Numbered", id }])
    const sensor = session.sensors.get(id)
    if (sensor === undefined) return session.start
    const type = sensor.status === "retired" ? "SensorRetired" : "SensorChanged"
    session.change(type, sensor, session.recordedAt)
    yield* session.flush()
    return session.committed.end
  })

/** Stores what is said of the change's subject, behind its last event. `at`: the log's position. */
export const insertEvent = (
  sql: SqlClient,
  database: DatabaseService,
  request: CatalogueChange,
  saying: CatalogueSaying,
  last: CatalogueEvent | undefined,
  at: Position
) =>
  Effect.gen(function* () {
    const newest = yield* Effect.flatMap(
      sql`SELECT ${sql.literal(EVENT_COLUMNS)} FROM catalogue_events ORDER BY position DESC LIMIT 1`,
      Rows.first(eventOf)
    )
    const place = (newest?.position ?? 0) + 1
    const event = upcastCatalogue({
      ...saying,
      position: place,
      logPosition: at,
      subject: request.subject ?? String(place),
      previous: last?.position ?? 0,
      recordedAt: micros(Math.max(newest?.recordedAt ?? 0, yield* nowMicros)),
      actor: request.actor ?? null,
      reason: request.reason ?? null
    })
    yield* sql`INSERT INTO catalogue_events
      (position, log_position, type, kind, subject, previous, recorded_at, actor, reason, payload)
      VALUES (${event.position}, ${event.logPosition}, ${event.type}, ${request.kind}, ${event.subject},
        ${event.previous}, ${database.encodeTime(event.recordedAt)}, ${event.actor}, ${event.reason},
        ${JSON.stringify(event.payload)})`
    return event
  })

const change = (sql: SqlClient, database: DatabaseService, request: CatalogueChange) =>
  Effect.gen(function* () {
    // One writer at a time, and the log's position is exact.
    const session = yield* Session.open(sql, database, DEFAULT_LOG_LIMITS, new Recent())
    const last = request.subject === null ? undefined : yield* lastOf(sql, request.kind, request.subject)
    const saying = yield* decided(request, last)
    if (saying === null) return { made: false, event: Option.fromNullable(last) }
    const at = yield* mark(session, request.sensor)
    const event = yield* insertEvent(sql, database, request, saying, last, at)
    return { made: true, event: Option.some(event) }
  })

const make = (database: DatabaseService): CatalogueLogService => ({
  // Run again after an unknown outcome it would find its own work, and say that the subject has changed.
  change: (request) =>
    mapped(database.transact((sql) => change(sql, database, request), { retryUnknown: false })),
  current: (kind, asOf) =>
    mapped(
      database.read((sql) => {
        const until = asOf === undefined ? sql`` : sql`AND log_position <= ${asOf}`
        return catalogueEvents(
          sql`SELECT ${sql.literal(EVENT_COLUMNS)} FROM catalogue_events WHERE position IN
              (SELECT MAX(position) FROM catalogue_events WHERE kind = ${kind} ${until} GROUP BY subject)
            ORDER BY subject`
        )
      })
    ),
  history: (kind, subject) =>
    mapped(
      database.read((sql) =>
        catalogueEvents(
          sql`SELECT ${sql.literal(EVENT_COLUMNS)} FROM catalogue_events
            WHERE kind = ${kind} AND subject = ${subject} ORDER BY previous`
        )
      )
    )
})

export const layer: Layer.Layer<CatalogueLog, never, Database> = Layer.effect(
  CatalogueLog,
  Effect.map(Database, make)
)
