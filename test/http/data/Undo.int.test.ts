/** An import taken back: its rows are gone, those that were there before stay, and taking it back twice does nothing. */
import { assert, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { DeletionResult } from "../../../src/api/data/Deletion.js"
import { sensorId } from "../../../src/domain/Ids.js"
import { EventLog } from "../../../src/eventlog/EventLog.js"
import { describeDatabases } from "../../support/databases.js"
import { append, candidate, folded, realServer, T0 } from "../realServer.js"
import { ask, post, problemFields, shaped } from "../server.js"

const iso = (second: number) => new Date(T0 / 1_000 + second * 1_000).toISOString()
const csv = (rows: ReadonlyArray<readonly [second: number, value: number | string]>) =>
  ["sensor_id,timestamp,value", ...rows.map(([second, value]) => `1,${iso(second)},${value}`)].join("\n")

const send = (body: string) =>
  ask("/data/", { method: "POST", body, headers: { "content-type": "text/csv" } })
const textOf = (path: string) => Effect.map(ask(path), ({ text }) => text)
const figures = Effect.map(textOf("/aggregated_data.csv"), (text) =>
  text.split("\n").map((row) => row.split(",").toSpliced(19, 2).join(","))
)
const importsNow = Effect.map(ask("/imports/"), ({ json }) => json as ReadonlyArray<Record<string, unknown>>)

describeDatabases("an import", (database) => {
  layer(realServer(database), { excludeTestServices: true, timeout: "2 minutes" })((it) => {
    it.effect("is taken back whole, and nothing else with it", () =>
      Effect.gen(function* () {
        const log = yield* EventLog
        yield* append(Array.from({ length: 40 }, (_, n) => candidate(1, T0 + 2 * n * 1_000_000, n)))
        yield* log.describe([{ id: sensorId(1), intervalMs: 1_000, said: {} }])
        yield* folded
        const never = yield* figures
        const rows = Array.from({ length: 80 }, (_, n) => [n, n % 2 === 0 ? n / 2 : n + 0.5] as const)
        const answer = yield* send(csv([...rows, [100, "x"]]))
        assert.strictEqual(answer.status, 207)
        assert.strictEqual(answer.headers.get("tidemark-import"), "1")
        const [one] = yield* importsNow
        assert.deepInclude(one, { id: 1, source: "POST of text/csv", stored: 40, repeated: 40, rejected: 1 })
        assert.deepInclude(one, { start_time: `${iso(1).slice(0, -1)}000Z`, undone_at: null })
        assert.match(yield* textOf("/imports.csv"), /^id,source,actor,started_at,/)
        // A device says the same again, and something of its own: neither is the import's.
        yield* append([candidate(1, T0 + 1_000_000, 1.5), candidate(1, T0 + 200_000_000, 7)])
        yield* folded
        const [before, during] = [(yield* log.head).position, yield* figures]
        assert.notDeepEqual(during, never)

        const filter = { import_id: 1 }
        const dry = shaped(DeletionResult, (yield* post("/data/delete", { filter })).json)
        assert.strictEqual(dry.matched, 40)
        const real = { filter, dry_run: false, as_of: dry.position }
        const done = yield* post("/data/delete", { ...real, expected: 40, reason: "undo" })
        assert.deepInclude(shaped(DeletionResult, done.json), { deleted: 40, remaining: 0 })
        assert.isNotNull((yield* importsNow)[0]?.undone_at)
        const head = yield* log.head
        const again = shaped(DeletionResult, (yield* post("/data/delete", { ...real, expected: 0 })).json)
        assert.deepInclude(again, { matched: 0, deleted: 0 })
        assert.deepStrictEqual(yield* log.head, head)

        // The device's own reading is in a minute of its own.
        yield* folded
        assert.deepStrictEqual(
          (yield* figures).filter((row) => !row.includes("T00:03:00") && !row.includes("00:03:20")),
          never
        )
        assert.strictEqual(yield* log.countReadings({}, before), 81)
        assert.strictEqual(yield* log.countReadings({}, head.position), 41)
        assert.deepStrictEqual(
          problemFields(yield* post("/data/delete", { filter: { import_id: 9 } }), 404),
          []
        )
      })
    )
  })
})
