/** What bounds writing: too much at once, too much that is bad, a log that is away, one key at work twice. */
import { assert, describe, it, layer } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import { InfluxError } from "../../../src/api/data/Influx.js"
import { BulkResult } from "../../../src/api/data/Writing.js"
import { EventLog } from "../../../src/eventlog/EventLog.js"
import * as MemoryEventLog from "../../../src/eventlog/memory/MemoryEventLog.js"
import { REJECTED_KEPT_MAX } from "../../../src/http/writing/Bulk.js"
import { IntakePressure } from "../../../src/http/writing/WriteGate.js"
import { until } from "../../support/tidemark.js"
import { ask, awayLog, input, post, problemFields, serverLayer, shaped } from "../server.js"

const real = { excludeTestServices: true } as const
const CSV = "sensor_id,timestamp,value\n1,2024-06-14T18:00:00Z,1\n"
const BODIES: ReadonlyArray<readonly [type: string, body: string]> = [
  ["text/csv", CSV],
  ["application/x-ndjson", JSON.stringify(input(1, 0))],
  ["application/senml+json", '[{"n":"a","v":1}]']
]
const send = (type: string, body: string, headers: Record<string, string> = {}) =>
  ask("/data/", { method: "POST", body, headers: { "content-type": type, ...headers } })
const lines = ask("/api/v2/write", { method: "POST", body: "m f=1" })

const away503 = Effect.gen(function* () {
  for (const [type, body] of BODIES) {
    const answer = yield* send(type, body, { "idempotency-key": "k" })
    problemFields(answer, 503)
    assert.match(answer.headers.get("retry-after") ?? "", /^\d+$/)
  }
  const answer = yield* lines
  assert.strictEqual(answer.status, 503)
  assert.match(answer.headers.get("retry-after") ?? "", /^\d+$/)
  assert.strictEqual(shaped(InfluxError, answer.json).code, "unavailable")
})

const pressed = Layer.succeed(IntakePressure, { overloaded: () => true })

layer(serverLayer({}).pipe(Layer.provide(pressed)), real)("while ingest is behind", (it) => {
  it.effect("bulk bodies are refused for now, a person's reading is taken", () =>
    Effect.gen(function* () {
      yield* away503
      assert.strictEqual((yield* post("/data/", input(1, 0))).status, 201)
    })
  )
})

layer(serverLayer({ log: awayLog }), real)("while the database is away", (it) => {
  it.effect("bulk bodies are refused for now", () => away503)
})

layer(serverLayer({ log: MemoryEventLog.layer() }), real)("a body of junk", (it) => {
  it.effect("names each row, and keeps so many of them, and one for the rest", () =>
    Effect.gen(function* () {
      const rows = Array.from({ length: 1_500 }, (_, i) => `junk ${i}`)
      const answer = yield* send("application/x-ndjson", [...rows, JSON.stringify(input(1, 0))].join("\n"))
      const { rejected, results, stored } = shaped(BulkResult, answer.json)
      assert.deepStrictEqual([answer.status, rejected, stored], [207, 1_500, 1])
      assert.deepInclude(results[1_500], { row: 1_501, status: "stored" })
      assert.isTrue(
        results.slice(0, 1_500).every(({ reason }) => reason?.startsWith("it is not JSON") ?? false)
      )
      const log = yield* EventLog
      assert.strictEqual((yield* log.rejectedTotals).messages, REJECTED_KEPT_MAX + 1)
      const rest = (yield* log.rejected({ limit: 2_000 })).find(({ reason }) => reason.includes("more rows"))
      assert.match(rest?.reason ?? "", /^500 more rows of this body are rejected; first it is not JSON/)
      assert.match(
        Buffer.from(rest?.bytes ?? []).toString(),
        /^junk 1000\njunk 1001\n(junk \d+\n)*junk 1499\n$/
      )
    })
  )
})

/** A log that does not take rows before it is told to. */
const held = Effect.gen(function* () {
  const asked = yield* Deferred.make<void>()
  const go = yield* Deferred.make<void>()
  const log = yield* MemoryEventLog.make()
  const slow: typeof log = {
    ...log,
    append: (items) =>
      Deferred.succeed(asked, undefined).pipe(
        Effect.andThen(Deferred.await(go)),
        Effect.andThen(log.append(items))
      )
  }
  return { asked, go, slow }
})

describe("one Idempotency-Key at work twice", () => {
  it.live("the second is told to wait, and then gets the answer of the first", () =>
    Effect.gen(function* () {
      const { asked, go, slow } = yield* held
      const twice = Effect.gen(function* () {
        const key = { "idempotency-key": "one" }
        const first = yield* Effect.fork(send("text/csv", CSV, key))
        yield* Deferred.await(asked)
        const second = yield* send("text/csv", CSV, key)
        problemFields(second, 409)
        yield* Deferred.succeed(go, undefined)
        const answer = yield* Fiber.join(first)
        assert.strictEqual(answer.status, 201)
        const again = yield* send("text/csv", CSV, key)
        assert.deepStrictEqual([again.status, again.text], [201, answer.text])
      })
      yield* Effect.provide(twice, serverLayer({ log: Layer.succeed(EventLog, slow) }))
    })
  )

  it.live("one that hung up leaves the key free", () =>
    Effect.gen(function* () {
      const { asked, go, slow } = yield* held
      const twice = Effect.gen(function* () {
        const key = { "idempotency-key": "one" }
        const context = yield* Effect.context<Effect.Effect.Context<ReturnType<typeof ask>>>()
        const first = yield* Effect.fork(send("text/csv", CSV, key))
        yield* Deferred.await(asked)
        yield* Fiber.interrupt(first)
        yield* Deferred.succeed(go, undefined)
        yield* Effect.promise(() =>
          until("the key to be free", 10_000, async () => {
            const answer = await Effect.runPromise(Effect.provide(send("text/csv", CSV, key), context))
            return answer.status === 200 || answer.status === 201
          })
        )
        const { json } = yield* ask("/data/1")
        assert.strictEqual(shaped(Schema.Array(Schema.Unknown), json).length, 1)
      })
      yield* Effect.provide(twice, serverLayer({ log: Layer.succeed(EventLog, slow) }))
    })
  )
})
