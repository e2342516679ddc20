/** The files of a new installation: they start, let in whom they should, and what is there is never overwritten. */
import { readdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { parse } from "yaml"
import { SETTINGS } from "../../../src/config/AppConfig.js"
import { folder, startTidemark, Tidemark } from "../../support/tidemark.js"

const run = (args: ReadonlyArray<string>, cwd: string, env: Readonly<Record<string, string>> = {}) =>
  Effect.promise(async () => {
    const tidemark = Tidemark.run(args, env, { cwd })
    const { code } = await tidemark.ended
    return { code, output: tidemark.output }
  })

const secretOf = (output: string, name: string): string =>
  new RegExp(`${name} \\(\\w+\\): (\\S+)`).exec(output)?.[1] ?? `no secret of ${name}`

describe("init", () => {
  it.scopedLive("makes files that start, with keys of their own", () =>
    Effect.gen(function* () {
      const there = yield* folder
      const { code, output } = yield* run(["init", "new"], there)
      assert.strictEqual(code, 0, output)
      const cwd = join(there, "new")
      assert.deepStrictEqual(readdirSync(cwd).sort(), [".env", "compose.yml", "sensors.json"])
      const { services } = parse(readFileSync(join(cwd, "compose.yml"), "utf8"))
      assert.includeMembers([...SETTINGS], Object.keys(services.tidemark.environment))
      const server = yield* startTidemark({}, ["start"], { cwd })
      yield* Effect.promise(async () => {
        await server.started()
        assert.notInclude(server.output, "demo sensors")
        assert.notInclude(server.output, "level=WARN")
        const status = async (key: string) =>
          (await server.get("/data/", { headers: { authorization: `Bearer ${key}` } })).status
        assert.strictEqual(await status("another"), 401)
        assert.strictEqual(await status(secretOf(output, "reports")), 200)
        assert.strictEqual(await status(secretOf(output, "admin")), 200)
      })
      const port = new URL(server.http).port
      assert.deepInclude(yield* run(["health"], cwd, { HTTP_PORT: port }), { code: 0 })
      yield* Effect.promise(() => server.kill("SIGTERM"))
      const away = yield* run(["health"], cwd, { HTTP_PORT: port })
      assert.strictEqual(away.code, 1)
      assert.match(
        away.output,
        new RegExp(`no server answers at http://127.0.0.1:${port}.*--http.*HTTP_PORT`)
      )
    })
  )

  it.scopedLive("leaves what is there, and makes no keys for an .env that is", () =>
    Effect.gen(function* () {
      const cwd = yield* folder
      writeFileSync(join(cwd, ".env"), "SEED=7\n")
      writeFileSync(join(cwd, "sensors.json"), "{}")
      const { code, output } = yield* run(["init"], cwd)
      assert.strictEqual(code, 0, output)
      assert.match(output, /\.env was there already/)
      assert.notMatch(output, /admin/)
      assert.strictEqual(readFileSync(join(cwd, ".env"), "utf8"), "SEED=7\n")
      assert.strictEqual(readFileSync(join(cwd, "sensors.json"), "utf8"), "{}")
      assert.include(readdirSync(cwd), "compose.yml")
    })
  )
})
