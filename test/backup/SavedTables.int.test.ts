/** What a backup takes a table to be is what the migrations make of it, on both databases. */
import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { allTables, eventsTable, MADE_AGAIN, savedTables } from "../../src/backup/SavedTables.js"
import { Database } from "../../src/db/Transaction.js"
import { describeDatabases } from "../support/databases.js"

it("saves every table, but for what is made from the log", () => {
  const names = [eventsTable, ...savedTables].map(({ name }) => name)
  assert.includeMembers(names, [
    "events",
    "sensors",
    "catalogue_events",
    "rejected_messages",
    "imports",
    "answers"
  ])
  assert.deepStrictEqual(
    allTables
      .map(({ name }) => name)
      .filter((name) => !names.includes(name))
      .sort(),
    [...MADE_AGAIN].sort()
  )
  for (const { columns, key, name } of allTables) {
    assert.isAbove(key.length, 0, name)
    assert.includeMembers(
      columns.map((column) => column.name),
      [...key],
      name
    )
  }
})

/** Which kinds a column of such a type may have; SQLite keeps times and keys in types of others. */
const KINDS: ReadonlyArray<readonly [RegExp, ReadonlyArray<string>]> = [
  [/^(bigint|int|tinyint)/, ["integer"]],
  [/^integer/, ["integer"]],
  [/^(double|real)/, ["double"]],
  [/^datetime/, ["time"]],
  [/^binary/, ["key"]],
  [/^mediumblob/, ["bytes"]],
  [/^blob/, ["bytes", "key"]],
  [/^(longtext|json)/, ["json", "text"]],
  [/^text/, ["text", "time", "json"]],
  [/char|text/, ["text"]]
]

describeDatabases("The columns of saved tables", (database) => {
  it.live("are those of the database", () =>
    Effect.gen(function* () {
      const { read, syntax } = yield* Database
      for (const { columns, name } of allTables) {
        const there = yield* read((sql) =>
          sql.unsafe<{ name: string; type: string }>(syntax.columnsOf, [name])
        )
        assert.deepStrictEqual(
          columns.map((column) => column.name).sort(),
          there.map((column) => column.name).sort(),
          name
        )
        for (const { kind, name: column } of columns) {
          const type = String(there.find((one) => one.name === column)?.type).toLowerCase()
          const kinds = KINDS.find(([pattern]) => pattern.test(type))?.[1] ?? []
          assert.include(kinds, kind, `${name}.${column} ${type}`)
        }
      }
    }).pipe(Effect.provide(database.layer))
  )
})
