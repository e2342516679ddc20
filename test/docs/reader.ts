/** The read-only user of docs/read-only-user.sql, made on the run's MySQL server for one database. */
import { randomBytes } from "node:crypto"
import { readFileSync } from "node:fs"
import * as Effect from "effect/Effect"
import mysql from "mysql2/promise"

/** The script's statements, with names of the test's own in place of those to be changed. */
export const readerStatements = (database: string, user: string, password: string): ReadonlyArray<string> =>
  readFileSync("docs/read-only-user.sql", "utf8")
    .replace(/^--.*$/gm, "")
    .replaceAll("`tidemark`", `\`${database}\``)
    .replaceAll("tidemark_reader", user)
    .replaceAll("change this password", password)
    .split(";")
    .map((statement) => statement.trim())
    .filter((statement) => statement !== "")

/** A connection of the reader, to the database that `url` names; the user is dropped with the scope. */
export const readerOf = (url: string) =>
  Effect.gen(function* () {
    const { hostname, pathname, port } = new URL(url)
    const database = pathname.slice(1)
    const user = `reader_${randomBytes(4).toString("hex")}`
    yield* Effect.acquireRelease(
      Effect.promise(async () => {
        const administrator = await mysql.createConnection(url)
        for (const statement of readerStatements(database, user, "secret"))
          await administrator.query(statement)
        return administrator
      }),
      (administrator) =>
        Effect.promise(async () => {
          await administrator.query(`DROP USER '${user}'@'%'`)
          await administrator.end()
        })
    )
    return yield* Effect.acquireRelease(
      Effect.promise(() =>
        mysql.createConnection({
          host: hostname,
          port: Number(port),
          user,
          password: "secret",
          database,
          timezone: "Z",
          dateStrings: true
        })
      ),
      (connection) => Effect.promise(() => connection.end())
    )
  })
