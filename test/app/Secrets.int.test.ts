/** A secret is told to nobody: not in the log at its most talkative, and in no answer. */
import { createHash } from "node:crypto"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { freePort } from "../support/mysql.global.js"
import { folder, startTidemark, until } from "../support/tidemark.js"

const SECRETS = {
  database: "planted-database-password",
  broker: "planted-broker-password",
  lineage: "planted-lineage-key",
  key: "planted-api-key",
  guess: "planted-wrong-key"
}
const PATHS = [
  "/health",
  "/health/ready",
  "/operations",
  "/",
  "/metrics",
  "/openapi.json",
  "/data/?limit=1",
  "/refused_clients/"
]

describe("a planted secret", () => {
  it.scopedLive.each([
    ["while database and broker are away", true],
    ["while all is well", false]
  ] as const)("is in no log and no answer %s", ([, isAway]) =>
    Effect.gen(function* () {
      const DATA_DIR = yield* folder
      const closed = yield* Effect.promise(freePort)
      const server = yield* startTidemark({
        ...{ DATA_DIR, SIMULATE: "false", LOG_LEVEL: "all" },
        ...(isAway ? { DATABASE_URL: `mysql://u:${SECRETS.database}@127.0.0.1:${closed}/t` } : {}),
        ...(isAway ? {} : { MQTT_URL: `mqtt://u:${SECRETS.broker}@127.0.0.1:${closed}` }),
        OPENLINEAGE_URL: `http://127.0.0.1:${closed}/`,
        OPENLINEAGE_API_KEY: SECRETS.lineage,
        API_KEYS: `ann:reader:${createHash("sha256").update(SECRETS.key).digest("hex")}`
      })
      yield* Effect.promise(() =>
        until("it answers", 20_000, async () => (await fetch(`${server.http}/health/live`)).status === 200)
      )
      const answers = yield* Effect.promise(() =>
        Promise.all(
          PATHS.flatMap((path) =>
            [SECRETS.key, SECRETS.guess].map(async (key) => {
              const headers = { authorization: `Bearer ${key}`, accept: "text/html, */*" }
              const answer = await fetch(server.http + path, { headers })
              return `${path} ${answer.status} ${JSON.stringify([...answer.headers])} ${await answer.text()}`
            })
          )
        )
      )
      assert.isTrue(
        answers.some((answer) => answer.startsWith("/operations 200")),
        "there is something to look at"
      )
      yield* Effect.promise(() => server.kill("SIGTERM"))
      for (const text of [server.output, ...answers]) {
        for (const secret of Object.values(SECRETS)) assert.notInclude(text, secret)
        assert.notMatch(text, /planted-/)
      }
    })
  )
})
