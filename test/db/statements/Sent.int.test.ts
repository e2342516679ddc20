/**
 * What the whole program sends to a server: MariaDB writes down each statement while the program starts on an empty database,
 * simulates, folds, and answers every endpoint of the contract. All of it is in the lists of each engine, and nothing of it
 * has a word that the sources' texts were not held to.
 */
import { createHash } from "node:crypto"
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { pathToFileURL } from "node:url"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import mysql from "mysql2/promise"
import { clientText } from "../../../src/cli/ClientCommand.js"
import { stripped } from "../../codegen/compile.js"
import { hasMysql } from "../../support/databases.js"
import { startMariaDb } from "../../support/mysql.global.js"
import { folder, startTidemark } from "../../support/tidemark.js"
import { ENGINES } from "./engines.js"
import { strangers } from "./lexer.js"

const DATABASE = "sent"
const KEY = "secret-of-this-test"
const API_KEYS = `owner:admin:${createHash("sha256").update(KEY).digest("hex")}`

type Call = (client: object, state: object) => Promise<unknown>

/** The generated client, and a call of every endpoint with it. */
const clientAndCalls = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "tidemark-sent-"))),
  (own) => Effect.sync(() => rmSync(own, { recursive: true, force: true }))
).pipe(
  Effect.flatMap((own) =>
    Effect.promise(async () => {
      writeFileSync(join(own, "package.json"), '{"type":"module"}')
      writeFileSync(join(own, "client.ts"), clientText())
      writeFileSync(join(own, "client.js"), stripped(join(own, "client.ts")))
      writeFileSync(join(own, "calls.js"), stripped("test/codegen/uses/calls.ts"))
      const { TidemarkClient } = await import(pathToFileURL(join(own, "client.js")).href)
      const { calls } = await import(pathToFileURL(join(own, "calls.js")).href)
      return {
        connect: (options: object): object => new TidemarkClient(options),
        calls: Object.values(calls) as ReadonlyArray<Call>
      }
    })
  )
)

const server = Effect.acquireRelease(
  Effect.promise(() =>
    startMariaDb(["--general-log=1", "--general-log-file=general.log", "--log-output=FILE"])
  ),
  (started) => Effect.promise(async () => started?.stop())
)

const RECORD = /^(?:\d{6}\s+\d+:\d\d:\d\d)?\s+(\d+) (Connect|Query|Prepare|\w[\w ]*)\t(.*)$/

/** The statements of connections to the database; of what is prepared once, as it was prepared. */
const statementsIn = (log: string): ReadonlyArray<string> => {
  const ours = new Set<string>()
  const texts: Array<string> = []
  let isText = false
  for (const line of log.split("\n")) {
    const record = RECORD.exec(line)
    if (record === null) {
      if (isText) texts[texts.length - 1] += `\n${line}`
      continue
    }
    const [, connection = "", command, text = ""] = record
    if (command === "Connect" && text.includes(` on ${DATABASE} `)) ours.add(connection)
    isText = ours.has(connection) && (command === "Query" || command === "Prepare")
    if (isText) texts.push(text)
  }
  return [...new Set(texts)]
}

describe.skipIf(!hasMysql() || process.env.TEST_MYSQL_URL !== undefined)("What is sent to a server", () => {
  it.scopedLive(
    "is in the lists of each engine",
    () =>
      Effect.gen(function* () {
        const maria = yield* server
        if (maria === undefined) return yield* Effect.dieMessage("mariadbd did not start")
        const { calls, connect } = yield* clientAndCalls
        const admin = yield* Effect.promise(() => mysql.createConnection(maria.url))
        yield* Effect.promise(() => admin.query(`CREATE DATABASE ${DATABASE}`))
        const program = yield* startTidemark({
          DATA_DIR: yield* folder,
          DATABASE_URL: `${maria.url}/${DATABASE}`,
          API_KEYS,
          ALERT_WEBHOOK_URL: "http://127.0.0.1:9/"
        })
        yield* Effect.promise(async () => {
          await program.started(100_000)
          const client = connect({ baseUrl: `${program.http}/`, headers: { "x-api-key": KEY } })
          const state = {}
          for (const call of calls) await call(client, state)
          await program.kill("SIGTERM")
        })
        const [[row]] = yield* Effect.promise(() =>
          admin.query<Array<mysql.RowDataPacket>>("SELECT @@datadir AS folder")
        )
        yield* Effect.promise(() => admin.end())
        const statements = statementsIn(readFileSync(join(String(row?.folder), "general.log"), "utf8"))
        // The walk has really been everywhere.
        for (const part of [
          "INSERT INTO events",
          "INSERT INTO sensor_minutes",
          "CREATE TABLE",
          "FOR UPDATE",
          "COMMIT"
        ]) {
          assert.isTrue(
            statements.some((text) => text.includes(part)),
            part
          )
        }
        assert.isAbove(statements.length, 200)
        for (const [engine, vocabulary] of Object.entries(ENGINES)) {
          for (const text of statements) {
            assert.deepStrictEqual(strangers(text, vocabulary), [], `${engine}: ${text.slice(0, 500)}`)
          }
        }
      }),
    240_000
  )
})
