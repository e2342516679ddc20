/** What devices sent and gave no reading, counted in SQL. */
import { hash } from "node:crypto"
import type { SqlClient } from "@effect/sql/SqlClient"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Rows from "../db/Rows.js"
import { Database, type DatabaseService } from "../db/Transaction.js"
import { mapped } from "./LogFailure.js"
import {
  devicesOf,
  keyOf,
  type PassedOver,
  PassedOverLog,
  type PassedOverOf,
  ROWS_MAX
} from "./PassedOver.js"

/** Rows of one sensor that are told. */
const TOLD_MAX = 100

const idOf = (one: PassedOverOf): Buffer => hash("sha256", keyOf(one), "buffer").subarray(0, 16)

const rowOf = (row: Rows.Row): PassedOver => ({
  kind: Rows.text(row.kind) === "wrong" ? "wrong" : "unread",
  field: Rows.text(row.field),
  example: Rows.text(row.example),
  count: Rows.integer(row.count),
  lastSeen: Rows.time(row.last_seen)
})

const addOne = (database: DatabaseService, sql: SqlClient, one: PassedOverOf, isFull: boolean) => {
  const { count, example, field, kind, whose } = one
  const [id, at] = [idOf(one), database.encodeTime(one.lastSeen)]
  if (isFull) {
    return sql`UPDATE passed_over SET count = count + ${count}, example = ${example}, last_seen = ${at} WHERE id = ${id}`
  }
  const device = whose._tag === "Named" ? whose.name : null
  const sensor = whose._tag === "Numbered" ? whose.id : null
  const insert = sql`INSERT INTO passed_over (id, device, sensor_id, field, kind, example, count, last_seen)
    VALUES (${id}, ${device}, ${sensor}, ${field}, ${kind}, ${example}, ${count}, ${at})`
  const added = database.syntax.orUpdate(
    "id",
    (given) =>
      `count = count + ${given("count")}, example = ${given("example")}, last_seen = ${given("last_seen")}`
  )
  return sql`${insert} ${sql.literal(added)}`
}

const make = (database: DatabaseService) =>
  PassedOverLog.of({
    add: (counts) =>
      mapped(
        database.transact(
          (sql) =>
            Effect.gen(function* () {
              const rows = yield* Effect.flatMap(
                sql`SELECT COUNT(*) AS n FROM passed_over`,
                Rows.only(({ n }) => Rows.integer(n))
              )
              // In one order, so that two processes never wait for each other.
              const sorted = counts.toSorted((a, b) => Buffer.compare(idOf(a), idOf(b)))
              const isFull = rows + sorted.length > ROWS_MAX
              yield* Effect.forEach(sorted, (one) => addOne(database, sql, one, isFull), { discard: true })
            }),
          // Run again it would count twice.
          { retryUnknown: false }
        )
      ),
    of: ({ id, name }) =>
      mapped(
        database.read((sql) => {
          const devices = name === null ? [""] : devicesOf(name)
          return Effect.flatMap(
            sql`SELECT kind, field, example, count, last_seen FROM passed_over
              WHERE sensor_id = ${id} OR device IN ${sql.in(devices)}
              ORDER BY last_seen DESC, field LIMIT ${sql.literal(String(TOLD_MAX))}`,
            Rows.every(rowOf)
          )
        })
      )
  })

export const layer: Layer.Layer<PassedOverLog, never, Database> = Layer.effect(
  PassedOverLog,
  Effect.map(Database, make)
)
