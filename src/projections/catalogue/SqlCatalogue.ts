/**
 * What the database knows of our tables and views: columns, extent, and a few rows.
 */
import type { SqlClient } from "@effect/sql/SqlClient"
import * as Effect from "effect/Effect"
import * as Rows from "../../db/Rows.js"
import type { DatabaseService } from "../../db/Transaction.js"
import { type CatalogColumn, describeColumns } from "../../domain/catalogue/CatalogueDataset.js"
import type { DatasetDefinition, DatasetName } from "../../domain/catalogue/DatasetDescriptions.js"
import type { StoredKind } from "../../domain/dataset/Column.js"
import { descriptorOf } from "../../domain/dataset/Datasets.js"
import { formatTime, type Micros } from "../../domain/Time.js"

type Db = Pick<DatabaseService, "syntax">

/** How many bytes of a binary cell a sample shows. */
const SAMPLE_BYTES = 48

const columnOf = (row: Rows.Row) => ({
  name: Rows.text(row.name),
  type: Rows.text(row.type),
  nullable: Rows.flag(row.nullable)
})

/** The columns of a table or view, in their order, with our descriptions. */
export const columns = (db: Db, sql: SqlClient, definition: DatasetDefinition) =>
  Effect.map(
    Effect.flatMap(sql.unsafe<Rows.Row>(db.syntax.columnsOf, [definition.name]), Rows.every(columnOf)),
    (rows): ReadonlyArray<CatalogColumn> => describeColumns(definition, rows)
  )

/** The stored minutes and their readings, as of the position that they are folded up to. */
export interface MinuteTotals {
  readonly minutes: number
  readonly readings: number
  readonly position: number
}

export const minuteTotals = (sql: SqlClient) =>
  Effect.flatMap(
    sql`SELECT COUNT(*) AS minutes, SUM(m.readings) AS readings,
        (SELECT c.position FROM checkpoints c WHERE c.projection = 'minutes') AS position
      FROM sensor_minutes m
      WHERE m.generation = (SELECT c.generation FROM checkpoints c WHERE c.projection = 'minutes')
        AND m.readings > 0`,
    Rows.only(
      (row): MinuteTotals => ({
        minutes: Rows.integer(row.minutes),
        readings: Rows.total(row.readings),
        position: Rows.total(row.position)
      })
    )
  )

const counted = Effect.flatMap(Rows.only(({ n }) => Rows.total(n)))

/** Readings in force gained (or lost) by the events after this position: a correction changes none. */
export const readingsSince = (sql: SqlClient, position: number) =>
  counted(sql`SELECT SUM(CASE WHEN type = 'ReadingRecorded' THEN 1 WHEN type = 'ReadingDeleted' THEN -1 ELSE 0 END) AS n
    FROM events WHERE position > ${position}`)

export const sensorCount = (sql: SqlClient) => counted(sql`SELECT COUNT(*) AS n FROM sensors`)

/** More types and units than these are not searched. */
const MEASURED_MAX = 1_000

/** What the sensors measure, and in which units, by their current metadata. */
export const measuredVariables = (sql: SqlClient) =>
  Effect.map(
    Effect.flatMap(
      sql`SELECT DISTINCT v.type AS type, v.unit AS unit
        FROM sensors s JOIN sensor_versions v ON v.sensor_id = s.id AND v.version = s.version
        LIMIT ${sql.literal(String(MEASURED_MAX))}`,
      Rows.every(({ type, unit }) => [Rows.maybeText(type), Rows.maybeText(unit)])
    ),
    (rows): ReadonlyArray<string> => rows.flat().filter((word) => word !== null)
  )

export const heads = (sql: SqlClient) =>
  Effect.flatMap(
    sql`SELECT position AS position, rejected_messages AS rejected FROM log_head`,
    Rows.only((row) => ({ position: Rows.integer(row.position), rejected: Rows.integer(row.rejected) }))
  )

// Each end is the first entry of an index, or the first in force: never a scan.
const IN_FORCE = "e.type IN ('ReadingRecorded', 'ReadingCorrected') AND e.superseded_by IS NULL"
const WITH_READINGS = `m.readings > 0
  AND m.generation = (SELECT c.generation FROM checkpoints c WHERE c.projection = 'minutes')`

/** Which hours and days are read. */
const LIVE_INTERVALS = `m.readings > 0
  AND m.generation = (SELECT i.id FROM interval_sets i WHERE i.state = 'live')`
const intervalEdge = ({ syntax }: Db, table: "sensor_hours" | "sensor_days", order: string) =>
  `SELECT m.minute FROM ${table} m ${syntax.byIndex(`${table}_time`)} WHERE ${LIVE_INTERVALS}
    ORDER BY m.minute ${order} LIMIT 1`

export const hourCount = (sql: SqlClient) =>
  counted(sql`SELECT COUNT(*) AS n FROM sensor_hours m WHERE ${sql.literal(LIVE_INTERVALS)}`)
