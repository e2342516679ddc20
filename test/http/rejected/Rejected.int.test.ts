/** Rejected messages explained and sent through again, on real databases: once in effect, and kept all the same. */
import * as HttpServer from "@effect/platform/HttpServer"
import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import { Reading } from "../../../src/api/data/ReadingContract.js"
import { BulkResult } from "../../../src/api/data/Writing.js"
import { RejectedDetail, RejectedReplay } from "../../../src/api/rejected/RejectedGroup.js"
import { Rejected } from "../../../src/api/system/LogGroup.js"
import { micros } from "../../../src/domain/Time.js"
import { EventLog } from "../../../src/eventlog/EventLog.js"
import * as SqlRejectedReplays from "../../../src/eventlog/SqlRejectedReplays.js"
import * as SqlEventLog from "../../../src/eventlog/sql/SqlEventLog.js"
import { DEFAULT_DECODE_LIMITS, decode } from "../../../src/ingest/codecs/MessageDecode.js"
import { describeDatabases, type TestDatabase } from "../../support/databases.js"
import { ask, keyedAuth, problemFields, READER, serverLayer, shaped, WRITER } from "../server.js"

const served = (database: TestDatabase) => {
  const log = SqlEventLog.layer().pipe(Layer.provide(database.layer), Layer.orDie)
  const replays = SqlRejectedReplays.layer.pipe(Layer.provide(database.layer), Layer.orDie)
  return serverLayer({ auth: keyedAuth, log, replays }).pipe(Layer.provideMerge(log))
}

const ARRIVED = micros(Date.UTC(2026, 10, 22, 10) * 1_000)
let sent = 0
/** What ingest does with a message. */
const arrive = (payload: unknown, topic = "sensors/hall") =>
  Effect.flatMap(EventLog, (log) => {
    const bytes = Buffer.from(typeof payload === "string" ? payload : JSON.stringify(payload))
    const message = { topic, payload: bytes, qos: 1, clientId: null, arrivedAt: ARRIVED } as const
    return log.append(decode(message, DEFAULT_DECODE_LIMITS, () => `test.${++sent}`))
  })

const headers = (key: string) => ({ authorization: `Bearer ${key}` })
const get = (path: string) => ask(path, { headers: headers(READER) })
const post = (path: string, body?: unknown, key = WRITER) =>
  ask(path, {
    method: "POST",
    headers: { ...headers(key), ...(body === undefined ? {} : { "content-type": "application/json" }) },
    ...(body === undefined ? {} : { body: JSON.stringify(body) })
  })

const listed = Effect.map(get("/rejected/"), ({ json }) => shaped(Schema.Array(Rejected), json))
const only = Effect.map(listed, (all) => {
  assert.lengthOf(all, 1)
  return all[0]?.id ?? ""
})
const detail = (id: string) => Effect.map(get(`/rejected/${id}`), ({ json }) => shaped(RejectedDetail, json))
const replayed = (id: string, body?: unknown) =>
  Effect.map(post(`/rejected/${id}/replay`, body), (answer) => {
    assert.strictEqual(answer.status, 200, answer.text)
    return shaped(RejectedReplay, answer.json)
  })
const readings = Effect.map(get("/data/"), ({ json }) =>
  shaped(Schema.Array(Reading), json).map(({ timestamp, value }) => [timestamp, value])
)

