import { assert, describe, it } from "@effect/vitest"
import { explainRejected, FOUND_LENGTH_MAX } from "../../src/domain/RejectedReasons.js"
import { micros } from "../../src/domain/Time.js"
import { DEFAULT_DECODE_LIMITS, decode } from "../../src/ingest/Decode.js"

const NOW = micros(Date.UTC(2026, 10, 22) * 1_000)

const rejectedOf = (payload: string | Uint8Array, topic = "sensors") => {
  const bytes = typeof payload === "string" ? Buffer.from(payload) : payload
  const message = { topic, payload: bytes, qos: 1, clientId: null, arrivedAt: NOW } as const
  return decode(message, DEFAULT_DECODE_LIMITS, () => "n").flatMap((item) =>
    item._tag === "Rejected" ? [{ reason: item.reason, metric: item.source.metric, bytes }] : []
  )
}
const explained = (payload: unknown, topic?: string) =>
  rejectedOf(
    typeof payload === "string" || payload instanceof Uint8Array ? payload : JSON.stringify(payload),
    topic
  ).flatMap(explainRejected)

describe("why a message was rejected", () => {
  it("names each field, what stands there and how to mend it", () => {
    const faults = explained({ sensor_id: "x", value: "21.5", timestamp: "yesterday", metadata: { unit: 7 } })
    assert.deepStrictEqual(
      faults.map(({ field, found }) => [field, found]),
      [
        ["sensor_id", '"x"'],
        ["timestamp", '"yesterday"'],
        ["value", '"21.5"'],
        ["metadata.unit", "7"]
      ]
    )
    assert.include(faults.find(({ field }) => field === "value")?.mend ?? "", "21.5")
  })

  it("finds the metric, and the element of an array", () => {
    const [metric] = explained({ device: "a", data: { temp: 20, "wet; bulb": "bad" } })
    assert.deepInclude(metric, {
      field: "wet; bulb",
      problem: "it is text, not a finite number",
      found: '"bad"'
    })
    const [element] = explained([
      { sensor_id: 1, value: 1 },
      { sensor_id: 2, value: null }
    ])
    assert.deepInclude(element, { field: "value", found: "null" })
  })

  it("knows how to mend whatever decoding can refuse", () => {
    const future = { sensor_id: 1, value: 1, timestamp: "2027-01-01T00:00:00Z" }
    const cases: ReadonlyArray<unknown> = [
      ...["", "{", "7", "[]", "[7]", "{}", new Uint8Array([0xff, 0xfe]), "x".repeat(65_537), future],
      Array.from({ length: 1_001 }, () => ({ sensor_id: 1, value: 1 })),
      { sensor_id: 1_500_000_000, value: 1 },
      { sensor_id: 1 },
      { value: 1 },
      { name: "", value: 1 },
      { name: "x".repeat(200), value: 1 },
      { sensor_id: 1, value: 1, epoch: "", seq: -1 },
      { sensor_id: 1, value: 1, lat: 91, lng: "x" },
      { sensor_id: 1, value: 1, metadata: { location: { lat: -91 }, range: [2, 1], type: "" } },
      { sensor_id: 1, value: 1, metadata: 7 },
      { device: "d", data: { "": 1 } },
      { device: "d", data: Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`m${i}`, "x"])) }
    ]
    for (const payload of cases) {
      const faults = explained(payload)
      assert.isNotEmpty(faults, JSON.stringify(payload).slice(0, 80))
      for (const { mend, problem } of faults) {
        assert.notMatch(mend, /^Compare the message/, problem)
      }
    }
    const log = ["too many new sensors: at most 5 are registered a minute", "can't be stored: 1264"]
    for (const reason of log) {
      const [fault] = explainRejected({ reason, metric: null, bytes: null })
      assert.notMatch(fault?.mend ?? "", /^Compare the message/)
    }
  })

  it("shows hostile text as it is, cut, and never fails on a reason that it does not know", () => {
    const value = `<script>"'🌊\u202E${"x".repeat(10_000)}`
    const [fault] = explained({ sensor_id: 1, value })
    assert.strictEqual(fault?.found?.length, FOUND_LENGTH_MAX)
    assert.isTrue(fault?.found?.startsWith('"<script>\\"\'🌊\u202E'))
    for (const reason of ["", "; ;", 'metric "', "constructor is odd", "__proto__ is odd"]) {
      assert.isNotEmpty(explainRejected({ reason, metric: "[9]", bytes: Buffer.from("[1]") }))
    }
  })
})
