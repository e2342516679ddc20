/** The whole program on each database, through its own doors: MQTT, HTTP, signals. */
import { execFile } from "node:child_process"
import { existsSync } from "node:fs"
import { promisify } from "node:util"
import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import mqtt from "mqtt"
import { describe } from "vitest"
import { describeDatabases } from "../support/databases.js"
import { folder, startTidemark, Tidemark, until } from "../support/tidemark.js"

interface Reading {
  readonly id: number
  readonly sensor_id: number
  readonly timestamp: string
  readonly value: number
}
interface Aggregate extends Reading {
  readonly count: number
  readonly min: number
  readonly max: number
}

const MINUTE = 60_000
const MOSQUITTO = "/usr/bin/mosquitto_pub"

/** Publishes at QoS 1 with a device's own client, and returns when it was acknowledged. */
const publish = async (port: number, topic: string, message: unknown) => {
  const payload = typeof message === "string" ? message : JSON.stringify(message)
  if (existsSync(MOSQUITTO)) {
    const args = ["-h", "127.0.0.1", "-p", String(port), "-q", "1", "-t", topic, "-m", payload]
    await promisify(execFile)(MOSQUITTO, args)
    return
  }
  const client = await mqtt.connectAsync(`mqtt://127.0.0.1:${port}`)
  await client.publishAsync(topic, payload, { qos: 1 })
  await client.endAsync()
}

const readingAt = (timestamp: string, value: number) => ({
  sensor_id: "9",
  timestamp,
  value,
  metadata: { location: { lat: 10, lng: 10 }, unit: "C", type: "temperature", description: "Main Entrance" }
})

const readingsOf = async (server: Tidemark, path: string): Promise<ReadonlyArray<Reading>> =>
  (await server.get(path)).json

/** The aggregates of a minute that is over, and what they should be, computed here from the readings. */
const minuteOf = async (server: Tidemark, minute: number) => {
  const range = `start_time=${new Date(minute).toISOString()}&end_time=${new Date(minute + MINUTE).toISOString()}`
  const rows: ReadonlyArray<Aggregate> = (await server.get(`/aggregated_data/range/?${range}`)).json
  const readings = await readingsOf(server, `/data/range/?${range}&limit=1000`)
  const expected = [1, 2, 3, 4, 5].map((sensor_id) => {
    const values = readings.filter((one) => one.sensor_id === sensor_id).map((one) => one.value)
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length
    return { sensor_id, count: values.length, mean, min: Math.min(...values), max: Math.max(...values) }
  })
  return { rows, expected }
}

const assertMinute = async (server: Tidemark, minute: number) => {
  const { expected, rows } = await minuteOf(server, minute)
  assert.deepStrictEqual(
    rows.map(({ count, max, min, sensor_id }) => ({ sensor_id, count, min, max })),
    expected.map(({ count, max, min, sensor_id }) => ({ sensor_id, count, min, max }))
  )
  for (const [index, { mean }] of expected.entries()) {
    assert.closeTo(rows[index]?.value ?? Number.NaN, mean, Math.abs(mean) * 1e-9)
  }
}

