/** What ends the start in one clear line, and what only waits. */
import { createHash } from "node:crypto"
import { createServer, type Server } from "node:net"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import mqtt from "mqtt"
import { hasMysql, mysqlDatabase } from "../support/databases.js"
import { freePort } from "../support/mysql.global.js"
import { folder, startTidemark, until } from "../support/tidemark.js"

const WRITER = "writer-secret-of-this-test"
const READER = "reader-secret-of-this-test"
const hash = (secret: string) => createHash("sha256").update(secret).digest("hex")

const holdPort = Effect.acquireRelease(
  Effect.promise(
    () =>
      new Promise<{ readonly server: Server; readonly port: number }>((resolve) => {
        const server = createServer()
        server.listen(0, "127.0.0.1", () => {
          const address = server.address()
          resolve({ server, port: typeof address === "object" && address !== null ? address.port : 0 })
        })
      })
  ),
  ({ server }) => Effect.sync(() => server.close())
)

/** Starts it where it must refuse; answers its one line. */
const refusal = (env: Readonly<Record<string, string>>) =>
  Effect.gen(function* () {
    const DATA_DIR = yield* folder
    const server = yield* startTidemark({ DATA_DIR, SIMULATE: "false", ...env })
    const ended = yield* Effect.promise(() => server.ended)
    assert.strictEqual(ended.code, 1, server.output)
    const told = server.output.slice(server.output.indexOf("tidemark: "))
    assert.notInclude(server.output, "    at ")
    return told.trim()
  })

describe("a start that is refused", () => {
  it.scopedLive("names every wrong setting, without its secret", () =>
    Effect.gen(function* () {
      const told = yield* refusal({
        DATABASE_URL: "nonsense:hunter2",
        HTTP_PORT: "eighty",
        SIMULATE: "perhaps"
      })
      assert.match(told, /DATABASE_URL/)
      assert.match(told, /HTTP_PORT: must be a whole number from 0 to 65535/)
      assert.match(told, /SIMULATE: must be true or false/)
      assert.notInclude(told, "hunter2")
    })
  )

  it.scopedLive("says which port is taken", () =>
    Effect.gen(function* () {
      const { port } = yield* holdPort
      const http = yield* refusal({ HTTP_PORT: String(port) })
      assert.strictEqual(http.split("\n").length, 1)
      assert.include(http, `127.0.0.1:${port}`)
      const broker = yield* refusal({ MQTT_PORT: String(port) })
      assert.strictEqual(broker.split("\n").length, 1)
      assert.include(broker, `127.0.0.1:${port}`)
    })
  )

  it.scopedLive("does not open to the network without credentials", () =>
    Effect.gen(function* () {
      const told = yield* refusal({ HTTP_HOST: "0.0.0.0" })
      assert.match(told, /HTTP_HOST 0\.0\.0\.0 is not loopback.*there are no keys/)
    })
  )

  it.scopedLive("names every fault of the sensor file", () =>
    Effect.gen(function* () {
      const file = new URL("../support/wrong-sensors.json", import.meta.url).pathname
      const told = yield* refusal({ SIMULATE: "true", SENSORS_FILE: file })
      assert.match(told, /sensors\.3\.range\[1\]: /)
      assert.match(told, /sensors\.nine/)
    })
  )
})

