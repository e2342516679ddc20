/** The log live: in order, once, without a gap, whoever comes and goes; slow readers are cut off. */
import * as HttpServer from "@effect/platform/HttpServer"
import { assert, it, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import * as Scope from "effect/Scope"
import { LiveReading } from "../../../src/api/live/LiveGroup.js"
import { position } from "../../../src/domain/Ids.js"
import { EventLog } from "../../../src/eventlog/EventLog.js"
import { type LiveLimits, LiveLimitsRef } from "../../../src/http/live/LiveStream.js"
import { describeDatabases } from "../../support/databases.js"
import { until } from "../../support/tidemark.js"
import {
  ask,
  input,
  keyedAuth,
  ON_LOOPBACK,
  post,
  problemFields,
  put,
  READER,
  serverLayer,
  shaped,
  WRITER
} from "../server.js"
import { sqlServer } from "../sql.js"
import { SseClient } from "./sse.js"

const real = { excludeTestServices: true } as const
const READINGS = 10_000
const CLIENTS = 20

const stream = Effect.map(HttpServer.HttpServer, ({ address }) =>
  address._tag === "TcpAddress" ? `http://127.0.0.1:${address.port}/data/stream/` : ""
)

const limits = (given: Partial<LiveLimits>) =>
  Layer.effect(
    LiveLimitsRef,
    Effect.map(LiveLimitsRef, (all) => ({ ...all, ...given }))
  )

const wait = (what: string, ask: () => boolean) =>
  Effect.promise(() => until(what, 50_000, async () => ask()))
const ndjson = (rows: ReadonlyArray<unknown>) =>
  ask("/data/", {
    method: "POST",
    body: rows.map((row) => JSON.stringify(row)).join("\n"),
    headers: { "content-type": "application/x-ndjson" }
  })

const head = Effect.flatMap(EventLog, (log) => Effect.map(log.head, ({ position }) => position))

/** The positions of all events of readings up to `to`. */
const readingPositions = (to: number) =>
  Effect.gen(function* () {
    const log = yield* EventLog
    const found: Array<number> = []
    for (let at = 0; at < to; ) {
      const page = yield* log.tail(position(at), position(to), 1_000)
      for (const event of page) if (event.type.startsWith("Reading")) found.push(event.position)
      at = page.at(-1)?.position ?? to
    }
    return found
  })

/** Writes in pieces, with corrections and deletions between them. */
const writing = Effect.gen(function* () {
  const ids: Array<number> = []
  for (let done = 0; done < READINGS; done += 250) {
    const rows = Array.from({ length: 250 }, (_, i) => input(1 + (i % 5), done + i, i))
    const answer = yield* ndjson(rows)
    const { results } = answer.json as { results: ReadonlyArray<{ id: number }> }
    ids.push(...results.map(({ id }) => id))
    const [a, b] = [ids[done], ids[done + 7]]
    yield* put(`/data/${a}`, input(1, done, 1_000 + done))
    yield* ask(`/data/${b}?reason=wrong`, { method: "DELETE" })
  }
})

describeDatabases("live", (database) => {
  layer(
    sqlServer(database),
    real
  )((it) => {
    it.effect(
      "20 clients that come and go at random through 10,000 readings get each event once, in order",
      () =>
        Effect.gen(function* () {
          const url = yield* stream
          let done = Number.POSITIVE_INFINITY
          let connections = 0
          const follow = () => {
            const got: Array<number> = []
            const connect = () => {
              connections += 1
              // From a few events to more than a page and a chunk.
              const some = 1 + Math.floor(Math.random() ** 3 * 3_000)
              new SseClient(connections <= CLIENTS ? `${url}?last_event_id=0` : url, got.at(-1), (client) => {
                got.push(client.last ?? 0)
                if ((client.last ?? 0) >= done) client.hangUp()
                else if (client.events.length >= some) {
                  client.hangUp()
                  connect()
                }
              })
            }
            connect()
            return got
          }
          const clients = Array.from({ length: CLIENTS }, follow)
          yield* writing
          done = Number.MAX_SAFE_INTEGER
          const end = yield* head
          const expected = yield* readingPositions(end)
          assert.strictEqual(expected.length, READINGS + 2 * (READINGS / 250))
          yield* wait("all clients to have all of it", () => clients.every((got) => (got.at(-1) ?? 0) >= end))
          for (const got of clients) assert.deepStrictEqual(got, expected)
          assert.isAbove(connections, 3 * CLIENTS)
        })
    )
  })

  layer(
    sqlServer(database).pipe(Layer.provide(limits({ pollMillis: 3_600_000 }))),
    real
  )((it) => {
    it.effect("what this process commits is sent at once, whenever the log would be asked next", () =>
      Effect.gen(function* () {
        const client = new SseClient(yield* stream)
        yield* wait("it to be let in", () => client.comments > 0)
        for (let n = 1; n <= 3; n += 1) {
          yield* post("/data/", input(1, n, n))
          yield* wait(`reading ${n}`, () => client.events.length === n)
        }
        client.hangUp()
      })
    )
  })

  layer(
    sqlServer(database).pipe(
      Layer.provide(limits({ streamsMax: 2, pendingBytesMax: 100_000, stallMillis: 300, windowMax: 1_000 }))
    ),
    real
  )((it) => {
    it.effect("a reader that takes nothing is cut off, others are not, and it goes on where it was", () =>
      Effect.gen(function* () {
        const url = yield* stream
        const slow = new SseClient(url)
        const healthy = new SseClient(url)
        yield* wait("both to be let in", () => slow.comments > 0 && healthy.comments > 0)
        slow.pause()
        problemFields(yield* ask("/data/stream/"), 503)
        let letIn: SseClient | undefined
        for (let done = 0; letIn === undefined && done < 60_000; done += 2_000) {
          // Long enough that what the system itself buffers is soon full.
          const rows = Array.from({ length: 2_000 }, (_, i) => ({
            ...input(1, done + i, i),
            description: `${done} ${"x".repeat(900)}`
          }))
          assert.strictEqual((yield* ndjson(rows)).status, 201)
          const client = new SseClient(url)
          yield* wait("an answer", () => client.status !== 0)
          if (client.status === 200) letIn = client
        }
        assert.isDefined(letIn, "the slow one was never cut off")
        assert.strictEqual(healthy.ended, "no")
        slow.resume()
        yield* wait("the end of what was sent", () => slow.ended !== "no")
        letIn?.hangUp()
        // The server notices that one has gone a moment later.
        const again = yield* Effect.promise(() =>
          until("a place for the one that was cut off", 50_000, async () => {
            const client = new SseClient(url, slow.last ?? 0)
            await until("an answer", 15_000, async () => client.status !== 0)
            return client.status === 200 && client
          })
        )
        const expected = yield* readingPositions(yield* head)
        const all = expected.at(-1) ?? 0
        yield* wait("both to have all", () => (healthy.last ?? 0) >= all && (again.last ?? 0) >= all)
        assert.deepStrictEqual(
          healthy.events.map(({ id }) => id),
          expected
        )
        assert.isBelow(slow.events.length, expected.length)
        assert.deepStrictEqual(
          [...slow.events, ...again.events].map(({ id }) => id),
          expected
        )
        for (const client of [again, healthy]) client.hangUp()
      })
    )
  })
})

layer(
  serverLayer({}).pipe(Layer.provide(limits({ heartbeatMillis: 50, streamsMax: 3 }))),
  real
)((it) => {
  it.effect("tells what happened, by name, of the sensors and types that are asked for", () =>
    Effect.gen(function* () {
      const url = yield* stream
      yield* post("/data/", input(1, 0))
      const all = new SseClient(url)
      const some = new SseClient(`${url}?sensor_id=2,3&type=humidity`)
      yield* wait("both to be let in", () => all.comments > 0 && some.comments > 0)
      assert.deepStrictEqual([all.status, all.contentType, all.retry], [200, "text/event-stream", 2_000])
      const humid = { type: "humidity", unit: "%" }
      const posted = yield* post("/data/", [input(1, 1), { ...input(2, 1), ...humid }, input(3, 1)])
      const [, second] = shaped(
        Schema.Array(Schema.Struct({ id: Schema.Int })),
        (posted.json as ReadonlyArray<{ id: number }>).map(({ id }) => ({ id }))
      )
      yield* put(`/data/${second?.id}`, { ...input(2, 1, 5), ...humid, reason: "drift" })
      yield* ask(`/data/${second?.id}?reason=gone`, { method: "DELETE" })
      yield* wait("five events", () => all.events.length === 5 && some.events.length === 3)
      for (const { data } of all.events) shaped(LiveReading, data)
      assert.deepStrictEqual(
        all.events.map(({ event }) => event),
        [...["recorded", "recorded", "recorded", "corrected", "deleted"]]
      )
      assert.deepStrictEqual(
        some.events.map(({ data, event }) => [event, data.id, data.value, data.unit, data.reason]),
        [
          ["recorded", second?.id, 20, "%", null],
          ["corrected", second?.id, 5, "%", "drift"],
          ["deleted", second?.id, null, "%", "gone"]
        ]
      )
      const before = all.comments
      yield* wait("heartbeats", () => all.comments > before + 2)
      const later = new SseClient(`${url}?last_event_id=0`, all.events[3]?.id)
      yield* wait("the last event alone", () => later.events.length > 0)
      assert.deepStrictEqual(later.events, all.events.slice(4))
      problemFields(yield* ask("/data/stream"), 503)
      for (const client of [all, some, later]) client.hangUp()
    })
  )

  it.effect("refuses what is no position, or ahead of the log, and answers HEAD", () =>
    Effect.gen(function* () {
      for (const query of [
        "last_event_id=x",
        "last_event_id=-1",
        "last_event_id=1&last_event_id=2",
        "sensor_id=0"
      ]) {
        assert.isAbove(problemFields(yield* ask(`/data/stream/?${query}`), 400).length, 0)
      }
      problemFields(yield* ask("/data/stream/", { headers: { "last-event-id": "x" } }), 400)
      problemFields(yield* ask("/data/stream/?last_event_id=999999"), 400)
      const asked = yield* ask("/data/stream/", { method: "HEAD" })
      assert.deepStrictEqual([asked.status, asked.headers.get("content-type")], [200, "text/event-stream"])
    })
  )
})

/** Lets one in after the other, each with its own headers: gives their statuses. */
const entering = (all: ReadonlyArray<Record<string, string>>) =>
  Effect.gen(function* () {
    const url = yield* stream
    const clients: Array<SseClient> = []
    for (const headers of all) {
      const client = new SseClient(url, undefined, () => {}, headers)
      clients.push(client)
      yield* wait("an answer", () => client.status !== 0)
    }
    return clients
  })

const perClient = limits({ streamsMax: 5, streamsPerClientMax: 2 })

it.live("one address holds a part of all streams, where nobody needs a key", () =>
  Effect.gen(function* () {
    const from = (address: string) => ({ "x-forwarded-for": address })
    const addresses = ["192.0.2.1", "192.0.2.1", "192.0.2.1", "2001:db8::1", "2001:db8::2", "2001:db8::3"]
    const clients = yield* entering(addresses.map(from))
    assert.deepStrictEqual(
      clients.map(({ status }) => status),
      [200, 200, 429, 200, 200, 429]
    )
    problemFields(yield* ask("/data/stream/", { headers: from("192.0.2.1") }), 429)
    clients[0]?.hangUp()
    const url = yield* stream
    // The server notices that one has gone a moment later.
    const again = yield* Effect.promise(() =>
      until("a place for one more", 50_000, async () => {
        const client = new SseClient(url, undefined, () => {}, from("192.0.2.1"))
        await until("an answer", 15_000, async () => client.status !== 0)
        return client.status === 200 && client
      })
    )
    for (const client of [...clients, again]) client.hangUp()
  }).pipe(Effect.provide(serverLayer({ trustedProxies: ON_LOOPBACK }).pipe(Layer.provide(perClient))))
)

it.live("one key holds a part of all streams, wherever they go", () =>
  Effect.gen(function* () {
    const of = (key: string, address: string) => ({
      ...{ authorization: `Bearer ${key}`, "x-forwarded-for": address }
    })
    const clients = yield* entering([
      ...[of(READER, "192.0.2.1"), of(READER, "192.0.2.2"), of(READER, "192.0.2.3")],
      ...[of(WRITER, "192.0.2.1"), of(WRITER, "192.0.2.1")]
    ])
    assert.deepStrictEqual(
      clients.map(({ status }) => status),
      [200, 200, 429, 200, 200]
    )
    for (const client of clients) client.hangUp()
  }).pipe(
    Effect.provide(
      serverLayer({ auth: keyedAuth, trustedProxies: ON_LOOPBACK }).pipe(Layer.provide(perClient))
    )
  )
)

it.live("streams end whole when the server stops", () =>
  Effect.gen(function* () {
    const scope = yield* Scope.make()
    const context = yield* Layer.buildWithScope(serverLayer({}), scope)
    const url = yield* Effect.provide(stream, context)
    const client = new SseClient(url)
    yield* wait("it to be let in", () => client.comments > 0)
    yield* Scope.close(scope, Exit.void)
    yield* wait("its end", () => client.ended !== "no")
    assert.strictEqual(client.ended, "end")
  })
)
