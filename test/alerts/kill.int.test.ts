/** Killed again and again while it sends: each notice is taken at least once, none is lost, and no alert is raised twice. */
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type { AlertAnswer, NoticeAnswer } from "../../src/api/alerts/AlertsGroup.js"
import { folder, Tidemark, until } from "../support/tidemark.js"

const KILLS = 20
const RULES_A_ROUND = 8
/** How long the receiver takes for one notice, ms: there are always some on their way. */
const ANSWERS_AFTER = 25

/** Counts what comes by its id. */
const receiver = (received: Map<string, number>) =>
  Effect.acquireRelease(
    Effect.promise(
      () =>
        new Promise<ReturnType<typeof createServer>>((resolve) => {
          const server = createServer((request, response) => {
            const id = String(request.headers["idempotency-key"])
            request.resume().on("end", () => {
              received.set(id, (received.get(id) ?? 0) + 1)
              setTimeout(() => response.writeHead(200).end(), ANSWERS_AFTER)
            })
          }).listen(0, "127.0.0.1", () => resolve(server))
        })
    ),
    (server) => Effect.sync(() => server.closeAllConnections())
  ).pipe(Effect.map((server) => `http://127.0.0.1:${(server.address() as AddressInfo).port}/`))

/** A disk that is never free enough: each rule fires with the next look. */
const put = async (tidemark: Tidemark, name: string) => {
  const response = await fetch(`${tidemark.http}/alerts/rules/${name}`, {
    method: "PUT",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ kind: "disk", min: 100 })
  })
  return response.status === 200
}

const listed = async <A>(tidemark: Tidemark, path: string): Promise<ReadonlyArray<A>> => {
  const response = await fetch(`${tidemark.http}${path}`)
  return response.status === 200 ? ((await response.json()) as ReadonlyArray<A>) : []
}

it.scopedLive(
  "alerts that are being sent survive twenty kills",
  () =>
    Effect.gen(function* () {
      const received = new Map<string, number>()
      const url = yield* receiver(received)
      const env = {
        DATA_DIR: yield* folder,
        HTTP_PORT: "0",
        MQTT_PORT: "0",
        SIMULATE: "false",
        ALERT_MQTT: "false",
        ALERT_WEBHOOK_URL: url
      }
      const start = () => Tidemark.run(["start"], env)
      let rules = 0
      for (let round = 0; round < KILLS; round++) {
        const tidemark = start()
        yield* Effect.promise(async () => {
          await tidemark.started(60_000)
          const before = received.size
          for (let i = 0; i < RULES_A_ROUND; i++) {
            const name = `rule-${rules++}`
            await until(`the rule ${name}`, 20_000, () => put(tidemark, name))
          }
          // Sends what the round before has left, or what it finds by itself now.
          await until("a notice", 3_000, async () => received.size > before).catch(() => {})
          await tidemark.kill("SIGKILL")
        })
      }
      const last = start()
      yield* Effect.addFinalizer(() => Effect.promise(() => last.kill("SIGKILL")))
      yield* Effect.promise(async () => {
        await last.started(60_000)
        await until("an alert a rule", 30_000, async () => {
          const alerts = await listed<AlertAnswer>(last, "/alerts/?limit=1000")
          return alerts.length >= rules
        })
        await until("all that waits", 60_000, async () => {
          const waiting = await listed<NoticeAnswer>(last, "/alerts/notices/?state=waiting")
          const sent = await listed<NoticeAnswer>(last, "/alerts/notices/?state=sent&limit=1000")
          return waiting.length === 0 && sent.length >= rules
        })
      })
      const alerts = yield* Effect.promise(() => listed<AlertAnswer>(last, "/alerts/?limit=1000"))
      // Raised once, whoever looked.
      assert.strictEqual(alerts.length, rules)
      assert.strictEqual(new Set(alerts.map(({ rule }) => rule)).size, rules)
      const missing = alerts.filter(({ id }) => !received.has(`${id}-raised-webhook`))
      assert.deepStrictEqual(missing, [])
      assert.strictEqual(received.size, rules)
      // At least once: some were on their way when it was killed.
      assert.isAtMost(Math.max(...received.values()), 1 + KILLS)
    }),
  300_000
)
