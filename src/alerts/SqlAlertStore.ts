/** Alerts and their outbox in SQL. */
import type { SqlClient } from "@effect/sql/SqlClient"
import type { SqlError } from "@effect/sql/SqlError"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import * as Rows from "../db/Rows.js"
import { Database, type DatabaseService } from "../db/Transaction.js"
import {
  ALERT_PHASES,
  type Alert,
  type AlertNotice,
  NOTICE_STATES,
  NoticeBody
} from "../domain/alert/Alert.js"
import { ALERT_KIND_NAMES } from "../domain/alert/AlertKinds.js"
import type { AlertChange } from "../domain/alert/AlertLook.js"
import { CHANNELS, SEVERITIES } from "../domain/alert/AlertRule.js"
import { SensorId } from "../domain/Ids.js"
import { type Micros, micros } from "../domain/Time.js"
import { mapped } from "../eventlog/LogFailure.js"
import * as Checkpoints from "../projections/Checkpoints.js"
import { nowMicros } from "../telemetry/Instant.js"
import {
  type AlertPage,
  AlertStore,
  type AlertStoreService,
  type NoticePage,
  type StoredAlert,
  type StoredNotice
} from "./AlertStore.js"

const ERROR_LENGTH_MAX = 500

const oneOf = <const A extends ReadonlyArray<string>>(values: A) =>
  Schema.decodeUnknownSync(Schema.Literal(...values))
const kindOf = oneOf(ALERT_KIND_NAMES)
const severityOf = oneOf(SEVERITIES)
const phaseOf = oneOf(ALERT_PHASES)
const channelOf = oneOf(CHANNELS)
const stateOf = oneOf(NOTICE_STATES)
const bodyOf = Schema.decodeUnknownSync(NoticeBody)
const sensorsOf = Schema.decodeUnknownSync(Schema.parseJson(Schema.Array(SensorId)))

const ALERT_COLUMNS =
  "id, rule, target, kind, severity, phase, since, well_since, raised_at, resolved_at, sensors, summary, told"

const alertOf = (row: Rows.Row): Alert => ({
  id: Rows.text(row.id),
  rule: Rows.text(row.rule),
  target: Rows.text(row.target),
  kind: kindOf(row.kind),
  severity: severityOf(row.severity),
  phase: phaseOf(row.phase),
  since: Rows.time(row.since),
  wellSince: Rows.maybeTime(row.well_since),
  raisedAt: Rows.maybeTime(row.raised_at),
  resolvedAt: Rows.maybeTime(row.resolved_at),
  sensors: sensorsOf(row.sensors),
  summary: Rows.text(row.summary),
  told: Rows.flag(row.told)
})

const storedAlertOf = (row: Rows.Row): StoredAlert => ({
  ...alertOf(row),
  acknowledgedAt: Rows.maybeTime(row.acknowledged_at),
  acknowledgedBy: Rows.maybeText(row.acknowledged_by),
  note: Rows.maybeText(row.note)
})
const STORED_COLUMNS = `${ALERT_COLUMNS}, acknowledged_at, acknowledged_by, note`

const NOTICE_COLUMNS =
  "id, alert_id, channel, thread, state, created_at, next_at, attempts, last_error, sent_at, body"

const noticeOf = (row: Rows.Row): StoredNotice => ({
  id: Rows.text(row.id),
  alertId: Rows.text(row.alert_id),
  channel: channelOf(row.channel),
  thread: Rows.text(row.thread),
  createdAt: Rows.time(row.created_at),
  body: bodyOf(Rows.object(row.body)),
  state: stateOf(row.state),
  nextAt: Rows.time(row.next_at),
  attempts: Rows.integer(row.attempts),
  lastError: Rows.maybeText(row.last_error),
  sentAt: Rows.maybeTime(row.sent_at)
})

const openAlerts = (sql: SqlClient) =>
  sql`SELECT ${sql.literal(ALERT_COLUMNS)} FROM alerts WHERE phase IN ('pending', 'firing')
    ORDER BY since, id`.pipe(Effect.flatMap(Rows.every(alertOf)))

