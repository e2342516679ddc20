/** The command as a person runs it, beside the server that has the database. */
import { readdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { folder, startTidemark, Tidemark, until } from "../../support/tidemark.js"

const READINGS = Array.from({ length: 300 }, (_, n) => ({
  sensor_id: 1 + (n % 2),
  timestamp: new Date(Date.UTC(2026, 0, 1 + Math.floor(n / 100), 12, 0, n % 100)).toISOString(),
  value: n / 8
}))

describe("tidemark archive", () => {
  it.scopedLive(
    "archives and verifies beside a running server, and ends with 1 where a file is damaged",
    () =>
      Effect.gen(function* () {
        const cwd = yield* folder
        const env = { DATA_DIR: cwd, SIMULATE: "false" }
        const server = yield* startTidemark(env, ["start"], { cwd })
        const run = (...args: ReadonlyArray<string>) =>
          Effect.promise(async () => {
            const command = Tidemark.run(["archive", ...args], env, { cwd })
            const { code } = await command.ended
            // Where it takes longer, it says how far it is; Node 20 writes no audit beside a server on a file.
            const lines = command.output.trim().split("\n")
            const besides = /^\d+ rows, |^it is not in the audit, /
            return [code, lines.filter((line) => !besides.test(line)).join("\n")] as const
          })
        yield* Effect.promise(async () => {
          await server.started(120_000)
          const posted = await server.get("/data/", {
            method: "POST",
            headers: { "content-type": "application/json" },
            body: JSON.stringify(READINGS)
          })
          assert.strictEqual(posted.status, 201)
          await until("the fold", 60_000, async () => {
            const { json } = await server.get("/aggregated_data/?limit=1000")
            return (
              (json as ReadonlyArray<{ count: number }>).reduce((sum, { count }) => sum + count, 0) === 300
            )
          })
        })
        const [code, said] = yield* run("lake", "--until", "2026-01-02")
        assert.deepStrictEqual(
          [code, said.replace(/\d+ rows.*/, "…")],
          [0, "lake has 2 days more, or anew: 6 files, …"]
        )
        const days = () => readdirSync(join(cwd, "lake", "readings")).sort()
        assert.deepStrictEqual(days(), ["date=2026-01-01", "date=2026-01-02"])
        assert.match((yield* run("lake"))[1], /^lake has 1 day more, or anew: 3 files, /)
        assert.match((yield* run("lake"))[1], /^lake has all closed days, as of position \d+$/)
        assert.match((yield* run("verify", "lake"))[1], /^lake is whole: 9 files, to position \d+, of /)

        const name = readdirSync(join(cwd, "lake", "readings", "date=2026-01-02"))[0] ?? ""
        const path = `readings/date=2026-01-02/${name}`
        const bytes = readFileSync(join(cwd, "lake", path))
        bytes[40] = (bytes[40] ?? 0) ^ 1
        writeFileSync(join(cwd, "lake", path), bytes)
        assert.deepStrictEqual(yield* run("verify", "lake"), [
          1,
          `${path}: it is damaged: its SHA-256 is not that of the manifest\ntidemark: lake is damaged: 1 fault`
        ])
        for (const [args, words] of [
          [[], "say where to"],
          [["lake", "--until", "yesterday"], "--until has to be YYYY-MM-DD"],
          [["s3://X"], "is no address of a bucket"],
          [["verify", "nothing"], "it holds no manifest.json"],
          [["drop", "lake"], "RETENTION_RAW is not set"],
          [["rehydrate", "lake", "--from", "2026-01-01", "--until", "x"], "--until has to be YYYY-MM-DD"]
        ] as const) {
          const [failed, why] = yield* run(...args)
          assert.strictEqual(failed, 1)
          assert.include(why, words)
        }
      }),
    300_000
  )
})