describe("a server on all addresses, with credentials", () => {
  it.scopedLive(
    "answers 401 without a key, 403 to a reader that writes, and refuses wrong MQTT passwords",
    () =>
      Effect.gen(function* () {
        const credentials = `importer:writer:${hash(WRITER)},grafana:reader:${hash(READER)}`
        const server = yield* startTidemark({
          DATA_DIR: yield* folder,
          HTTP_HOST: "0.0.0.0",
          MQTT_HOST: "0.0.0.0",
          API_KEYS: credentials,
          MQTT_USERS: credentials
        })
        yield* Effect.promise(async () => {
          await server.started()
          for (const path of [
            "/data/",
            "/aggregated_data/",
            "/sensors/",
            "/metadata/",
            "/data/data-quality/"
          ]) {
            assert.strictEqual((await server.get(path)).status, 401, path)
          }
          const bearer = { authorization: `Bearer ${READER}` }
          await until("readings of the simulated sensors", 15_000, async () => {
            const readings = (await server.get("/data/", { headers: bearer })).json as ReadonlyArray<unknown>
            return readings.length > 0
          })
          const body = JSON.stringify({ sensor_id: 1, timestamp: "2024-01-01T00:00:00Z", value: 1 })
          const post = (key: string) =>
            server.get("/data/", {
              method: "POST",
              headers: { "content-type": "application/json", "x-api-key": key },
              body
            })
          assert.strictEqual((await post(READER)).status, 403)
          assert.strictEqual((await post(WRITER)).status, 201)
          const connect = (password: string) =>
            mqtt.connectAsync(`mqtt://127.0.0.1:${server.mqttPort}`, {
              username: "importer",
              password,
              reconnectPeriod: 0
            })
          const wrong = await connect("wrong").catch((error: { code?: number }) => error.code)
          assert.include([4, 5], wrong)
          await (await connect(WRITER)).endAsync()
        })
      })
  )
})

describe("a database that is not there at the start", () => {
  it.scopedLive("is waited for: it is said where and why, health is 503, and no message is taken", () =>
    Effect.gen(function* () {
      const port = yield* Effect.promise(freePort)
      const mqttPort = yield* Effect.promise(freePort)
      const server = yield* startTidemark({
        DATA_DIR: yield* folder,
        MQTT_PORT: String(mqttPort),
        DATABASE_URL: `mysql://tidemark:hunter2@127.0.0.1:${port}/tidemark`
      })
      yield* Effect.promise(async () => {
        await until("its start", 10_000, async () => (await fetch(`${server.http}/health`)).status === 503)
        const health = (await server.get("/health")).json as {
          database: { reason: string; since: string }
          ingest: object
        }
        assert.match(health.database.reason, /see the host and the port in DATABASE_URL \(.*ECONNREFUSED/)
        const { reason, since } = health.database
        assert.deepInclude(health.ingest, { status: "waiting", reason, since })
        const probe = async (path: string) => (await fetch(server.http + path)).status
        assert.deepStrictEqual([await probe("/health/live"), await probe("/health/ready")], [200, 503])
        const metrics = await (await fetch(`${server.http}/metrics`)).text()
        assert.include(metrics, "\ntidemark_database_up 0\n")
        assert.notInclude(metrics, "\ntidemark_log_events_total ")
        await until("the reason", 15_000, async () => server.output.includes(`127.0.0.1:${port}`))
        assert.notInclude(server.output, "hunter2")
        const data = await server.get("/data/")
        assert.strictEqual(data.status, 503)
        assert.strictEqual(data.headers.get("content-type"), "application/problem+json")
        const refused = await mqtt
          .connectAsync(`mqtt://127.0.0.1:${mqttPort}`, { reconnectPeriod: 0 })
          .then(() => "connected")
          .catch(() => "refused")
        assert.strictEqual(refused, "refused")
      })
      const ended = yield* Effect.promise(() => server.kill("SIGTERM"))
      assert.deepInclude(ended, { code: 0, signal: null })
      assert.isBelow(ended.ms, 5_000)
    })
  )

  it.scopedLive.skipIf(!hasMysql())("is waited for where it refuses us, and it is said what to change", () =>
    Effect.gen(function* () {
      const url = new URL(yield* mysqlDatabase.url)
      const start = (change: (changed: URL) => void) =>
        Effect.gen(function* () {
          const changed = new URL(url)
          change(changed)
          const DATA_DIR = yield* folder
          return yield* startTidemark({ DATA_DIR, SIMULATE: "false", DATABASE_URL: changed.href })
        })
      const wrong = yield* start((changed) => {
        changed.password = "hunter2"
      })
      const missing = yield* start((changed) => {
        changed.pathname = "/not_there"
      })
      yield* Effect.promise(async () => {
        const told = (server: typeof wrong, text: string) =>
          until(text, 10_000, async () => server.output.includes(text))
        await told(wrong, "set the right user and password in DATABASE_URL (1045")
        await told(missing, "create it (CREATE DATABASE), or name another in DATABASE_URL (1049")
        assert.notInclude(wrong.output, "hunter2")
      })
    })
  )
})
