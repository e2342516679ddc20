/**
 * The names of sensors as of a position. A sensor's row has the name of now; where its owner has changed that, the
 * one before is kept with the position of the change.
 */
import type { SqlClient } from "@effect/sql/SqlClient"
import * as Effect from "effect/Effect"
import * as Rows from "../db/Rows.js"
import { type Position, type SensorId, sensorId } from "../domain/Ids.js"

/** A name that a sensor had until the event at this position; null: it had none. */
export interface FormerName {
  readonly sensor: SensorId
  readonly position: Position
  readonly name: string | null
}

/**
 * The name of the sensor in the row of `sensors s` as of the position that is its parameter. "" stands for none in
 * `former_names`: no name is empty.
 */
export const NAME_AS_OF = `NULLIF(COALESCE((SELECT f.name FROM former_names f
    WHERE f.sensor_id = s.id AND f.position > ? ORDER BY f.position LIMIT 1), s.name), '')`

export const nameAsOf = (sql: SqlClient, asOf: Position) => sql.unsafe(NAME_AS_OF, [asOf])

/** The same of the rows of `events e` that `joinNames` has joined: of a sensor that was not renamed since, at no cost. */
export const NAME_AS_OF_JOINED = "NULLIF(COALESCE(f.name, s.name), '')"
export const joinNames = (sql: SqlClient, asOf: Position) =>
  sql`LEFT JOIN sensors s ON s.id = e.sensor_id
    LEFT JOIN former_names f ON f.sensor_id = e.sensor_id AND f.position > ${asOf}
      AND NOT EXISTS (SELECT 1 FROM former_names g
        WHERE g.sensor_id = f.sensor_id AND g.position > ${asOf} AND g.position < f.position)`

export const keepFormerName = (sql: SqlClient, { name, position, sensor }: FormerName) =>
  sql`INSERT INTO former_names (sensor_id, position, name) VALUES (${sensor}, ${position}, ${name ?? ""})`

/** The sensors that had one of these names as of then. */
export const sensorsNamed = (sql: SqlClient, names: ReadonlyArray<string>, asOf: Position) =>
  names.length === 0
    ? Effect.succeed([])
    : sql`SELECT s.id, ${nameAsOf(sql, asOf)} AS name FROM sensors s WHERE ${sql.in("s.name", names)}
        OR s.id IN (SELECT f.sensor_id FROM former_names f WHERE ${sql.in("f.name", names)})`.pipe(
        Effect.flatMap(
          Rows.every((row) => ({ id: sensorId(Rows.integer(row.id)), name: Rows.maybeText(row.name) }))
        ),
        Effect.map((rows) =>
          rows.filter(({ name }) => name !== null && names.includes(name)).map(({ id }) => id)
        )
      )
