/** Edits of the sensor file while it runs: what is refused shows in health until it is mended, the rest in the log. */
import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { folder, startTidemark, until } from "../support/tidemark.js"

it.scopedLive(
  "a refused edit is in health's warnings until it is mended, and one that retires all is warned of",
  () =>
    Effect.gen(function* () {
      const DATA_DIR = yield* folder
      const SENSORS_FILE = join(DATA_DIR, "sensors.json")
      const shipped = readFileSync("sensors.json", "utf8")
      writeFileSync(SENSORS_FILE, shipped)
      const server = yield* startTidemark({ DATA_DIR, SENSORS_FILE })
      const health = async () =>
        (await server.get("/health")).json as { status: string; warnings: ReadonlyArray<string> }
      yield* Effect.promise(async () => {
        await server.started()
        // An edit before the file was read for the first time would have nothing to retire.
        await until("the sensors", 10_000, async () => {
          const { json } = await server.get("/sensors/")
          return (json as ReadonlyArray<unknown>).length === 5
        })
        assert.deepInclude(await health(), { status: "ok", warnings: [] })
        writeFileSync(SENSORS_FILE, shipped.replaceAll('"unit"', '"units"'))
        const refused = await until("the warning", 10_000, async () => {
          const now = await health()
          return now.warnings.length > 0 && now
        })
        assert.strictEqual(refused.status, "degraded")
        assert.match(
          refused.warnings[0] ?? "",
          /sensors\.json is refused.*sensors\.1\.units: .*known are lat,/
        )
        writeFileSync(SENSORS_FILE, "{}")
        await until("no warning", 10_000, async () => (await health()).warnings.length === 0)
        await until("the retired", 5_000, async () =>
          /level=WARN .*retired 5 \(1, 2, 3, 4, 5\); no sensor is simulated any more/.test(server.output)
        )
      })
    })
)