const writing = (sql: SqlClient, { encodeTime }: DatabaseService) => {
  const maybe = (at: Micros | null) => (at === null ? null : encodeTime(at))
  const insert = (alert: Alert) =>
    sql`INSERT INTO alerts (${sql.literal(ALERT_COLUMNS)})
      VALUES (${alert.id}, ${alert.rule}, ${alert.target}, ${alert.kind}, ${alert.severity}, ${alert.phase},
        ${encodeTime(alert.since)}, ${maybe(alert.wellSince)}, ${maybe(alert.raisedAt)},
        ${maybe(alert.resolvedAt)}, ${JSON.stringify(alert.sensors)}, ${alert.summary}, ${alert.told ? 1 : 0})`
  const update = (alert: Alert) =>
    sql`UPDATE alerts SET severity = ${alert.severity}, phase = ${alert.phase},
        since = ${encodeTime(alert.since)}, well_since = ${maybe(alert.wellSince)},
        raised_at = ${maybe(alert.raisedAt)}, resolved_at = ${maybe(alert.resolvedAt)},
        sensors = ${JSON.stringify(alert.sensors)}, summary = ${alert.summary}, told = ${alert.told ? 1 : 0}
      WHERE id = ${alert.id}`
  const notice = ({ alertId, body, channel, createdAt, id, thread }: AlertNotice) =>
    sql`INSERT INTO alert_notices (${sql.literal(NOTICE_COLUMNS)})
      VALUES (${id}, ${alertId}, ${channel}, ${thread}, 'waiting', ${encodeTime(createdAt)},
        ${encodeTime(createdAt)}, 0, ${null}, ${null}, ${JSON.stringify(body)})`
  return ({ alert, before, notices }: AlertChange) =>
    Effect.gen(function* () {
      if (alert !== null) yield* before === null ? insert(alert) : update(alert)
      else if (before !== null) yield* sql`DELETE FROM alerts WHERE id = ${before.id}`
      for (const one of notices) yield* notice(one)
    })
}

const commit = (
  database: DatabaseService,
  decide: Parameters<AlertStoreService["commit"]>[0]
): ReturnType<AlertStoreService["commit"]> =>
  Effect.gen(function* () {
    // Mostly nothing changes, and then nothing is locked.
    const now = yield* mapped(database.read(openAlerts))
    if (decide(now).length === 0) return []
    return yield* mapped(
      database.transact((sql) =>
        Effect.gen(function* () {
          yield* Checkpoints.locked(sql, database, "alerts")
          const changes = decide(yield* openAlerts(sql))
          yield* Effect.forEach(changes, writing(sql, database), { discard: true })
          return changes
        })
      )
    )
  })

const alerts = (database: DatabaseService, { limit, phase, rule, skip }: AlertPage) =>
  mapped(
    database.read((sql) =>
      sql`SELECT ${sql.literal(STORED_COLUMNS)} FROM alerts
        WHERE ${phase === undefined ? sql`1 = 1` : sql`phase = ${phase}`}
          AND ${rule === undefined ? sql`1 = 1` : sql`rule = ${rule}`}
        ORDER BY COALESCE(raised_at, since) DESC, id LIMIT ${String(limit)} OFFSET ${String(skip)}`.pipe(
        Effect.flatMap(Rows.every(storedAlertOf))
      )
    )
  )

const acknowledge = (database: DatabaseService, id: string, by: string | null, note: string | null) =>
  mapped(
    database.transact((sql) =>
      Effect.gen(function* () {
        const at = database.encodeTime(yield* nowMicros)
        yield* sql`UPDATE alerts SET acknowledged_at = ${at}, acknowledged_by = ${by}, note = ${note}
          WHERE id = ${id} AND phase <> 'pending' AND acknowledged_at IS NULL`
        return yield* Effect.flatMap(
          sql`SELECT ${sql.literal(STORED_COLUMNS)} FROM alerts WHERE id = ${id} AND phase <> 'pending'`,
          Rows.first(storedAlertOf)
        )
      })
    )
  )

const notices = (database: DatabaseService, { limit, skip, state }: NoticePage) =>
  mapped(
    database.read((sql) =>
      sql`SELECT ${sql.literal(NOTICE_COLUMNS)} FROM alert_notices
        WHERE ${state === undefined ? sql`1 = 1` : sql`state = ${state}`}
        ORDER BY created_at DESC, id LIMIT ${String(limit)} OFFSET ${String(skip)}`.pipe(
        Effect.flatMap(Rows.every(noticeOf))
      )
    )
  )

