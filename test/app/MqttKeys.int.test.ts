/** Keys of the database as users of MQTT, on the running program: let in, held to their sensors, and dropped. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import mqtt from "mqtt"
import { folder, startTidemark, until } from "../support/tidemark.js"

interface Made {
  readonly id: string
  readonly key: string
}

describe("a key of the database", () => {
  it.scopedLive(
    "lets a device say its own sensors by MQTT, and drops it within 1 s once it is revoked",
    () =>
      Effect.gen(function* () {
        const server = yield* startTidemark({ DATA_DIR: yield* folder, SIMULATE: "true" })
        yield* Effect.promise(async () => {
          await server.started()
          const url = `mqtt://127.0.0.1:${server.mqttPort}`
          const connect = (username: string, password: string, clientId = username) =>
            mqtt.connectAsync(url, { username, password, clientId, protocolVersion: 5, reconnectPeriod: 0 })
          const codeOf = (promise: Promise<unknown>) =>
            promise.then(
              () => 0,
              (error: { readonly code?: number }) => error.code ?? -1
            )
          const nobody = await mqtt.connectAsync(url, { reconnectPeriod: 0 })
          const left = new Promise<void>((resolve) => nobody.once("close", () => resolve()))

          const make = async (body: object, key?: string): Promise<Made> => {
            const headers = {
              "content-type": "application/json",
              ...(key === undefined ? {} : { "x-api-key": key })
            }
            const { json, status } = await server.get("/keys/", {
              method: "POST",
              headers,
              body: JSON.stringify(body)
            })
            assert.strictEqual(status, 201, JSON.stringify(json))
            return json as Made
          }
          const admin = await make({ name: "root", role: "admin" })
          const device = await make({ name: "press", role: "device" }, admin.key)
          // With the first key nobody stays who did not log in.
          await left
          assert.strictEqual(await codeOf(mqtt.connectAsync(url, { reconnectPeriod: 0 })), 4)

          const client = await connect("press", device.key)
          const byId = await connect(device.id, device.key)
          assert.strictEqual(await codeOf(connect("other", device.key)), 134)
          assert.strictEqual(await codeOf(connect("press", admin.key)), 134)
          const say = (topic: string, message: object) =>
            codeOf(client.publishAsync(topic, JSON.stringify(message), { qos: 1 }))
          assert.strictEqual(await say("sensors/press", { temperature: 21 }), 0)
          assert.strictEqual(await say("sensors/pump", { temperature: 22 }), 0x87)
          assert.strictEqual(await say("sensors/press", { device: "pump", data: { temperature: 23 } }), 0x87)

          const names = async () => {
            const { json } = await server.get("/sensors/", { headers: { "x-api-key": admin.key } })
            return (json as ReadonlyArray<{ readonly name: string | null }>).map(({ name }) => name)
          }
          await until("the press is a sensor", 5_000, async () =>
            (await names()).includes("press/temperature")
          )
          assert.isFalse((await names()).some((name) => name?.startsWith("pump") === true))

          const dropped = [client, byId].map(
            (one) => new Promise<void>((resolve) => one.once("close", () => resolve()))
          )
          const since = performance.now()
          const revoked = await server.get(`/keys/${device.id}`, {
            method: "DELETE",
            headers: { "x-api-key": admin.key }
          })
          assert.include([200, 204], revoked.status)
          await Promise.all(dropped)
          assert.isBelow(performance.now() - since, 1_000)
          assert.strictEqual(await codeOf(connect("press", device.key)), 134)
        })
      }),
    60_000
  )
})
