/** mappings.json as the server reads it at its start, and what arrives by MQTT and by POST then. */
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { assert, it } from "@effect/vitest"
import { encode } from "cborg"
import * as Effect from "effect/Effect"
import mqtt from "mqtt"
import { birth, data } from "../ingest/mapping/sparkplug.js"
import { folder, startTidemark, until } from "../support/tidemark.js"

it.scopedLive("messages are read by mappings and presets, births of Sparkplug are kept", () =>
  Effect.gen(function* () {
    const DATA_DIR = yield* folder
    const MAPPINGS_FILE = join(DATA_DIR, "mappings.json")
    const mapping = {
      topic: "hall/+",
      device: "{2}",
      metric: "temp",
      decimal: "comma",
      units: { temp: "°C" }
    }
    writeFileSync(MAPPINGS_FILE, JSON.stringify({ mappings: [mapping] }))
    const server = yield* startTidemark({ DATA_DIR, MAPPINGS_FILE, SIMULATE: "false" })
    yield* Effect.promise(async () => {
      await server.started()
      const client = await mqtt.connectAsync(`mqtt://127.0.0.1:${server.mqttPort}`)
      const now = 1_718_389_665_000
      const named = { name: "temperature", alias: 1, type: 9, value: 20.5 }
      for (const [topic, payload] of [
        ["hall/a", "21,5"],
        ["tele/plug/SENSOR", '{"Time":"2024-06-14T18:27:45","ENERGY":{"Power":12}}'],
        ["spBv1.0/PlantA/NBIRTH/press", birth(now, [named])],
        ["spBv1.0/PlantA/NDATA/press", data(now + 1_000, [{ alias: 1, type: 9, value: 21 }])],
        ["buoys", Buffer.from(encode({ device: "buoy", ts: now, wave: 2.5 }))]
      ] as const) {
        await client.publishAsync(topic, Buffer.from(payload), { qos: 1 })
      }
      await client.endAsync()
      const names = await until("the sensors", 10_000, async () => {
        const sensors = (await server.get("/sensors/")).json as ReadonlyArray<{ name: string }>
        return sensors.length === 4 && sensors.map(({ name }) => name).sort()
      })
      assert.deepStrictEqual(names, ["PlantA/press/temperature", "a/temp", "buoy/wave", "plug/ENERGY.Power"])
      const readings = (await server.get("/data/")).json as ReadonlyArray<{
        value: number
        unit: string | null
      }>
      assert.deepStrictEqual(readings.map(({ unit, value }) => `${value} ${unit}`).sort(), [
        ...["12 W", "2.5 null", "20.5 null", "21 null", "21.5 °C"]
      ])
    })
  })
)

it.scopedLive("a wrong file is refused at the start, with every fault", () =>
  Effect.gen(function* () {
    const DATA_DIR = yield* folder
    const MAPPINGS_FILE = join(DATA_DIR, "mappings.json")
    writeFileSync(MAPPINGS_FILE, '{"mappings": [{"topic": "a/#/b", "devic": "x"}]}')
    const server = yield* startTidemark({ DATA_DIR, MAPPINGS_FILE, SIMULATE: "false" })
    const { code } = yield* Effect.promise(() => server.ended)
    assert.strictEqual(code, 1)
    assert.match(server.output, /mappings\[0\]\.topic: .*topic filter/)
    assert.match(server.output, /mappings\[0\]\.devic: is not a field/)
  })
)
