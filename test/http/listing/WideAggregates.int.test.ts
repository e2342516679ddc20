/** Aggregates in the wide shape: a row a start, a column a sensor, page by page and as of a position. */
import { assert, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { describeDatabases } from "../../support/databases.js"
import { append, askBytes, candidate, folded, realServer, T0 } from "../realServer.js"
import { ask, problemFields } from "../server.js"

const SECOND = 1_000_000

interface Long {
  readonly sensor_id: number
  readonly timestamp: string
  readonly value: number
}
type Wide = Readonly<Record<string, string | number | null>>

const rows = <Row>(path: string) =>
  Effect.map(ask(path), (answer) => {
    assert.strictEqual(answer.status, 200, answer.text)
    return answer.json as ReadonlyArray<Row>
  })

/** The long rows, turned: null where a sensor has none of that time. */
const turned = (long: ReadonlyArray<Long>, sensors: ReadonlyArray<number>): ReadonlyArray<Wide> =>
  [...new Set(long.map(({ timestamp }) => timestamp))].map((timestamp) => ({
    timestamp,
    ...Object.fromEntries(
      sensors.map((sensor) => [
        `sensor_${sensor}`,
        long.find((row) => row.timestamp === timestamp && row.sensor_id === sensor)?.value ?? null
      ])
    )
  }))

describeDatabases("wide aggregates", (database) => {
  layer(realServer(database), { excludeTestServices: true, timeout: "1 minute" })((it) => {
    it.effect("are the means of the long ones, turned", () =>
      Effect.gen(function* () {
        yield* append(
          Array.from({ length: 900 }, (_, n) => candidate(1 + (n % 2), T0 + 3 * n * SECOND, n / 7)).concat(
            candidate(3, T0 + 700 * SECOND, 5)
          )
        )
        yield* folded
        for (const query of ["interval=1m", "interval=5m&order=desc", "interval=1h&sensor_id=1,3"]) {
          const long = yield* rows<Long>(`/aggregated_data/?limit=1000&${query}`)
          const wide = yield* rows<Wide>(`/aggregated_data/?shape=wide&limit=1000&${query}`)
          assert.deepStrictEqual(wide, turned(long, query.includes("sensor_id") ? [1, 3] : [1, 2, 3]), query)
        }
        const whole = yield* rows<Wide>("/aggregated_data/?shape=wide&limit=1000")
        assert.strictEqual(whole.length, 45)
        const paged: Array<Wide> = []
        for (let path: string | undefined = "/aggregated_data/?shape=wide&limit=7"; path !== undefined; ) {
          const answer: Effect.Effect.Success<ReturnType<typeof ask>> = yield* ask(path)
          paged.push(...(answer.json as ReadonlyArray<Wide>))
          path = /^<(.*)>/.exec(answer.headers.get("link") ?? "")?.[1]
        }
        assert.deepStrictEqual(paged, whole)
        const path = "/aggregated_data.csv?shape=wide&fields=timestamp,sensor_2"
        const csv = (yield* askBytes(path)).body.toString().trim().split("\r\n")
        assert.strictEqual(csv.length, 46)
        assert.strictEqual(csv[0], "timestamp,sensor_2")
        assert.deepStrictEqual(
          yield* rows("/aggregated_data/2?shape=wide&limit=1000"),
          turned(yield* rows<Long>("/aggregated_data/2?limit=1000"), [2])
        )
        assert.deepStrictEqual(problemFields(yield* ask("/aggregated_data/?shape=wide&skip=1"), 400), [
          "skip"
        ])
        assert.deepStrictEqual(problemFields(yield* ask("/aggregated_data/?shape=broad"), 400), ["shape"])
        assert.strictEqual((yield* ask("/aggregated_data/99?shape=wide")).status, 404)
        const then = "/aggregated_data/?shape=wide&interval=5m&format=csv"
        const before = yield* askBytes(then)
        const asOf = `${then}&as_of=${before.headers["tidemark-position"]}`
        yield* append([candidate(1, T0 + SECOND, 1e6)])
        yield* folded
        assert.isFalse((yield* askBytes(then)).body.equals(before.body))
        assert.isTrue((yield* askBytes(asOf)).body.equals(before.body))
      })
    )
  })
})
