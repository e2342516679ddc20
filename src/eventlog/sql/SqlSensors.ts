/** The statements about sensors and the versions of their metadata. */
import type { SqlClient } from "@effect/sql/SqlClient"
import * as Effect from "effect/Effect"
import * as Rows from "../../db/Rows.js"
import type { DatabaseService } from "../../db/Transaction.js"
import { byKeys, type Params } from "../../db/ValueLists.js"
import { NAMED_SENSOR_ID_MIN, type SensorId, sensorId } from "../../domain/Ids.js"
import type { Metadata, Sensor } from "../../domain/Sensor.js"
import { type Micros, micros } from "../../domain/Time.js"
import { metadataHash } from "../EventKey.js"
import { metadataOfRow, sensorOf } from "./EventRows.js"

const COLUMNS = `s.id, s.name, s.version, s.status, s.interval_ms, s.estimated_interval_ms, s.version_since,
    v.lat, v.lng, v.unit, v.type, v.description, v.range_min, v.range_max
    FROM sensors s LEFT JOIN sensor_versions v ON v.sensor_id = s.id AND v.version = s.version`

const sensors = Effect.flatMap(Rows.every(sensorOf))

/** The sensors with these numbers or names, as many as there are, each once. */
export const loadSensors = (
  sql: SqlClient,
  database: DatabaseService,
  ids: ReadonlyArray<SensorId>,
  names: ReadonlyArray<string>
) => {
  const by = (column: string, values: Params) =>
    sensors(
      byKeys(
        sql,
        database,
        (among) => `SELECT ${COLUMNS} WHERE ${column} ${among}`,
        values.map((value) => [value])
      )
    )
  return Effect.map(Effect.all([by("s.id", ids), by("s.name", names)]), ([numbered, named]) => [
    ...new Map([...numbered, ...named].map((sensor) => [sensor.id, sensor])).values()
  ])
}

// Behind the index's end: a MAX within a query of several sensors reads all of their events on MariaDB.
const newestOf = (byTime: string) => (among: string) =>
  `SELECT s.id, (SELECT e.occurred_at FROM events e ${byTime}
    WHERE e.sensor_id = s.id ORDER BY e.occurred_at DESC LIMIT 1) AS newest_at
  FROM sensors s WHERE s.id ${among}`

/** The time of the newest event of each of these sensors. */
export const newestTimes = (sql: SqlClient, database: DatabaseService, ids: ReadonlyArray<SensorId>) =>
  byKeys(
    sql,
    database,
    newestOf(database.syntax.byIndex("events_sensor_time")),
    ids.map((id) => [id])
  ).pipe(
    Effect.flatMap(
      Rows.every(
        (row) => [sensorId(Rows.integer(row.id)), Rows.maybeTime(row.newest_at) ?? micros(0)] as const
      )
    )
  )

export const loadSensorPage = (
  sql: SqlClient,
  page: { readonly afterId: number; readonly limit: number; readonly skip: number }
) =>
  sensors(
    sql`SELECT ${sql.literal(COLUMNS)} WHERE s.id > ${page.afterId}
      ORDER BY s.id LIMIT ${String(page.limit)} OFFSET ${String(page.skip)}`
  )

/** The largest number given to a name; one below the first when none was. */
export const lastNamedId = (sql: SqlClient) =>
  sql`SELECT MAX(id) AS id FROM sensors WHERE id >= ${NAMED_SENSOR_ID_MIN}`.pipe(
    Effect.flatMap(Rows.only(({ id }) => Rows.maybeInteger(id) ?? NAMED_SENSOR_ID_MIN - 1))
  )

/** How many sensors were registered at or after `since`. */
export const countRegistered = (sql: SqlClient, since: string) =>
  sql`SELECT COUNT(*) AS n FROM sensor_versions WHERE version = 1 AND created_at > ${since}`.pipe(
    Effect.flatMap(Rows.only(({ n }) => Rows.integer(n)))
  )

/** How many versions a sensor got at or after `since`, and its highest version ever. */
export const versionCounts = (sql: SqlClient, id: SensorId, since: string) =>
  sql`
    SELECT MAX(version) AS last, SUM(CASE WHEN created_at > ${since} THEN 1 ELSE 0 END) AS recent
    FROM sensor_versions WHERE sensor_id = ${id}`.pipe(
    Effect.flatMap(Rows.only(({ last, recent }) => ({ last: Rows.total(last), recent: Rows.total(recent) })))
  )

/** The number of the version with these metadata, where the sensor has one. */
export const findVersion = (sql: SqlClient, id: SensorId, metadata: Metadata) =>
  sql`SELECT version FROM sensor_versions
    WHERE sensor_id = ${id} AND hash = ${Buffer.from(metadataHash(metadata), "hex")}`.pipe(
    Effect.flatMap(Rows.first(({ version }) => Rows.integer(version)))
  )

export const loadVersion = (sql: SqlClient, id: SensorId, version: number) =>
  sql`SELECT lat, lng, unit, type, description, range_min, range_max FROM sensor_versions
    WHERE sensor_id = ${id} AND version = ${version}`.pipe(Effect.flatMap(Rows.first(metadataOfRow)))

export const insertVersion = (
  sql: SqlClient,
  database: DatabaseService,
  id: SensorId,
  version: number,
  metadata: Metadata,
  createdAt: Micros
) =>
  sql`INSERT INTO sensor_versions
    (sensor_id, version, hash, lat, lng, unit, type, description, range_min, range_max, created_at)
    VALUES (${id}, ${version}, ${Buffer.from(metadataHash(metadata), "hex")}, ${metadata.lat}, ${metadata.lng},
      ${metadata.unit}, ${metadata.type}, ${metadata.description}, ${metadata.min}, ${metadata.max},
      ${database.encodeTime(createdAt)})`

export const insertSensor = (sql: SqlClient, database: DatabaseService, sensor: Sensor) =>
  sql`INSERT INTO sensors (id, name, version, status, interval_ms, estimated_interval_ms, version_since)
    VALUES (${sensor.id}, ${sensor.name}, ${sensor.version}, ${sensor.status}, ${sensor.intervalMs}, NULL,
      ${database.encodeTime(sensor.versionSince)})`

/** All but the estimated interval, which a projection sets. */
export const updateSensor = (sql: SqlClient, database: DatabaseService, sensor: Sensor) =>
  sql`UPDATE sensors SET name = ${sensor.name}, version = ${sensor.version}, status = ${sensor.status},
    interval_ms = ${sensor.intervalMs}, version_since = ${database.encodeTime(sensor.versionSince)}
    WHERE id = ${sensor.id}`
