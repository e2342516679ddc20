/** Descriptions, glossary and lineage over HTTP, on real databases: who may, on which condition, and what is kept. */
import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import { DatasetVersion, GlossaryTerm, GlossaryVersion } from "../../../src/api/catalogue/CatalogueWords.js"
import { Database } from "../../../src/db/Transaction.js"
import { CatalogDataset } from "../../../src/domain/catalogue/CatalogueDataset.js"
import { LineageGraph } from "../../../src/domain/catalogue/Lineage.js"
import * as SqlCatalogueLog from "../../../src/eventlog/SqlCatalogueLog.js"
import * as SqlEventLog from "../../../src/eventlog/sql/SqlEventLog.js"
import * as Catalog from "../../../src/projections/catalogue/Catalogue.js"
import { describeDatabases, type TestDatabase } from "../../support/databases.js"
import { ask, keyedAuth, problemFields, READER, serverLayer, shaped, WRITER } from "../server.js"

const served = (database: TestDatabase) =>
  serverLayer({
    auth: keyedAuth,
    log: SqlEventLog.layer().pipe(Layer.provide(database.layer), Layer.orDie),
    words: Layer.mergeAll(Catalog.layer, SqlCatalogueLog.layer).pipe(
      Layer.provide(SqlCatalogueLog.layer),
      Layer.provide(database.layer),
      Layer.orDie
    )
  }).pipe(Layer.provideMerge(database.layer))

const as = (key: string, method = "GET", body?: unknown, headers: Record<string, string> = {}) => ({
  method,
  headers: { authorization: `Bearer ${key}`, "content-type": "application/json", ...headers },
  ...(body === undefined ? {} : { body: JSON.stringify(body) })
})
const get = (path: string) => ask(path, as(READER))
const put = (path: string, body: unknown, headers: Record<string, string> = {}) =>
  ask(path, as(WRITER, "PUT", body, headers))

const AWKWARD = `<script>alert("1")</script> 'q' \u202Eولد\u202C 🌊 ${"long ".repeat(2_000)}end`

