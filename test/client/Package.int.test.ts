/** The package's subpaths as another program imports them: their types and their code, as `npm run build` left them. */
import { execFile } from "node:child_process"
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { clientText } from "../../src/cli/ClientCommand.js"
import { diagnose, NODE, snippets } from "../codegen/compile.js"
import { folder, MAIN } from "../support/tidemark.js"

const ROOT = fileURLToPath(new URL("../../", import.meta.url))

const PROMISE = `import { type Reading, TidemarkClient, TidemarkError } from "tidemark/client/promise"
const client = new TidemarkClient({ baseUrl: "http://127.0.0.1:8000", key: "secret" })
export const values = async (): Promise<ReadonlyArray<number>> => {
  try {
    const rows: ReadonlyArray<Reading> = await client.listReadings({ limit: 10 })
    return rows.map(({ value }) => value)
  } catch (error) {
    if (error instanceof TidemarkError && error.problem?.status === 404) return []
    throw error
  }
}
`

const RUN = `
const { TidemarkClient: Promised, TidemarkError } = await import("tidemark/client/promise")
const { TidemarkClient, layer, pages } = await import("tidemark/client")
console.log(typeof Promised, new TidemarkError("x", new Response("", { status: 500 })).status, typeof layer, typeof pages, TidemarkClient.key)
`

/** A program that has Tidemark among its packages. */
const consumer = Effect.map(folder, (own) => {
  mkdirSync(join(own, "node_modules"))
  symlinkSync(ROOT, join(own, "node_modules", "tidemark"))
  symlinkSync(join(ROOT, "node_modules", "effect"), join(own, "node_modules", "effect"))
  writeFileSync(join(own, "package.json"), '{"type":"module"}')
  writeFileSync(join(own, "promise.ts"), PROMISE)
  writeFileSync(join(own, "effect.ts"), snippets(join(ROOT, "docs/clients.md"))[1] ?? "")
  return own
})

describe("the package", () => {
  it.scoped("has both clients, typed and importable", () =>
    Effect.gen(function* () {
      const own = yield* consumer
      assert.deepStrictEqual(diagnose(own, ["promise.ts", "effect.ts"], NODE), [])
      const args = ["--input-type=module", "-e", RUN]
      const { stdout } = yield* Effect.promise(() =>
        promisify(execFile)(process.execPath, args, { cwd: own })
      )
      assert.strictEqual(stdout.trim(), "function 500 function function tidemark/client/TidemarkClient")
    })
  )

  it.scoped("prints the document that is known, and writes the client where it is told to", () =>
    Effect.gen(function* () {
      const own = yield* folder
      const run = (...args: ReadonlyArray<string>) =>
        Effect.promise(() =>
          promisify(execFile)(process.execPath, [MAIN, ...args], { cwd: own, maxBuffer: 2 ** 24 })
        )
      const { stdout } = yield* run("openapi")
      assert.strictEqual(stdout, readFileSync(join(ROOT, "test/api/openapi.json"), "utf8"))
      yield* run("client", "--out", join("src", "client.ts"))
      assert.strictEqual(readFileSync(join(own, "src", "client.ts"), "utf8"), clientText())
    })
  )

  it("has a Promise client that is what the program generates, with nothing of Effect in its types", () => {
    assert.strictEqual(readFileSync(join(ROOT, "dist/client/promise.ts"), "utf8"), clientText())
    assert.notMatch(readFileSync(join(ROOT, "dist/client/promise.d.ts"), "utf8"), /\beffect\b|^import/im)
  })
})