/** The first that is due and has none of its thread before it that still waits. */
const due = (sql: SqlClient, channel: string, now: string, lock: string) =>
  sql`SELECT ${sql.literal(NOTICE_COLUMNS)} FROM alert_notices
    WHERE channel = ${channel} AND state = 'waiting' AND next_at <= ${now} AND NOT EXISTS
      (SELECT 1 FROM alert_notices p WHERE p.thread = alert_notices.thread
        AND p.channel = alert_notices.channel AND p.state = 'waiting' AND p.created_at < alert_notices.created_at)
    ORDER BY next_at, id LIMIT 1 ${sql.literal(lock)}`.pipe(Effect.flatMap(Rows.first(noticeOf)))

const take = (database: DatabaseService, channel: string, leaseMicros: number) =>
  Effect.gen(function* () {
    const now = yield* nowMicros
    const at = database.encodeTime(now)
    const some = yield* mapped(database.read((sql) => due(sql, channel, at, "")))
    if (some === undefined) return undefined
    return yield* mapped(
      database.transact((sql) =>
        Effect.gen(function* () {
          const notice = yield* due(sql, channel, at, database.syntax.forUpdate)
          if (notice === undefined) return undefined
          const until = database.encodeTime(micros(now + leaseMicros))
          yield* sql`UPDATE alert_notices SET next_at = ${until} WHERE id = ${notice.id}`
          return notice
        })
      )
    )
  })

const sendAgain = (database: DatabaseService, id: string) =>
  mapped(
    database.transact((sql) =>
      Effect.gen(function* () {
        const at = database.encodeTime(yield* nowMicros)
        yield* sql`UPDATE alert_notices SET state = 'waiting', attempts = 0, next_at = ${at}
          WHERE id = ${id} AND state <> 'sent'`
        return yield* Effect.flatMap(
          sql`SELECT ${sql.literal(NOTICE_COLUMNS)} FROM alert_notices WHERE id = ${id} AND state <> 'sent'`,
          Rows.first(noticeOf)
        )
      })
    )
  )

const counts = (database: DatabaseService) =>
  mapped(
    database.read((sql) =>
      sql`SELECT (SELECT COUNT(*) FROM alerts WHERE phase = 'firing') AS firing,
          (SELECT COUNT(*) FROM alert_notices WHERE state = 'waiting') AS waiting,
          (SELECT COUNT(*) FROM alert_notices WHERE state = 'dead') AS dead`.pipe(
        Effect.flatMap(
          Rows.only(({ dead, firing, waiting }) => ({
            firing: Rows.integer(firing),
            waiting: Rows.integer(waiting),
            dead: Rows.integer(dead)
          }))
        )
      )
    )
  )

const make = (database: DatabaseService): AlertStoreService => {
  const run = (statement: (sql: SqlClient, now: string) => Effect.Effect<unknown, SqlError>) =>
    Effect.flatMap(nowMicros, (now) =>
      Effect.asVoid(mapped(database.transact((sql) => statement(sql, database.encodeTime(now)))))
    )
  return {
    open: mapped(database.read(openAlerts)),
    commit: (decide) => commit(database, decide),
    alerts: (page) => alerts(database, page),
    acknowledge: (...said) => acknowledge(database, ...said),
    notices: (page) => notices(database, page),
    take: (channel, leaseMicros) => take(database, channel, leaseMicros),
    sent: (id) =>
      run(
        (sql, now) =>
          sql`UPDATE alert_notices SET state = 'sent', sent_at = ${now}, last_error = ${null} WHERE id = ${id}`
      ),
    failed: (id, reason, again) =>
      run(
        (sql, now) => sql`UPDATE alert_notices SET attempts = attempts + 1,
            last_error = ${reason.slice(0, ERROR_LENGTH_MAX)}, state = ${again === null ? "dead" : "waiting"},
            next_at = ${again === null ? now : database.encodeTime(again)}
          WHERE id = ${id} AND state <> 'sent'`
      ),
    sendAgain: (id) => sendAgain(database, id),
    renew: (channel) =>
      run(
        (sql, now) => sql`UPDATE alert_notices SET state = 'waiting', next_at = ${now}
          WHERE channel = ${channel} AND state = 'sent'
            AND alert_id IN (SELECT id FROM alerts WHERE phase = 'firing')`
      ),
    forget: (before) =>
      run(
        (sql) =>
          sql`DELETE FROM alert_notices WHERE state = 'sent' AND created_at < ${database.encodeTime(before)}`
      ),
    counts: counts(database)
  }
}

export const layer: Layer.Layer<AlertStore, never, Database> = Layer.effect(
  AlertStore,
  Effect.map(Database, make)
)
