/**
 * Several hosts of one database, and one name that resolves elsewhere: a connection goes to the first that takes it and
 * takes writes. Bounds are generous: they tell a fail-over from a hang.
 */
import dns from "node:dns"
import { connect, createServer } from "node:net"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Schedule from "effect/Schedule"
import mysql from "mysql2/promise"
import { inject } from "vitest"
import { parseDatabaseUrl } from "../../src/config/DatabaseTarget.js"
import { layer } from "../../src/db/Database.js"
import { Database } from "../../src/db/Transaction.js"
import { Proxy } from "../chaos/kit/proxy.js"
import { authority, hasOpenssl } from "../support/certificates.js"
import { hasMysql, mysqlDatabase } from "../support/databases.js"
import { freePort, startMariaDb } from "../support/mysql.global.js"
import { folder } from "../support/tidemark.js"

const ELSEWHERE = "10 seconds"

const parsed = (url: string) => Either.getOrThrowWith(parseDatabaseUrl(url), Error)

const write = Effect.flatMap(Database, (db) =>
  db.transact((sql) => sql`UPDATE log_head SET rejected_bytes = rejected_bytes + 1`)
)
const read = Effect.flatMap(Database, (db) => db.read((sql) => sql`SELECT position FROM log_head`))
const serverPort = Effect.flatMap(Database, (db) =>
  db.read((sql) => sql<{ port: number }>`SELECT @@port AS port`)
).pipe(Effect.map(([row]) => row?.port))
const again = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  effect.pipe(Effect.retry(Schedule.spaced("50 millis")), Effect.timeout(ELSEWHERE))

const proxyTo = (port: number) =>
  Effect.acquireRelease(
    Effect.promise(() => Proxy.start(port)),
    (proxy) => Effect.promise(() => proxy.stop())
  )

/** Two wires to the server of this run, and its database by both. */
const twoWires = Effect.gen(function* () {
  const url = new URL(yield* mysqlDatabase.url)
  const [first, second] = [yield* proxyTo(Number(url.port)), yield* proxyTo(Number(url.port))]
  const text = url.href.replace(url.host, `127.0.0.1:${first.port},127.0.0.1:${second.port}`)
  return { first, second, target: parsed(text) }
})

const privateServer = (options: ReadonlyArray<string> = []) =>
  Effect.acquireRelease(
    Effect.promise(() => startMariaDb(options)),
    (started) => Effect.promise(async () => started?.stop())
  ).pipe(
    Effect.flatMap((server) =>
      server === undefined ? Effect.dieMessage("no mariadbd") : Effect.succeed(server)
    )
  )

const run = (url: string, ...statements: ReadonlyArray<string>) =>
  Effect.promise(async () => {
    const connection = await mysql.createConnection(url)
    for (const statement of statements) await connection.query(statement)
    await connection.end()
  })

