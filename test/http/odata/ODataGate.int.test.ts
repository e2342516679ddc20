/** What goes wrong below `/odata`: the database away, a defect, a key that may not. All of it in OData's form. */
import { assert, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import { ODataRows, type RowSource } from "../../../src/projections/odata/ODataRows.js"
import { ask, gone, keyedAuth, odataErrorOf, READER, serverLayer, WRITER } from "../server.js"

const real = { excludeTestServices: true } as const
const PATHS = [
  "/odata/readings",
  "/odata/aggregates?$count=true",
  "/odata/sensors(1)",
  "/odata/aggregates_1d?$apply=aggregate($count as n)",
  "/odata/datasets/$count"
]

const rows = (source: RowSource) =>
  Layer.succeed(ODataRows, {
    readings: source,
    aggregates: source,
    aggregates_1h: source,
    aggregates_1d: source,
    sensors: source,
    annotations: source,
    datasets: source
  })

layer(
  serverLayer({
    odataRows: rows({ page: () => gone, count: () => gone, groups: () => gone, one: () => gone })
  }),
  real
)("OData with the database away", (it) => {
  it.effect("is 503 with a time to wait; what needs no rows is answered", () =>
    Effect.gen(function* () {
      for (const path of PATHS) {
        const answer = yield* ask(path)
        assert.strictEqual(odataErrorOf(answer, 503).code, "Unavailable")
        assert.match(answer.headers.get("retry-after") ?? "", /^\d+$/)
      }
      for (const path of ["/odata/", "/odata/$metadata", "/odata.pbids"]) {
        assert.strictEqual((yield* ask(path)).status, 200)
      }
      // A request that is wrong is told so all the same.
      odataErrorOf(yield* ask("/odata/readings?$filter=valve gt 1"), 400)
    })
  )
})

const dies = () => Effect.dieMessage("at x.ts:1 hunter2")
layer(
  serverLayer({ odataRows: rows({ page: dies, count: dies, groups: dies, one: dies }) }).pipe(
    Layer.provide(Logger.remove(Logger.defaultLogger))
  ),
  real
)("defects of OData", (it) => {
  it.effect("are 500 without their stack", () =>
    Effect.gen(function* () {
      for (const path of PATHS) assert.strictEqual(odataErrorOf(yield* ask(path), 500).code, "InternalError")
    })
  )
})

layer(serverLayer({ auth: keyedAuth }), real)("OData with keys set", (it) => {
  it.effect("tells nothing without one, and a reader that it can't write", () =>
    Effect.gen(function* () {
      for (const path of ["/odata/nothing", "/odata/readings(1)/x", "/odata/$batch", "/ODATA"]) {
        const answer = yield* ask(path)
        assert.strictEqual(odataErrorOf(answer, 401).code, "Unauthorized")
        assert.match(answer.headers.get("www-authenticate") ?? "", /Basic/)
      }
      const reader = { "x-api-key": READER }
      odataErrorOf(yield* ask("/odata/nothing", { headers: reader }), 404)
      odataErrorOf(yield* ask("/odata/readings", { method: "POST", headers: reader }), 403)
      const writer = yield* ask("/odata/readings", { method: "PATCH", headers: { "x-api-key": WRITER } })
      odataErrorOf(writer, 405)
      assert.strictEqual(writer.headers.get("allow"), "GET, HEAD")
    })
  )
})
