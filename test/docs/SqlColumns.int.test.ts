/** docs/sql.md says of every column of the public views and tables what the databases say, and of no other. */
import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Database } from "../../src/db/Transaction.js"
import { CatalogueLog } from "../../src/eventlog/CatalogueLog.js"
import { Catalog, layer as catalogLayer } from "../../src/projections/catalogue/Catalogue.js"
import { append, candidate, folded, realServer, T0 } from "../http/realServer.js"
import { seed } from "../odata/data.js"
import { describeDatabases, type TestDatabase } from "../support/databases.js"
import { type DocumentedColumn, documentedColumns } from "./columns.js"

type Row = Readonly<Record<string, unknown>>

const documented = documentedColumns()

/** What SQLite keeps a type of MySQL as. */
const storageOf = (type: string): string =>
  /^(bigint|int)$/.test(type) ? "integer" : type === "double" ? "real" : "text"

/** Names and types of the real columns, in order; a type as `typeof` has it in SQLite. */
const columnsOf = (database: TestDatabase, name: string) =>
  Effect.flatMap(Database, (db) =>
    db.read((sql) =>
      database.name === "MySQL"
        ? sql<Row>`SELECT column_name AS name, column_type AS type FROM information_schema.columns
            WHERE table_schema = DATABASE() AND table_name = ${name} ORDER BY ordinal_position`
        : sql<Row>`SELECT name, '' AS type FROM pragma_table_info(${name}) ORDER BY cid`
    )
  )

interface Held {
  /** Rows where the column is null, and where it is not. */
  readonly nulls: number
  readonly values: number
  /** SQLite: what it holds. */
  readonly kinds: string
}

const heldBy = (database: TestDatabase, table: string, column: string) =>
  Effect.flatMap(Database, (db) =>
    db.read((sql) => {
      const kinds = database.name === "MySQL" ? sql`''` : sql`group_concat(DISTINCT typeof(${sql(column)}))`
      return Effect.map(
        sql<Row>`SELECT COUNT(*) - COUNT(${sql(column)}) AS empty, COUNT(${sql(column)}) AS filled,
          ${kinds} AS kinds FROM ${sql(table)}`,
        ([row]): Held => ({
          nulls: Number(row?.empty),
          values: Number(row?.filled),
          kinds: String(row?.kinds)
        })
      )
    })
  )

/** Readings with and without all that may be null. */
const rows = Effect.gen(function* () {
  yield* seed
  // A sum beyond the range of a double, and steps enough for an interval to be estimated.
  yield* append([candidate(8, T0, 1.7e308), candidate(8, T0 + 1_000_000, 1.7e308)])
  yield* append(Array.from({ length: 110 }, (_, i) => candidate(7, T0 + i * 10_000_000, i)))
  yield* folded
  // A minute that an earlier version folded has no percentiles.
  yield* Effect.flatMap(Database, (db) =>
    db.transact(
      (sql) =>
        sql`UPDATE sensor_minutes SET value_p50 = NULL, value_p95 = NULL, value_p99 = NULL WHERE sensor_id = 8`
    )
  )
  const words = yield* CatalogueLog
  const annotation = { start: T0, sensors: [], kind: "note", text: "Door open" } as const
  for (const [end, by] of [
    [null, {}],
    [T0, { actor: "ann", reason: "asked to" }]
  ] as const) {
    const payload = { ...annotation, end }
    yield* words.change({
      ...{ kind: "annotation", subject: null, ...by },
      decide: () => ({ type: "AnnotationMade", payload })
    })
  }
  yield* Effect.flatMap(Catalog, ({ datasets }) => datasets({ skip: 0, limit: 10 }))
})

const fits = (column: DocumentedColumn, held: Held, where: string) => {
  assert.isAbove(held.values, 0, `${where} holds nothing in this test`)
  if (column.nullable) assert.isAbove(held.nulls, 0, `${where} may be null, says the page, and never was`)
  else assert.strictEqual(held.nulls, 0, `${where} is null, and the page says never`)
  if (held.kinds !== "") {
    const kinds = held.kinds.split(",").filter((kind) => kind !== "null")
    assert.deepStrictEqual(kinds, [storageOf(column.type)], where)
  }
}

describeDatabases("docs/sql.md", (database) => {
  it.scopedLive("documents each public column as it is, and none that isn't there", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(
        [...documented.keys()],
        [
          "sensor_data",
          "aggregated_sensor_data",
          "aggregates_1h",
          "aggregates_1d",
          "sensors",
          "annotations",
          "metadata"
        ]
      )
      yield* rows
      for (const [table, columns] of documented) {
        const real = yield* columnsOf(database, table)
        assert.deepStrictEqual(
          columns.map(({ name }) => name),
          real.map(({ name }) => String(name)),
          table
        )
        for (const [at, column] of columns.entries()) {
          const where = `${table}.${column.name}`
          assert.notStrictEqual(column.meaning, "", where)
          fits(column, yield* heldBy(database, table, column.name), where)
          if (database.name === "SQLite") continue
          // MariaDB writes a width behind whole numbers, and its own remark behind times that a view computes.
          const type = String(real[at]?.type)
            .replace(/^(bigint|int)\(\d+\)$/, "$1")
            .replace(" /* mariadb-5.3 */", "")
          assert.strictEqual(column.type, type, where)
        }
      }
    }).pipe(Effect.provide(catalogLayer.pipe(Layer.provideMerge(realServer(database)))))
  )
})
