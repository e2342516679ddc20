/** Broker and ingest together, over real sockets, and a log of ours behind them. */
import { assert, describe, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Broker from "../../src/broker/embedded/MqttBroker.js"
import { MessageSink } from "../../src/broker/MessageSink.js"
import { position } from "../../src/domain/Ids.js"
import { type AppendItem, EventLog, LogUnavailable } from "../../src/eventlog/EventLog.js"
import * as Ingest from "../../src/ingest/Ingest.js"
import { connectClient, publish, until } from "../broker/support.js"

/** A log that keeps what is appended, while it is up. */
const start = Effect.gen(function* () {
  const log = { up: true, items: [] as Array<AppendItem>, tries: 0 }
  const eventLog = Layer.mock(EventLog, {
    append: (items) =>
      Effect.suspend(() => {
        log.tries += 1
        if (!log.up) return Effect.fail(new LogUnavailable({ reason: "away" }))
        log.items.push(...items)
        return Effect.succeed(
          items.map((item) =>
            item._tag === "Reading"
              ? { _tag: "Stored" as const, position: position(log.items.length) }
              : { _tag: "Rejected" as const, faults: item.faults }
          )
        )
      })
  })
  const layer = Broker.layer({ port: 0 }).pipe(
    Layer.provideMerge(Ingest.layer({ pendingMessagesMax: 8 })),
    Layer.provide(eventLog)
  )
  const context = yield* Layer.build(layer)
  const { port } = Context.get(context, Broker.MqttBroker)
  return { log, sink: Context.get(context, MessageSink), port: port ?? 0 }
})

const reading = (value: number) => JSON.stringify({ sensor_id: 1, timestamp: 1_718_389_665, value })

describe("broker and ingest", () => {
  it.scopedLive("keep poison with its reason, acknowledge it, and go on for everybody", () =>
    Effect.gen(function* () {
      const { log, port, sink } = yield* start
      const bad = yield* connectClient(port, { clientId: "bad" })
      const good = yield* connectClient(port, { clientId: "good" })
      const poison: ReadonlyArray<string | Buffer> = [
        ...[
          "",
          "21.5 C is warm",
          "[1,2]",
          "null",
          "{}",
          '{"__proto__":{"value":"x"}}',
          '{"sensor_id":1,"value":1e999}'
        ],
        ...['{"sensor_id":true,"value":1}', "[".repeat(60_000)],
        ...[Buffer.from([0xff, 0x00, 0xfe]), Buffer.alloc(1_048_576, 0x20)]
      ]
      for (const [index, payload] of poison.entries()) {
        yield* publish(bad, "sensors/1", payload, index % 2 === 0 ? 1 : 2)
        yield* publish(good, "sensors/2", reading(index))
      }
      assert.isTrue(bad.connected && good.connected)
      const kept = new Set(log.items.flatMap((item) => (item._tag === "Rejected" ? [item.source.bytes] : [])))
      assert.deepStrictEqual(
        [...kept].map((bytes) => Buffer.from(bytes)),
        poison.map((payload) => Buffer.from(payload))
      )
      assert.deepStrictEqual(sink.tally("good"), {
        messages: poison.length,
        stored: poison.length,
        repeated: 0,
        rejected: 0
      })
      assert.strictEqual(sink.tally("bad").rejected, poison.length + 1)
    })
  )

  it.scopedLive("acknowledge nothing while the log is away, and everything when it is back", () =>
    Effect.gen(function* () {
      const { log, port } = yield* start
      const clients = yield* Effect.forEach(Array.from({ length: 20 }), () => connectClient(port))
      log.up = false
      let acknowledged = 0
      const publishing = yield* Effect.forEach(
        clients,
        (client, index) =>
          publish(client, "sensors/1", reading(index)).pipe(
            Effect.tap(() => {
              acknowledged += 1
            })
          ),
        { concurrency: "unbounded" }
      ).pipe(Effect.fork)
      yield* until("some tries", () => log.tries >= 3)
      assert.strictEqual(acknowledged, 0)
      log.up = true
      yield* Fiber.join(publishing)
      const values = log.items.map((item) => (item._tag === "Reading" ? item.reading.value : -1))
      assert.deepStrictEqual(
        [...values].sort((a, b) => a - b),
        Array.from({ length: 20 }, (_, i) => i)
      )
    })
  )
})
