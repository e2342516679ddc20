/**
 * What versions of sensors say of place and unit. A version never changes once it is there: each is asked for once, and a
 * page of readings carries none of it.
 */
import type { SqlClient } from "@effect/sql/SqlClient"
import type { SqlError } from "@effect/sql/SqlError"
import * as Effect from "effect/Effect"
import type { ByDialect, Dialect } from "../../db/Dialect.js"
import * as Rows from "../../db/Rows.js"
import type { Placed } from "../../domain/dataset/Place.js"
import { type SensorId, sensorId } from "../../domain/Ids.js"

export type VersionPlace = Omit<Placed, "name">

/** Versions that are kept; over it all are asked for again. */
const VERSIONS_MAX = 20_000

const NOTHING: VersionPlace = { lat: null, lng: null, unit: null, type: null, description: null }

const COLUMNS = "v.sensor_id, v.version, v.lat, v.lng, v.unit, v.type, v.description"
// The parameter is a JSON list of versions.
const LISTED: ByDialect<string> = {
  mysql: `SELECT ${COLUMNS}
    FROM JSON_TABLE(?, '$[*]' COLUMNS (sensor_id INT PATH '$[0]', version INT PATH '$[1]')) k
    STRAIGHT_JOIN sensor_versions v ON v.sensor_id = k.sensor_id AND v.version = k.version`,
  sqlite: `SELECT ${COLUMNS} FROM json_each(?) k CROSS JOIN sensor_versions v
    WHERE v.sensor_id = json_extract(k.value, '$[0]') AND v.version = json_extract(k.value, '$[1]')`
}

const versionOf = (row: Rows.Row) => ({
  sensor: sensorId(Rows.integer(row.sensor_id)),
  version: Rows.integer(row.version),
  place: {
    lat: Rows.maybeDouble(row.lat),
    lng: Rows.maybeDouble(row.lng),
    unit: Rows.maybeText(row.unit),
    type: Rows.maybeText(row.type),
    description: Rows.maybeText(row.description)
  }
})

/**
 * Of one database, as others see it: what a transaction has written may be taken back, so it looks with a memory of its
 * own.
 */
export class Versions {
  private readonly bySensor = new Map<SensorId, Map<number, VersionPlace>>()
  private size = 0

  constructor(private readonly dialect: Dialect) {}

  /** Of a version that was loaded; one that is not there says nothing. */
  place(sensor: SensorId, version: number): VersionPlace {
    return this.bySensor.get(sensor)?.get(version) ?? NOTHING
  }

  /** Loads those of the versions that are not here yet. */
  load(
    sql: SqlClient,
    wanted: ReadonlyArray<readonly [SensorId, number]>
  ): Effect.Effect<void, SqlError | Rows.BadCell> {
    const missing = wanted.filter(([sensor, version]) => !this.bySensor.get(sensor)?.has(version))
    if (missing.length === 0) return Effect.void
    if (this.size > VERSIONS_MAX) this.clear()
    const distinct = [...new Set((this.size === 0 ? wanted : missing).map((pair) => JSON.stringify(pair)))]
    return sql.unsafe<Rows.Row>(LISTED[this.dialect], [`[${distinct.join()}]`]).pipe(
      Effect.flatMap(Rows.every(versionOf)),
      Effect.map((rows) => {
        for (const { place, sensor, version } of rows) this.put(sensor, version, place)
      })
    )
  }

  private put(sensor: SensorId, version: number, place: VersionPlace): void {
    const versions = this.bySensor.get(sensor) ?? new Map<number, VersionPlace>()
    this.bySensor.set(sensor, versions)
    if (!versions.has(version)) this.size += 1
    versions.set(version, place)
  }

  private clear(): void {
    this.bySensor.clear()
    this.size = 0
  }
}
