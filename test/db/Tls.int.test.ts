/** What is said to a server goes over TLS when it was asked for, in whichever way; and never without, in silence. */
import { execFileSync } from "node:child_process"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import { parseDatabaseUrl } from "../../src/config/DatabaseTarget.js"
import { layer } from "../../src/db/Database.js"
import { Database } from "../../src/db/Transaction.js"
import { hasMysql } from "../support/databases.js"
import { startMariaDb } from "../support/mysql.global.js"
import { folder } from "../support/tidemark.js"

const hasOpenssl = Either.isRight(Either.try(() => execFileSync("openssl", ["version"], { stdio: "ignore" })))

/** An authority and a certificate of it for a server, as files of a folder. */
const certificates = (path: string) => {
  const openssl = (...args: ReadonlyArray<string>) =>
    execFileSync("openssl", args, { cwd: path, stdio: "ignore" })
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
  openssl(
    "req",
    "-x509",
    ...key,
    "-keyout",
    "ca.key",
    "-out",
    "ca.pem",
    "-days",
    "2",
    "-subj",
    "/CN=authority"
  )
  openssl("req", ...key, "-keyout", "server.key", "-out", "server.csr", "-subj", "/CN=127.0.0.1")
  const signed = ["-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2"]
  openssl("x509", "-req", "-in", "server.csr", "-out", "server.pem", ...signed)
  return readFileSync(join(path, "ca.pem"), "utf8")
}

const cipher = (address: string, tlsCa?: string) =>
  Effect.flatMap(Database, (database) =>
    database.read((sql) => sql<{ Value: string }>`SHOW SESSION STATUS LIKE 'Ssl_cipher'`)
  ).pipe(
    Effect.map(([row]) => row?.Value ?? ""),
    Effect.provide(layer(Either.getOrThrowWith(parseDatabaseUrl(address), Error), { tlsCa }))
  )

describe.skipIf(!hasMysql() || !hasOpenssl)("TLS to a server (mariadbd and openssl)", () => {
  it.scopedLive("is on with a certificate alone, on with ssl=, and off with neither", () =>
    Effect.gen(function* () {
      const path = yield* folder
      const ca = certificates(path)
      const own = (name: string) => join(path, name)
      const server = yield* Effect.acquireRelease(
        Effect.promise(() =>
          startMariaDb([
            `--ssl-ca=${own("ca.pem")}`,
            `--ssl-cert=${own("server.pem")}`,
            `--ssl-key=${own("server.key")}`
          ])
        ),
        (started) => Effect.promise(async () => started?.stop())
      )
      if (server === undefined) return
      const address = `${server.url}/mysql`
      assert.strictEqual(yield* cipher(address), "")
      assert.notStrictEqual(yield* cipher(address, ca), "")
      assert.notStrictEqual(yield* cipher(`${address}?ssl=YES`, ca), "")
    })
  )
})
