/**
 * The server itself: its address, bytes that are no HTTP, and how it stops.
 */
import { connect } from "node:net"
import * as HttpServer from "@effect/platform/HttpServer"
import { assert, describe, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Scope from "effect/Scope"
import { HttpServerLive } from "../../src/app/HttpApp.js"
import { position } from "../../src/domain/Ids.js"
import { MICROS_PER_HOUR } from "../../src/domain/Time.js"
import { DEFAULT_HTTP_LIMITS, DRAIN_MILLIS } from "../../src/http/core/Limits.js"
import { Aggregates } from "../../src/projections/minutes/Aggregates.js"
import { ask, input, parts, post, problemFields, serverLayer, standing, unshaped } from "./server.js"

const portOf = Effect.map(HttpServer.HttpServer, ({ address }) =>
  address._tag === "TcpAddress" ? address.port : 0
)

/** Sends bytes, and gives all that comes back until the server closes. */
const raw = (bytes: string) =>
  Effect.flatMap(portOf, (port) =>
    Effect.async<string>((resume) => {
      const socket = connect(port, "127.0.0.1")
      let text = ""
      socket.on("data", (chunk) => {
        text += chunk
      })
      socket.once("error", () => {})
      socket.once("close", () => resume(Effect.succeed(text)))
      socket.write(bytes)
    })
  )

const body = (answer: string): unknown => JSON.parse(answer.slice(answer.indexOf("\r\n\r\n") + 4))

describe("the server", () => {
  it.live("says in one line that its port is taken", () =>
    Effect.gen(function* () {
      const port = yield* portOf
      const failed = yield* Effect.flip(
        Layer.launch(HttpServerLive({ host: "127.0.0.1", port }).pipe(Layer.provide(parts({}))))
      )
      assert.strictEqual(
        failed.message,
        `HTTP can't listen on 127.0.0.1:${port}: the port is taken; set HTTP_PORT to another one`
      )
    }).pipe(Effect.provide(serverLayer({})))
  )

  it.live("answers bytes that are no HTTP with a problem, and goes on", () =>
    Effect.gen(function* () {
      const garbage = yield* raw("hello\r\n\r\n")
      assert.match(garbage, /^HTTP\/1\.1 400 /)
      assert.deepInclude(body(garbage), { status: 400, errors: [] })
      // It still sends when the answer is there: closed at once, it would be reset, and never read it.
      const headers = Array.from({ length: 100_000 }, (_, index) => `x${index}: y`).join("\r\n")
      const many = yield* raw(`GET / HTTP/1.1\r\nhost: x\r\n${headers}\r\n\r\n`)
      assert.match(many, /^HTTP\/1\.1 431 /)
      const tunnel = yield* raw("CONNECT other.example:443 HTTP/1.1\r\nhost: x\r\n\r\n")
      assert.match(tunnel, /^HTTP\/1\.1 405 /)
      assert.match(tunnel, /\r\nx-content-type-options: nosniff\r\n/)
      const long = yield* raw(`GET / HTTP/1.1\r\nhost: x\r\nx: ${"y".repeat(40_000)}\r\n\r\n`)
      assert.match(long, /^HTTP\/1\.1 431 /)
      assert.deepInclude(body(long), { status: 431 })
      const absolute = yield* raw(
        "GET http://x/data/ HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n"
      )
      assert.match(absolute, /^HTTP\/1\.1 200 /)
      const star = yield* raw("OPTIONS * HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")
      assert.match(star, /^HTTP\/1\.1 404 /)
      assert.strictEqual((yield* ask("/data/")).status, 200)
    }).pipe(Effect.provide(serverLayer({})))
  )

  it.live("lives on when a client that asked to leave HTTP resets the connection", () =>
    Effect.gen(function* () {
      const port = yield* portOf
      const asked = [
        "GET /docs/ HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: other\r\n\r\n",
        "GET /mqtt HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n",
        "CONNECT other.example:443 HTTP/1.1\r\nhost: x\r\n\r\n"
      ]
      for (const [index, bytes] of [...asked, ...asked, ...asked, ...asked].entries())
        yield* Effect.promise(
          () =>
            new Promise<void>((resolve) => {
              const socket = connect(port, "127.0.0.1", () => {
                socket.write(bytes)
                setTimeout(() => socket.resetAndDestroy(), index)
              })
              socket.on("error", () => {})
              socket.once("close", () => resolve())
            })
        )
      assert.strictEqual((yield* ask("/data/")).status, 200)
    }).pipe(Effect.provide(serverLayer({})))
  )

  it.live("answers a request that could be upgraded as any other, and goes on with the connection", () =>
    Effect.gen(function* () {
      const reading = JSON.stringify(input(1, 0))
      // What Java's client sends first, over http.
      const h2c =
        "connection: upgrade, http2-settings\r\nupgrade: h2c\r\nhttp2-settings: AAMAAABkAAQAAP__\r\n"
      const first = `POST /data/ HTTP/1.1\r\nhost: localhost\r\n${h2c}content-type: application/json\r\ncontent-length: ${reading.length}\r\n\r\n${reading}`
      const port = yield* portOf
      const answers = yield* Effect.async<string>((resume) => {
        const socket = connect(port, "127.0.0.1")
        let text = ""
        socket.once("data", () =>
          socket.write("GET /data/ HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")
        )
        socket.on("data", (chunk) => {
          text += chunk
        })
        socket.once("close", () => resume(Effect.succeed(text)))
        socket.write(first)
      })
      assert.deepStrictEqual(answers.match(/HTTP\/1\.1 \d+/g), ["HTTP/1.1 201", "HTTP/1.1 200"])
    }).pipe(Effect.provide(serverLayer({})))
  )

  it.live("holds the limits that it is given", () =>
    Effect.gen(function* () {
      problemFields(yield* post("/data/", { ...input(1, 0), description: "x".repeat(500) }), 413)
      const soon = new Date(Date.now() + 2 * 3_600_000).toISOString()
      assert.deepStrictEqual(problemFields(yield* post("/data/", { ...input(1, 0), timestamp: soon }), 400), [
        "timestamp"
      ])
    }).pipe(
      Effect.provide(
        serverLayer({
          limits: { ...DEFAULT_HTTP_LIMITS, bodyBytesMax: 500, futureMicrosMax: MICROS_PER_HOUR }
        })
      )
    )
  )

  it.live("lets go of idle connections when it stops, and finishes what it is answering", () =>
    Effect.gen(function* () {
      const asked = yield* Deferred.make<void>()
      const go = yield* Deferred.make<void>()
      const slow = Layer.succeed(Aggregates, {
        ...unshaped,
        standing,
        aggregates: () =>
          Deferred.succeed(asked, undefined).pipe(
            Effect.andThen(Deferred.await(go)),
            Effect.as({ asOf: position(0), rows: [] })
          )
      })
      const scope = yield* Scope.make()
      const context = yield* Layer.buildWithScope(serverLayer({ aggregates: slow }), scope)
      // fetch keeps its connections alive: this one is idle when the server stops.
      assert.strictEqual((yield* ask("/data/").pipe(Effect.provide(context))).status, 200)
      const answer = yield* Effect.fork(ask("/aggregated_data/").pipe(Effect.provide(context)))
      yield* Deferred.await(asked)
      const closing = yield* Effect.fork(Scope.close(scope, Exit.void))
      yield* Deferred.succeed(go, undefined)
      assert.strictEqual((yield* Fiber.join(answer)).status, 200)
      const [took] = yield* Effect.timed(Fiber.join(closing))
      assert.isBelow(Number(took.value._tag === "Millis" ? took.value.millis : 0), DRAIN_MILLIS)
    })
  )
})
