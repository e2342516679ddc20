/** The address of the server as its client has it, behind one proxy or several: the same in pages, links and forms. */
import { assert, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
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

layer(serverLayer({ trustedProxies: ON_LOOPBACK }), real)("behind proxies", (it) => {
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