// At once: each waits for full minutes, most of its time.
describe.concurrent("the whole program", () => {
  describeDatabases("the server", (database) => {
    const environment = Effect.zipWith(folder, database.url, (DATA_DIR, DATABASE_URL) => ({
      DATA_DIR,
      DATABASE_URL
    }))

    it.scopedLive(
      "collects from five sensors, folds their minutes, stops with code 0 and goes on where it stopped",
      () =>
        Effect.gen(function* () {
          const env = yield* environment
          const first = yield* startTidemark(env)
          yield* Effect.promise(async () => {
            await first.started()
            const since = Date.now()
            await until("readings of five sensors", 15_000, async () => {
              const readings = await readingsOf(first, "/data/?limit=1000")
              return new Set(readings.map((one) => one.sensor_id)).size === 5
            })
            // The next full minute, and a moment for its last readings.
            const minute = Math.ceil(since / MINUTE) * MINUTE
            await until(
              "a full minute to pass",
              2 * MINUTE + 10_000,
              async () => Date.now() > minute + MINUTE + 2_000
            )
            await assertMinute(first, minute)
          })
          const ended = yield* Effect.promise(() => first.kill("SIGINT"))
          assert.deepInclude(ended, { code: 0, signal: null })
          assert.isBelow(ended.ms, 5_000)
          const stoppedIn = Math.floor(Date.now() / MINUTE) * MINUTE

          const second = yield* startTidemark({ ...env, SIMULATE: "false" })
          yield* Effect.promise(async () => {
            await second.started()
            const readings = await readingsOf(second, "/data/1?limit=1000")
            assert.isAbove(readings.length, 60)
            await until("the minute in which it stopped", 15_000, async () => {
              await assertMinute(second, stoppedIn - MINUTE)
              return true
            })
          })
          const again = yield* Effect.promise(() => second.kill("SIGTERM"))
          assert.deepInclude(again, { code: 0, signal: null })
        }),
      4 * MINUTE
    )

    it.scopedLive(
      "stores before it acknowledges, once; corrects, deletes and rebuilds",
      () =>
        Effect.gen(function* () {
          const env = { ...(yield* environment), SIMULATE: "false" }
          const server = yield* startTidemark(env)
          yield* Effect.promise(async () => {
            await server.started()
            const [first, second] = ["2024-06-14T18:27:45.123456", "2024-06-14T18:27:46+00:00"] as const
            await publish(server.mqttPort, "sensors/9", readingAt(first, 21))
            const [stored, ...others] = await readingsOf(server, "/data/9")
            assert.deepInclude(stored, { timestamp: "2024-06-14T18:27:45.123456Z", value: 21 })
            assert.isEmpty(others)
            await publish(server.mqttPort, "sensors/elsewhere", readingAt(first, 21))
            assert.lengthOf(await readingsOf(server, "/data/9"), 1)
            await publish(server.mqttPort, "sensors/9", readingAt(second, 25))
            await publish(server.mqttPort, "sensors/9", "not JSON")
            const mean = (value: number | undefined) => async () => {
              const [row]: ReadonlyArray<Aggregate> = (await server.get("/aggregated_data/9")).json
              return row?.value === value
            }
            await until("the minute of two readings", 15_000, mean(23))

            const send = (method: string, id: number | undefined, body?: unknown) =>
              server.get(`/data/${id}`, {
                method,
                headers: { "content-type": "application/json" },
                ...(body === undefined ? {} : { body: JSON.stringify(body) })
              })
            const put = await send("PUT", stored?.id, { ...stored, value: 31 })
            assert.strictEqual(put.status, 200)
            assert.deepInclude(put.json as object, { id: stored?.id, value: 31 })
            await until("the corrected minute", 15_000, mean(28))
            const removed = await send("DELETE", stored?.id)
            assert.deepInclude(removed.json as object, { value: 31 })
            await until("the minute without it", 15_000, mean(25))
            assert.strictEqual((await send("DELETE", stored?.id)).status, 404)
            await publish(server.mqttPort, "sensors/9", readingAt(first, 21))
            assert.lengthOf(await readingsOf(server, "/data/9"), 1)
          })
          const before: unknown = yield* Effect.promise(
            async () => (await server.get("/aggregated_data/")).json
          )
          yield* Effect.promise(() => server.kill("SIGTERM"))
          const rebuilt = Tidemark.run(["rebuild"], env)
          assert.deepInclude(yield* Effect.promise(() => rebuilt.ended), { code: 0 }, rebuilt.output)
          const after = yield* startTidemark(env)
          yield* Effect.promise(async () => {
            await after.started()
            assert.deepStrictEqual((await after.get("/aggregated_data/")).json, before)
            const health = (await after.get("/health")).json as { status: string }
            assert.strictEqual(health.status, "ok")
          })
        }),
      2 * MINUTE
    )
  })
})
