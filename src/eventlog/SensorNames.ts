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
