/** Rules and silences over HTTP, and the forms of the page: made, changed, removed, refused, with their history. */
import * as HttpServer from "@effect/platform/HttpServer"
import { assert, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import {
  AlertRuleAnswer,
  AlertRuleVersion,
  SilenceAnswer
} from "../../../src/api/alerts/AlertRuleContract.js"
import { AnnotationAnswer } from "../../../src/api/annotations/AnnotationsGroup.js"
import { ask, keyedAuth, problemFields, READER, serverLayer, shaped, WRITER } from "../server.js"

const as = (key: string, method = "GET", body?: unknown, headers: Record<string, string> = {}) => ({
  method,
  headers: { authorization: `Bearer ${key}`, "content-type": "application/json", ...headers },
  ...(body === undefined ? {} : { body: JSON.stringify(body) })
})
const get = (path: string) => ask(path, as(READER))
const write = (method: string, path: string, body?: unknown, headers?: Record<string, string>) =>
  ask(path, as(WRITER, method, body, headers))
const HOT = { kind: "range", max: 80, hysteresis: 5, sensors: { name: "boiler/*" } }

layer(serverLayer({ auth: keyedAuth }), { excludeTestServices: true })("alerts over HTTP", (it) => {
  it.effect("rules are put whole, with defaults, versions and history", () =>
    Effect.gen(function* () {
      problemFields(yield* ask("/alerts/rules/hot", as(READER, "PUT", HOT)), 403)
      const first = shaped(AlertRuleAnswer, (yield* write("PUT", "/alerts/rules/hot", HOT)).json)
      assert.deepInclude(first, { name: "hot", max: 80, min: null, severity: "warning", by: "importer" })
      assert.deepStrictEqual(first.sensors, { ids: [], name: "boiler/*", tags: {} })
      // What GET gave can be put back, and changes nothing.
      const again = shaped(AlertRuleAnswer, (yield* write("PUT", "/alerts/rules/hot", first)).json)
      assert.strictEqual(again.version, first.version)
      const stale = yield* write("PUT", "/alerts/rules/hot", { ...HOT, max: 90 }, { "if-match": '"0"' })
      problemFields(stale, 412)
      const reason = "too early"
      const second = yield* write("PUT", "/alerts/rules/hot", { ...HOT, max: 90, reason })
      assert.strictEqual(shaped(AlertRuleAnswer, second.json).max, 90)
      assert.deepStrictEqual(problemFields(yield* write("PUT", "/alerts/rules/x", { kind: "range" }), 400), [
        "max"
      ])
      const wrong = { kind: "loud", for_seconds: -1, colour: "red" }
      assert.deepStrictEqual([...problemFields(yield* write("PUT", "/alerts/rules/x", wrong), 400)].sort(), [
        "colour",
        "for_seconds",
        "kind"
      ])
      problemFields(yield* write("PUT", "/alerts/rules/a%2Fb", HOT), 400)
      assert.strictEqual((yield* write("DELETE", "/alerts/rules/hot")).status, 200)
      problemFields(yield* get("/alerts/rules/hot"), 404)
      problemFields(yield* write("DELETE", "/alerts/rules/hot"), 404)
      const history = shaped(Schema.Array(AlertRuleVersion), (yield* get("/alerts/rules/hot/history")).json)
      assert.deepStrictEqual(
        history.map(({ reason, rule }) => [rule?.max ?? null, reason]),
        [
          [80, null],
          [90, "too early"],
          [null, null]
        ]
      )
    })
  )

  it.effect("silences end by themselves, or are ended", () =>
    Effect.gen(function* () {
      const past = yield* write("PUT", "/alerts/silences/works", { until: "2020-01-01T00:00:00Z" })
      assert.deepStrictEqual(problemFields(past, 400), ["until"])
      const until = "2100-01-01T00:00:00Z"
      const made = yield* write("PUT", "/alerts/silences/works", { rules: ["hot"], until })
      assert.deepStrictEqual(shaped(SilenceAnswer, made.json).rules, ["hot"])
      const list = yield* get("/alerts/silences/")
      assert.strictEqual(shaped(Schema.Array(SilenceAnswer), list.json).length, 1)
      assert.strictEqual((yield* write("DELETE", "/alerts/silences/works")).status, 200)
      assert.deepStrictEqual((yield* get("/alerts/silences/")).json, [])
      problemFields(yield* write("DELETE", "/alerts/silences/works"), 404)
    })
  )

  it.effect("what is not there can't be acknowledged or sent", () =>
    Effect.gen(function* () {
      const id = "0".repeat(32)
      problemFields(yield* write("POST", `/alerts/raised/${id}/acknowledge`, {}), 404)
      problemFields(yield* write("POST", `/alerts/notices/${id}-raised-webhook/send`), 404)
      problemFields(yield* write("POST", "/alerts/notices/x/send"), 400)
      assert.deepStrictEqual((yield* get("/alerts/?state=firing")).json, [])
      assert.deepStrictEqual(problemFields(yield* get("/alerts/?state=loud"), 400), ["state"])
    })
  )

  it.effect("the page's forms silence, plan a downtime, and refuse what makes no sense", () =>
    Effect.gen(function* () {
      const { address } = yield* HttpServer.HttpServer
      const origin = address._tag === "TcpAddress" ? `http://127.0.0.1:${address.port}` : ""
      const send = (fields: Record<string, string>, from = origin) =>
        ask("/alerts/", {
          method: "POST",
          body: new URLSearchParams(fields).toString(),
          headers: {
            authorization: `Bearer ${WRITER}`,
            "content-type": "application/x-www-form-urlencoded",
            origin: from
          }
        })
      const silence = { form: "silence", name: "night", until: "2100-01-01T00:00:00Z", rule: "", sensors: "" }
      problemFields(yield* send(silence, "https://elsewhere.example"), 403)
      const done = yield* send(silence)
      assert.strictEqual(done.headers.get("location"), "/alerts/?done=silenced#silences", done.text)
      assert.strictEqual((yield* send({ ...silence, until: "tomorrow" })).status, 400)
      assert.strictEqual((yield* send({ form: "end", id: "night" })).status, 303)
      const plan = { form: "downtime", start_time: "2030-01-01T00:00:00Z", end_time: "", sensor_ids: "" }
      assert.strictEqual((yield* send({ ...plan, text: "" })).status, 400)
      assert.strictEqual((yield* send({ ...plan, text: "x", sensor_ids: "a" })).status, 400)
      assert.strictEqual((yield* send({ ...plan, text: "Overhaul" })).status, 303)
      const planned = shaped(Schema.Array(AnnotationAnswer), (yield* get("/annotations/?kind=downtime")).json)
      assert.deepStrictEqual(
        planned.map(({ by, text }) => [by, text]),
        [["importer", "Overhaul"]]
      )
    })
  )
})
