/** The document before a public linter: its strictest recommended rules, none left out, and nothing asked of the net. */
import { execFile } from "node:child_process"
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import * as OpenApi from "@effect/platform/OpenApi"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { TidemarkApi } from "../../src/api/TidemarkApi.js"
import { folder } from "../support/tidemark.js"

const REDOCLY = fileURLToPath(new URL("../../node_modules/@redocly/cli/bin/cli.js", import.meta.url))

interface Report {
  readonly totals: { readonly errors: number; readonly warnings: number; readonly ignored: number }
  readonly problems: ReadonlyArray<{ readonly ruleId: string; readonly message: string }>
}

/** The folder has no configuration of its own, so the rules are those that are named. */
const lint = (cwd: string, file: string) =>
  Effect.promise(
    () =>
      new Promise<Report>((resolve, reject) => {
        execFile(
          process.execPath,
          [REDOCLY, "lint", file, "--extends", "recommended-strict", "--format", "json"],
          {
            cwd,
            env: { PATH: process.env.PATH, REDOCLY_TELEMETRY: "off", REDOCLY_SUPPRESS_UPDATE_NOTICE: "true" },
            maxBuffer: 64 * 1_048_576
          },
          (_error, stdout, stderr) => {
            try {
              resolve(JSON.parse(stdout) as Report)
            } catch {
              reject(new Error(`the linter said: ${stdout}${stderr}`))
            }
          }
        )
      })
  )

const spec = OpenApi.fromApi(TidemarkApi)

describe("a public linter", () => {
  it.scoped("finds no error and no warning in the document", () =>
    Effect.gen(function* () {
      const own = yield* folder
      writeFileSync(join(own, "openapi.json"), JSON.stringify(spec))
      const { problems, totals } = yield* lint(own, "openapi.json")
      assert.deepStrictEqual(problems, [])
      assert.deepStrictEqual(totals, { errors: 0, warnings: 0, ignored: 0 })
    })
  )

  it.scoped("would find one: it does look", () =>
    Effect.gen(function* () {
      const own = yield* folder
      const { servers: _left, ...rest } = spec as unknown as Record<string, unknown>
      writeFileSync(join(own, "openapi.json"), JSON.stringify(rest))
      const { problems } = yield* lint(own, "openapi.json")
      assert.deepStrictEqual(
        problems.map(({ ruleId }) => ruleId),
        ["no-empty-servers"]
      )
    })
  )
})
