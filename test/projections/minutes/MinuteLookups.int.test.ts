/** Minutes are looked up among all that a sensor has: an export would read each of them again for each page. */
import type { SqlClient } from "@effect/sql/SqlClient"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Rows from "../../../src/db/Rows.js"
import { Database } from "../../../src/db/Transaction.js"
import { sensorId } from "../../../src/domain/Ids.js"
import { MICROS_PER_MINUTE, micros } from "../../../src/domain/Time.js"
import { rowsOf } from "../../../src/projections/minutes/MinuteQueries.js"
import { at } from "../../eventlog/contract/support.js"
import { sqlite } from "../../support/databases.js"

/** The same, which tells each text that it is sent with its parameters. */
const telling = (sql: SqlClient, tell: (text: string, params: ReadonlyArray<unknown>) => void): SqlClient =>
  new Proxy(sql, {
    get: (target, name) =>
      name === "unsafe"
        ? (...[text, params = []]: Parameters<SqlClient["unsafe"]>) => {
            tell(text, params)
            return target.unsafe(text, params)
          }
        : Reflect.get(target, name)
  })

const keys = Array.from({ length: 700 }, (_, n) => ({
  sensorId: sensorId((n % 5) + 1),
  minute: micros(at(0) + Math.floor(n / 5) * MICROS_PER_MINUTE)
}))

describe("Minutes that are looked up on SQLite", () => {
  it.live("are a range of the primary key of each sensor", () =>
    Effect.gen(function* () {
      const database = yield* Database
      const sent: Array<readonly [string, ReadonlyArray<unknown>]> = []
      yield* database.read((sql) =>
        rowsOf(
          telling(sql, (...of) => sent.push(of)),
          database,
          1,
          keys
        )
      )
      assert.lengthOf(sent, 2)
      for (const [text, params] of sent) {
        const plan = yield* database.read((sql) =>
          sql
            .unsafe<Rows.Row>(`EXPLAIN QUERY PLAN ${text}`, params)
            .pipe(Effect.flatMap(Rows.every(({ detail }) => Rows.text(detail))))
        )
        const search = plan.find((line) => line.startsWith("SEARCH m")) ?? ""
        assert.match(search, /PRIMARY KEY \(generation=\? AND sensor_id=\? AND minute[=>]\?/)
      }
    }).pipe(Effect.provide(sqlite.layer))
  )
})
