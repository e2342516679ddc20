/** Pages of other servers may read here when they are listed, and not otherwise. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { NO_REQUEST_BOUNDS } from "../../src/http/core/Limits.js"
import { ask, keyedAuth, serverLayer } from "./server.js"

const LISTED = "https://dashboards.example"
const page = (origin: string, headers: Record<string, string> = {}): RequestInit => ({
  headers: { origin, ...headers }
})
const question = (origin: string): RequestInit => ({
  method: "OPTIONS",
  ...page(origin, {
    "access-control-request-method": "GET",
    "access-control-request-headers": "authorization"
  })
})

describe("a page of another server", () => {
  it.live("that is listed may ask, with a key, and hears what it may read", () =>
    Effect.gen(function* () {
      const may = yield* ask("/data/", question(LISTED))
      assert.strictEqual(may.status, 204)
      assert.strictEqual(may.headers.get("access-control-allow-origin"), LISTED)
      assert.strictEqual(may.headers.get("access-control-allow-headers"), "authorization")
      assert.include(may.headers.get("access-control-allow-methods"), "GET")
      const none = yield* ask("/data/", page(LISTED))
      assert.strictEqual(none.status, 401, "it lets nobody in")
      assert.strictEqual(none.headers.get("access-control-allow-origin"), LISTED)
      assert.include(none.headers.get("vary"), "origin")
      assert.isNull(none.headers.get("access-control-allow-credentials"))
    }).pipe(Effect.provide(serverLayer({ auth: keyedAuth, corsOrigins: [LISTED] })))
  )

  it.live.each(["https://evil.example", `${LISTED}.evil.example`, "null", "http://dashboards.example"])(
    "%s may not",
    (origin) =>
      Effect.gen(function* () {
        const answer = yield* ask("/data/", page(origin))
        assert.isNull(answer.headers.get("access-control-allow-origin"))
        assert.include(answer.headers.get("vary"), "origin")
        const may = yield* ask("/data/", question(origin))
        assert.isNull(may.headers.get("access-control-allow-origin"))
        assert.isNull(may.headers.get("access-control-allow-methods"))
      }).pipe(Effect.provide(serverLayer({ corsOrigins: [LISTED] })))
  )

  it.live("that is listed keeps to the limits, when it asks whether it may, too", () =>
    Effect.gen(function* () {
      for (let index = 0; index < 10; index++)
        assert.strictEqual((yield* ask("/data/", question(LISTED))).status, 204)
      const over = yield* ask("/data/", question(LISTED))
      assert.strictEqual(over.status, 429)
      assert.strictEqual(over.headers.get("access-control-allow-origin"), LISTED)
    }).pipe(
      Effect.provide(
        serverLayer({ corsOrigins: [LISTED], requests: () => ({ ...NO_REQUEST_BOUNDS, perSecondMax: 1 }) })
      )
    )
  )

  it.live("may not where nothing is listed", () =>
    Effect.gen(function* () {
      const answer = yield* ask("/data/", page(LISTED))
      assert.isNull(answer.headers.get("access-control-allow-origin"))
    }).pipe(Effect.provide(serverLayer({})))
  )
})
