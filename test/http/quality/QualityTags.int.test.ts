/** Quality of the sensors that tags choose, over HTTP, on real databases. */
import { assert, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import { QualityFailure, QualityGap, QualityHistory } from "../../../src/api/quality/QualityGroup.js"
import { SensorTags } from "../../../src/api/sensors/ShapingContract.js"
import { QualityReport } from "../../../src/domain/quality/QualityReport.js"
import { micros } from "../../../src/domain/Time.js"
import * as SqlCatalogueLog from "../../../src/eventlog/SqlCatalogueLog.js"
import * as SqlEventLog from "../../../src/eventlog/sql/SqlEventLog.js"
import * as Aggregates from "../../../src/projections/minutes/Aggregates.js"
import * as Minutes from "../../../src/projections/minutes/Minutes.js"
import * as SqlMinuteStore from "../../../src/projections/minutes/SqlMinuteStore.js"
import * as Quality from "../../../src/projections/quality/Quality.js"
import { describeDatabases, type TestDatabase } from "../../support/databases.js"
import { append, candidate, folded, T0 } from "../realServer.js"
import { ask, catalog, problemFields, put, serverLayer, shaped } from "../server.js"

const served = (database: TestDatabase) => {
  const log = Layer.merge(Minutes.layer(), SqlCatalogueLog.layer).pipe(
    Layer.provideMerge(SqlMinuteStore.layer),
    Layer.provideMerge(SqlEventLog.layer()),
    Layer.provideMerge(database.layer),
    Layer.orDie
  )
  return serverLayer({
    log,
    minutes: log,
    aggregates: Aggregates.layer({ allowedLateness: "10 seconds" }).pipe(Layer.provide(log)),
    quality: Quality.layer.pipe(Layer.provide(log)),
    words: Layer.merge(catalog, log)
  }).pipe(Layer.provideMerge(log))
}

const WINDOW = "start_time=2026-01-01T00:00:00Z&end_time=2026-01-01T00:05:00Z"
const at = (second: number) => micros(T0 + second * 1_000_000)
const tag = (sensor: number, tags: Record<string, string>) =>
  Effect.map(put(`/sensors/${sensor}/tags`, { tags }), ({ json }) => shaped(SensorTags, json))
const get = <A, I>(schema: Schema.Schema<A, I>, path: string) =>
  Effect.map(ask(path), ({ json, status, text }) => {
    assert.strictEqual(status, 200, text)
    return shaped(schema, json)
  })
const report = (query: string) => get(QualityReport, `/data/data-quality/?${WINDOW}&${query}`)
const sensorsOf = (query: string) =>
  Effect.map(report(query), ({ sensors }) => sensors.map(({ sensor_id }) => sensor_id).sort())
const gaps = (query: string) =>
  Effect.map(get(Schema.Array(QualityGap), `/data/data-quality/gaps/?${WINDOW}&${query}`), (rows) => [
    ...new Set(rows.map(({ sensor_id }) => sensor_id))
  ])

const SENSORS = [1, 2, 3, 4]

describeDatabases("quality by tags", (database) => {
  layer(served(database), { excludeTestServices: true, timeout: "2 minutes" })((it) => {
    it.effect("is that of the sensors that have them, as of then, whatever is asked", () =>
      Effect.gen(function* () {
        // A reading a second for three minutes, with a hole of a minute.
        const seconds = Array.from({ length: 180 }, (_, n) => (n < 60 ? n : n + 60))
        yield* append(SENSORS.flatMap((id) => seconds.map((second) => candidate(id, at(second), second))))
        for (const id of SENSORS) yield* put(`/sensors/${id}`, { interval_ms: 1_000 })
        yield* tag(1, { site: "berlin", line: "1" })
        yield* tag(2, { site: "berlin", line: "2" })
        const { log_position: before } = yield* tag(3, { site: "paris" })
        yield* folded

        assert.deepStrictEqual(yield* sensorsOf(""), SENSORS)
        assert.deepStrictEqual(yield* sensorsOf("tag=site:berlin"), [1, 2])
        assert.deepStrictEqual(yield* sensorsOf("tag=site:berlin&tag=site:paris"), [1, 2, 3])
        assert.deepStrictEqual(yield* sensorsOf("tag=site:berlin&tag=line:2"), [2])
        assert.deepStrictEqual(yield* sensorsOf("tag=site:rome"), [])
        assert.deepStrictEqual(yield* sensorsOf("tag=site:berlin&sensor_id=1"), [1])
        assert.deepStrictEqual(yield* sensorsOf("tag=site:berlin&sensor_id=3"), [])
        assert.deepStrictEqual(yield* gaps("tag=site:berlin"), [1, 2])
        assert.deepStrictEqual(yield* gaps("tag=site:paris"), [3])

        const berlin = yield* report("tag=site:berlin")
        const each = yield* Effect.forEach([1, 2], (id) => report(`sensor_id=${id}`))
        for (const name of ["completeness", "accuracy", "timeliness", "uniqueness"] as const) {
          const { denominator, numerator } = berlin.details[name]
          const sum = (one: "numerator" | "denominator") =>
            each.reduce((total, { details }) => total + details[name][one], 0)
          assert.deepStrictEqual([numerator, denominator], [sum("numerator"), sum("denominator")], name)
        }
        const [received] = berlin.details.completeness.checks
        assert.include(received?.link, "tag=site%3Aberlin")
        const failures = yield* get(Schema.Array(QualityFailure), received?.link ?? "")
        assert.deepStrictEqual([...new Set(failures.map(({ sensor_id }) => sensor_id))], [1, 2])
        const [day] = yield* get(
          Schema.Array(QualityHistory),
          `/data/data-quality/history/?${WINDOW}&tag=site:paris&sensors=true`
        )
        assert.deepStrictEqual(
          day?.sensors.map(({ sensor_id }) => sensor_id),
          [3]
        )

        yield* tag(2, { site: "paris" })
        yield* folded
        assert.deepStrictEqual(yield* sensorsOf("tag=site:berlin"), [1])
        assert.deepStrictEqual(yield* sensorsOf(`tag=site:berlin&as_of=${before}`), [1, 2])
        for (const path of ["", "failures/", "gaps/", "history/"]) {
          const query = `tag=sites:berlin${path === "failures/" ? "&check=received" : ""}`
          const unknown = yield* ask(`/data/data-quality/${path}?${query}`)
          assert.deepStrictEqual(problemFields(unknown, 400), ["tag"], path)
          assert.include(unknown.text, "names the key sites, which no sensor has")
        }
      })
    )
  })
})
