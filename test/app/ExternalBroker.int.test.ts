/** The whole program on a Mosquitto elsewhere: what is acknowledged there is in the database, once. */
import { performance } from "node:perf_hooks"
import { setTimeout as sleep } from "node:timers/promises"
import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import mqtt from "mqtt"
import { describeDatabases } from "../support/databases.js"
import { describeMosquitto, startMosquitto } from "../support/mosquitto.js"
import { folder, startTidemark, type Tidemark, until } from "../support/tidemark.js"

const SENSORS = 10
const FIRST_SECOND = 1_700_000_000

/** The whole queue is Mosquitto's to keep: by its default it drops what is over a thousand. */
const QUEUE = ["max_queued_messages 0", "max_inflight_messages 1000"]

/** Reading `n`, published at QoS 1; resolves when Mosquitto has it. */
const publish = (client: mqtt.MqttClient, n: number) =>
  client.publishAsync(
    `sensors/${n % SENSORS}`,
    JSON.stringify({ sensor_id: 1 + (n % SENSORS), timestamp: FIRST_SECOND + n, value: n }),
    { qos: 1 }
  )

const connectPublisher = (url: string) =>
  Effect.acquireRelease(
    Effect.promise(() => mqtt.connectAsync(url)),
    (client) => Effect.promise(() => client.endAsync(true))
  )

/** Every reading there is, by the pages of the API. */
const values = async (server: Tidemark): Promise<ReadonlyArray<number>> => {
  const all: Array<number> = []
  let path: string | undefined = "/data/?limit=1000"
  while (path !== undefined) {
    const { headers, json } = await server.get(path)
    all.push(...(json as ReadonlyArray<{ readonly value: number }>).map(({ value }) => value))
    const next: string | undefined = /<([^>]+)>; rel="next"/.exec(headers.get("link") ?? "")?.[1]
    path = next?.replace(/^https?:\/\/[^/]+/, "")
  }
  return all
}

interface Health {
  readonly status: string
  readonly position: number | null
  readonly broker?: { readonly connected: boolean; readonly reason: string | null }
  readonly ingest: { readonly pending: number }
  readonly warnings: ReadonlyArray<string>
}

const health = async (server: Tidemark): Promise<Health> => (await server.get("/health")).json

describeMosquitto("Mosquitto", () => {
  describeDatabases("the server on a broker elsewhere", (database) => {
    const environment = (url: string) =>
      Effect.zipWith(folder, database.url, (DATA_DIR, DATABASE_URL) => ({
        DATA_DIR,
        DATABASE_URL,
        SIMULATE: "false",
        MQTT_URL: url
      }))

    it.scopedLive(
      "stores ten thousand messages, and says in health whether it is connected",
      () =>
        Effect.gen(function* () {
          const mosquitto = yield* startMosquitto(QUEUE)
          const server = yield* startTidemark(yield* environment(mosquitto.url))
          yield* Effect.promise(async () => {
            await server.started()
            await until("a subscription", 10_000, async () => (await health(server)).broker?.connected)
          })
          const client = yield* connectPublisher(mosquitto.url)
          const began = performance.now()
          yield* Effect.promise(() =>
            Promise.all(Array.from({ length: 10_000 }, (_, n) => publish(client, n)))
          )
          const all = yield* Effect.promise(async () => {
            await until("all events", 60_000, async () => ((await health(server)).position ?? 0) >= 10_010)
            const rate = Math.round(10_000_000 / (performance.now() - began))
            console.log(`10,000 messages through Mosquitto into ${database.name}, ${rate}/s`)
            return values(server)
          })
          assert.lengthOf(all, 10_000)
          assert.strictEqual(new Set(all).size, 10_000)

          yield* Effect.promise(async () => {
            await mosquitto.kill()
            const lost = await until("the loss of the connection", 10_000, async () => {
              const now = await health(server)
              return now.broker?.connected === false && now.broker.reason === "nobody listens there" && now
            })
            assert.strictEqual(lost.status, "degraded")
            assert.match(lost.warnings.join("\n"), /no messages come from the broker mqtt:/)
            await mosquitto.run()
            await until("health again", 20_000, async () => (await health(server)).status === "ok")
          })
        }),
      120_000
    )

    it.scopedLive(
      "killed in the middle again and again: everything that was published is there, once",
      () =>
        Effect.gen(function* () {
          const mosquitto = yield* startMosquitto(QUEUE)
          const env = yield* environment(mosquitto.url)
          const client = yield* connectPublisher(mosquitto.url)
          // Its session is there from now on.
          const first = yield* startTidemark(env)
          yield* Effect.promise(async () => {
            await first.started()
            await until("a subscription", 10_000, async () => (await health(first)).broker?.connected)
          })
          // It publishes all the while, so that each kill is in the middle.
          let published = 0
          let on = true
          const publishing = (async () => {
            while (on) {
              await Promise.all(Array.from({ length: 10 }, () => publish(client, published++)))
              await sleep(10)
            }
          })()
          let server = first
          for (const _ of [1, 2, 3]) {
            yield* Effect.promise(async () => {
              const before = (await health(server)).position ?? 0
              await until(
                "some more",
                30_000,
                async () => ((await health(server)).position ?? 0) > before + 200
              )
              await server.kill("SIGKILL")
            })
            server = yield* startTidemark(env)
            yield* Effect.promise(() => server.started())
          }
          on = false
          const all = yield* Effect.promise(async () => {
            await publishing
            const every = async () => {
              const now = await health(server)
              return (now.position ?? 0) >= published && now.ingest.pending === 0
            }
            await until("all events", 60_000, every)
            return until("every reading", 20_000, async () => {
              const there = await values(server)
              return there.length >= published && there
            })
          })
          assert.lengthOf(all, published)
          assert.strictEqual(new Set(all).size, published)
          const stopped = yield* Effect.promise(() => server.kill("SIGTERM"))
          assert.strictEqual(stopped.code, 0)
        }),
      180_000
    )
  })
})
