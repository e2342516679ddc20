/**
 * The dbt package of docs/dbt is of the SQL surface: its sources name what docs/sql.md documents, its models run on a
 * database of the real program and give the columns that their YAML names, and its tests hold there.
 */
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import Sqlite from "libsql"
import { parse } from "yaml"
import { sqlite } from "../support/databases.js"
import { documentedColumns } from "./columns.js"
import { running } from "./running.js"

const FOLDER = "docs/dbt/models"

interface Accepted {
  readonly accepted_values: { readonly values: ReadonlyArray<string> }
}
interface Related {
  readonly relationships: { readonly to: string; readonly field: string }
}
interface Column {
  readonly name: string
  readonly tests?: ReadonlyArray<"unique" | "not_null" | Accepted | Related>
}
interface Table {
  readonly name: string
  readonly columns: ReadonlyArray<Column>
}

const yaml = (path: string) => parse(readFileSync(join(FOLDER, path), "utf8"))
const sources: ReadonlyArray<Table> = yaml("sources.yml").sources[0].tables
const models: ReadonlyArray<Table> = yaml("staging/staging.yml").models

/** What dbt compiles a model to, as it has sources of this package alone. */
const compiled = (name: string): string =>
  readFileSync(join(FOLDER, `staging/${name}.sql`), "utf8").replace(
    /\{\{ source\('tidemark', '(\w+)'\) \}\}/g,
    (_, table: string) => table
  )

/** The rows that a test of a column finds fault with, as dbt asks for them. */
const faults = (from: string, column: string, test: NonNullable<Column["tests"]>[number]): string => {
  if (test === "not_null") return `SELECT 1 FROM ${from} WHERE ${column} IS NULL`
  if (test === "unique") return `SELECT 1 FROM ${from} GROUP BY ${column} HAVING COUNT(*) > 1`
  if ("accepted_values" in test) {
    const values = test.accepted_values.values.map((value) => `'${value}'`).join()
    return `SELECT 1 FROM ${from} WHERE ${column} NOT IN (${values})`
  }
  const { field, to } = test.relationships
  const parent = /^ref\('(\w+)'\)$/.exec(to)?.[1] ?? ""
  return `SELECT 1 FROM ${from} WHERE ${column} NOT IN (SELECT ${field} FROM (${compiled(parent)}))`
}

const tested = [
  ...sources.map(({ columns, name }) => ({ name, from: name, columns })),
  ...models.map(({ columns, name }) => ({ name, from: `(${compiled(name)})`, columns }))
]

describe("the dbt package", () => {
  it("has sources that docs/sql.md documents, all of them", () => {
    const documented = documentedColumns()
    for (const { columns, name } of sources) {
      const known = documented.get(name)?.map((column) => column.name) ?? []
      for (const column of columns) assert.include(known, column.name, name)
      for (const { name: column, tests } of columns)
        if (tests?.includes("not_null") !== true)
          assert.isTrue(documented.get(name)?.find((known) => known.name === column)?.nullable, column)
    }
    assert.sameMembers(
      sources.map(({ name }) => name),
      [...documented.keys()]
    )
  })

  it.scopedLive("has models that run, with the columns that are described, and tests that hold", () =>
    Effect.gen(function* () {
      const { url } = yield* running(sqlite)
      const db = new Sqlite(new URL(url).pathname, { readonly: true })
      yield* Effect.addFinalizer(() => Effect.sync(() => db.close()))
      for (const { columns, name } of models) {
        const rows = db.prepare(compiled(name)).all()
        assert.isNotEmpty(rows, name)
        assert.deepStrictEqual(
          Object.keys(Object(rows[0])),
          columns.map((column) => column.name),
          name
        )
      }
      for (const { columns, from, name } of tested)
        for (const column of columns)
          for (const test of column.tests ?? [])
            assert.lengthOf(
              db.prepare(faults(from, column.name, test)).all(),
              0,
              `${name}.${column.name}: ${JSON.stringify(test)}`
            )
    })
  )
})
