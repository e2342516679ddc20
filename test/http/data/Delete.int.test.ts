/** Many readings deleted at once: counted first, then exactly those, and what was there before can be read. */
import { assert, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { DeletionResult } from "../../../src/api/data/Deletion.js"
import { readingId, sensorId } from "../../../src/domain/Ids.js"
import { EventLog } from "../../../src/eventlog/EventLog.js"
import { describeDatabases } from "../../support/databases.js"
import { append, candidate, folded, realServer, T0 } from "../realServer.js"
import { ADMIN, ask, keyedAuth, post, problemFields, READER, serverLayer, shaped } from "../server.js"

const SECOND = 1_000_000
const iso = (second: number) => new Date(T0 / 1_000 + second * 1_000).toISOString()

const rowsOf = (sensor: number, count: number, from = 0) =>
  Array.from({ length: count }, (_, n) => candidate(sensor, T0 + (from + n) * SECOND, n / 3))

const asked = (body: object) =>
  Effect.map(post("/data/delete", body), ({ json }) => shaped(DeletionResult, json))
const textOf = (path: string) => Effect.map(ask(path), ({ text }) => text)

describeDatabases("POST /data/delete", (database) => {
  layer(realServer(database), { excludeTestServices: true, timeout: "3 minutes" })((it) => {
    it.effect("deletes what the dry run counted, and the rest is as if it had never come", () =>
      Effect.gen(function* () {
        const log = yield* EventLog
        const device = { ...candidate(1, T0, 5), sensor: { _tag: "Named", name: "a, b/c" } as const }
        yield* append([...rowsOf(2, 90), device])
        yield* log.describe([{ id: sensorId(2), intervalMs: 1_000, said: {} }])
        yield* folded
        const clean = yield* textOf("/aggregated_data.csv")
        yield* append([...rowsOf(1, 450), ...rowsOf(2, 30, 90)])
        yield* folded
        const before = yield* log.head
        const pages = ["/data.csv?", "/aggregated_data.csv?"].map((path) => `${path}as_of=${before.position}`)
        const then = yield* Effect.forEach(pages, textOf)
        const filter = { sensor_id: [1, 2], start_time: iso(0), end_time: iso(1_000) }
        const dry = yield* asked({ filter })
        assert.deepInclude(dry, { dry_run: true, matched: 570, deleted: 0, remaining: 570 })
        assert.deepStrictEqual(
          [dry.start_time, dry.end_time],
          [iso(0), iso(449)].map((one) => one.replace("Z", "000Z"))
        )
        assert.deepStrictEqual(
          dry.sensors.map((one) => [one.sensor_id, one.matched]),
          [
            [1, 450],
            [2, 120]
          ]
        )
        assert.strictEqual((yield* log.head).position, before.position)
        // Comes since, and stays.
        yield* append(rowsOf(2, 1, 500))

        const wrong = yield* post("/data/delete", {
          filter,
          dry_run: false,
          expected: 569,
          as_of: dry.position
        })
        assert.deepStrictEqual(problemFields(wrong, 409), [])
        const real = { dry_run: false, as_of: dry.position, reason: "wrong place" }
        const first = { filter: { ...filter, sensor_id: [1] }, ...real, expected: 450 }
        assert.deepInclude(yield* asked(first), { matched: 450, deleted: 450, remaining: 0 })
        const twice = yield* post("/data/delete", first)
        assert.deepStrictEqual(problemFields(twice, 409), [])
        assert.deepInclude(yield* asked({ ...first, expected: 0 }), { matched: 0, deleted: 0 })
        const second = { start_time: iso(90), end_time: iso(1_000), sensor_id: [2] }
        assert.deepInclude(yield* asked({ filter: second, ...real, expected: 30 }), { deleted: 30 })
        const late = { ...second, start_time: iso(500) }
        assert.deepInclude(yield* asked({ filter: late, dry_run: false, expected: 1 }), { deleted: 1 })

        yield* folded
        // Position and finality aside: those rows were folded further, or are over by now.
        const figures = (text: string) =>
          text.split("\n").map((row) => row.split(",").toSpliced(19, 2).join(","))
        assert.deepStrictEqual(figures(yield* textOf("/aggregated_data.csv")), figures(clean))
        assert.deepStrictEqual(yield* Effect.forEach(pages, textOf), then)
        const [gone] = yield* log.readings({ sensorIds: [sensorId(1)] }, { asOf: before.position, limit: 1 })
        const history = yield* log.history(gone?.id ?? readingId(1))
        assert.deepInclude(history.at(-1), { type: "ReadingDeleted", payload: { reason: "wrong place" } })
        const named = yield* asked({ filter: { sensor: ["a, b/c", "nobody"] } })
        assert.deepStrictEqual(
          named.sensors.map(({ name }) => name),
          ["a, b/c"]
        )
      })
    )
  })
})

layer(serverLayer({ auth: keyedAuth }), { excludeTestServices: true })("a request to delete many", (it) => {
  const send = (body: unknown, secret = ADMIN) =>
    ask("/data/delete", {
      method: "POST",
      body: JSON.stringify(body),
      headers: { "content-type": "application/json", authorization: `Bearer ${secret}` }
    })

  it.effect("is refused without a condition, without what the dry run counted, and with a misspelt one", () =>
    Effect.gen(function* () {
      const one = { sensor_id: [1] }
      for (const [body, fields] of [
        [{ filter: {} }, ["filter"]],
        [{}, ["filter"]],
        [{ filter: { sensor_id: [] } }, ["filter.sensor_id"]],
        [{ filter: { client: "x" } }, ["filter.client"]],
        [{ filter: one, dryrun: false }, ["dryrun"]],
        [{ filter: one, dry_run: false }, ["expected"]],
        [{ filter: one, as_of: 99 }, ["as_of"]],
        [{ filter: { ...one, start_time: iso(2), end_time: iso(1) } }, ["filter.start_time"]]
      ] as const) {
        assert.deepStrictEqual(problemFields(yield* send(body), 400), fields, JSON.stringify(body))
      }
      assert.strictEqual((yield* send({ filter: one }, READER)).status, 403)
    })
  )
})
