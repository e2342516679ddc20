/** `max_points`: readings and aggregates thinned out for a plot, in every format, as of a position. */
import { assert, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { EventLog } from "../../../src/eventlog/EventLog.js"
import { describeDatabases } from "../../support/databases.js"
import { append, askBytes, candidate, folded, realServer, T0 } from "../realServer.js"
import { ask, problemFields } from "../server.js"

const SECOND = 1_000_000
const READINGS = 2_400

interface Row {
  readonly id: number
  readonly sensor_id: number
  readonly timestamp: string
  readonly value: number
  readonly min: number
  readonly max: number
}

/** Sensor 1 all the time, sensor 2 in the second half, sensor 3 three times. */
const seed = append(
  Array.from({ length: READINGS }, (_, n) => {
    const sensor = n % 800 === 7 ? 3 : n > READINGS / 2 && n % 2 === 0 ? 2 : 1
    const spike = n === 1_721 ? 1_000 : n === 434 ? -1_000 : 0
    return candidate(sensor, T0 + n * SECOND, Math.sin(n / 300) * 10 + (n % 13) / 10 + spike, { unit: "C" })
  })
)

const rowsOf = (path: string) =>
  Effect.map(askBytes(path), ({ body, headers, status }) => {
    assert.strictEqual(status, 200, `${path} ${body}`)
    assert.isUndefined(headers.link, path)
    return JSON.parse(body.toString()) as ReadonlyArray<Row>
  })
const linesOf = (path: string) =>
  Effect.map(askBytes(path), ({ body }) =>
    body
      .toString()
      .trim()
      .split("\n")
      .filter((line) => line !== "")
      .map((line): Row => JSON.parse(line))
  )
const of = (rows: ReadonlyArray<Row>, sensor: number) => rows.filter((row) => row.sensor_id === sensor)

const assertThinned = (all: ReadonlyArray<Row>, some: ReadonlyArray<Row>, most: number, path: string) => {
  const known = new Map(all.map((row) => [row.id, row]))
  assert.deepStrictEqual(
    some,
    all.filter((row) => some.some(({ id }) => id === row.id)),
    path
  )
  for (const row of some) assert.deepStrictEqual(row, known.get(row.id), path)
  for (const sensor of [1, 2, 3]) {
    const [whole, part] = [of(all, sensor), of(some, sensor)]
    assert.isAtMost(part.length, most, path)
    assert.deepStrictEqual([part[0], part.at(-1)], [whole[0], whole.at(-1)], path)
    const ends = (rows: ReadonlyArray<Row>) => [
      Math.min(...rows.map(({ min, value }) => min ?? value)),
      Math.max(...rows.map(({ max, value }) => max ?? value))
    ]
    assert.deepStrictEqual(ends(part), ends(whole), path)
  }
}

describeDatabases("max_points", (database) => {
  layer(realServer(database), { excludeTestServices: true, timeout: "2 minutes" })((it) => {
    it.effect("keeps real rows, first, last and extremes of each sensor", () =>
      Effect.gen(function* () {
        yield* seed
        yield* folded
        for (const query of [
          "/data/?",
          "/data/?order=desc&",
          "/data/?sensor_id=1,3&",
          "/data/1?",
          "/data/range/?start_time=2026-01-01T00:05:00Z&end_time=2026-01-01T00:35:00Z&",
          "/data/summary/?unit=C&",
          "/aggregated_data/?",
          "/aggregated_data/?order=desc&interval=5m&"
        ]) {
          const all = yield* linesOf(`${query}format=ndjson`)
          for (const method of ["minmax", "lttb"]) {
            for (const most of [4, 50]) {
              const path = `${query}max_points=${most}&method=${method}`
              assertThinned(all, yield* rowsOf(path), most, path)
            }
          }
        }
        const byDefault = yield* rowsOf("/data/?max_points=9")
        assert.deepStrictEqual(byDefault, yield* rowsOf("/data/?max_points=9&method=minmax"))
        // So many, where there is enough: all but what two bounds of a bucket share.
        assert.isAtLeast((yield* rowsOf("/data/1?max_points=100&method=lttb")).length, 98)
        assert.isAtLeast((yield* rowsOf("/data/1?max_points=100")).length, 60)
      })
    )

    it.effect("is the same in every format, and gives a small answer whole", () =>
      Effect.gen(function* () {
        const rows = yield* rowsOf("/data/?max_points=50")
        assert.deepStrictEqual(yield* linesOf("/data/?max_points=50&format=ndjson"), rows)
        const ids = rows.map(({ id }) => String(id))
        const csv = (yield* askBytes("/data/?max_points=50&format=csv&fields=id")).body.toString()
        assert.deepStrictEqual(csv.trim().split("\r\n").slice(1), ids)
        const columns = JSON.parse(
          (yield* askBytes("/data/?max_points=50&format=columns&fields=id")).body.toString()
        )
        assert.deepStrictEqual(columns.columns.id.map(String), ids)
        assert.isNull(columns.next)
        for (const format of ["parquet", "arrow"]) {
          const { body, status } = yield* askBytes(`/data/?max_points=50&format=${format}`)
          assert.strictEqual(status, 200)
          assert.isAbove(body.length, 100)
        }
        // More than a page, and than a chunk.
        const minutes = yield* linesOf("/aggregated_data/?format=ndjson")
        assert.deepStrictEqual(yield* rowsOf("/aggregated_data/?max_points=1000"), minutes)
        const readings = yield* linesOf("/data/1?format=ndjson")
        assert.deepStrictEqual(yield* rowsOf("/data/1?max_points=3000&method=lttb"), readings)
        assert.isAbove(readings.length, 1_500)
        assert.deepStrictEqual(yield* rowsOf("/data/?max_points=4&start_time=2030-01-01"), [])
      })
    )

    it.effect("holds as of a position, with a validator of its own", () =>
      Effect.gen(function* () {
        const log = yield* EventLog
        const { position } = yield* log.head
        const paths = ["/data/?", "/aggregated_data/?"].flatMap((route) =>
          ["minmax", "lttb"].map((method) => `${route}max_points=30&method=${method}&as_of=${position}`)
        )
        const before = yield* Effect.forEach(paths, (path) => askBytes(path))
        assert.strictEqual(new Set(before.map(({ headers }) => headers.etag)).size, paths.length)
        yield* append(Array.from({ length: 50 }, (_, n) => candidate(1, T0 + n * SECOND + 5, 5_000 + n)))
        yield* folded
        for (const [index, path] of paths.entries()) {
          const after = yield* askBytes(path)
          assert.isTrue(after.body.equals(before[index]?.body ?? Buffer.alloc(0)), path)
          const now = yield* askBytes(path.replace(/&as_of=\d+/, ""))
          assert.isFalse(now.body.equals(after.body), path)
        }
      })
    )

    it.effect("refuses nonsense by name", () =>
      Effect.gen(function* () {
        const refused = (path: string, fields: ReadonlyArray<string>) =>
          Effect.map(ask(path), (answer) => assert.deepStrictEqual(problemFields(answer, 400), fields, path))
        for (const bad of ["0", "3", "10001", "-5", "1e3", "x", ""]) {
          yield* refused(`/data/?max_points=${bad}`, ["max_points"])
        }
        yield* refused("/data/?max_points=10&max_points=20", ["max_points"])
        yield* refused("/data/?max_points=10&method=median", ["method"])
        yield* refused("/data/?method=lttb", ["method"])
        yield* refused("/aggregated_data/?max_points=10&limit=5&skip=3", ["limit", "skip"])
        yield* refused("/data/?max_points=10&cursor=abc", ["cursor"])
        yield* refused("/data/?max_points=10&shape=wide", ["shape"])
        yield* refused("/data/?max_points=10&start_time=2026-01-02&end_time=2026-01-01&skip=1", [
          "start_time",
          "skip"
        ])
        yield* refused("/data/?max_points=10000", ["max_points"])
        yield* refused("/sensors/?max_points=10", ["max_points"])
        yield* refused("/events/?max_points=10", ["max_points"])
        const streamed = yield* askBytes("/data/?max_points=10000&format=csv")
        assert.strictEqual(streamed.status, 200)
      })
    )
  })
})
