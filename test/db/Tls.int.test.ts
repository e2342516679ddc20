/** What is said to a server goes over TLS when it was asked for, in whichever way; and never without, in silence. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import mysql from "mysql2/promise"
import { parseDatabaseUrl } from "../../src/config/DatabaseTarget.js"
import { layer } from "../../src/db/Database.js"
import { Database } from "../../src/db/Transaction.js"
import { authority, hasOpenssl } from "../support/certificates.js"
import { hasMysql } from "../support/databases.js"
import { startMariaDb } from "../support/mysql.global.js"
import { folder } from "../support/tidemark.js"

/** How what is said to the server is encrypted. */
const cipher = (address: string, tlsCa?: string) =>
  Effect.flatMap(Database, (database) =>
    database.read((sql) => sql<{ Value: string }>`SHOW SESSION STATUS LIKE 'Ssl_cipher'`)
  ).pipe(
    Effect.map(([row]) => row?.Value ?? ""),
    Effect.provide(layer(Either.getOrThrowWith(parseDatabaseUrl(address), Error), { tlsCa }))
  )

const refusal = (address: string, tlsCa?: string) =>
  Effect.map(Effect.flip(cipher(address, tlsCa)), ({ message }) => message)

/** A server with a certificate for these names, by an authority of its own. */
const serverWith = (names: ReadonlyArray<string>, options: ReadonlyArray<string> = []) =>
  Effect.gen(function* () {
    const ca = authority(yield* folder)
    const { cert, key } = ca.certify("server", "server", names)
    const tls = [`--ssl-ca=${ca.file}`, `--ssl-cert=${cert}`, `--ssl-key=${key}`, ...options]
    const server = yield* Effect.acquireRelease(
      Effect.promise(() => startMariaDb(tls)),
      (started) => Effect.promise(async () => started?.stop())
    )
    if (server === undefined) return yield* Effect.dieMessage("no mariadbd")
    return { ca, server, address: `${server.url}/mysql` }
  })

describe.skipIf(!hasMysql() || !hasOpenssl())("TLS to a server (mariadbd and openssl)", () => {
  it.scopedLive("is on with a certificate alone, on with ssl=, and off with neither", () =>
    Effect.gen(function* () {
      const { address, ca } = yield* serverWith(["IP:127.0.0.1"])
      assert.strictEqual(yield* cipher(address), "")
      assert.notStrictEqual(yield* cipher(address, ca.pem), "")
      assert.notStrictEqual(yield* cipher(`${address}?ssl=YES`, ca.pem), "")
    })
  )

  it.scopedLive("verifies the authority and the host's name, whether it is a name or an address", () =>
    Effect.gen(function* () {
      const { address, ca, server } = yield* serverWith(["DNS:db.example"], ["--require-secure-transport=ON"])
      const addresses = [address, address.replace("127.0.0.1", "localhost")]
      const stranger = authority(yield* folder, "stranger")
      const WRONG_NAME = /another host's: name in DATABASE_URL .* \?ssl=verify-ca/
      const WRONG_AUTHORITY = /no authority that is trusted here: give .* in DATABASE_TLS_CA/
      for (const where of addresses) {
        assert.match(yield* refusal(where), /add \?ssl=true where the server requires TLS/)
        assert.match(yield* refusal(where, ca.pem), WRONG_NAME)
        for (const ssl of ["true", "verify-ca"])
          for (const tlsCa of [undefined, stranger.pem])
            assert.match(yield* refusal(`${where}?ssl=${ssl}`, tlsCa), WRONG_AUTHORITY)
        assert.notStrictEqual(yield* cipher(`${where}?ssl=verify-ca`, ca.pem), "")
      }

      ca.certify("server", "server", ["DNS:localhost", "IP:127.0.0.1"])
      const root = yield* Effect.promise(() =>
        mysql.createConnection({ uri: server.url, ssl: { rejectUnauthorized: false } })
      )
      yield* Effect.promise(async () => {
        await root.query("FLUSH SSL")
        await root.end()
      })
      for (const where of addresses) assert.notStrictEqual(yield* cipher(where, ca.pem), "")
    })
  )
})