describe.skipIf(!hasMysql())("Several hosts of a database", () => {
  it.scopedLive("are tried in order at the start", () =>
    Effect.gen(function* () {
      const { first, second, target } = yield* twoWires
      yield* Effect.promise(() => first.refuse())
      yield* write.pipe(Effect.provide(layer(target)))
      assert.isAbove(second.taken, 0)
    })
  )

  it.scopedLive("are used one at a time: the next when one refuses, or is silent, and then that one", () =>
    Effect.gen(function* () {
      const { first, second, target } = yield* twoWires
      yield* Effect.gen(function* () {
        yield* write
        yield* read
        assert.strictEqual(second.taken, 0)
        yield* Effect.promise(() => first.refuse())
        yield* again(write)
        yield* again(read)
        yield* Effect.promise(() => first.pass())
        const { taken } = first
        yield* write
        yield* read
        assert.deepStrictEqual([first.taken, first.connections], [taken, 0])
        second.blackHole()
        yield* again(write)
        yield* again(read)
        assert.isAbove(first.taken, taken)
        yield* Effect.promise(() => second.pass())
      }).pipe(Effect.provide(layer(target)))
    })
  )

  it.scopedLive("are passed over while they take no writes", () =>
    Effect.gen(function* () {
      const server = yield* privateServer()
      const other = new URL(yield* mysqlDatabase.url)
      const name = other.pathname.slice(1)
      const user = `plain_${name}`
      // Without the rights of an administrator, on whom read_only has no effect.
      for (const url of [server.url, inject("mysqlUrl")])
        yield* run(
          url,
          `CREATE DATABASE IF NOT EXISTS ${name}`,
          `CREATE USER ${user}@'127.0.0.1' IDENTIFIED BY 'test'`,
          `GRANT ALL ON ${name}.* TO ${user}@'127.0.0.1'`
        )
      yield* Effect.addFinalizer(() => run(inject("mysqlUrl"), `DROP USER ${user}@'127.0.0.1'`))
      const at = (hosts: string) => parsed(`mysql://${user}:test@${hosts}/${name}`)
      yield* write.pipe(Effect.provide(layer(at(other.host))))
      yield* Effect.gen(function* () {
        yield* write
        yield* read
        assert.strictEqual(yield* serverPort, server.port)
        // Nobody writes: that it is read-only is asked.
        yield* run(server.url, "SET GLOBAL read_only = 1")
        yield* again(Effect.filterOrFail(serverPort, (port) => port === Number(other.port)))
        yield* write
        yield* run(server.url, "SET GLOBAL read_only = 0")
        assert.strictEqual(yield* serverPort, Number(other.port))
      }).pipe(Effect.provide(layer(at(`127.0.0.1:${server.port},${other.host}`))))
      yield* Effect.gen(function* () {
        yield* write
        yield* run(server.url, "SET GLOBAL read_only = 1")
        // The write itself is told so, and goes elsewhere within its retries.
        yield* write
        assert.strictEqual(yield* serverPort, Number(other.port))
      }).pipe(Effect.provide(layer(at(`127.0.0.1:${server.port},${other.host}`))))
    })
  )

  it.scopedLive("are one that has a name which resolves elsewhere", () =>
    Effect.gen(function* () {
      const url = new URL(yield* mysqlDatabase.url)
      const port = yield* Effect.promise(freePort)
      const relayAt = (address: string) => {
        const open = new Set<import("node:net").Socket>()
        const server = createServer((client) => {
          const to = connect(Number(url.port), "127.0.0.1")
          for (const socket of [client, to]) {
            open.add(socket)
            socket.on("error", () => undefined)
            socket.on("close", () => {
              client.destroy()
              to.destroy()
            })
          }
          client.pipe(to).pipe(client)
        })
        return Effect.acquireRelease(
          Effect.async<() => void>((resume) => {
            server.listen(port, address, () =>
              resume(
                Effect.succeed(() => {
                  server.close()
                  for (const socket of open) socket.destroy()
                })
              )
            )
          }),
          (stop) => Effect.sync(stop)
        )
      }
      const stopFirst = yield* relayAt("127.0.0.1")
      yield* relayAt("127.0.0.2")
      let address = "127.0.0.1"
      const { lookup } = dns
      yield* Effect.addFinalizer(() => Effect.sync(() => Object.assign(dns, { lookup })))
      const answer = (
        _: string,
        options: { readonly all?: boolean },
        done: (error: null, found: unknown, family?: number) => void
      ) => (options.all === true ? done(null, [{ address, family: 4 }]) : done(null, address, 4))
      Object.assign(dns, { lookup: answer })
      const target = parsed(url.href.replace(url.host, `db.example:${port}`))
      yield* Effect.gen(function* () {
        yield* write
        yield* read
        stopFirst()
        address = "127.0.0.2"
        yield* again(write)
        yield* again(read)
      }).pipe(Effect.provide(layer(target)))
    })
  )

  it.scopedLive.skipIf(!hasOpenssl())("are each held to their own name by TLS", () =>
    Effect.gen(function* () {
      const ca = authority(yield* folder)
      const { cert, key } = ca.certify("server", "server", ["DNS:localhost"])
      const server = yield* privateServer([`--ssl-ca=${ca.file}`, `--ssl-cert=${cert}`, `--ssl-key=${key}`])
      const where = (hosts: string) => parsed(`mysql://tidemark:test@${hosts}/mysql`)
      const [right, wrong] = [`localhost:${server.port}`, `127.0.0.1:${server.port}`]
      const opened = (hosts: string) => Effect.provide(serverPort, layer(where(hosts), { tlsCa: ca.pem }))
      // The certificate is not the address'; the first is passed over.
      assert.strictEqual(yield* opened(`${wrong},${right}`), server.port)
      assert.strictEqual(yield* opened(`${right},${wrong}`), server.port)
      assert.match((yield* Effect.flip(opened(`${wrong},${wrong}`))).message, /another host's/)
    })
  )
})
