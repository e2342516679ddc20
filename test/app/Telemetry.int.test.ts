/** What the whole program sends to a collector, on each database; and logs whose lines name the same traces. */
import { createServer } from "node:net"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import mqtt from "mqtt"
import { startCollector } from "../support/collector.js"
import { describeDatabases } from "../support/databases.js"
import { folder, startTidemark, until } from "../support/tidemark.js"

const TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
const ASKED = "0af7651916cd43dd8448eb211c80319c"
const SPAN = "00f067aa0ba902b7"
const AT = "2026-11-28T10:00:00Z"

const publishTraced = async (port: number, traceparent: string | undefined, value: number) => {
  const client = await mqtt.connectAsync(`mqtt://127.0.0.1:${port}`, { protocolVersion: 5 })
  const message = JSON.stringify({ sensor_id: 1, timestamp: AT, value })
  const said = traceparent === undefined ? {} : { properties: { userProperties: { traceparent } } }
  await client.publishAsync("sensors/1", message, { qos: 1, ...said })
  await client.endAsync()
}

const environment = (url: string) => ({
  SIMULATE: "false",
  OTEL_EXPORTER_OTLP_ENDPOINT: url,
  OTEL_EXPORTER_OTLP_HEADERS: "x-key=a%20secret",
  OTEL_SERVICE_NAME: "harbour",
  OTEL_METRIC_EXPORT_INTERVAL: "500",
  LOG_FORMAT: "json"
})

describe.concurrent("telemetry", () => {
  describeDatabases("of a server", (database) => {
    it.scopedLive("shows a message from its publish to its fold, in the trace that its sender began", () =>
      Effect.gen(function* () {
        const [DATA_DIR, DATABASE_URL] = yield* Effect.all([folder, database.url])
        const collector = yield* startCollector
        const server = yield* startTidemark({ DATA_DIR, DATABASE_URL, ...environment(collector.url) })
        yield* Effect.promise(async () => {
          await server.started()
          await publishTraced(server.mqttPort, `00-${TRACE}-${SPAN}-00`, 20)
          await publishTraced(server.mqttPort, `00-${TRACE}-${SPAN}-01`, 21)
          const spans = await until("the trace of the message", 20_000, async () => {
            const all = collector.trace(TRACE)
            return all.length >= 3 && all
          })
          const named = (name: string) => {
            const [one, ...others] = spans.filter((span) => span.name === name)
            assert.lengthOf(others, 0)
            if (one === undefined) throw new Error(`no span ${name}`)
            return one
          }
          const [receive, append, fold] = [named("receive"), named("append"), named("fold")]
          assert.strictEqual(receive.parentSpanId, SPAN)
          assert.strictEqual(receive.kind, 5)
          assert.deepInclude(receive.attributes, {
            "messaging.destination.name": "sensors/1",
            "tidemark.stored": 1
          })
          assert.strictEqual(append.parentSpanId, receive.spanId)
          assert.strictEqual(fold.parentSpanId, receive.spanId)
          assert.strictEqual(fold.attributes["tidemark.fold.here"], true)
          const times = [
            receive.startTimeUnixNano,
            append.startTimeUnixNano,
            append.endTimeUnixNano,
            fold.endTimeUnixNano
          ]
          assert.deepStrictEqual(times, [...times].sort())
          // Acknowledged means committed: the span of the whole ends behind the append.
          assert.isTrue(BigInt(receive.endTimeUnixNano) >= BigInt(append.endTimeUnixNano))
          assert.deepStrictEqual([...collector.services], ["harbour"])
          assert.deepStrictEqual([...collector.keys], ["a secret"])
        })
      })
    )

    it.scopedLive("shows a request with its route, its SQL, and what was logged of it", () =>
      Effect.gen(function* () {
        const [DATA_DIR, DATABASE_URL] = yield* Effect.all([folder, database.url])
        const collector = yield* startCollector
        const server = yield* startTidemark({
          DATA_DIR,
          DATABASE_URL,
          ...environment(collector.url),
          LOG_LEVEL: "debug"
        })
        yield* Effect.promise(async () => {
          await server.started()
          const traceparent = `00-${ASKED}-${SPAN}-01`
          await fetch(`${server.http}/data/?limit=5`, { headers: { traceparent } })
          await fetch(`${server.http}/nowhere`, { headers: { traceparent } })
          const spans = await until("the trace of the requests", 20_000, async () => {
            const all = collector.trace(ASKED)
            return all.filter(({ kind }) => kind === 2).length === 2 && all
          })
          const served = spans.find(({ name }) => name === "GET /data/")
          assert.strictEqual(served?.parentSpanId, SPAN)
          assert.deepInclude(served?.attributes, {
            "http.route": "/data/",
            "http.request.method": "GET",
            "http.response.status_code": 200
          })
          assert.isTrue(
            spans.some(({ name, parentSpanId }) => name === "sql.execute" && parentSpanId === served?.spanId)
          )
          const missing = spans.find(({ name }) => name === "GET")
          assert.strictEqual(missing?.attributes["http.response.status_code"], 404)
          const metric = await until("the metrics", 20_000, async () =>
            collector.metrics.find(({ name }) => name === "tidemark_http_request_seconds")
          )
          const [point] = metric.histogram?.dataPoints ?? []
          assert.lengthOf(point?.bucketCounts ?? [], (point?.explicitBounds.length ?? 0) + 1)
          assert.strictEqual(
            point?.bucketCounts.reduce((sum, count) => sum + count, 0),
            point?.count
          )
          await until("a line of the log", 20_000, async () => collector.logs.length > 0)
        })
      })
    )
  })

  it.scopedLive("is not made, and holds nothing up, where the collector is silent", () =>
    Effect.gen(function* () {
      // It takes connections, and never answers.
      const silent = yield* Effect.acquireRelease(
        Effect.async<ReturnType<typeof createServer>>((resume) => {
          const server = createServer(() => {})
          server.listen(0, "127.0.0.1", () => resume(Effect.succeed(server)))
        }),
        (server) => Effect.sync(() => server.close())
      )
      const address = silent.address()
      const port = typeof address === "object" ? address?.port : undefined
      const DATA_DIR = yield* folder
      const server = yield* startTidemark({
        DATA_DIR,
        ...environment(`http://127.0.0.1:${port}`),
        OTEL_TRACES_SAMPLER: "always_on"
      })
      yield* Effect.promise(async () => {
        await server.started()
        await publishTraced(server.mqttPort, undefined, 20)
        assert.strictEqual((await server.get("/data/")).status, 200)
        const ended = await server.kill("SIGTERM")
        assert.strictEqual(ended.code, 0)
        assert.isBelow(ended.ms, 6_000)
      })
    })
  )
})
