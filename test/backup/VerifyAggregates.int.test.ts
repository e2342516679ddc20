/** A cell that was changed in a minute of a derived sensor, an hour or a day is found, and so is a row that is gone. */
import type { SqlClient } from "@effect/sql/SqlClient"
import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { verifyDatabase } from "../../src/backup/verify/VerifyDatabase.js"
import { openBeside } from "../../src/cli/backup/OpenBeside.js"
import type { DatabaseTarget } from "../../src/config/DatabaseTarget.js"
import { Database } from "../../src/db/Transaction.js"
import { sensorId } from "../../src/domain/Ids.js"
import { EventLog } from "../../src/eventlog/EventLog.js"
import { Minutes } from "../../src/projections/minutes/Minutes.js"
import { describeDatabases } from "../support/databases.js"
import { appendReadings, fill, services } from "./filled.js"

const faultsOf = (target: DatabaseTarget) =>
  Effect.scoped(
    Effect.flatMap(openBeside(target), (open) => Effect.map(verifyDatabase(open), ({ faults }) => faults))
  )

const write = (body: (sql: SqlClient) => Effect.Effect<unknown, unknown>) =>
  Effect.flatMap(Database, (database) => database.transact((sql) => Effect.orDie(body(sql))))

/** Of sensors 1 and 7, which `fill` has given readings in the same minutes. */
const define = (expression: string) =>
  Effect.gen(function* () {
    const log = yield* EventLog
    const sources = [1, 7].map((id) => ({ sensor: sensorId(id), name: null }))
    const said = { expression, sources, unit: null, type: null, description: null }
    const { event } = yield* log.derive({ name: "both", said })
    return event.type === "SensorDerived" ? event.payload.sensor : sensorId(1)
  })

const TABLES = ["sensor_minutes", "sensor_hours", "sensor_days"] as const

describeDatabases("Verify of what is made from minutes", (database) => {
  it.live("finds a cell that was changed, and a row that is gone", () =>
    Effect.gen(function* () {
      const target = yield* database.target
      yield* Effect.provide(
        Effect.gen(function* () {
          yield* fill
          yield* appendReadings(4_000, 400)
          const derived = yield* define("mean(s1) + max(s7)")
          yield* Effect.flatMap(Minutes, ({ catchUp }) => catchUp)
          assert.deepStrictEqual(yield* faultsOf(target), [])
          for (const table of TABLES) {
            const sensor = table === "sensor_minutes" ? derived : sensorId(7)
            const [word, column] =
              table === "sensor_minutes"
                ? [`of derived sensor ${derived}`, "position"]
                : [`the ${table === "sensor_hours" ? "hour" : "day"} `, "minutes"]
            for (const cell of ["value_max", column]) {
              const set = (change: string) =>
                write((sql) =>
                  sql.unsafe(`UPDATE ${table} SET ${cell} = ${cell} ${change} WHERE sensor_id = ${sensor}`)
                )
              yield* set("* 2")
              const [fault = "", ...others] = yield* faultsOf(target)
              assert.include(fault, word)
              assert.match(fault, new RegExp(`of (derived )?sensor ${sensor} is not .*: ${cell}$`))
              // Hours are merged from minutes: those of a wrong minute are told of, too.
              if (table !== "sensor_minutes") assert.isTrue(others.every((other) => other.includes(word)))
              yield* set("/ 2")
            }
            const move = (to: string) =>
              write((sql) => sql.unsafe(`UPDATE ${table} SET generation = ${to} WHERE sensor_id = ${sensor}`))
            yield* move("-generation")
            assert.match((yield* faultsOf(target)).join("\n"), /of (derived )?sensor \d+ is not stored/)
            yield* move("-generation")
            assert.deepStrictEqual(yield* faultsOf(target), [])
          }
          // One that is to be merged again is not what it will be.
          yield* write((sql) => sql`UPDATE sensor_hours SET value_max = value_max + 1 WHERE sensor_id = 7`)
          yield* write(
            (sql) => sql`INSERT INTO interval_marks (set_id, sensor_id, hour)
              SELECT generation, sensor_id, minute FROM sensor_hours WHERE sensor_id = 7`
          )
          assert.deepStrictEqual(yield* faultsOf(target), [])
        }),
        services(target)
      )
    }).pipe(Effect.scoped)
  )

  it.live("finds nothing while all of it is being made", () =>
    Effect.gen(function* () {
      const target = yield* database.target
      yield* Effect.provide(
        Effect.gen(function* () {
          yield* fill
          yield* define("mean(s1) + max(s7)")
          yield* appendReadings(4_000, 100)
          // Another definition, in the middle: of each minute the one before, until the fold has come to it.
          yield* define("mean(s1) - max(s7)")
          yield* appendReadings(4_200, 100)
          const minutes = yield* Minutes
          for (let steps = 1, more = true; more; steps++) {
            more = (yield* minutes.step)._tag !== "CaughtUp"
            if (steps % 3 === 0) assert.deepStrictEqual(yield* faultsOf(target), [])
          }
          yield* minutes.catchUp
          assert.deepStrictEqual(yield* faultsOf(target), [])
        }),
        // Few at a time: each step ends amidst something.
        services(target, { batchMax: 60 })
      )
    }).pipe(Effect.scoped)
  )
})
