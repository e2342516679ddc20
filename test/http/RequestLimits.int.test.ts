/** What one key and one address may ask for: how many requests, and how many at once. */
import { request } from "node:http"
import * as HttpServer from "@effect/platform/HttpServer"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import { NO_REQUEST_BOUNDS } from "../../src/http/core/Limits.js"
import { HealthCheck } from "../../src/http/core/Ports.js"
import { ask, HEALTHY, keyedAuth, ON_LOOPBACK, problemFields, READER, serverLayer, WRITER } from "./server.js"

const portOf = Effect.map(HttpServer.HttpServer, ({ address }) =>
  address._tag === "TcpAddress" ? address.port : 0
)

const from = (address: string, key?: string): RequestInit => ({
  headers: {
    "x-forwarded-for": address,
    ...(key === undefined ? {} : { authorization: `Bearer ${key}` })
  }
})

const statuses = (count: number, init: RequestInit = {}) =>
  Effect.forEach(Array.from({ length: count }), () =>
    Effect.map(ask("/health/live", init), ({ status }) => status)
  )

describe("requests over the rate", () => {
  it.live("get 429, a problem that says when to come again, and others go on", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* statuses(10, from("192.0.2.1")), Array(10).fill(200))
      const refused = yield* ask("/sensors/?limit=1", from("192.0.2.1"))
      assert.deepStrictEqual(problemFields(refused, 429), [])
      assert.match(refused.headers.get("retry-after") ?? "", /^(?:[1-9]|10)$/)
      assert.strictEqual(refused.headers.get("x-content-type-options"), "nosniff")
      assert.strictEqual((yield* ask("/health/live", from("192.0.2.2"))).status, 200)
      // Who has one address of IPv6 has its whole network.
      for (let index = 0; index < 10; index++) yield* ask("/health/live", from(`2001:db8:1:2::${index}`))
      assert.strictEqual((yield* ask("/health/live", from("2001:db8:1:2:ffff::1"))).status, 429)
      assert.strictEqual((yield* ask("/health/live", from("2001:db8:1:3::1"))).status, 200)
    }).pipe(
      Effect.provide(
        serverLayer({
          trustedProxies: ON_LOOPBACK,
          requests: () => ({ ...NO_REQUEST_BOUNDS, perSecondMax: 1 })
        })
      )
    )
  )

  it.live("are no others where they ask for an upgrade", () =>
    Effect.gen(function* () {
      const upgrading = { connection: "upgrade", upgrade: "other" }
      const port = yield* portOf
      const statuses = yield* Effect.promise(async () => {
        const all: Array<number | undefined> = []
        for (let index = 0; index < 11; index++)
          all.push(
            await new Promise((resolve, reject) => {
              const asked = request({ port, host: "127.0.0.1", path: "/health/live", headers: upgrading })
              asked.on("response", (answer) => resolve(answer.resume().statusCode))
              asked.on("error", reject)
              asked.end()
            })
          )
        return all
      })
      assert.deepStrictEqual(statuses, [...Array(10).fill(200), 429])
    }).pipe(Effect.provide(serverLayer({ requests: () => ({ ...NO_REQUEST_BOUNDS, perSecondMax: 1 }) })))
  )

  it.live("are counted by key, whatever the address", () =>
    Effect.gen(function* () {
      const addresses = Array.from({ length: 10 }, (_, index) => `192.0.2.${index}`)
      for (const address of addresses) {
        const { status } = yield* ask("/health/live", from(address, READER))
        assert.strictEqual(status, 200)
      }
      assert.strictEqual((yield* ask("/health/live", from("192.0.2.99", READER))).status, 429)
      assert.strictEqual((yield* ask("/health/live", from("192.0.2.99", WRITER))).status, 200)
    }).pipe(
      Effect.provide(
        serverLayer({
          auth: keyedAuth,
          trustedProxies: ON_LOOPBACK,
          requests: () => ({ ...NO_REQUEST_BOUNDS, perSecondMax: 1 })
        })
      )
    )
  )

  it.live("are none where no rate is set", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* statuses(50), Array(50).fill(200))
    }).pipe(Effect.provide(serverLayer({})))
  )
})

describe("requests at once", () => {
  it.live("are bounded, and one that is answered makes room", () => {
    const gate = Effect.unsafeMakeLatch(false)
    const asked = Effect.unsafeMakeLatch(false)
    const health = Layer.succeed(HealthCheck, {
      report: Effect.zipRight(asked.open, Effect.as(gate.await, HEALTHY))
    })
    return Effect.gen(function* () {
      const first = yield* Effect.fork(ask("/health"))
      yield* asked.await
      const refused = yield* ask("/health/live")
      problemFields(refused, 429)
      assert.strictEqual(refused.headers.get("retry-after"), "1")
      yield* gate.open
      assert.strictEqual((yield* Fiber.join(first)).status, 200)
      assert.strictEqual((yield* ask("/health")).status, 200)
    }).pipe(Effect.provide(serverLayer({ health, requests: () => ({ ...NO_REQUEST_BOUNDS, atOnceMax: 1 }) })))
  })
})
