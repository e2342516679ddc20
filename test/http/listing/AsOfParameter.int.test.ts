/**
 * The data as they were: the same request with the same `as_of` is equal to the byte, whatever came, was corrected
 * or deleted since; and pages hold still meanwhile.
 */
import { assert, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { type ReadingId, sensorId } from "../../../src/domain/Ids.js"
import { formatTime, micros } from "../../../src/domain/Time.js"
import { EventLog } from "../../../src/eventlog/EventLog.js"
import { describeDatabases } from "../../support/databases.js"
import { append, askBytes, candidate, doubles, everyReading, folded, realServer, T0 } from "../realServer.js"
import { ask, problemFields } from "../server.js"

const SECOND = 1_000_000
const READINGS = 4_000
const ROUTES = [
  "/data/?",
  "/data/3?",
  "/data/?order=desc&sensor_id=1,2&sensor_id=4&",
  "/data/summary/?type=temperature&",
  "/data/range/?start_time=2026-01-01T00:01:00Z&end_time=2026-01-01T00:05:00Z&",
  "/data/?shape=wide&",
  "/data/?sensor=second&",
  "/aggregated_data/?",
  "/aggregated_data/?order=desc&",
  "/aggregated_data/?interval=5m&",
  "/aggregated_data/2?",
  "/sensors/?",
  "/events/?"
]
const FORMATS = ["json", "columns", "ndjson", "csv", "parquet", "arrow"]
const said = { unit: "C", type: "temperature", description: "Küche" }

const seed = Effect.gen(function* () {
  const value = doubles(99)
  yield* append(
    Array.from({ length: READINGS }, (_, index) =>
      candidate(1 + (index % 5), T0 + Math.floor(index / 5) * SECOND, value() / 1e200, said)
    )
  )
  const log = yield* EventLog
  yield* log.describe([{ id: sensorId(2), intervalMs: 2_000, name: "second", said: {} }])
  yield* folded
})

/** What a busy hour does: new readings, late ones, corrections, deletions, sensors that change. */
const meddle = (round: number) =>
  Effect.gen(function* () {
    const log = yield* EventLog
    const all = yield* everyReading((yield* log.head).position)
    for (const [index, { id, occurredAt, sensorId: sensor, value }] of all.entries()) {
      if (index % 40 === round) {
        const by = { sensorId: sensor, occurredAt, value: value / 2 + 1, said: {} }
        yield* log.replace(id as ReadingId, by)
      }
      if (index % 97 === round) yield* Effect.ignore(log.remove(id))
    }
    const late = Array.from({ length: 500 }, (_, index) =>
      candidate(1 + (index % 6), T0 + index * SECOND + 500_000 + round, index, { ...said, unit: `U${round}` })
    )
    yield* append(late)
    yield* log.describe([
      { id: sensorId(1), intervalMs: 3_000 + round, said: { description: `moved ${round}` } },
      { id: sensorId(2), name: `second-${round}`, said: {} }
    ])
    yield* log.retire([sensorId(4)])
    yield* folded
  })

describeDatabases("as of a position", (database) => {
  layer(realServer(database), { excludeTestServices: true, timeout: "3 minutes" })((it) => {
    it.effect(
      "answers are equal to the byte, whatever came since",
      () =>
        Effect.gen(function* () {
          yield* seed
          const log = yield* EventLog
          const { position } = yield* log.head
          const paths = ROUTES.flatMap((route) =>
            FORMATS.map((format) => `${route}format=${format}&as_of=${position}`)
          )
          const before = yield* Effect.forEach(paths, (path) => askBytes(path))
          const live = yield* Effect.forEach(ROUTES.slice(0, 6), (route) => askBytes(`${route}format=csv`))
          for (const [index, { headers, status }] of before.entries()) {
            assert.strictEqual(status, 200, paths[index])
            assert.strictEqual(headers["tidemark-position"], String(position), paths[index])
          }
          // As of now, it is what is there now.
          for (const [index, { body }] of live.entries()) {
            assert.isTrue(
              body.equals(before[index * FORMATS.length + 3]?.body ?? Buffer.alloc(0)),
              ROUTES[index]
            )
          }
          yield* meddle(1)
          yield* meddle(2)
          for (const [index, path] of paths.entries()) {
            const after = yield* askBytes(path)
            assert.isTrue(after.body.equals(before[index]?.body ?? Buffer.alloc(0)), path)
            // The test would not see a thing if nothing had changed.
            if (path.includes("format=csv") && !path.startsWith("/data/range")) {
              const now = yield* askBytes(path.replace(/&as_of=\d+/, ""))
              assert.isFalse(now.body.equals(after.body), path)
            }
          }
        }),
      { timeout: 180_000 }
    )

    it.effect("a time stands for the last position recorded up to it", () =>
      Effect.gen(function* () {
        const log = yield* EventLog
        const { position } = yield* log.head
        for (const at of [1, 7, 1_000, position - 300, position]) {
          const [event] = yield* log.tail((at - 1) as typeof position, at as typeof position, 1)
          const time = event?.recordedAt ?? micros(0)
          const answer = yield* ask(`/data/?limit=1&as_of=${formatTime(time)}`)
          const found = Number(answer.headers.get("tidemark-position"))
          const [last] = yield* log.tail((found - 1) as typeof position, found as typeof position, 1)
          const [next] = yield* log.tail(found as typeof position, position, 1)
          assert.strictEqual(last?.recordedAt, time)
          assert.isTrue(next === undefined || next.recordedAt > time)
        }
        assert.strictEqual((yield* ask("/data/?as_of=1999-01-01")).headers.get("tidemark-position"), "0")
        assert.deepStrictEqual((yield* ask("/data/?as_of=0")).json, [])
      })
    )

    it.effect("is refused where it can't be held, and where a route has no past", () =>
      Effect.gen(function* () {
        const log = yield* EventLog
        const beyond = (yield* log.head).position + 1
        for (const wrong of [
          `as_of=${beyond}`,
          "as_of=2200-01-01",
          "as_of=soon",
          "as_of=-1",
          "as_of=",
          "as_of=1&as_of=2"
        ]) {
          for (const path of [
            "/data/",
            "/aggregated_data/",
            "/sensors/",
            "/events/",
            "/data/data-quality/",
            "/data/data-quality/gaps/",
            "/data/1",
            "/sensors/1"
          ]) {
            assert.deepStrictEqual(problemFields(yield* ask(`${path}?${wrong}`), 400), ["as_of"], path)
          }
        }
        for (const path of [
          "/metadata/",
          "/rejected/",
          "/health",
          "/data/catalog/",
          "/data/data-quality/history/",
          "/clients/x"
        ]) {
          assert.deepStrictEqual(problemFields(yield* ask(`${path}?as_of=1`), 400), ["as_of"], path)
        }
        assert.deepStrictEqual(problemFields(yield* ask("/data/1?as_of=1", { method: "DELETE" }), 400), [
          "as_of"
        ])
      })
    )

    it.effect("one sensor, as it was", () =>
      Effect.gen(function* () {
        const log = yield* EventLog
        const { position } = yield* log.head
        const then = (yield* ask(`/sensors/1?as_of=${READINGS + 5}`)).json as Record<string, unknown>
        const now = (yield* ask(`/sensors/1?as_of=${position}`)).json as Record<string, unknown>
        assert.deepInclude(then.metadata, { description: "Küche" })
        assert.deepInclude(now.metadata, { description: "moved 2" })
        assert.strictEqual(then.interval_estimated, true)
        assert.strictEqual(now.interval_ms, 3_002)
        assert.strictEqual((yield* ask("/sensors/1?as_of=0")).status, 404)
      })
    )

    it.effect(
      "pages hold each reading once, as of the first one, while data come and are corrected",
      () =>
        Effect.gen(function* () {
          const log = yield* EventLog
          const wanted = yield* everyReading((yield* log.head).position)
          const seen: Array<number> = []
          let next: string | undefined = "/data/?limit=500"
          for (let page = 0; next !== undefined; page++) {
            const answer: Effect.Effect.Success<ReturnType<typeof ask>> = yield* ask(next)
            for (const { position } of answer.json as ReadonlyArray<{ readonly position: number }>)
              seen.push(position)
            next = /^<(.*)>; rel="next"$/.exec(answer.headers.get("link") ?? "")?.[1]
            const at = T0 + page * 100 * SECOND
            yield* append(
              Array.from({ length: 100 }, (_, n) => candidate(1 + (n % 5), at + n * SECOND + 77 + page, n))
            )
            for (const one of wanted.slice(page * 400, page * 400 + 20)) {
              const { occurredAt, sensorId: sensor } = one
              yield* log.replace(one.id, { sensorId: sensor, occurredAt, value: -page, said: {} })
            }
          }
          assert.deepStrictEqual(
            seen,
            wanted.map(({ position }) => position)
          )
        }),
      { timeout: 60_000 }
    )
  })
})
