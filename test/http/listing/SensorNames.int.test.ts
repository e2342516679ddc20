/** A device without a number, `zigbee2mqtt/plug/power`: its name stands in its rows, finds them, and heads its column. */
import { assert, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { sensorId } from "../../../src/domain/Ids.js"
import { EventLog } from "../../../src/eventlog/EventLog.js"
import * as SqlCatalogueLog from "../../../src/eventlog/SqlCatalogueLog.js"
import * as SqlEventLog from "../../../src/eventlog/sql/SqlEventLog.js"
import * as Aggregates from "../../../src/projections/minutes/Aggregates.js"
import * as Minutes from "../../../src/projections/minutes/Minutes.js"
import * as SqlMinuteStore from "../../../src/projections/minutes/SqlMinuteStore.js"
import * as SqlOData from "../../../src/projections/odata/SqlOData.js"
import { describeDatabases, type TestDatabase } from "../../support/databases.js"
import { until } from "../../support/tidemark.js"
import { SseClient } from "../live/sse.js"
import { append, candidate, folded, portOf, T0 } from "../realServer.js"
import { ask, catalog, problemFields, serverLayer } from "../server.js"

const PLUG = "zigbee2mqtt/plug/power"
const plug = encodeURIComponent(PLUG)
const COMMA = "hall, left"
const named = (name: string, second: number, value: number) => ({
  ...candidate(1, T0 + second * 1_000_000, value),
  sensor: { _tag: "Named", name } as const
})

const server = (database: TestDatabase) => {
  const log = Minutes.layer().pipe(
    Layer.provideMerge(SqlMinuteStore.layer),
    Layer.provideMerge(SqlEventLog.layer()),
    Layer.provideMerge(database.layer),
    Layer.orDie
  )
  const lateness = { allowedLateness: "10 seconds" } as const
  const aggregates = Aggregates.layer(lateness).pipe(Layer.provide(log))
  const odataRows = SqlOData.layer(lateness).pipe(
    Layer.provide(SqlCatalogueLog.layer),
    Layer.provide(log),
    Layer.provide(catalog)
  )
  return serverLayer({ log, aggregates, odataRows }).pipe(Layer.provideMerge(log))
}

const seed = Effect.gen(function* () {
  yield* append([
    named(PLUG, 0, 11),
    named(PLUG, 1, 12),
    named(COMMA, 0, 21),
    named("Timestamp", 0, 31),
    named("Hall", 0, 41),
    named("hall", 0, 42),
    candidate(7, T0, 51)
  ])
  yield* folded
})

interface Row {
  readonly name: string | null
  readonly value: number
}
const rows = (path: string) => Effect.map(ask(path), ({ json }) => json as ReadonlyArray<Row>)
const valuesOf = (path: string) => Effect.map(rows(path), (all) => all.map(({ value }) => value))

describeDatabases("names of sensors", (database) => {
  layer(server(database), { excludeTestServices: true, timeout: "2 minutes" })((it) => {
    it.effect("stand in the rows of readings and aggregates, in JSON, CSV, OData", () =>
      Effect.gen(function* () {
        yield* seed
        for (const path of ["/data/", "/aggregated_data/"]) {
          const names = (yield* rows(path)).map(({ name }) => name)
          assert.sameMembers([...new Set(names)], [PLUG, COMMA, "Timestamp", "Hall", "hall", null])
          const [head, first] = (yield* ask(`${path}?format=csv&sensor=${plug}`)).text.split("\n")
          assert.match(head ?? "", /,name\r?$/)
          assert.match(first ?? "", /,zigbee2mqtt\/plug\/power\r?$/)
        }
        const filter = encodeURIComponent(`name eq '${PLUG}'`)
        for (const [set, values] of [
          ["readings", [11, 12]],
          ["aggregates", [11.5]]
        ] as const) {
          const { json } = yield* ask(`/odata/${set}?$filter=${filter}&$select=name,value`)
          const { value } = json as { readonly value: ReadonlyArray<Row> }
          assert.deepStrictEqual(
            value.map((row) => [row.name, row.value]),
            values.map((one) => [PLUG, one])
          )
        }
      })
    )

    it.effect("find rows exactly; one that no sensor has finds none", () =>
      Effect.gen(function* () {
        assert.deepStrictEqual(yield* valuesOf(`/data/?sensor=${plug}`), [11, 12])
        assert.deepStrictEqual(yield* valuesOf(`/aggregated_data/?sensor=${plug}&interval=1h`), [11.5])
        assert.deepStrictEqual(yield* valuesOf("/data/?sensor=hall,%20left&sensor=hall"), [21, 42])
        assert.deepStrictEqual(yield* valuesOf("/data/summary/?sensor=HALL"), [])
        assert.deepStrictEqual(yield* valuesOf("/data/?sensor=Hall&sensor_id=7"), [])
        assert.deepStrictEqual(problemFields(yield* ask("/data/?sensor="), 400), ["sensor"])
        const sensors = yield* rows(`/sensors/?name=${plug}&name=hall`)
        assert.deepStrictEqual(
          sensors.map(({ name }) => name),
          [PLUG, "hall"]
        )
        assert.deepStrictEqual(yield* rows("/sensors/?name=nobody"), [])
        assert.strictEqual((yield* ask("/data/data-quality/?sensor=hall")).status, 200)
        assert.strictEqual((yield* ask("/data/data-quality/?sensor=nobody")).status, 404)
        assert.strictEqual((yield* ask("/data/data-quality/?sensor=hall&sensor_id=7")).status, 404)
      })
    )

    it.effect("head the columns of the wide shape, where a name is no other's", () =>
      Effect.gen(function* () {
        const [head, first] = (yield* ask("/data/?shape=wide&format=csv")).text.split(/\r?\n/)
        const heads = ["timestamp", "sensor_7", PLUG, `"${COMMA}"`, "sensor_1000000002", "sensor_1000000003"]
        assert.strictEqual(head, [...heads, "sensor_1000000004"].join(","))
        assert.strictEqual(first, "2026-01-01T00:00:00.000000Z,51,11,21,31,41,42")
        const wide = yield* ask(`/aggregated_data/?shape=wide&sensor=${plug}`)
        assert.deepStrictEqual(wide.json, [{ timestamp: "2026-01-01T00:00:00.000000Z", [PLUG]: 11.5 }])
      })
    )

    it.effect("choose what is read live, and follow a new name", () =>
      Effect.gen(function* () {
        const base = `http://127.0.0.1:${yield* portOf}/data/stream/`
        const log = yield* EventLog
        const client = new SseClient(`${base}?sensor=${plug}&sensor=cellar`)
        yield* Effect.promise(() => until("it", 20_000, async () => client.status === 200))
        yield* append([named(PLUG, 60, 13), named("hall", 60, 43)])
        yield* Effect.promise(() => until("it", 20_000, async () => client.events.length === 1))
        yield* log.describe([{ id: sensorId(7), name: "cellar", said: {} }])
        yield* append([candidate(7, T0 + 60_000_000, 52)])
        yield* Effect.promise(() => until("it", 20_000, async () => client.events.length === 2))
        assert.deepStrictEqual(
          client.events.map(({ data }) => [data.name, data.value]),
          [
            [PLUG, 13],
            ["cellar", 52]
          ]
        )
        client.hangUp()
      })
    )
  })
})
