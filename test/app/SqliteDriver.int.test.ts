/** Which driver of SQLite the built program loads: one of the two, and no warning about it. */
import { existsSync, readFileSync } from "node:fs"
import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { nodeDriver } from "../../src/db/SqliteFile.js"
import { folder, startTidemark } from "../support/tidemark.js"

const isLinux = existsSync("/proc/self/maps")

it.scopedLive.skipIf(!isLinux)(
  "the program loads libsql only where Node has no SQLite, and warns of neither (of Linux we can ask it)",
  () =>
    Effect.gen(function* () {
      const server = yield* startTidemark({ DATA_DIR: yield* folder, SIMULATE: "false" })
      yield* Effect.promise(() => server.started())
      const mapped = readFileSync(`/proc/${server.child.pid}/maps`, "utf8")
      assert.strictEqual(/libsql/.test(mapped), nodeDriver() === undefined)
      assert.notMatch(server.output, /warning/i)
      const ended = yield* Effect.promise(() => server.kill("SIGTERM"))
      assert.deepInclude(ended, { code: 0, signal: null })
    })
)
