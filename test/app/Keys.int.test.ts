/** Keys in real processes: what happens to one holds in all of them, within a second. */
import { connect } from "node:net"
import { performance } from "node:perf_hooks"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { hasMysql, mysqlDatabase } from "../support/databases.js"
import { folder, startTidemark, Tidemark, until } from "../support/tidemark.js"

/** Within this long a key must have stopped everywhere, ms. */
const STOP_WITHIN = 1_000

interface MadeKey {
  readonly id: string
  readonly key: string
}

const bearer = (key: string) => ({ headers: { authorization: `Bearer ${key}` } })

const made = async (server: Tidemark, role: string, by?: string): Promise<MadeKey> => {
  const answer = await server.get("/keys/", {
    method: "POST",
    body: JSON.stringify({ name: `the ${role}`, role }),
    headers: { "content-type": "application/json", ...(by === undefined ? {} : bearer(by).headers) }
  })
  assert.strictEqual(answer.status, 201, JSON.stringify(answer.json))
  return answer.json
}

const statusOf = async (server: Tidemark, key?: string) =>
  (await server.get("/sensors/", key === undefined ? {} : bearer(key))).status

/** How long after `since` it answers so, ms. */
const answersWithin = async (server: Tidemark, status: number, since: number, key?: string) => {
  await until(`${status} of ${server.http}`, 10_000, async () => (await statusOf(server, key)) === status)
  return performance.now() - since
}

/** More than one client may ask for at once, by default. */
const BURST = 2_100

/** The statuses of so many requests that are sent at once, by one connection. */
const statusesOf = (server: Tidemark, count: number, key = "") =>
  new Promise<ReadonlyArray<number>>((resolve, reject) => {
    const { hostname, port } = new URL(server.http)
    const socket = connect(Number(port), hostname)
    const authorization = key === "" ? "" : `Authorization: Bearer ${key}\r\n`
    const request = `GET /health/live HTTP/1.1\r\nHost: ${hostname}\r\n${authorization}\r\n`
    let text = ""
    socket.on("error", reject)
    socket.on("data", (chunk) => {
      text += chunk
      const statuses = [...text.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status))
      if (statuses.length < count) return
      socket.destroy()
      resolve(statuses)
    })
    socket.write(request.repeat(count))
  })

describe("a key", () => {
  it.scopedLive.skipIf(!hasMysql())("that one process revokes stops in another", () =>
    Effect.gen(function* () {
      const DATABASE_URL = yield* mysqlDatabase.url
      const start = Effect.flatMap(folder, (DATA_DIR) =>
        startTidemark({ DATA_DIR, DATABASE_URL, SIMULATE: "false" })
      )
      const one = yield* start
      yield* Effect.promise(() => one.started())
      const two = yield* start
      yield* Effect.promise(async () => {
        await two.started()
        assert.strictEqual(await statusOf(two), 200)
        const admin = await made(one, "admin")
        const began = performance.now()
        // From the first key on, nobody comes in without: here at once, elsewhere soon.
        assert.strictEqual(await statusOf(one), 401)
        assert.isBelow(await answersWithin(two, 401, began), STOP_WITHIN)
        const reader = await made(one, "reader", admin.key)
        await answersWithin(two, 200, began, reader.key)
        const revoked = await one.get(`/keys/${reader.id}`, { method: "DELETE", ...bearer(admin.key) })
        assert.strictEqual(revoked.status, 200)
        const since = performance.now()
        assert.strictEqual(await statusOf(one, reader.key), 401)
        assert.isBelow(await answersWithin(two, 401, since, reader.key), STOP_WITHIN)
        const listed = (await two.get("/keys/", bearer(admin.key))).json as ReadonlyArray<{ state: string }>
        assert.deepStrictEqual(
          listed.map(({ state }) => state),
          ["active", "revoked"]
        )
        assert.notInclude(JSON.stringify(listed), reader.key)
      })
    })
  )

  it.scopedLive("that the command line makes and revokes holds in a server that runs on the file", () =>
    Effect.gen(function* () {
      const DATA_DIR = yield* folder
      const server = yield* startTidemark({ DATA_DIR, SIMULATE: "false" })
      const command = async (...args: ReadonlyArray<string>) => {
        const run = Tidemark.run(["keys", ...args], { DATA_DIR })
        const { code } = await run.ended
        return { code, output: run.output }
      }
      yield* Effect.promise(async () => {
        await server.started()
        const { output } = await command("create", "grafana", "--sensors", "1-3,boiler/*")
        const [key = "", id = ""] = /tm_([0-9a-f]{12})_[\w-]{43}/.exec(output) ?? []
        await answersWithin(server, 401, performance.now())
        assert.strictEqual(await statusOf(server, key), 200)
        assert.include((await command("list")).output, `${id}  active  reader  grafana  sensors 1-3,boiler/*`)
        assert.strictEqual((await command("revoke", id)).code, 0)
        const since = performance.now()
        assert.isBelow(await answersWithin(server, 401, since, key), STOP_WITHIN)
        assert.strictEqual((await command("revoke", "0".repeat(12))).code, 1)
      })
    })
  )

  it.scopedLive(
    "in the database opens an address beyond loopback, and a scope of a device's lets it say its own",
    () =>
      Effect.gen(function* () {
        const DATA_DIR = yield* folder
        const create = Tidemark.run(["keys", "create", "pump", "--role", "device", "--sensors", "7"], {
          DATA_DIR
        })
        yield* Effect.promise(() => create.ended)
        const key = /tm_\S+/.exec(create.output)?.[0] ?? ""
        const server = yield* startTidemark({ DATA_DIR, SIMULATE: "false", HTTP_HOST: "0.0.0.0" })
        yield* Effect.promise(async () => {
          await server.started()
          const say = async (sensor: number) =>
            (
              await server.get("/data/", {
                method: "POST",
                body: JSON.stringify({ sensor_id: sensor, timestamp: "2026-01-01T00:00:00Z", value: 1 }),
                headers: { "content-type": "application/json", ...bearer(key).headers }
              })
            ).status
          assert.deepStrictEqual([await say(7), await say(8)], [201, 403])
          assert.deepStrictEqual([await statusOf(server, key), await statusOf(server)], [403, 401])
        })
      })
  )

  it.scopedLive("that is the first of a database begins the limits of one client", () =>
    Effect.gen(function* () {
      const server = yield* startTidemark({ DATA_DIR: yield* folder, SIMULATE: "false" })
      yield* Effect.promise(async () => {
        await server.started()
        assert.notInclude(await statusesOf(server, BURST), 429)
        const { key } = await made(server, "reader")
        assert.include(await statusesOf(server, BURST, key), 429)
      })
    })
  )
})
