/** The address of the server as its client has it, behind one proxy or several: the same in pages, links and forms. */
import * as HttpServer from "@effect/platform/HttpServer"
import { assert, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { ROUTES } from "../../../src/app/HttpApp.js"
import { ask, ON_LOOPBACK, serverLayer } from "../server.js"

const real = { excludeTestServices: true } as const

/** What proxies say, and the address that it comes to; each proxy adds itself at the end. */
const FORWARDED: ReadonlyArray<readonly [host: string, proto: string | undefined, origin: string]> = [
  ["data.example:8443", "https", "https://data.example:8443"],
  ["a.example, b.internal", "https, http", "https://a.example"],
  [" a.example:8080 ,b.internal", "http,https", "http://a.example:8080"],
  ["a.example,b.internal", undefined, "http://a.example"],
  ["[2001:db8::1]:80, b.internal", "HTTPS", "https://[2001:db8::1]:80"]
]

const headersOf = (host: string, proto: string | undefined): Record<string, string> => ({
  "x-forwarded-for": host.includes(",") ? "203.0.113.9, 127.0.0.1" : "203.0.113.9",
  "x-forwarded-host": host,
  ...(proto === undefined ? {} : { "x-forwarded-proto": proto })
})

layer(serverLayer({}), real)("without a proxy that is trusted", (it) => {
  it.effect("what anybody can write of the address is passed over", () =>
    Effect.gen(function* () {
      const headers = { ...headersOf("evil.example", "https"), "x-forwarded-for": "203.0.113.9" }
      const page = yield* ask("/catalog/sensors", { headers })
      assert.match(page.text, /sensors at http:\/\/127\.0\.0\.1:\d+ /)
    })
  )
})

// Nobody needs a key, so that it answers under these names where it is told to.
const NAMED = { corsOrigins: ["https://data.example", "https://a.example"] }

layer(serverLayer({ trustedProxies: ON_LOOPBACK, ...NAMED }), real)("behind proxies", (it) => {
  it.effect("pages and links name the address that the client asked", () =>
    Effect.gen(function* () {
      for (const [host, proto, origin] of FORWARDED) {
        const headers = headersOf(host, proto)
        const page = yield* ask("/catalog/sensors", { headers })
        assert.include(page.text, `sensors at ${origin} `)
        const { text } = yield* ask("/odata.pbids", { headers })
        assert.include(text, `"${origin}/odata/"`)
      }
    })
  )

  it.effect("what can't stand in an address is passed over", () =>
    Effect.gen(function* () {
      const headers = {
        "x-forwarded-for": "203.0.113.9, 127.0.0.1",
        "x-forwarded-host": 'a b"/<script>, b.internal',
        "x-forwarded-proto": "gopher, https"
      }
      const page = yield* ask("/catalog/sensors", { headers })
      assert.match(page.text, /sensors at http:\/\/127\.0\.0\.1:\d+ /)
    })
  )

  it.effect("a form of the page at that address is our own", () =>
    Effect.gen(function* () {
      const send = (origin: string) =>
        ask("/catalog/sensors", {
          method: "POST",
          body: "form=other",
          headers: {
            ...headersOf("a.example, b.internal", "https, http"),
            origin,
            "content-type": "application/x-www-form-urlencoded"
          }
        })
      assert.strictEqual((yield* send("https://a.example")).status, 400)
      assert.strictEqual((yield* send("https://b.internal")).status, 403)
    })
  )
})

const EVIL = "https://elsewhere.example"
const READING = '{"sensor_id": 1, "timestamp": "2026-01-01T00:00:00Z", "value": 1}'

layer(serverLayer({}), real)("a page of another site", (it) => {
  it.effect("sends nothing to any route that a browser need not ask for first", () =>
    Effect.gen(function* () {
      const routes = ROUTES.filter(({ method }) => method === "POST")
      assert.isAbove(routes.length, 15)
      for (const { path } of routes) {
        // The body of a `Blob` has no type, and bytes have none either.
        for (const type of [
          undefined,
          "text/plain",
          "application/x-www-form-urlencoded",
          "text/plain;charset=utf-8"
        ])
          for (const origin of [EVIL, "null"]) {
            const { status } = yield* ask(path.replaceAll(/:\w+/g, "1"), {
              method: "POST",
              body: new Uint8Array(Buffer.from(READING)),
              headers: type === undefined ? { origin } : { origin, "content-type": type }
            })
            assert.strictEqual(status, 403, `${path} ${type} ${origin}`)
          }
      }
      assert.deepStrictEqual((yield* ask("/data/")).json, [])
    })
  )

  it.effect("is none where a program sends it, or a page of this server", () =>
    Effect.gen(function* () {
      const bytes = new Uint8Array(Buffer.from(READING))
      const sent = (headers: Record<string, string>) =>
        Effect.map(ask("/data/", { method: "POST", body: bytes, headers }), ({ status }) => status)
      assert.strictEqual(yield* sent({}), 201)
      assert.strictEqual(yield* sent({ origin: EVIL, "x-api-key": "k" }), 200)
      const { address } = yield* HttpServer.HttpServer
      const own = `http://127.0.0.1:${address._tag === "TcpAddress" ? address.port : 0}`
      assert.strictEqual(yield* sent({ origin: own }), 200)
    })
  )
})
