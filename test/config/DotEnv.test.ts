import { layerNoop } from "@effect/platform/FileSystem"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import { unknownKeys, warnOfUnknown } from "../../src/config/DotEnv.js"

const FILE = `# ours
HTTP_PORT=8001
HTTP_PROT=5
export data_dir=/srv
DATABASE_TLS_CA="-----BEGIN CERTIFICATE-----
MIIBxyz==
-----END CERTIFICATE-----"
MYSQL_PASSWORD=hunter2

FOO=hunter2
`

const told = (content: string | null) => {
  const lines: Array<string> = []
  const layer = Layer.merge(
    layerNoop({
      exists: () => Effect.succeed(content !== null),
      readFileString: () => Effect.succeed(content ?? "")
    }),
    Logger.replace(
      Logger.defaultLogger,
      Logger.make(({ message }) => void lines.push(String(message)))
    )
  )
  return Effect.as(Effect.provide(warnOfUnknown(".env"), layer), lines)
}

describe("the keys of .env", () => {
  it.effect(
    "that are no setting are warned of, with the one that may be meant, and without their values",
    () =>
      Effect.gen(function* () {
        assert.deepStrictEqual(yield* told(FILE), [
          ".env: FOO is no setting of Tidemark and has no effect",
          ".env: HTTP_PROT is no setting of Tidemark and has no effect: is HTTP_PORT meant?",
          ".env: data_dir is no setting of Tidemark and has no effect: is DATA_DIR meant?"
        ])
        assert.deepStrictEqual(yield* told(null), [])
      })
  )

  it("that are settings, or of others who read the file, are not", () => {
    assert.deepStrictEqual(unknownKeys(["LOG_LEVEL", "SEED", "TIDEMARK_API_KEY", "NODE_EXTRA_CA_CERTS"]), [])
  })
})
