/** Aggregates calibrated, converted and merged by tags over HTTP, on real databases: against the readings themselves. */
import { assert, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { AggregateGroup, ShapedAggregate } from "../../../src/api/data/AggregateContract.js"
import { ShapedReading } from "../../../src/api/data/ReadingContract.js"
import { SensorCalibration, SensorTags } from "../../../src/api/sensors/ShapingContract.js"
import { formatTime, micros } from "../../../src/domain/Time.js"
import { describeDatabases } from "../../support/databases.js"
import { append, askBytes, candidate, doubles, folded, realServer, T0 } from "../realServer.js"
import { ask, problemFields, put, shaped } from "../server.js"

const MINUTE = 60_000_000
const at = (second: number) => micros(T0 + second * 1_000_000)

const listed = <A, I>(schema: Schema.Schema<A, I>) => {
  const rows = Schema.Array(schema)
  return (path: string) =>
    Effect.map(ask(path), ({ json, status, text }) => {
      assert.strictEqual(status, 200, text)
      return shaped(rows, json)
    })
}
const aggregates = listed(ShapedAggregate)
const readings = listed(ShapedReading)
const groups = listed(AggregateGroup)

/** By interval: what the shaped readings of one sensor come to, from each of them. */
const fromReadings = (rows: ReadonlyArray<typeof ShapedReading.Type>, length: number) => {
  const byStart = new Map<number, Array<number>>()
  for (const { timestamp, value } of rows) {
    const start = Math.floor((Date.parse(timestamp) * 1_000) / length) * length
    byStart.set(start, [...(byStart.get(start) ?? []), value])
  }
  return [...byStart].map(([start, values]) => ({
    timestamp: formatTime(micros(start)),
    count: values.length,
    min: Math.min(...values),
    max: Math.max(...values),
    first: values[0],
    last: values.at(-1)
  }))
}

const edges = (
  rows: ReadonlyArray<
    Pick<typeof ShapedAggregate.Type, "timestamp" | "count" | "min" | "max" | "first" | "last">
  >
) => rows.map(({ count, first, last, max, min, timestamp }) => ({ timestamp, count, min, max, first, last }))

describeDatabases("shaped aggregates", (database) => {
  layer(realServer(database), { excludeTestServices: true, timeout: "2 minutes" })((it) => {
    it.effect("are those of the calibrated readings, over borders within minutes and within hours", () =>
      Effect.gen(function* () {
        const draw = doubles(7)
        const value = () => Math.round((draw() % 1) * 1e6) / 1e4
        const values = Array.from({ length: 400 }, value)
        yield* append(values.map((one, n) => candidate(1, at(n * 30), one, { unit: "C" })))
        yield* folded
        const segments = [
          { offset: 0.3, scale: -1.1 },
          { from: formatTime(at(60 * 30 + 15)), offset: 2, scale: 0.5 },
          { from: formatTime(at(60 * 90)), offset: 1 }
        ]
        const said = yield* put("/sensors/1/calibration", { segments })
        const { log_position, version } = shaped(SensorCalibration, said.json)
        yield* folded
        for (const query of ["calibrated=true", "calibrated=true&convert_to=K", "convert_to=F"]) {
          const rows = yield* readings(`/data/1?${query}&limit=1000`)
          for (const [interval, minutes] of [
            ["1m", 1],
            ["5m", 5],
            ["1h", 60],
            ["1d", 1_440]
          ] as const) {
            const folded = yield* aggregates(`/aggregated_data/1?${query}&interval=${interval}&limit=1000`)
            assert.deepStrictEqual(
              edges(folded),
              fromReadings(rows, minutes * MINUTE),
              `${query} ${interval}`
            )
            for (const { mean, value } of folded.map((row) => ({
              ...row,
              mean: (row.sum ?? 0) / row.count
            }))) {
              assert.closeTo(value, mean, Math.abs(mean) * 1e-15 + 1e-300)
            }
          }
          const [day] = yield* aggregates(`/aggregated_data/1?${query}&interval=1d`)
          assert.closeTo(
            day?.sum ?? 0,
            rows.reduce((sum, { value }) => sum + value, 0),
            1e-6
          )
          assert.strictEqual(day?.calibration, query.startsWith("cal") ? version : undefined)
          assert.strictEqual(day?.unit, query.endsWith("K") ? "K" : query.endsWith("F") ? "°F" : "C")
        }
        // Raw stays raw, and what was answered before can be asked for again.
        const raw = yield* aggregates("/aggregated_data/1?interval=1h")
        const before = `/aggregated_data/1?interval=1h&calibrated=true&as_of=${log_position - 1}`
        const then = yield* ask(before)
        assert.deepStrictEqual<unknown>(
          shaped(Schema.Array(ShapedAggregate), then.json).map(({ calibration: _, ...row }) => row),
          yield* aggregates(`/aggregated_data/1?interval=1h&as_of=${log_position - 1}`)
        )
        assert.deepStrictEqual(edges(raw), edges(shaped(Schema.Array(ShapedAggregate), then.json)))
        yield* put("/sensors/1/calibration", { segments: [{ offset: 100 }] })
        yield* folded
        assert.strictEqual((yield* ask(before)).text, then.text)
        const [hour] = yield* aggregates(
          `/aggregated_data/1?interval=1h&calibrated=true&as_of=${log_position}`
        )
        assert.strictEqual(hour?.calibration, version)
      })
    )

    it.effect(
      "of a polynomial are computed from readings up to an hour, and refused beyond, with what to do",
      () =>
        Effect.gen(function* () {
          yield* put("/sensors/1/calibration", { unit: "Pa", segments: [{ polynomial: [1, 0.5, 0.25] }] })
          yield* folded
          const rows = yield* readings("/data/1?calibrated=true&limit=1000")
          const hours = yield* aggregates("/aggregated_data/1?calibrated=true&interval=1h")
          assert.deepStrictEqual(edges(hours), fromReadings(rows, 60 * MINUTE))
          const refused = yield* ask("/aggregated_data/1?calibrated=true&interval=2h")
          assert.deepStrictEqual(problemFields(refused, 400), ["calibrated"])
          assert.include(refused.text, "scale and offset")
        })
    )

    it.effect("refuse a unit that can't be converted, with those that can, in streams too", () =>
      Effect.gen(function* () {
        yield* append([0, 30, 60].map((second) => candidate(2, at(second), 50 + second, { unit: "%" })))
        yield* append([candidate(3, at(0), 1)])
        yield* folded
        for (const path of ["/data/2", "/data/2.csv", "/aggregated_data/2", "/data/"]) {
          const refused = yield* ask(`${path}?convert_to=Cel`)
          assert.deepStrictEqual(problemFields(refused, 400), ["convert_to"], path)
        }
        assert.include(
          (yield* ask("/data/2?convert_to=Cel")).text,
          "is in %, which can be converted to %, ppm, ppb"
        )
        assert.include((yield* ask("/data/3?convert_to=Cel")).text, "says no unit")
        assert.deepStrictEqual(problemFields(yield* ask("/data/2?convert_to=widgets"), 400), ["convert_to"])
        const wide = yield* askBytes("/data/2.csv?convert_to=ppm&shape=wide")
        assert.strictEqual(wide.body.toString().split("\r\n")[1], "2026-01-01T00:00:00.000000Z,500000")
      })
    )

    it.effect("refuse a unit that a sensor had before, and break no stream off for it", () =>
      Effect.gen(function* () {
        yield* append([candidate(9, at(0), 1, { unit: "x" }), candidate(9, at(60), 2, { unit: "C" })])
        for (const path of ["/data/9", "/data/9.csv", "/data/9.ndjson"]) {
          const refused = yield* ask(`${path}?convert_to=Cel`)
          assert.deepStrictEqual(problemFields(refused, 400), ["convert_to"], path)
        }
        assert.strictEqual(
          (yield* ask(
            `/data/range/?format=csv&convert_to=Cel&sensor_id=9&start_time=${formatTime(at(30))}&end_time=${formatTime(at(90))}`
          )).status,
          200
        )
      })
    )

    it.effect("are merged by tags, exactly, and chosen by them, as of then", () =>
      Effect.gen(function* () {
        yield* append([0, 30, 90].map((second) => candidate(4, at(second), 32 + second, { unit: "F" })))
        yield* append([0, 60].map((second) => candidate(5, at(second), second / 10, { unit: "C" })))
        const tag = (sensor: number, tags: Record<string, string>) =>
          Effect.map(put(`/sensors/${sensor}/tags`, { tags }), ({ json }) => shaped(SensorTags, json))
        yield* tag(4, { site: "berlin", line: "1" })
        yield* tag(5, { site: "berlin", line: "2" })
        const { log_position: before } = yield* tag(2, { site: "paris" })
        yield* folded
        const of = (query: string) =>
          Effect.map(readings(`/data/?${query}&limit=1000`), (rows) => [
            ...new Set(rows.map(({ sensor_id }) => sensor_id))
          ])
        assert.deepStrictEqual(yield* of("tag=site:berlin"), [4, 5])
        assert.deepStrictEqual(yield* of("tag=site:berlin&tag=line:2"), [5])
        assert.deepStrictEqual(yield* of("tag=site:berlin&tag=site:paris"), [2, 4, 5])
        assert.deepStrictEqual(yield* of("tag=site:rome"), [])
        assert.deepStrictEqual(yield* of("tag=site:berlin&sensor_id=5,1"), [5])
        assert.deepStrictEqual(problemFields(yield* ask("/data/?tag=berlin"), 400), ["tag"])
        for (const path of [
          "/data/?tag=sites:berlin",
          "/sensors/?tag=sites:berlin",
          "/aggregated_data/?tag=sites:berlin"
        ]) {
          const unknown = yield* ask(path)
          assert.deepStrictEqual(problemFields(unknown, 400), ["tag"], path)
          assert.include(
            unknown.text,
            "names the key sites, which no sensor has: the keys in use are line, site"
          )
        }
        assert.deepStrictEqual(problemFields(yield* ask("/aggregated_data/groups/?group_by=sites"), 400), [
          "group_by"
        ])
        const sensors = yield* ask("/sensors/?tag=site:berlin")
        assert.deepStrictEqual(
          (sensors.json as ReadonlyArray<{ id: number }>).map(({ id }) => id),
          [4, 5]
        )

        for (const path of ["/aggregated_data/groups/", "/aggregated_data/groups.csv"]) {
          const mixed = yield* ask(`${path}?group_by=site`)
          assert.deepStrictEqual(problemFields(mixed, 400), ["group_by"], mixed.text)
          assert.include(mixed.text, "°F (sensor 4) and in °C (sensor 5)")
        }
        const berlin = yield* groups("/aggregated_data/groups/?group_by=site&tag=site:berlin&convert_to=C")
        assert.deepStrictEqual(
          berlin.map(({ count, group, max, min, sensors, sum, timestamp, unit, value }) => [
            timestamp.slice(14, 19),
            ...[group, sensors, count, unit, min, max, sum, value]
          ]),
          [
            ["00:00", "berlin", 2, 3, "°C", 0, 50 / 3, 50 / 3, 50 / 9],
            ["01:00", "berlin", 2, 2, "°C", 6, 50, 56, 28]
          ]
        )
        const lines = "/aggregated_data/groups/?group_by=line&interval=1h&convert_to=F&limit=1"
        const first = yield* ask(lines)
        const link = /^<(.*)>/.exec(first.headers.get("link") ?? "")?.[1] ?? ""
        const pages = [...shaped(Schema.Array(AggregateGroup), first.json), ...(yield* groups(link))]
        assert.deepStrictEqual(
          pages.map(({ group, sensors }) => [group, sensors]),
          [
            ["1", 1],
            ["2", 1]
          ]
        )
        yield* append([0, 30].map((second) => candidate(6, at(second), 20, { unit: "°C" })))
        yield* tag(6, { site: "berlin", line: "2" })
        yield* folded
        const spelt = yield* groups("/aggregated_data/groups/?group_by=line&tag=line:2&interval=1h")
        assert.deepStrictEqual(
          spelt.map(({ count, sensors, unit }) => [sensors, count, unit]),
          [[2, 4, "°C"]]
        )
        yield* tag(6, {})
        yield* tag(5, { site: "paris" })
        yield* folded
        assert.deepStrictEqual(yield* of("tag=site:berlin"), [4])
        assert.deepStrictEqual(yield* of(`tag=site:berlin&as_of=${before}`), [4, 5])
        const again = `/aggregated_data/groups/?group_by=site&tag=site:berlin&convert_to=C&as_of=${before}`
        assert.deepStrictEqual(
          (yield* groups(again)).map(({ sensors }) => sensors),
          [2, 2]
        )
      })
    )
  })
})
