/** Annotations over HTTP, on real databases: made, changed, withdrawn, asked for by time and sensor, and as of a position. */
import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import { AnnotationAnswer, AnnotationVersion } from "../../../src/api/annotations/AnnotationsGroup.js"
import * as Rows from "../../../src/db/Rows.js"
import { Database } from "../../../src/db/Transaction.js"
import { formatTime } from "../../../src/domain/Time.js"
import * as SqlCatalogueLog from "../../../src/eventlog/SqlCatalogueLog.js"
import * as SqlEventLog from "../../../src/eventlog/sql/SqlEventLog.js"
import * as Catalog from "../../../src/projections/catalogue/Catalogue.js"
import * as SqlMinuteStore from "../../../src/projections/minutes/SqlMinuteStore.js"
import * as SqlOData from "../../../src/projections/odata/SqlOData.js"
import { describeDatabases, type TestDatabase } from "../../support/databases.js"
import { ask, keyedAuth, problemFields, READER, serverLayer, shaped, WRITER } from "../server.js"

const served = (database: TestDatabase) => {
  const log = Layer.mergeAll(SqlEventLog.layer(), SqlMinuteStore.layer).pipe(
    Layer.provideMerge(database.layer),
    Layer.orDie
  )
  const odataRows = SqlOData.layer({ allowedLateness: "10 seconds" }).pipe(
    Layer.provide(Catalog.layer),
    Layer.provide(SqlCatalogueLog.layer),
    Layer.provide(log)
  )
  return serverLayer({
    auth: keyedAuth,
    log,
    odataRows,
    words: Layer.mergeAll(Catalog.layer, SqlCatalogueLog.layer).pipe(
      Layer.provide(SqlCatalogueLog.layer),
      Layer.provide(database.layer),
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
const write = (method: string, path: string, body?: unknown, headers?: Record<string, string>) =>
  ask(path, as(WRITER, method, body, headers))

const reading = (sensor: number, second = 0) =>
  write("POST", "/data/", {
    sensor_id: sensor,
    timestamp: new Date(Date.UTC(2026, 0, 5, 10, 0, second)).toISOString(),
    value: 20
  })

const annotate = (body: Record<string, unknown>) =>
  Effect.gen(function* () {
    const answer = yield* write("POST", "/annotations/", body)
    assert.strictEqual(answer.status, 201, answer.text)
    return shaped(AnnotationAnswer, answer.json)
  })

/** What OData says beside its rows. */
const CONTEXT = { "@odata.context": Schema.String }
const ROWS = Schema.Array(AnnotationAnswer)

const listed = (query: string) =>
  Effect.map(get(`/annotations/?${query}`), ({ json, status, text }) => {
    assert.strictEqual(status, 200, text)
    return shaped(Schema.Array(AnnotationAnswer), json).map((one) => one.text)
  })

describeDatabases("annotations", (database) => {
  it.live("that are new are made whatever If-Match names: they have no version yet", () =>
    Effect.gen(function* () {
      const body = { start_time: "2026-01-05T09:30:00Z", text: "Door open" }
      const { status, text } = yield* write("POST", "/annotations/", body, { "if-match": '"4711"' })
      assert.strictEqual(status, 201, text)
    }).pipe(Effect.provide(served(database)))
  )

  it.live("are of a time and of sensors, and are found by both", () =>
    Effect.gen(function* () {
      yield* reading(1)
      yield* reading(2)
      const served = yield* annotate({
        start_time: "2026-01-05T10:00:00+01:00",
        end_time: "2026-01-05T10:00:00Z",
        kind: "maintenance",
        text: "Probe <b>replaced</b>",
        sensor_ids: [2, 1, 2]
      })
      assert.deepInclude(served, {
        start_time: "2026-01-05T09:00:00.000000Z",
        kind: "maintenance",
        sensor_ids: [1, 2],
        by: "importer"
      })
      yield* annotate({ start_time: "2026-01-05T09:30:00Z", text: "Door open", sensor_ids: [2] })
      const moment = "2026-01-05T12:00:00Z"
      yield* annotate({ start_time: moment, end_time: moment, text: "Thunder", kind: "fault" })

      const all = ["Probe <b>replaced</b>", "Door open", "Thunder"]
      assert.deepStrictEqual(yield* listed(""), all)
      assert.deepStrictEqual(yield* listed("sensor_id=1"), [all[0], all[2]])
      assert.deepStrictEqual(yield* listed("kind=fault"), [all[2]])
      // The end is exclusive, of the annotation as of the window; what goes on has none.
      assert.deepStrictEqual(yield* listed("start_time=2026-01-05T10:00:00Z"), all.slice(1))
      assert.deepStrictEqual(yield* listed("end_time=2026-01-05T09:30:00Z"), [all[0]])
      assert.deepStrictEqual(
        yield* listed(`start_time=${moment}&end_time=2026-01-06T00:00:00Z`),
        all.slice(1)
      )
      assert.deepStrictEqual(yield* listed(`end_time=${moment}`), all.slice(0, 2))

      const first = yield* get("/annotations/?limit=1")
      const next = /<([^>]*)>; rel="next"/.exec(first.headers.get("link") ?? "")?.[1] ?? ""
      assert.deepStrictEqual(
        shaped(Schema.Array(AnnotationAnswer), (yield* get(next)).json)[0]?.text,
        "Door open"
      )
      const csv = yield* get("/annotations/?format=csv&fields=start_time,text,sensor_ids")
      assert.strictEqual(
        csv.text.split("\n")[1]?.trim(),
        '2026-01-05T09:00:00.000000Z,Probe <b>replaced</b>,"[1,2]"'
      )
    }).pipe(Effect.provide(served(database)))
  )

  it.live("are the same as an entity set of OData, as of a position, and as a view of SQL", () =>
    Effect.gen(function* () {
      yield* reading(2)
      yield* reading(1)
      yield* annotate({
        start_time: "2026-01-05T09:00:00.000001Z",
        end_time: "2100-01-05T10:00:00.999999Z",
        kind: "maintenance",
        text: 'Probe "replaced"\\ 🌡️ é',
        sensor_ids: [1, 2]
      })
      const open = yield* annotate({ start_time: "2026-01-05T09:30:00Z", text: "x".repeat(2_000) })
      const gone = yield* annotate({ start_time: "2001-01-05T12:00:00Z", text: "Thunder", sensor_ids: [2] })
      yield* write("PUT", `/annotations/${open.id}`, { ...open, kind: "fault", reason: "it was none" })
      assert.strictEqual((yield* write("DELETE", `/annotations/${gone.id}`)).status, 200)

      const all = yield* Effect.map(get("/annotations/"), ({ json }) => shaped(ROWS, json))
      assert.lengthOf(all, 2)
      const odata = (query: string) =>
        Effect.map(get(`/odata/annotations${query}`), ({ json, status, text }) => {
          assert.strictEqual(status, 200, text)
          return shaped(Schema.Struct({ ...CONTEXT, value: ROWS }), json).value
        })
      assert.deepStrictEqual(yield* odata(""), all)
      const [first, second] = [all.slice(0, 1), all.slice(1)]
      assert.deepStrictEqual(yield* odata("?$filter=kind eq 'fault' and end_time eq null"), second)
      assert.deepStrictEqual(yield* odata("?$orderby=start_time desc&$top=1"), second)
      assert.deepStrictEqual(yield* odata("?$filter=start_time lt 2026-01-05T09:00:00.000002Z"), first)
      assert.strictEqual((yield* get("/odata/annotations/$count")).text, "2")
      const one = yield* get(`/odata/annotations(${open.id})`)
      assert.strictEqual(
        shaped(Schema.Struct({ ...CONTEXT, ...AnnotationAnswer.fields }), one.json).reason,
        "it was none"
      )

      const rows = yield* Effect.flatMap(Database, (db) =>
        db.read((sql) => sql<Rows.Row>`SELECT * FROM annotations ORDER BY start_time, id`)
      )
      assert.deepStrictEqual(
        rows.map((row) => ({
          ...row,
          start_time: formatTime(Rows.time(row.start_time)),
          end_time: row.end_time === null ? null : formatTime(Rows.time(row.end_time)),
          recorded_at: formatTime(Rows.time(row.recorded_at)),
          sensor_ids: JSON.parse(Rows.text(row.sensor_ids))
        })),
        all.map((row) => ({ ...row }))
      )
    }).pipe(Effect.provide(served(database)))
  )

  it.live("are changed and withdrawn on a condition, with their history, and hold as of a position", () =>
    Effect.gen(function* () {
      yield* reading(1)
      const made = yield* annotate({ start_time: "2026-01-05T09:00:00Z", text: "Off", sensor_ids: [1] })
      yield* reading(1, 1)
      const path = `/annotations/${made.id}`
      problemFields(yield* write("PUT", path, { ...made, text: "x" }, { "if-match": '"99"' }), 412)
      // What GET gave can be put back, and says nothing new.
      const same = yield* write("PUT", path, made, { "if-match": `"${made.version}"` })
      assert.strictEqual(shaped(AnnotationAnswer, same.json).version, made.version, same.text)
      const changed = shaped(
        AnnotationAnswer,
        (yield* write("PUT", `${path}?reason=told`, { ...made, end_time: "2026-01-05T11:00:00Z" })).json
      )
      assert.deepInclude(changed, { id: made.id, end_time: "2026-01-05T11:00:00.000000Z", reason: "told" })
      assert.strictEqual((yield* get(path)).headers.get("etag"), `"${changed.version}"`)
      yield* reading(1, 2)
      problemFields(yield* ask(path, as(READER, "DELETE")), 403)
      assert.strictEqual((yield* write("DELETE", `${path}?reason=wrong`)).status, 200)
      for (const [method, body] of [["GET"], ["DELETE"], ["PUT", made]] as const)
        problemFields(yield* write(method, path, body), 404)

      const history = shaped(Schema.Array(AnnotationVersion), (yield* get(`${path}/history`)).json)
      assert.deepStrictEqual(
        history.map(({ by, end_time, reason, withdrawn }) => [by, end_time, reason, withdrawn]),
        [
          ["importer", null, null, false],
          ["importer", "2026-01-05T11:00:00.000000Z", "told", false],
          ["importer", null, "wrong", true]
        ]
      )
      const asOf = (position: number) =>
        Effect.map(get(`/annotations/?as_of=${position}`), ({ json }) =>
          shaped(Schema.Array(AnnotationAnswer), json).map(({ version }) => version)
        )
      const [before, between, after] = history.map(({ log_position }) => log_position)
      assert.deepStrictEqual(yield* asOf((before ?? 0) - 1), [])
      assert.deepStrictEqual(yield* asOf(before ?? 0), [made.version])
      assert.deepStrictEqual(yield* asOf(between ?? 0), [changed.version])
      assert.deepStrictEqual(yield* asOf(after ?? 0), [])
    }).pipe(Effect.provide(served(database)))
  )

  it.live("are refused with each bad field named", () =>
    Effect.gen(function* () {
      const bad = (body: unknown) =>
        Effect.map(write("POST", "/annotations/", body), (answer) => problemFields(answer, 400))
      const time = "2026-01-05T09:00:00Z"
      assert.deepStrictEqual(yield* bad({ start_time: "soon", kind: "joke", txt: "" }), [
        "start_time",
        "kind",
        "text",
        "txt"
      ])
      assert.deepStrictEqual(
        yield* bad({ start_time: time, end_time: "2026-01-05T08:00:00Z", text: "x", sensor_ids: [7] }),
        ["end_time", "sensor_ids"]
      )
      assert.deepStrictEqual(yield* listed(""), [])
      problemFields(yield* ask("/annotations/", as(READER, "POST", { start_time: time, text: "x" })), 403)
    }).pipe(Effect.provide(served(database)))
  )
})
