/**
 * A server that is silent, behind a wire that is cut or half open: noticed, said, and nobody waits for it. Bounds are
 * generous: they tell an answer from a hang.
 */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Schedule from "effect/Schedule"
import { layer } from "../../src/db/Database.js"
import { Database } from "../../src/db/Transaction.js"
import { Proxy } from "../chaos/kit/proxy.js"
import { hasMysql, mysqlDatabase } from "../support/databases.js"

const NOTICED = "10 seconds"
const BACK = "5 seconds"
/** What is known to be away is not waited for. */
const AT_ONCE = "1 second"

const proxied = Effect.gen(function* () {
  const target = yield* mysqlDatabase.target
  if (target._tag !== "Mysql") return yield* Effect.dieMessage("not a MySQL server")
  const [server] = target.hosts
  const proxy = yield* Effect.acquireRelease(
    Effect.promise(() => Proxy.start(server?.port ?? 0)),
    (open) => Effect.promise(() => open.stop())
  )
  return { proxy, target: { ...target, hosts: [{ host: "127.0.0.1", port: proxy.port }] } }
})

/** The body with a database behind a proxy; the wire is whole again when the database closes. */
const behindProxy = (body: (proxy: Proxy) => Effect.Effect<void, unknown, Database>) =>
  Effect.gen(function* () {
    const { proxy, target } = yield* proxied
    const mended = Effect.addFinalizer(() => Effect.promise(() => proxy.pass()))
    yield* Effect.scoped(Effect.zipRight(mended, body(proxy))).pipe(Effect.provide(layer(target)))
  }).pipe(Effect.scoped)

const write = Effect.flatMap(Database, (db) =>
  db.transact((sql) => sql`UPDATE log_head SET rejected_bytes = rejected_bytes + 1`)
)
const read = Effect.flatMap(Database, (db) => db.read((sql) => sql`SELECT position FROM log_head`))
const reachable = (expected: boolean) =>
  Effect.flatMap(Database, (db) => db.status).pipe(
    Effect.delay("20 millis"),
    Effect.repeat({ until: (status) => status.reachable === expected })
  )

describe.skipIf(!hasMysql())("a MySQL server that is silent", () => {
  it.live("is noticed, and whoever waits for it is told", () =>
    behindProxy((proxy) =>
      Effect.gen(function* () {
        yield* write
        proxy.blackHole()
        // More of each than there are connections.
        const waiting = yield* Effect.forEach([...Array(20)], () => Effect.fork(Effect.either(read)))
        const writing = yield* Effect.forEach([...Array(6)], () => Effect.fork(Effect.either(write)))
        const status = yield* reachable(false).pipe(Effect.timeout(NOTICED))
        assert.include(status.reason ?? "", "no answer")
        const outcomes = yield* Effect.forEach([...waiting, ...writing], Fiber.join).pipe(
          Effect.timeout(NOTICED)
        )
        assert.isTrue(outcomes.every((outcome) => outcome._tag === "Left"))
        const refused = yield* Effect.flip(read).pipe(Effect.timeout(AT_ONCE))
        assert.strictEqual(refused._tag === "DatabaseError" && refused.kind, "Transient")
        yield* Effect.flip(write).pipe(Effect.timeout(AT_ONCE))
        yield* Effect.promise(() => proxy.pass())
        yield* reachable(true).pipe(Effect.timeout(BACK))
        yield* write
        yield* read
      })
    )
  )

  it.live("is noticed to be gone by a proxy that still takes connections, and closes them", () =>
    behindProxy((proxy) =>
      Effect.gen(function* () {
        yield* write
        yield* read
        proxy.desert()
        const waiting = yield* Effect.forEach([read, write], (one) => Effect.fork(Effect.either(one)))
        const status = yield* reachable(false).pipe(Effect.timeout(NOTICED))
        assert.include(status.reason ?? "", "Connection lost")
        const outcomes = yield* Effect.forEach(waiting, Fiber.join).pipe(Effect.timeout(NOTICED))
        assert.isTrue(outcomes.every((outcome) => outcome._tag === "Left"))
        yield* Effect.promise(() => proxy.pass())
        yield* reachable(true).pipe(Effect.timeout(BACK))
        yield* write
        yield* read
      })
    )
  )

  it.live("is reached again when its connections are half open", () =>
    behindProxy((proxy) =>
      Effect.gen(function* () {
        yield* write
        yield* read
        proxy.halfOpen()
        yield* Effect.all([write, read], { concurrency: 2 }).pipe(
          Effect.retry({ schedule: Schedule.spaced("100 millis"), times: 40 }),
          Effect.timeout(NOTICED)
        )
      })
    )
  )

  it.live("is reached again when it has turned connections away, and left them open", () =>
    behindProxy((proxy) =>
      Effect.gen(function* () {
        yield* write
        proxy.turnAway()
        proxy.resetAll()
        const status = yield* reachable(false).pipe(Effect.timeout(NOTICED))
        assert.include(status.reason ?? "", "Too many connections")
        // The first of those connections have been silent for too long by then, and are cut.
        yield* Effect.sleep("4 seconds")
        yield* Effect.promise(() => proxy.pass())
        yield* reachable(true).pipe(Effect.timeout(BACK))
        yield* write
        yield* read
      })
    )
  )

  it.live("is not given up for an answer that is slow", () =>
    behindProxy((proxy) =>
      Effect.gen(function* () {
        yield* write
        proxy.latency(1_500)
        yield* read
        yield* write
        const status = yield* Effect.flatMap(Database, (db) => db.status)
        assert.isTrue(status.reachable)
      })
    )
  )
})
