/** `/metrics` of the whole program, on each database: what was done is told, and the readers of others take it. */
import { readFileSync } from "node:fs"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import mqtt from "mqtt"
import { describeDatabases } from "../support/databases.js"
import { hasPromtool, type Metric, metricsOf, parsedByPython, promtool } from "../support/metrics.js"
import { PYTHON, pythonHas } from "../support/python.js"
import { folder, startTidemark, type Tidemark, until } from "../support/tidemark.js"

const OPENMETRICS =
  "application/openmetrics-text;version=1.0.0;q=0.6,text/plain;version=0.0.4;q=0.3,*/*;q=0.2"
const AT = "2026-11-28T10:00:00Z"

const textOf = async (server: Tidemark, accept = "*/*") => {
  const answer = await fetch(`${server.http}/metrics`, { headers: { accept } })
  assert.strictEqual(answer.status, 200)
  return { text: await answer.text(), type: answer.headers.get("content-type") }
}

const valueOf = (
  metrics: ReadonlyMap<string, Metric>,
  name: string,
  labels: Readonly<Record<string, string>> = {}
): number | undefined =>
  metrics
    .get(name)
    ?.samples.find((sample) => Object.entries(labels).every(([key, value]) => sample.labels[key] === value))
    ?.value

/** Three readings, one of them twice, and a message that is none. */
const publishAll = async (port: number) => {
  const client = await mqtt.connectAsync(`mqtt://127.0.0.1:${port}`)
  for (const [sensor_id, value] of [
    [1, 20],
    [1, 20],
    [2, 21],
    [3, 22]
  ])
    await client.publishAsync("sensors/x", JSON.stringify({ sensor_id, timestamp: AT, value }), { qos: 1 })
  await client.publishAsync("sensors/x", "{", { qos: 1 })
  return client
}

const started = (env: Readonly<Record<string, string>>) =>
  Effect.gen(function* () {
    const server = yield* startTidemark({ SIMULATE: "false", ...env })
    yield* Effect.promise(() => server.started())
    return server
  })

describe.concurrent("the metrics", () => {
  describeDatabases("of a server", (database) => {
    it.scopedLive("tell what was stored, rejected, repeated, asked and answered", () =>
      Effect.gen(function* () {
        const [DATA_DIR, DATABASE_URL] = yield* Effect.all([folder, database.url])
        const server = yield* started({ DATA_DIR, DATABASE_URL })
        yield* Effect.promise(async () => {
          const client = await publishAll(server.mqttPort)
          // The second answer is given again, out of memory.
          for (const path of ["/data/1?limit=5", "/data/1?limit=5", "/nowhere", "/health"])
            await fetch(server.http + path)
          const metrics = await until("all to be folded", 15_000, async () => {
            const now = metricsOf((await textOf(server)).text)
            const folded = valueOf(now, "tidemark_projection_lag_events", { projection: "minutes" }) === 0
            return (
              folded &&
              valueOf(now, "tidemark_http_request_seconds", { route: "/metrics" }) !== undefined &&
              now
            )
          })
          const of = (name: string, labels?: Readonly<Record<string, string>>) =>
            valueOf(metrics, name, labels)
          assert.strictEqual(of("tidemark_messages_total"), 5)
          assert.strictEqual(of("tidemark_readings_stored_total"), 3)
          assert.strictEqual(of("tidemark_readings_repeated_total"), 1)
          assert.strictEqual(of("tidemark_rejected_total", { code: "payload-not-json" }), 1)
          assert.strictEqual(of("tidemark_rejected_total", { code: "unknown" }), 0)
          assert.isAtLeast(of("tidemark_append_rows") ?? 0, 1)
          assert.strictEqual(of("tidemark_acknowledge_seconds"), of("tidemark_append_seconds"))
          assert.strictEqual(of("tidemark_pending_messages"), 0)
          assert.strictEqual(of("tidemark_mqtt_connections"), 1)
          // Three sensors were registered, too.
          assert.strictEqual(of("tidemark_log_events_total"), 6)
          const sensor = { sensor_id: "2" }
          assert.strictEqual(
            of("tidemark_sensor_last_reading_timestamp_seconds", sensor),
            Date.parse(AT) / 1_000
          )
          assert.strictEqual(of("tidemark_sensors_left_out"), 0)
          assert.strictEqual(of("tidemark_database_info", { dialect: database.name.toLowerCase() }), 1)
          assert.isAtLeast(of("tidemark_database_seconds", { call: "transaction" }) ?? 0, 1)
          assert.strictEqual(of("tidemark_database_errors_total", { kind: "Permanent" }), 0)
          const asked = { method: "GET", status: "200" }
          assert.strictEqual(of("tidemark_http_request_seconds", { route: "/data/:sensor_id", ...asked }), 2)
          assert.strictEqual(of("tidemark_http_request_seconds", { route: "other", status: "404" }), 1)
          assert.isAbove(of("process_resident_memory_bytes") ?? 0, 10_000_000)
          assert.isBelow(of("nodejs_eventloop_lag_max_seconds") ?? 99, 60)
          await client.endAsync()
        })
      })
    )
  })

  it.scopedLive("are read by Prometheus and by Python, and documented", () =>
    Effect.gen(function* () {
      const server = yield* started({ DATA_DIR: yield* folder })
      yield* Effect.promise(async () => {
        await (await publishAll(server.mqttPort)).endAsync()
        await textOf(server)
        const plain = await textOf(server)
        const open = await textOf(server, OPENMETRICS)
        assert.strictEqual(plain.type, "text/plain; version=0.0.4; charset=utf-8")
        assert.strictEqual(open.type, "application/openmetrics-text; version=1.0.0; charset=utf-8")
        assert.strictEqual((await textOf(server, "application/json")).type, plain.type)

        const metrics = [...metricsOf(plain.text)]
        const rows = readFileSync("docs/operating.md", "utf8").matchAll(
          /^\| `(\w+)` +\| (counter|gauge|histogram|info) +\| (.+?) +\|$/gm
        )
        assert.sameDeepMembers(
          [...rows].map(([, name, type, help]) => [name, type, help]),
          metrics.map(([name, { help, type }]) => [name, type, help])
        )
        if (hasPromtool) assert.strictEqual(promtool(["check", "metrics"], plain.text), "")
        else console.log("Not run here: promtool, of Debian's prometheus, is not installed")
        if (!pythonHas("prometheus_client")) {
          console.log("Not run here: Python has no prometheus_client")
          return
        }
        for (const [text, isOpen] of [
          [plain.text, false],
          [open.text, true]
        ] as const) {
          const names = new Set(parsedByPython(PYTHON, text, isOpen))
          for (const [name, { samples, type }] of metrics)
            if (samples.length > 0)
              assert.isTrue(names.has(type === "histogram" ? `${name}_count` : name), name)
        }
      })
    })
  )
})