describeDatabases("a rejected message", (database) => {
  it.live("is not sent through again by a page of another site", () =>
    Effect.gen(function* () {
      yield* arrive({ sensor_id: 1, timestamp: ARRIVED, value: "x" })
      const id = yield* only
      const { address } = yield* HttpServer.HttpServer
      const here = `http://127.0.0.1:${address._tag === "TcpAddress" ? address.port : 0}`
      const from = (origin: string) =>
        ask(`/rejected/${id}/replay`, { method: "POST", headers: { ...headers(WRITER), origin } })
      for (const origin of ["https://elsewhere.example", `${here}0`, "null"])
        problemFields(yield* from(origin), 403)
      assert.lengthOf((yield* detail(id)).replays, 0)
      assert.strictEqual((yield* from(here)).status, 200)
    }).pipe(Effect.provide(served(database)))
  )

  it.live("is explained, mended and stored once; and is kept with what became of it", () =>
    Effect.gen(function* () {
      const payload = { sensor_id: 1, timestamp: "2026-11-22T09:00:00Z", value: "21,5", note: "<b>é🌊" }
      yield* arrive(payload)
      const id = yield* only
      const before = yield* detail(id)
      assert.deepInclude(before, { state: "open", can_replay: true, text: JSON.stringify(payload) })
      assert.strictEqual(before.bytes_base64, Buffer.from(JSON.stringify(payload)).toString("base64"))
      assert.deepStrictEqual(
        before.faults.map(({ field, found }) => [field, found]),
        [["value", '"21,5"']]
      )
      problemFields(yield* post(`/rejected/${id}/replay`, {}, READER), 403)

      const mended = { payload: { ...payload, value: 21.5 }, reason: "a number, not text" }
      const first = yield* replayed(id, mended)
      const second = yield* replayed(id, mended)
      const number = first.results[0]?.reading ?? 0
      assert.deepStrictEqual(first.results, [
        { status: "stored", reading: number, metric: null, reason: null }
      ])
      assert.deepInclude(second, { attempt: 2, by: "importer", reason: "a number, not text" })
      assert.strictEqual(second.results[0]?.reading, number)
      assert.strictEqual(second.results[0]?.status, "repeated")
      assert.deepStrictEqual(yield* readings, [["2026-11-22T09:00:00.000000Z", 21.5]])
      const after = yield* detail(id)
      assert.strictEqual(after.state, "stored")
      assert.deepStrictEqual(after.replays, [first, second])
      assert.strictEqual(after.bytes_base64, before.bytes_base64)
      assert.strictEqual(
        Buffer.from(first.payload_base64 ?? "", "base64").toString(),
        JSON.stringify(mended.payload)
      )
    }).pipe(Effect.provide(served(database)))
  )

  it.live("that is one metric goes alone, and without a time of its own still once", () =>
    Effect.gen(function* () {
      yield* arrive({ data: { temperature: 20, humidity: "wet" } })
      const id = yield* only
      const body = { payload: { data: { temperature: 99, humidity: 45 } } }
      assert.deepStrictEqual(
        (yield* replayed(id, body)).results.map(({ metric, status }) => [metric, status]),
        [["humidity", "stored"]]
      )
      assert.strictEqual((yield* replayed(id, body)).results[0]?.status, "repeated")
      assert.deepStrictEqual((yield* readings).map(([, value]) => value).sort(), [20, 45])
      const nothing = yield* post(`/rejected/${id}/replay`, { payload: { data: { temperature: 1 } } })
      assert.deepStrictEqual(problemFields(nothing, 400), ["payload"])
    }).pipe(Effect.provide(served(database)))
  )

  it.live("that is still wrong is rejected again, and says so", () =>
    Effect.gen(function* () {
      yield* arrive("{ no JSON")
      const id = yield* only
      const again = yield* replayed(id)
      assert.strictEqual(again.results[0]?.status, "rejected")
      assert.match(again.results[0]?.reason ?? "", /not JSON/)
      assert.strictEqual((yield* detail(id)).state, "open")
      assert.strictEqual((yield* listed)[0]?.deliveries, 2)
    }).pipe(Effect.provide(served(database)))
  )

  it.live("that is too large can't be sent through again, whatever stands in its place", () =>
    Effect.gen(function* () {
      yield* arrive(JSON.stringify({ sensor_id: 1, value: 1, note: "x".repeat(70_000) }))
      const id = yield* only
      const shown = yield* detail(id)
      assert.deepInclude(shown, { truncated: true, can_replay: false })
      assert.match(shown.why_not ?? "", /65,536/)
      const refused = yield* post(`/rejected/${id}/replay`, { payload: { sensor_id: 1, value: 1 } })
      problemFields(refused, 422)
      assert.match(refused.text, /less in one message/)
    }).pipe(Effect.provide(served(database)))
  )

  it.live("that is a row of a file takes the reading in its place, and names no device by its address", () =>
    Effect.gen(function* () {
      const csv = yield* ask("/data/", {
        method: "POST",
        headers: { ...headers(WRITER), "content-type": "text/csv" },
        body: "sensor_id,timestamp,value\n1,2026-11-22T09:00:00Z,much\n"
      })
      assert.strictEqual(shaped(BulkResult, csv.json).rejected, 1)
      const id = yield* only
      assert.isTrue((yield* detail(id)).needs_payload)
      problemFields(yield* post(`/rejected/${id}/replay`), 422)
      const nameless = yield* replayed(id, { payload: { value: 3 } })
      assert.match(nameless.results[0]?.reason ?? "", /no sensor is named/)
      const good = { sensor_id: 1, timestamp: "2026-11-22T09:00:00Z", value: 3 }
      assert.strictEqual((yield* replayed(id, { payload: good })).results[0]?.status, "stored")
      assert.lengthOf(yield* readings, 1)
    }).pipe(Effect.provide(served(database)))
  )

  it.live("is listed by a filter of topics, in any format, and page by page", () =>
    Effect.gen(function* () {
      const topics = ["plant/1/power", "plant/2/power", "plant/1/power/raw", "plants", "hall"]
      for (const topic of topics) yield* arrive("{ no JSON", topic)
      const of = (query: string) =>
        Effect.map(get(`/rejected/?${query}`), (answer) => ({
          topics: shaped(Schema.Array(Rejected), answer.json).map(({ topic }) => topic),
          next: /<([^>]*)>; rel="next"/.exec(answer.headers.get("link") ?? "")?.[1]
        }))
      const under = (yield* of("topic=plant/%2B/power")).topics
      assert.sameMembers(under, ["plant/1/power", "plant/2/power"])
      assert.sameMembers((yield* of("topic=plant/%23")).topics, topics.slice(0, 3))
      assert.deepStrictEqual((yield* of("topic=hall")).topics, ["hall"])
      assert.deepStrictEqual((yield* of("topic=nobody/%23")).topics, [])
      const first = yield* of("topic=plant/%2B/power&limit=1")
      const next = first.next ?? ""
      assert.include(next, "topic=plant")
      const second = shaped(Schema.Array(Rejected), (yield* get(next)).json).map(({ topic }) => topic)
      assert.deepStrictEqual([...first.topics, ...second], under)
      // The cursor is of this filter alone.
      assert.deepStrictEqual(problemFields(yield* get(next.replace("plant", "hall")), 400), ["cursor"])
      const csv = yield* get("/rejected/?topic=plant/%2B/power&format=csv&fields=topic")
      assert.deepStrictEqual(csv.text.trim().split("\r\n"), ["topic", ...under])
      for (const topic of ["a%23", "%23/a", ""])
        assert.deepStrictEqual(problemFields(yield* get(`/rejected/?topic=${topic}`), 400), ["topic"])
    }).pipe(Effect.provide(served(database)))
  )

  it.live("is asked for rightly, or the fault is named", () =>
    Effect.gen(function* () {
      const nobody = "0".repeat(32)
      problemFields(yield* get(`/rejected/${nobody}`), 404)
      problemFields(yield* post(`/rejected/${nobody}/replay`), 404)
      assert.deepStrictEqual(problemFields(yield* get("/rejected/xyz"), 400), ["rejected_id"])
      yield* arrive("null")
      const path = `/rejected/${yield* only}/replay`
      assert.deepStrictEqual(problemFields(yield* post(path, { payload_base64: "é" }), 400), [
        "payload_base64"
      ])
      assert.deepStrictEqual(problemFields(yield* post(path, { payload: 1, payload_base64: "MQ==" }), 400), [
        "payload_base64"
      ])
      assert.deepStrictEqual(problemFields(yield* post(path, { reason: "" }), 400), ["reason"])
      const form = yield* ask(path, {
        method: "POST",
        body: "payload=1",
        headers: { ...headers(WRITER), "content-type": "application/x-www-form-urlencoded" }
      })
      problemFields(form, 415)
    }).pipe(Effect.provide(served(database)))
  )
})
