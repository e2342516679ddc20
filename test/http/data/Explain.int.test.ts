/** `/explain` as it is asked for: by programs with any bytes, and by people with a form. */
import { gzipSync } from "node:zlib"
import { assert, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Explanation } from "../../../src/api/data/ExplainGroup.js"
import { MessageReading } from "../../../src/http/core/Limits.js"
import { Mapper } from "../../../src/ingest/mapping/Mapper.js"
import { explainPage } from "../../../src/pages/explain/ExplainContent.js"
import { FAMILIES } from "../../ingest/mapping/families.js"
import { ask, serverLayer, shaped } from "../server.js"

const reader = new Mapper({
  mappings: [{ topic: "hall/+", device: "{2}", metric: "temp", decimal: "comma" }]
})
const mapped = Layer.succeed(MessageReading, reader)

const explain = (
  body: string | Uint8Array<ArrayBuffer>,
  query = "",
  contentType = "application/octet-stream"
) =>
  Effect.map(
    ask(`/explain${query}`, { method: "POST", body, headers: { "content-type": contentType } }),
    (answer) => {
      assert.strictEqual(answer.status, 200, answer.text)
      return shaped(Explanation, answer.json)
    }
  )

const page = (query: Record<string, string>) =>
  explainPage({ origin: "", query: new URLSearchParams(query), mayWrite: false, zone: undefined }).pipe(
    Effect.provide(mapped)
  )

layer(serverLayer({}).pipe(Layer.provide(mapped)), { excludeTestServices: true })("POST /explain", (it) => {
  it.effect("says device, metric, time and what was passed over of each family, and stores nothing", () =>
    Effect.gen(function* () {
      for (const { metrics, messages, name, passed = [], preset } of FAMILIES) {
        const [message] = messages(1).slice(-1)
        if (message === undefined) return assert.fail(name)
        // A birth that was explained is not kept: data that follow it have no names.
        if (preset === "sparkplug") continue
        const topic = encodeURIComponent(message.topic)
        const explanation = yield* explain(Buffer.from(message.payload), `?topic=${topic}`)
        assert.isNotEmpty(explanation.readings, name)
        const last = explanation.readings.at(-1)
        assert.strictEqual(last?.value, metrics.at(-1)?.[1])
        assert.isString(last?.device)
        assert.strictEqual(explanation.preset, preset)
        assert.includeMembers([...explanation.passed_over], [...passed])
        assert.sameMembers(
          explanation.reasons.map(({ field }) => field),
          [...explanation.passed_over, ...explanation.ignored]
        )
      }
      assert.deepStrictEqual((yield* ask("/sensors/")).json, [])
      assert.deepStrictEqual((yield* ask("/rejected/")).json, [])
    })
  )

  it.effect("takes any content type, bytes too, and reads by the server's mappings", () =>
    Effect.gen(function* () {
      const json = JSON.stringify({ device: "d", t: "21.5", u: [], lat: 91, lng: 0 })
      for (const type of ["application/json", "text/plain", "application/x-www-form-urlencoded"]) {
        const { readings } = yield* explain(json, "", type)
        assert.deepStrictEqual(
          readings.map(({ sensor, value }) => [sensor, value]),
          [["d/t", 21.5]]
        )
      }
      const { ignored, readings } = yield* explain(gzipSync(json))
      assert.deepStrictEqual([ignored, readings.length], [["lat"], 1])
      const { mapping, readings: plain } = yield* explain("21,5", "?topic=hall/a")
      assert.deepStrictEqual(
        [mapping, plain[0]?.device, plain[0]?.metric, plain[0]?.value],
        ["hall/+", "a", "temp", 21.5]
      )
    })
  )

  it.effect("says of each field that gives no reading why, and what stands there", () =>
    Effect.gen(function* () {
      const json = { device: "d", t: 21, u: "n/a", firmware: "stable", lat: 91, lng: 0 }
      const { reasons } = yield* explain(JSON.stringify(json))
      assert.deepStrictEqual(
        [...reasons].sort((a, b) => (a.field < b.field ? -1 : 1)),
        [
          {
            field: "firmware",
            reason: "is text, which describes and measures nothing",
            found: '"stable"'
          },
          {
            field: "lat",
            reason: "can't be right: the value beside it is stored without it",
            found: "91"
          },
          {
            field: "u",
            reason: "looks like a measurement, and is no number that can be read",
            found: '"n/a"'
          }
        ]
      )
    })
  )

  it.effect("says what would be rejected, why, and what to do", () =>
    Effect.gen(function* () {
      const { codec, readings, rejected } = yield* explain("{oops")
      assert.deepStrictEqual([codec, readings, rejected.length], [null, [], 1])
      assert.deepInclude(rejected[0], { code: "payload-not-json", field: null, metric: null })
      assert.include(rejected[0]?.mend, "Send valid JSON")
      const bad = yield* ask("/explain?topics=a", { method: "POST", body: "1" })
      assert.strictEqual(bad.status, 400)
    })
  )

  it.effect("as a page has a form, and the same answer without scripts", () =>
    Effect.gen(function* () {
      const empty = yield* page({})
      assert.strictEqual(empty.status, 200)
      assert.include(empty.html, '<form class="edit" method="get" action="/explain">')
      assert.notInclude(empty.html, 'id="result"')
      const shown = yield* page({ topic: "hall/a", payload: "21,5", as: "text" })
      for (const text of ["21.5", ">temp</bdi>", ">hall/+</bdi>", "arrival"]) assert.include(shown.html, text)
      const bytes = yield* page({ topic: "x/y", payload: "32 31", as: "hex" })
      assert.include(bytes.html, ">21</td>")
      const wrong = yield* page({ payload: "<script>", as: "hex" })
      assert.strictEqual(wrong.status, 400)
      assert.notInclude(wrong.html, "<script>")
    })
  )
})
