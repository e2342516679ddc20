/**
 * Migrated databases of MySQL in a part of the time: the migrations run once a run of tests, and each database is copied
 * from what they made. Tests of the migrations begin with an empty database instead.
 */
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import type { Connection, RowDataPacket } from "mysql2/promise"
import { inject } from "vitest"
import { parseDatabaseUrl } from "../../src/config/DatabaseTarget.js"
import { layer as databaseLayer } from "../../src/db/Database.js"

const LOCK_SECONDS_MAX = 60

const rowsOf = async (connection: Connection, text: string) =>
  (await connection.query<Array<RowDataPacket>>(text))[0]

const migrated = (url: string) =>
  Effect.runPromise(
    Effect.scoped(Layer.build(databaseLayer(Either.getOrThrowWith(parseDatabaseUrl(url), Error))))
  )

/** The template, made by the first test file that needs it. */
const makeTemplate = async (connection: Connection, template: string) => {
  await rowsOf(connection, `SELECT GET_LOCK('${template}', ${LOCK_SECONDS_MAX})`)
  try {
    const existing = await rowsOf(connection, `SHOW DATABASES LIKE '${template}'`)
    if (existing.length > 0) return
    await connection.query(`CREATE DATABASE ${template}`)
    await migrated(`${inject("mysqlUrl")}/${template}`)
  } finally {
    await rowsOf(connection, `SELECT RELEASE_LOCK('${template}')`)
  }
}

/** Those that name no other first. */
const inOrder = (views: ReadonlyMap<string, string>): ReadonlyArray<string> => {
  const open = new Map(views)
  const ordered: Array<string> = []
  while (open.size > 0) {
    const next = [...open].filter(([name, text]) =>
      [...open.keys()].every((other) => other === name || !text.includes(`\`${other}\``))
    )
    if (next.length === 0) throw new Error(`views name each other: ${[...open.keys()].join(", ")}`)
    for (const [name, text] of next) {
      ordered.push(text)
      open.delete(name)
    }
  }
  return ordered
}

/** The statements that make a copy in the database in use. */
const statementsOf = async (connection: Connection, template: string) => {
  const tables: Array<string> = []
  const views = new Map<string, string>()
  for (const [name, kind] of (await rowsOf(connection, `SHOW FULL TABLES IN ${template}`)).map(
    Object.values
  )) {
    const [shown] = await rowsOf(connection, `SHOW CREATE TABLE ${template}.${name}`)
    if (kind === "VIEW") views.set(name, shown?.["Create View"].replaceAll(`\`${template}\`.`, ""))
    else {
      const filled = await rowsOf(connection, `SELECT 1 FROM ${template}.${name} LIMIT 1`)
      tables.push(shown?.["Create Table"])
      if (filled.length > 0) tables.push(`INSERT INTO ${name} SELECT * FROM ${template}.${name}`)
    }
  }
  return ["SET SESSION foreign_key_checks = 0", ...tables, ...inOrder(views)]
}

let statements: Promise<ReadonlyArray<string>> | undefined

/** Makes the migrated schema in this empty database. The connection takes several statements at once. */
export const copyTemplate = async (connection: Connection, database: string): Promise<void> => {
  const template = inject("mysqlTemplate")
  statements ??= makeTemplate(connection, template).then(() => statementsOf(connection, template))
  await connection.query([`USE ${database}`, ...(await statements)].join(";\n"))
}
