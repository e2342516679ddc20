/**
 * What the recipes ask MySQL, as the read-only user that they name; and the dashboards for Grafana: each address and
 * each statement in them gives the columns that its panel shows, with rows.
 */
import { assert, describe, layer } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { Connection } from "mysql2/promise"
import { hasMysql, mysqlDatabase } from "../support/databases.js"
import { dashboardOf, expanded } from "./dashboards.js"
import { readerOf } from "./reader.js"
import { fetched, type Running, running, statementsOf } from "./running.js"
import { SERVER, SNIPPETS } from "./snippets.js"

interface Served extends Running {
  readonly reader: Connection
}
class Server extends Context.Tag("test/docs/ServerOnMysql")<Server, Served>() {}

const served = Effect.gen(function* () {
  const server = yield* running(mysqlDatabase)
  const reader = yield* readerOf(server.url)
  yield* Effect.promise(() => reader.query("SET time_zone = '+00:00'"))
  return { ...server, reader }
})

/** The rows of one statement, and the names of its columns. */
const asked = async (reader: Connection, statement: string) => {
  const [rows, fields] = await reader.query(statement)
  return { rows: Array.isArray(rows) ? rows : [], columns: fields.map(({ name }) => name) }
}

const HOURS = 3 * 3_600_000

describe.skipIf(!hasMysql())("recipes on MySQL", () => {
  layer(Layer.scoped(Server, served), { excludeTestServices: true, timeout: "60 seconds" })((it) => {
    for (const { code, name, run } of SNIPPETS) {
      if (run._tag === "NotRun" || (run.kind !== "sql" && run.kind !== "sql mysql")) continue
      it.effect(name, () =>
        Effect.flatMap(Server, ({ reader }) =>
          Effect.promise(async () => {
            for (const statement of statementsOf(code)) {
              assert.isNotEmpty((await asked(reader, statement)).rows, statement)
            }
          })
        )
      )
    }

    it.effect("grafana-infinity.json: each address gives the columns of its panel", () =>
      Effect.flatMap(Server, ({ http }) =>
        Effect.promise(async () => {
          const dashboard = dashboardOf("docs/recipes/grafana-infinity.json")
          const targets = dashboard.panels.flatMap((panel) => panel.targets)
          for (const { columns = [], url = "" } of targets) {
            const address = expanded(url, dashboard, Date.now() - HOURS, Date.now())
            assert.isTrue(address.startsWith(SERVER), address)
            const [header = ""] = (await fetched(address, http)).split("\r\n")
            assert.isNotEmpty(columns)
            assert.includeMembers(
              header.split(","),
              columns.map(({ selector }) => selector),
              address
            )
          }
        })
      )
    )

    it.effect("grafana-mysql.json: each statement gives rows, by time where its panel draws them", () =>
      Effect.flatMap(Server, ({ reader }) =>
        Effect.promise(async () => {
          const dashboard = dashboardOf("docs/recipes/grafana-mysql.json")
          const queries = dashboard.templating.list.flatMap(({ query, type }) =>
            type === "query" ? [query] : []
          )
          assert.lengthOf(queries, 1)
          for (const query of queries) assert.isNotEmpty((await asked(reader, query)).rows)
          for (const { targets, type } of dashboard.panels) {
            for (const { rawSql = "" } of targets) {
              const statement = expanded(rawSql, dashboard, Date.now() - HOURS, Date.now())
              const { columns, rows } = await asked(reader, statement)
              assert.isNotEmpty(rows, statement)
              if (type === "timeseries") assert.deepStrictEqual(columns, ["time", "metric", "value"])
            }
          }
        })
      )
    )
  })
})
