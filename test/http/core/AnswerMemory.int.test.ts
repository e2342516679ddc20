/** Answers that are given again: the same to every client, and never those of before. */
import { assert, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { EventLog } from "../../../src/eventlog/EventLog.js"
import * as MemoryEventLog from "../../../src/eventlog/memory/MemoryEventLog.js"
import { type Answer, ask, input, keyedAuth, post, READER, serverLayer, WRITER } from "../server.js"

/** Which reads of rows the log was asked for. */
const reads: Array<number> = []

const watched = Layer.effect(
  EventLog,
  Effect.map(EventLog, (log) => ({
    ...log,
    readings: (...[filter, page]: Parameters<typeof log.readings>) =>
      Effect.suspend(() => {
        reads.push(page.limit)
        return log.readings(filter, page)
      }),
    readingsNow: (...[filter, page]: Parameters<typeof log.readingsNow>) =>
      Effect.suspend(() => {
        reads.push(page.limit)
        return log.readingsNow(filter, page)
      })
  }))
).pipe(Layer.provide(MemoryEventLog.layer()))

const headersOf = ({ headers }: Answer) =>
  [...headers].filter(([name]) => !["date", "connection", "keep-alive"].includes(name)).sort()

const real = { excludeTestServices: true } as const

layer(serverLayer({ log: watched }), real)("an answer that was given", (it) => {
  it.effect("is given again, without a read, until the log moves", () =>
    Effect.gen(function* () {
      yield* post("/data/", [input(1, 0), input(1, 1)])
      const path = "/data/?limit=1"
      const first = yield* ask(path)
      const before = reads.length
      const again = yield* ask(path)
      assert.strictEqual(reads.length, before)
      assert.deepStrictEqual([again.text, headersOf(again)], [first.text, headersOf(first)])
      assert.isNotNull(first.headers.get("link"))

      yield* post("/data/", input(1, -60))
      const moved = yield* ask(path)
      assert.strictEqual(reads.length, before + 1)
      assert.notStrictEqual(moved.text, first.text)
      assert.notStrictEqual(moved.headers.get("etag"), first.headers.get("etag"))
    })
  )

  it.effect("is not sent to who has it, with the headers that such an answer had before", () =>
    Effect.gen(function* () {
      const path = "/data/?limit=2"
      const first = yield* ask(path)
      const headers = { "if-none-match": first.headers.get("etag") ?? "" }
      // Another address of the same rows: nothing is remembered of it.
      const unremembered = yield* ask("/data?limit=2", { headers })
      const again = yield* ask(path, { headers })
      assert.deepStrictEqual([again.status, again.text], [304, ""])
      assert.deepStrictEqual(headersOf(again), headersOf(unremembered))
      const stranger = yield* ask(path, { headers: { "if-none-match": '"other"' } })
      assert.deepStrictEqual([stranger.status, stranger.text], [200, first.text])
    })
  )

  it.effect("is another one for each format and coding, and HEAD has its headers alone", () =>
    Effect.gen(function* () {
      const path = "/data/?limit=100"
      yield* post(
        "/data/",
        Array.from({ length: 50 }, (_, second) => input(2, second))
      )
      for (const round of [1, 2]) {
        const plain = yield* ask(path, { headers: { "accept-encoding": "identity" } })
        const packed = yield* ask(path, { headers: { "accept-encoding": "gzip" } })
        const csv = yield* ask(path, { headers: { accept: "text/csv" } })
        const columns = yield* ask(`${path}&format=columns`)
        assert.strictEqual(packed.headers.get("content-encoding"), "gzip", `round ${round}`)
        assert.isNull(plain.headers.get("content-encoding"))
        assert.strictEqual(packed.text, plain.text)
        assert.include(csv.headers.get("content-type"), "text/csv")
        assert.property(columns.json, "columns")
        const head = yield* ask(path, { method: "HEAD" })
        assert.deepStrictEqual([head.status, head.text], [200, ""])
      }
    })
  )

  it.effect("is made anew where it may be another by now, though the log has not moved", () =>
    Effect.gen(function* () {
      const times = ["/data/?start_time=-24h", "/data/summary/?end_time=-1s", "/data/?sensor=nobody"]
      for (const path of [...times, "/data/?shape=wide&limit=1", "/data/?as_of=1"]) {
        assert.strictEqual((yield* ask(path)).status, 200, path)
        const before = reads.length
        const again = yield* ask(path)
        assert.strictEqual(again.status, 200, path)
        if (path !== "/data/?sensor=nobody") assert.isAbove(reads.length, before, path)
      }
    })
  )
})

layer(serverLayer({ auth: keyedAuth, log: watched }), real)(
  "an answer that was given, with keys set",
  (it) => {
    it.effect("is given to nobody without one", () =>
      Effect.gen(function* () {
        const path = "/data/?limit=3"
        const key = (secret: string) => ({ headers: { "x-api-key": secret } })
        const first = yield* ask(path, key(READER))
        assert.strictEqual(first.status, 200)
        for (const init of [{}, key("nobody")]) assert.strictEqual((yield* ask(path, init)).status, 401)
        assert.strictEqual((yield* ask(path, key(WRITER))).text, first.text)
      })
    )
  }
)
