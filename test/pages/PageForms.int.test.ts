/** Forms of pages, and problems as pages: who may send them, how large they may be, and in which form they are answered. */

import * as HttpServer from "@effect/platform/HttpServer"
import { assert, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { AnnotationAnswer } from "../../src/api/annotations/AnnotationsGroup.js"
import { GlossaryTerm } from "../../src/api/catalogue/CatalogueWords.js"
import { SensorDetail } from "../../src/api/sensors/SensorContract.js"
import { SensorTags } from "../../src/api/sensors/ShapingContract.js"
import { DEFAULT_HTTP_LIMITS } from "../../src/http/core/Limits.js"
import { ask, keyedAuth, problemFields, READER, serverLayer, shaped, WRITER } from "../http/server.js"

const real = { excludeTestServices: true } as const
const HTML = "text/html,application/xhtml+xml,*/*;q=0.8"

const here = Effect.map(HttpServer.HttpServer, ({ address }) =>
  address._tag === "TcpAddress" ? `http://127.0.0.1:${address.port}` : ""
)

const WORD = {
  form: "term",
  version: "0",
  term: "dew point",
  definition: "Where water condenses",
  datasets: "sensors"
}

const send = (path: string, fields: Record<string, string>, headers: Record<string, string>) =>
  ask(path, {
    method: "POST",
    body: new URLSearchParams(fields).toString(),
    headers: { "content-type": "application/x-www-form-urlencoded", ...headers }
  })

layer(serverLayer({ limits: { ...DEFAULT_HTTP_LIMITS, bodyBytesMax: 4_096 } }), real)(
  "a form of a page",
  (it) => {
    it.effect("counts only from this server's own pages", () =>
      Effect.gen(function* () {
        const own = yield* here
        const foreign: ReadonlyArray<Record<string, string>> = [
          {},
          { origin: "null" },
          { origin: "https://elsewhere.example" },
          { origin: `${own}0` },
          { origin: own, "sec-fetch-site": "cross-site" },
          { origin: own, "sec-fetch-site": "same-site" }
        ]
        for (const path of ["/catalog/sensors", "/explore", `/rejected/${"0".repeat(32)}`]) {
          for (const headers of foreign) problemFields(yield* send(path, WORD, headers), 403)
        }
        assert.deepStrictEqual((yield* ask("/glossary/")).json, [])
      })
    )

    it.effect("annotates what a plot shows, and gives it a name", () =>
      Effect.gen(function* () {
        const own = { origin: yield* here }
        const said = { form: "annotation", id: "0", tz: "Europe/Zurich", kind: "fault", text: "Power cut" }
        const times = { start_time: "2026-01-05T10:00", end_time: "2026-01-05T11:00:30" }
        const exact = { "end_time.was": "2026-01-05T11:00:30", "end_time.utc": "2026-01-05T10:00:30.123456Z" }
        const back = "/explore?range=24h"
        const made = yield* send(back, { ...said, ...times, ...exact }, own)
        assert.deepStrictEqual(
          [made.status, made.headers.get("location")],
          [303, `${back}&done=annotated#annotations`]
        )
        const listed = Effect.map(ask("/annotations/"), ({ json }) =>
          shaped(Schema.Array(AnnotationAnswer), json)
        )
        const [one] = yield* listed
        assert.deepInclude(one, {
          ...{ kind: "fault", text: "Power cut", sensor_ids: [] },
          start_time: "2026-01-05T09:00:00.000000Z",
          end_time: "2026-01-05T10:00:30.123456Z"
        })
        const version = String(one?.version)
        const wrong = { ...said, start_time: "2026-01-05T12:00", end_time: "2026-01-05T11:00", version }
        assert.strictEqual((yield* send(back, { ...wrong, id: String(one?.id) }, own)).status, 400)
        const change = { ...said, ...times, id: String(one?.id), open: "1" }
        assert.strictEqual((yield* send(back, { ...change, version }, own)).status, 303)
        assert.strictEqual((yield* listed)[0]?.end_time, null)
        // Somebody has changed it meanwhile.
        assert.strictEqual((yield* send(back, { ...change, version }, own)).status, 412)
        const now = String((yield* listed)[0]?.version)
        yield* send(back, { ...change, version: now, action: "withdraw" }, own)
        assert.deepStrictEqual(yield* listed, [])

        const named = yield* send(`${back}&sensor=1`, { form: "view", name: "Boiler room" }, own)
        assert.strictEqual(named.headers.get("location"), `${back}&sensor=1&done=saved`)
        const led = yield* ask("/views/Boiler%20room", { headers: { accept: HTML }, redirect: "manual" })
        assert.deepStrictEqual([led.status, led.headers.get("location")], [302, `${back}&sensor=1`])
        assert.strictEqual((yield* send(back, { form: "view", name: "a/b" }, own)).status, 400)
        yield* send(back, { form: "view", name: "Boiler room", action: "remove" }, own)
        problemFields(yield* ask("/views/Boiler%20room"), 404)
      })
    )

    it.effect("says what a sensor measures and where it belongs: what was changed alone", () =>
      Effect.gen(function* () {
        const own = { origin: yield* here }
        const body = JSON.stringify({
          sensor_id: 9,
          timestamp: "2026-01-05T10:00:00Z",
          value: 1,
          type: "level"
        })
        yield* ask("/data/", { method: "POST", body, headers: { "content-type": "application/json" } })
        const written = { version: "0", type: "level", "type.was": "level", unit: "mm", "unit.was": "" }
        const fields = { ...written, tags: "site = berlin\n\nline=3=b" }
        const done = yield* send("/sensors/9", fields, own)
        assert.deepStrictEqual(
          [done.status, done.headers.get("location")],
          [303, "/sensors/9#said"],
          done.text
        )
        const { metadata } = shaped(SensorDetail, (yield* ask("/sensors/9")).json)
        assert.deepInclude(metadata, { type: "level", unit: "mm", description: null })
        const tags = shaped(SensorTags, (yield* ask("/sensors/9/tags")).json)
        assert.deepStrictEqual(tags.tags, { site: "berlin", line: "3=b" })
        // Somebody has changed the tags meanwhile.
        assert.strictEqual((yield* send("/sensors/9", fields, own)).status, 412)
        const version = String(tags.version)
        for (const wrong of [{ tags: "berlin" }, { tags: "1=a" }, { unit: "x".repeat(65) }]) {
          const refused = yield* send("/sensors/9", { ...fields, version, ...wrong }, own)
          assert.strictEqual(refused.status, 400)
          assert.include(refused.text, Object.keys(wrong)[0] ?? "")
        }
        yield* send("/sensors/9", { ...fields, version, tags: "", unit: "", "unit.was": "mm" }, own)
        assert.isNull(shaped(SensorDetail, (yield* ask("/sensors/9")).json).metadata.unit)
        assert.deepStrictEqual(shaped(SensorTags, (yield* ask("/sensors/9/tags")).json).tags, {})
        problemFields(yield* send("/sensors/404", fields, own), 404)
        assert.deepStrictEqual(problemFields(yield* send("/sensors/x", fields, own), 400), ["sensor_id"])
        problemFields(yield* send("/sensors/9", fields, {}), 403)
      })
    )

    it.effect("is done once, and leads back to the page; what is wrong is named, and nothing happens", () =>
      Effect.gen(function* () {
        const own = yield* here
        const done = yield* send("/catalog/sensors", WORD, { origin: own })
        assert.deepStrictEqual(
          [done.status, done.headers.get("location")],
          [303, "/catalog/sensors?done=defined"]
        )
        const wrong = yield* send(
          "/catalog/sensors",
          {
            ...WORD,
            term: "",
            definition: "",
            see_also: "https://a.example\nnot a link",
            reason: "x".repeat(501)
          },
          { "sec-fetch-site": "same-origin" }
        )
        assert.strictEqual(wrong.status, 400)
        assert.include(wrong.text, "term,definition,see_also,reason")
        const late = yield* send("/catalog/sensors", { ...WORD, definition: "Other" }, { origin: own })
        assert.strictEqual(late.status, 412)
        const [word] = shaped(Schema.Array(GlossaryTerm), (yield* ask("/glossary/")).json)
        assert.deepInclude(word, { term: "dew point", definition: "Where water condenses", by: null })
        const gone = { ...WORD, version: String(word?.version), action: "remove" }
        assert.strictEqual((yield* send("/catalog/sensors", gone, { origin: own })).status, 303)
        assert.deepStrictEqual((yield* ask("/glossary/")).json, [])
      })
    )

    it.effect("is bounded, and has to be a form of a data set or a message that is there", () =>
      Effect.gen(function* () {
        const headers = { origin: yield* here }
        problemFields(
          yield* send("/catalog/sensors", { ...WORD, definition: "x".repeat(5_000) }, headers),
          413
        )
        problemFields(yield* send("/catalog/nothing", WORD, headers), 404)
        problemFields(yield* send(`/rejected/${"0".repeat(32)}`, { how: "same" }, headers), 404)
        assert.deepStrictEqual(problemFields(yield* send("/rejected/1", { how: "same" }, headers), 400), [
          "rejected_id"
        ])
        assert.deepStrictEqual(
          problemFields(yield* send("/catalog/sensors", { form: "other" }, headers), 400),
          ["form"]
        )
        problemFields(
          yield* send("/catalog/sensors", WORD, { ...headers, "content-type": "text/plain" }),
          415
        )
      })
    )

    it.effect("problems are pages for browsers, with the same status, and problems for everybody else", () =>
      Effect.gen(function* () {
        const asked = [
          ["/sensors/404", 404],
          ["/catalog/nothing", 404],
          ["/nowhere", 404],
          ["/data/?limit=x", 400],
          ["/rejected/zz", 400]
        ] as const
        for (const [path, status] of asked) {
          const page = yield* ask(path, { headers: { accept: HTML } })
          assert.strictEqual(page.status, status, path)
          assert.strictEqual(page.headers.get("content-type"), "text/html", path)
          assert.include(page.headers.get("vary") ?? "", "accept")
          problemFields(yield* ask(path, { headers: { accept: "*/*" } }), status)
          problemFields(yield* ask(path), status)
        }
        const other = yield* ask("/explore", { method: "PUT", headers: { accept: HTML } })
        assert.deepStrictEqual([other.status, other.headers.get("allow")], [405, "GET, HEAD, POST"])
      })
    )
  }
)

layer(serverLayer({ auth: keyedAuth }), real)("a form where keys are set", (it) => {
  it.effect("needs a writer's, whose name is kept", () =>
    Effect.gen(function* () {
      const origin = yield* here
      const basic = (key: string) => `Basic ${Buffer.from(`me:${key}`).toString("base64")}`
      problemFields(yield* send("/catalog/sensors", WORD, { origin }), 401)
      problemFields(yield* send("/catalog/sensors", WORD, { origin, authorization: basic(READER) }), 403)
      const done = yield* send("/catalog/sensors", WORD, { origin, authorization: basic(WRITER) })
      assert.strictEqual(done.status, 303)
      const words = yield* ask("/glossary/", { headers: { "x-api-key": READER } })
      assert.deepInclude(shaped(Schema.Array(GlossaryTerm), words.json)[0], { by: "importer" })
    })
  )
})
