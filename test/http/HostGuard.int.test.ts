/** Under which names the server answers: any where keys are needed, and where none are, no name of a stranger. */
import { connect } from "node:net"
import { assert, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { Problem } from "../../src/api/core/Problem.js"
import { askBytes, type Bytes, portOf } from "./realServer.js"
import { keyedAuth, ON_LOOPBACK, READER, serverLayer, shaped } from "./server.js"

const real = { excludeTestServices: true } as const

const LED = "led.example:8000"
/** A route of each kind: of the contract, a page, OData, MCP, a file of the pages, one that is not there. */
const ROUTES = [
  ...[["GET", "/data/"] as const, ["POST", "/data/"] as const, ["DELETE", "/data/1"] as const],
  ...[["GET", "/"] as const, ["GET", "/catalog/sensors"] as const, ["GET", "/odata/"] as const],
  ...[["POST", "/mcp"] as const, ["GET", "/assets/tidemark.css"] as const, ["GET", "/nothing"] as const],
  ["OPTIONS", "/data/"] as const
]

const problemOf = ({ body }: Bytes) => shaped(Problem, JSON.parse(body.toString()))
const statusAt = (host: string, headers: Record<string, string> = {}, path = "/data/") =>
  Effect.map(askBytes(path, { host, ...headers }), ({ status }) => status)

/** Sends a head, and gives the status of the answer and the object in its body, which comes in chunks. */
const raw = (head: string) =>
  Effect.flatMap(portOf, (port) =>
    Effect.async<readonly [status: number, body: string]>((resume) => {
      const socket = connect(port, "127.0.0.1")
      let text = ""
      socket.on("data", (chunk) => {
        text += chunk
      })
      socket.once("close", () => {
        const status = Number(/^HTTP\/1\.1 (\d+)/.exec(text)?.[1])
        resume(Effect.succeed([status, /\r\n(\{.*\})\r\n/.exec(text)?.[1] ?? ""]))
      })
      socket.write(head)
    })
  )

layer(serverLayer({ corsOrigins: ["https://Dashboards.example"] }), real)(
  "where nobody needs a key",
  (it) => {
    it.effect("a name that somebody else may have led here is refused, on each route", () =>
      Effect.gen(function* () {
        for (const [method, path] of ROUTES) {
          const own = yield* askBytes(path, {}, method)
          assert.notStrictEqual(own.status, 403, `${method} ${path}`)
          const led = yield* askBytes(path, { host: LED, origin: `http://${LED}` }, method)
          assert.strictEqual(led.status, 403, `${method} ${path}`)
          assert.strictEqual(led.headers["content-type"], "application/problem+json")
          assert.include(problemOf(led).detail, `add http://${LED} to CORS_ORIGINS`)
        }
      })
    )

    it.effect("an answer that is kept is not given under it either", () =>
      Effect.gen(function* () {
        for (let time = 0; time < 3; time += 1) assert.strictEqual(yield* statusAt("localhost"), 200)
        assert.strictEqual(yield* statusAt(LED), 403)
      })
    )

    it.effect("addresses, names without a dot, and names of CORS_ORIGINS are answered, at any port", () =>
      Effect.gen(function* () {
        const known = [
          "127.0.0.1",
          "127.0.0.1:8000",
          "[::1]:8000",
          "192.0.2.7",
          "localhost:1",
          "LOCALHOST",
          "plant-pc"
        ]
        for (const host of [...known, "dashboards.example", "dashboards.example:8000"])
          assert.strictEqual(yield* statusAt(host), 200, host)
        for (const host of ["127.0.0.1.led.example", "localhost.led.example", "127.0.0.1@led.example", "a b"])
          assert.strictEqual(yield* statusAt(host), 403, host)
      })
    )

    it.effect("who names no Host is no browser", () =>
      Effect.gen(function* () {
        assert.strictEqual((yield* raw("GET /data/ HTTP/1.0\r\n\r\n"))[0], 200)
      })
    )
  }
)

layer(serverLayer({ trustedProxies: ON_LOOPBACK, corsOrigins: ["https://data.example"] }), real)(
  "where a proxy is trusted and nobody needs a key",
  (it) => {
    it.effect("the Host counts, and what a proxy says beside it of a page", () =>
      Effect.gen(function* () {
        const through = (host: string, said: string, more: Record<string, string> = {}) =>
          statusAt(host, { "x-forwarded-for": "203.0.113.9", "x-forwarded-host": said, ...more })
        assert.strictEqual(yield* through("127.0.0.1", "data.example"), 200)
        assert.strictEqual(yield* through("127.0.0.1", LED), 200)
        assert.strictEqual(yield* through("127.0.0.1", LED, { origin: `https://${LED}` }), 403)
        assert.strictEqual(yield* through("127.0.0.1", LED, { origin: "https://data.example" }), 200)
        assert.strictEqual(yield* through(LED, "127.0.0.1"), 403)
      })
    )
  }
)

layer(serverLayer({ auth: keyedAuth }), real)("where a key is needed", (it) => {
  it.effect("any name will do", () =>
    Effect.gen(function* () {
      assert.strictEqual(yield* statusAt(LED, { authorization: `Bearer ${READER}` }), 200)
    })
  )
})

layer(serverLayer({}), real)("a request with several Hosts", (it) => {
  it.effect("is refused, whichever they are, and however they are written", () =>
    Effect.gen(function* () {
      for (const second of ["Host: localhost", "HOST: other.example", "host:"])
        for (const path of ["/health/live", "/data/", "/nothing"]) {
          const [status, body] = yield* raw(
            `GET ${path} HTTP/1.1\r\nHost: localhost\r\nX-Host: a\r\n${second}\r\nConnection: close\r\n\r\n`
          )
          assert.strictEqual(status, 400, `${second} ${path}`)
          assert.deepInclude(shaped(Problem, JSON.parse(body)), { status: 400, errors: [] })
        }
      const [status] = yield* raw(
        "GET /health/live HTTP/1.1\r\nHost: localhost\r\nX-Host: a\r\nConnection: close\r\n\r\n"
      )
      assert.strictEqual(status, 200)
    })
  )
})