export const dayCount = (sql: SqlClient) =>
  counted(sql`SELECT COUNT(*) AS n FROM sensor_days m WHERE ${sql.literal(LIVE_INTERVALS)}`)

export const annotationCount = (sql: SqlClient) => counted(sql`SELECT COUNT(*) AS n FROM annotations`)

const spans = (db: Db): Record<DatasetName, ((order: string) => string) | null> => {
  const by = db.syntax.byIndex
  return {
    sensor_data: (order) =>
      `SELECT e.occurred_at FROM events e ${by("events_time")} WHERE ${IN_FORCE} ORDER BY e.occurred_at ${order} LIMIT 1`,
    aggregated_sensor_data: (order) =>
      `SELECT m.minute FROM sensor_minutes m ${by("sensor_minutes_time")} WHERE ${WITH_READINGS} ORDER BY m.minute ${order} LIMIT 1`,
    aggregates_1h: (order) => intervalEdge(db, "sensor_hours", order),
    aggregates_1d: (order) => intervalEdge(db, "sensor_days", order),
    sensors: null,
    rejected_messages: (order) =>
      `SELECT first_seen FROM rejected_messages ORDER BY first_seen ${order} LIMIT 1`,
    events: (order) => `SELECT occurred_at FROM events ORDER BY occurred_at ${order} LIMIT 1`,
    annotations: (order) => `SELECT start_time FROM annotations ORDER BY start_time ${order} LIMIT 1`
  }
}

/** The earliest and the latest time in a data set; null where it is empty, or has no time of its own. */
export const span = (db: Db, sql: SqlClient, name: DatasetName) => {
  const edge = spans(db)[name]
  if (edge === null)
    return Effect.succeed<{ first: Micros | null; last: Micros | null }>({ first: null, last: null })
  return Effect.flatMap(
    sql`SELECT (${sql.literal(edge("ASC"))}) AS first_at, (${sql.literal(edge("DESC"))}) AS last_at`,
    Rows.only((row) => ({ first: Rows.maybeTime(row.first_at), last: Rows.maybeTime(row.last_at) }))
  )
}

const cell = (kind: StoredKind, value: unknown): unknown => {
  if (value === null) return null
  switch (kind) {
    case "time":
      return formatTime(Rows.time(value))
    case "integer":
    case "number":
      return Rows.double(value)
    case "binary": {
      if (!(value instanceof Uint8Array)) return String(value)
      const hex = Buffer.from(value.subarray(0, SAMPLE_BYTES)).toString("hex")
      return value.length > SAMPLE_BYTES ? `${hex}…` : hex
    }
    case "json":
      return typeof value === "string" ? value : JSON.stringify(value)
    case "text":
      return String(value)
  }
}

/** The newest rows of a data set; `limit` is a small whole number. */
export const sample = (sql: SqlClient, definition: DatasetDefinition, limit: number) => {
  const names = definition.columns.map(({ kind, name }) =>
    // A message may be 64 KiB: no more than what is shown leaves the database.
    kind === "binary"
      ? sql`SUBSTR(${sql(name)}, 1, ${sql.literal(String(SAMPLE_BYTES + 1))}) AS ${sql(name)}`
      : sql`${sql(name)}`
  )
  return Effect.flatMap(
    sql`SELECT ${sql.csv(names)} FROM ${sql(definition.name)}
      ORDER BY ${sql.literal(descriptorOf(definition.name).stored.newest)} LIMIT ${sql.literal(String(limit))}`,
    Rows.every((row) =>
      Object.fromEntries(definition.columns.map(({ kind, name }) => [name, cell(kind, row[name])]))
    )
  )
}

export interface MetadataRow {
  readonly id: number
  readonly dataset_name: string
  readonly schema_used: string
  readonly data_types: string
  readonly description: string
  readonly application: string
  readonly lineage: string
}

/** Puts a row of `metadata` in its place; one that says the same stays as it is. */
export const putMetadata = (sql: SqlClient, row: MetadataRow, now: string) =>
  Effect.gen(function* () {
    const [kept] =
      yield* sql<MetadataRow>`SELECT id, dataset_name, schema_used, data_types, description, application,
      lineage FROM metadata WHERE id = ${row.id}`
    if (kept !== undefined && Object.entries(row).every(([key, value]) => Reflect.get(kept, key) === value))
      return
    yield* sql`DELETE FROM metadata WHERE id = ${row.id} OR dataset_name = ${row.dataset_name}`
    yield* sql`INSERT INTO metadata (id, dataset_name, schema_used, data_types, description, application, lineage,
        updated_at)
      VALUES (${row.id}, ${row.dataset_name}, ${row.schema_used}, ${row.data_types}, ${row.description},
        ${row.application}, ${row.lineage}, ${now})`
  })