describeDatabases("the words of the catalogue", (database) => {
  it.live("are changed by a writer, with a condition and a reason, and keep their history", () =>
    Effect.gen(function* () {
      const before = shaped(CatalogDataset, (yield* get("/metadata/sensor_data")).json)
      assert.strictEqual(before.version, 0)
      const said = {
        description: AWKWARD,
        owner: "Ann",
        licence: "CC-BY-4.0",
        tags: ["lab"],
        columns: [{ name: "value", description: "The probe's" }]
      }
      assert.deepStrictEqual(
        problemFields(yield* ask("/metadata/sensor_data", as(READER, "PUT", said)), 403),
        []
      )
      const changed = yield* put("/metadata/sensor_data?reason=clearer", said, { "if-match": '"0"' })
      assert.strictEqual(changed.status, 200, changed.text)
      assert.strictEqual(changed.headers.get("etag"), '"1"')
      const dataset = shaped(CatalogDataset, changed.json)
      assert.deepInclude(dataset, { description: AWKWARD, owner: "Ann", version: 1, tags: ["lab"] })
      assert.strictEqual(dataset.columns.find(({ name }) => name === "value")?.description, "The probe's")

      const late = yield* put("/metadata/sensor_data", { owner: "Bob" }, { "if-match": '"0"' })
      problemFields(late, 412)
      assert.strictEqual(late.headers.get("etag"), '"1"')
      // What GET gave can be put back, and says nothing new.
      const same = yield* put("/metadata/sensor_data", dataset)
      assert.strictEqual(same.headers.get("etag"), '"1"', same.text)
      // What nobody knows is named, and nothing of the rest is stored.
      const column = { name: "value", descripton: "x", unit: "C" }
      const misspelt = { owner: "Bob", nonsense: 1, columns: [column] }
      assert.deepStrictEqual(problemFields(yield* put("/metadata/sensor_data", misspelt), 400), [
        "nonsense",
        "columns[0].descripton"
      ])
      yield* put("/metadata/sensor_data", { description: null, reason: "shorter" }, { "if-match": '"1"' })

      const history = yield* get("/metadata/sensor_data/history")
      const versions = shaped(Schema.Array(DatasetVersion), history.json)
      assert.deepStrictEqual(
        versions.map(({ by, description, owner, reason, version }) => [
          version,
          by,
          reason,
          owner,
          description
        ]),
        [
          [1, "importer", "clearer", "Ann", AWKWARD],
          [2, "importer", "shorter", "Ann", null]
        ]
      )
      const found = yield* get("/metadata/?search=LAB")
      assert.deepStrictEqual(
        shaped(Schema.Array(CatalogDataset), found.json).map(({ dataset_name }) => dataset_name),
        ["sensor_data"]
      )
      assert.include((yield* get("/metadata.csv")).text, "CC-BY-4.0")
    }).pipe(Effect.provide(served(database)))
  )

  it.live("reach the table that SQL reads", () =>
    Effect.gen(function* () {
      yield* put("/metadata/events", { description: AWKWARD })
      const db = yield* Database
      const [row] = yield* db.read(
        (sql) => sql`SELECT description FROM metadata WHERE dataset_name = 'events'`
      )
      assert.strictEqual(row?.description, AWKWARD)
    }).pipe(Effect.provide(served(database)))
  )

  it.live("define terms, take them out, and bring them back", () =>
    Effect.gen(function* () {
      const path = "/glossary/dew%20point%20%2F%20%C3%A9"
      const term = "dew point / é"
      const first = yield* put(path, { definition: AWKWARD, datasets: ["sensor_data"] })
      assert.strictEqual(first.status, 200, first.text)
      assert.deepInclude(shaped(GlossaryTerm, first.json), { term, definition: AWKWARD, version: 1 })
      assert.strictEqual((yield* get(path)).headers.get("etag"), '"1"')
      const removed = yield* ask(
        `${path}?reason=gone`,
        as(WRITER, "DELETE", undefined, { "if-match": '"1"' })
      )
      assert.strictEqual(removed.status, 200, removed.text)
      problemFields(yield* get(path), 404)
      problemFields(yield* ask(path, as(WRITER, "DELETE")), 404)
      assert.deepStrictEqual((yield* get("/glossary/")).json, [])
      yield* put(path, { definition: "again", see_also: ["https://example.org/x"] })
      const all = shaped(Schema.Array(GlossaryTerm), (yield* get("/glossary/")).json)
      assert.deepStrictEqual(
        all.map(({ definition, version }) => [version, definition]),
        [[3, "again"]]
      )
      const history = shaped(Schema.Array(GlossaryVersion), (yield* get(`${path}/history`)).json)
      assert.deepStrictEqual(
        history.map(({ reason, removed: gone }) => [gone, reason]),
        [
          [false, null],
          [true, "gone"],
          [false, null]
        ]
      )
    }).pipe(Effect.provide(served(database)))
  )

  it.live("name each bad field at once", () =>
    Effect.gen(function* () {
      const bad = {
        description: "",
        owner: "x".repeat(191),
        tags: ["ok", ""],
        columns: [{ name: "value", description: 7 }],
        reason: ""
      }
      assert.deepStrictEqual([...problemFields(yield* put("/metadata/events", bad), 400)].sort(), [
        ...["columns[0].description", "description", "owner", "reason", "tags[1]"]
      ])
      const strange = { columns: [{ name: "nothing", description: "x" }] }
      assert.deepStrictEqual(problemFields(yield* put("/metadata/events", strange), 400), ["columns[0].name"])
      assert.deepStrictEqual(problemFields(yield* put("/metadata/nothing", {}), 404), [])
      assert.deepStrictEqual(
        problemFields(yield* put("/glossary/x", { see_also: ["javascript:alert(1)"] }), 400),
        ["definition", "see_also[0]"]
      )
      assert.deepStrictEqual(
        problemFields(yield* put("/glossary/x", { definition: "x", synonym: ["y"] }), 400),
        ["synonym"]
      )
      problemFields(yield* put("/glossary/%20x", { definition: "x" }), 400)
      problemFields(yield* put("/metadata/events", {}, { "if-match": "7" }), 400)
      problemFields(yield* get("/metadata/nothing/history"), 404)
    }).pipe(Effect.provide(served(database)))
  )

  it.live("stand beside the lineage, whole or of one data set", () =>
    Effect.gen(function* () {
      const whole = shaped(LineageGraph, (yield* get("/lineage/")).json)
      const part = shaped(LineageGraph, (yield* get("/lineage/?of=sensor_data")).json)
      assert.isBelow(part.nodes.length, whole.nodes.length)
      assert.isTrue(part.nodes.some(({ id }) => id === "export:sensor_data:Parquet"))
      problemFields(yield* get("/lineage/?of=nothing"), 404)
    }).pipe(Effect.provide(served(database)))
  )
})
