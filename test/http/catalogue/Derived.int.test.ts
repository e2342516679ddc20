/** Derived sensors over HTTP, on real databases: a dew point from its definition to its aggregates, as of any position. */
import { assert, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import { DerivedDetail, DerivedSensor, DerivedVersion } from "../../../src/api/catalogue/DerivedContract.js"
import { LineageGraph } from "../../../src/domain/catalogue/Lineage.js"
import { formatTime, micros } from "../../../src/domain/Time.js"
import * as SqlCatalogueLog from "../../../src/eventlog/SqlCatalogueLog.js"
import * as SqlEventLog from "../../../src/eventlog/sql/SqlEventLog.js"
import * as Catalog from "../../../src/projections/catalogue/Catalogue.js"
import * as Aggregates from "../../../src/projections/minutes/Aggregates.js"
import { Minutes, layer as minutesLayer } from "../../../src/projections/minutes/Minutes.js"
import * as SqlMinuteStore from "../../../src/projections/minutes/SqlMinuteStore.js"
import * as SqlOData from "../../../src/projections/odata/SqlOData.js"
import { describeDatabases, type TestDatabase } from "../../support/databases.js"
import { append, candidate, T0 } from "../realServer.js"
import { ask, catalog, keyedAuth, problemFields, READER, serverLayer, shaped, WRITER } from "../server.js"

const served = (database: TestDatabase) => {
  const log = minutesLayer().pipe(
    Layer.provideMerge(SqlMinuteStore.layer),
    Layer.provideMerge(SqlEventLog.layer()),
    Layer.provideMerge(database.layer),
    Layer.orDie
  )
  const lateness = { allowedLateness: "10 seconds" } as const
  return serverLayer({
    auth: keyedAuth,
    log,
    minutes: log,
    aggregates: Aggregates.layer(lateness).pipe(Layer.provide(log)),
    odataRows: SqlOData.layer(lateness).pipe(
      Layer.provide(SqlCatalogueLog.layer),
      Layer.provide(log),
      Layer.provide(catalog)
    ),
    words: Layer.mergeAll(Catalog.layer, SqlCatalogueLog.layer).pipe(
      Layer.provide(SqlCatalogueLog.layer),
      Layer.provide(log),
      Layer.orDie
    )
  }).pipe(Layer.provideMerge(log))
}

const as = (key: string, method = "GET", body?: unknown, headers: Record<string, string> = {}) => ({
  method,
  headers: { authorization: `Bearer ${key}`, "content-type": "application/json", ...headers },
  ...(body === undefined ? {} : { body: JSON.stringify(body) })
})
const get = (path: string) => ask(path, as(READER))
const put = (path: string, body: unknown, headers: Record<string, string> = {}) =>
  ask(path, as(WRITER, "PUT", body, headers))
const detail = (answer: { readonly json: unknown }) => shaped(DerivedDetail, answer.json)

interface Row {
  readonly timestamp: string
  readonly value: number
  readonly unit: string | null
}
const aggregates = (id: number, query = "") =>
  Effect.map(get(`/aggregated_data/${id}?${query}`), ({ json, text }) => {
    assert.isArray(json, text)
    return (json as ReadonlyArray<Row>).map(({ unit, value }) => [Math.round(value * 100) / 100, unit])
  })

const PATH = "/derived/dew%20point"
const second = 1_000_000

describeDatabases("derived sensors over HTTP", (database) => {
  layer(served(database), { excludeTestServices: true, timeout: "2 minutes" })((it) => {
    it.effect("are defined, computed for what there was and comes, changed, and told as of before", () =>
      Effect.gen(function* () {
        const minutes = yield* Minutes
        const attic = { ...candidate(1, T0, 50), sensor: { _tag: "Named", name: "attic/humidity" } as const }
        yield* append([candidate(1, T0, 20), attic, candidate(1, T0 + 60 * second, 25)])
        yield* minutes.catchUp

        const body = { expression: 'dew_point(s1, "attic/humidity")', unit: "°C", type: "dew point" }
        problemFields(yield* ask(PATH, as(READER, "PUT", body)), 403)
        const made = yield* put(`${PATH}?reason=mould`, body, { "if-match": '"0"' })
        assert.strictEqual(made.status, 200, made.text)
        const first = detail(made)
        assert.deepInclude(first, { name: "dew point", unit: "°C", reason: "mould", up_to_date: false })
        assert.isAtLeast(first.sensor_id, 1_000_000_000)
        assert.strictEqual(made.headers.get("etag"), `"${first.version}"`)
        assert.strictEqual(first.sources[1]?.name, "attic/humidity")
        yield* minutes.catchUp
        assert.isTrue(detail(yield* get(PATH)).up_to_date)
        assert.deepStrictEqual(yield* aggregates(first.sensor_id), [[9.26, "°C"]])

        // Late: the other minute's humidity.
        yield* append([{ ...attic, occurredAt: micros(T0 + 61 * second), value: 60 }])
        yield* minutes.catchUp
        const both = [
          [9.26, "°C"],
          [16.69, "°C"]
        ]
        assert.deepStrictEqual(yield* aggregates(first.sensor_id), both)
        assert.deepStrictEqual(yield* aggregates(first.sensor_id, "interval=1h"), [[12.97, "°C"]])

        // What GET gave can be put back, and says nothing new.
        const same = yield* put(PATH, detail(yield* get(PATH)))
        assert.strictEqual(detail(same).version, first.version, same.text)
        problemFields(yield* put(PATH, { expression: "s1" }, { "if-match": '"0"' }), 412)
        const changed = detail(yield* put(PATH, { expression: "s1 - 273.15", unit: "K" }))
        assert.isAbove(changed.log_position, first.log_position)
        yield* minutes.catchUp
        assert.deepStrictEqual(yield* aggregates(first.sensor_id), [
          [-253.15, "K"],
          [-248.15, "K"]
        ])
        const before = `as_of=${changed.log_position - 1}`
        assert.deepStrictEqual(yield* aggregates(first.sensor_id, before), both)
        assert.deepStrictEqual(yield* aggregates(first.sensor_id, `${before}&interval=1h`), [[12.97, "°C"]])
        assert.deepStrictEqual(yield* aggregates(first.sensor_id, `as_of=${first.log_position}`), [
          [9.26, "°C"]
        ])
        assert.deepStrictEqual(yield* aggregates(first.sensor_id, `as_of=${first.log_position - 1}`), [])

        const versions = shaped(Schema.Array(DerivedVersion), (yield* get(`${PATH}/history`)).json)
        assert.deepStrictEqual(
          versions.map(({ by, expression, reason }) => [by, expression, reason]),
          [
            ["importer", body.expression, "mould"],
            ["importer", "s1 - 273.15", null]
          ]
        )
        // A source has its name, by whatever it is written.
        const atticId = first.sources[1]?.sensor_id ?? 0
        const byNumber = detail(yield* put(PATH, { expression: `s1 - s${atticId}` }))
        const sources = [
          { sensor_id: 1, name: null },
          { sensor_id: atticId, name: "attic/humidity" }
        ]
        assert.deepStrictEqual(byNumber.sources, sources)
        const graph = shaped(LineageGraph, (yield* get(`/lineage/?of=sensor:${first.sensor_id}`)).json)
        const titles = graph.nodes.filter(({ kind }) => kind === "sensor").map(({ title }) => title)
        assert.sameMembers(titles, ["Sensor 1", "attic/humidity", "dew point"])
        const all = shaped(Schema.Array(DerivedSensor), (yield* get("/derived/")).json)
        assert.deepStrictEqual(all[0]?.sources, sources)
        assert.deepStrictEqual(
          all.map(({ name }) => name),
          ["dew point"]
        )
      })
    )

    it.effect(
      "are sensors like others, marked as derived, in OData too; and nobody describes or retires one",
      () =>
        Effect.gen(function* () {
          const { sensor_id: id } = detail(yield* get(PATH))
          const sensors = (yield* get("/sensors/")).json as ReadonlyArray<{ id: number; derived: boolean }>
          assert.deepStrictEqual(
            sensors.filter(({ derived }) => derived).map((one) => one.id),
            [id]
          )
          const { json } = yield* get(
            `/odata/aggregates?$filter=sensor_id eq ${id}&$select=value,name`.replaceAll(" ", "%20")
          )
          assert.deepStrictEqual((json as { value: ReadonlyArray<unknown> }).value, [
            { value: 20 - 273.15, name: "dew point" },
            { value: 25 - 273.15, name: "dew point" }
          ])
          const odata = (yield* get(`/odata/sensors?$filter=derived%20eq%20true`)).json as {
            value: ReadonlyArray<{ id: number }>
          }
          assert.deepStrictEqual(
            odata.value.map((one) => one.id),
            [id]
          )
          for (const method of ["PATCH", "DELETE"]) {
            const answer = yield* ask(
              `/sensors/${id}`,
              as(WRITER, method, method === "PATCH" ? { unit: "F" } : undefined)
            )
            assert.deepStrictEqual(problemFields(answer, 400), ["sensor_id"])
          }
          const reading = { sensor_id: id, timestamp: formatTime(micros(T0)), value: 1 }
          problemFields(yield* ask("/data/", as(WRITER, "POST", reading)), 400)
        })
    )

    it.effect("are refused with each thing that is wrong, and where", () =>
      Effect.gen(function* () {
        const refusal = (path: string, body: unknown) =>
          Effect.map(put(path, body), (answer) => [problemFields(answer, 400), answer.text] as const)
        const cases = [
          ["/derived/x", { expression: "s1 +" }, "expression", /at character 5: expected a number/],
          ["/derived/x", { expression: "s1 + s77" }, "expression", /there is no sensor s77/],
          ["/derived/x", { expression: '"nobody"' }, "expression", /there is no sensor/],
          ["/derived/x", { expression: '"dew point" + 1' }, "expression", /is derived itself/],
          ["/derived/attic%2Fhumidity", { expression: "s1" }, "name", /sensor with readings/],
          ["/derived/%20x", { expression: "s1" }, "name", /without spaces/],
          ["/derived/x", { expression: "s1", units: "C" }, "units", /no field/]
        ] as const
        for (const [path, body, field, words] of cases) {
          const [fields, text] = yield* refusal(path, body)
          assert.deepStrictEqual(fields, [field], text)
          assert.match(text, words)
        }
        problemFields(yield* get("/derived/x"), 404)
        problemFields(yield* get("/derived/x/history"), 404)
      })
    )
  })
})
