import { assert, describe, it } from "@effect/vitest"
import { faultsOfText } from "../../../src/domain/rejected/OldReasons.js"
import { explainRejected, FOUND_LENGTH_MAX } from "../../../src/domain/rejected/RejectedReasons.js"
import { fault } from "../../../src/domain/rejected/RejectionFault.js"
import { micros } from "../../../src/domain/Time.js"
import { DEFAULT_DECODE_LIMITS, decode } from "../../../src/ingest/codecs/MessageDecode.js"

const NOW = micros(Date.UTC(2026, 10, 22) * 1_000)

const rejectedOf = (payload: string | Uint8Array, topic = "sensors") => {
  const bytes = typeof payload === "string" ? Buffer.from(payload) : payload
  const message = { topic, payload: bytes, qos: 1, clientId: null, arrivedAt: NOW } as const
  return decode(message, DEFAULT_DECODE_LIMITS, () => "n").flatMap((item) =>
    item._tag === "Rejected" ? [{ faults: item.faults, metric: item.source.metric, bytes }] : []
  )
}
const explained = (payload: unknown, topic?: string) =>
  rejectedOf(
    typeof payload === "string" || payload instanceof Uint8Array ? payload : JSON.stringify(payload),
    topic
  ).flatMap(explainRejected)

describe("why a message was rejected", () => {
  it("names each field, what stands there and how to mend it", () => {
    const faults = explained({ sensor_id: 0, value: "21,5", timestamp: "yesterday", epoch: {} })
    assert.deepStrictEqual(
      faults.map(({ field, found }) => [field, found]),
      [
        ["sensor_id", "0"],
        ["timestamp", '"yesterday"'],
        ["value", '"21,5"'],
        ["epoch", "{}"]
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

  it("says of each what it is, not what it might be", () => {
    const mends = (payload: unknown, topic?: string) => explained(payload, topic).map(({ mend }) => mend)
    const one = { sensor_id: 1, value: 1 }
    const text = ["Give text, in quotes; or leave it out."]
    assert.deepStrictEqual(mends({ name: ["x"], value: 1 }), text)
    assert.deepStrictEqual(mends({ name: "x".repeat(200), value: 1 }), ["Shorten it, or leave it out."])
    assert.deepStrictEqual(mends({ name: "", value: 1 }), ["Give it some text, or leave it out."])
    assert.match(mends({ name: "a\0b", value: 1 })[0] ?? "", /^Take out of it what is no text, a NUL/)
    assert.match(mends({ name: "a", data: { "b\0": 1 } })[0] ?? "", /^Take out of the names/)
    assert.match(mends({ ...one, epoch: {} })[0] ?? "", /^Give the boot id/)
    assert.match(mends({ value: 1 }, "x".repeat(200))[0] ?? "", /^Publish to another topic/)
    assert.match(mends({ data: { "not JSON": "x" } }, "a")[0] ?? "", /^Give a finite number/)
    assert.match(mends({ Time: "soon", t: 1 }, "a")[0] ?? "", /^Give the time/)
  })

  it("finds what is nested by its path, in a batch and in a pack too", () => {
    const found = (payload: unknown) => explained(payload, "a").map((fault) => [fault.field, fault.found])
    assert.deepStrictEqual(found({ data: { a: { "b.c": ["x", 1] } } }), [["a.b.c.0", '"x"']])
    assert.deepStrictEqual(found({ a: { b: 1 }, "a.b": 2 }), [["a.b", "2"]])
    const cpu = { name: "cpu", fields: { a: null }, tags: {} }
    assert.deepStrictEqual(found({ metrics: [{ ...cpu, fields: { a: 1 } }, cpu] }), [["a", "null"]])
    assert.deepStrictEqual(
      found([
        { n: "a", v: 1 },
        { n: "b", vs: "on" }
      ]),
      [["vs", '"on"']]
    )
    assert.deepStrictEqual(found({ Time: "soon", t: 1 }), [["Time", '"soon"']])
  })

  it("knows how to mend whatever decoding can refuse", () => {
    const future = { sensor_id: 1, value: 1, timestamp: "2027-01-01T00:00:00Z" }
    const cases: ReadonlyArray<unknown> = [
      ...["", "{", "null", "[]", "[7]", "{}", new Uint8Array([0xff, 0xfe]), "x".repeat(65_537), future],
      Array.from({ length: 1_001 }, () => ({ sensor_id: 1, value: 1 })),
      { sensor_id: 1_500_000_000, value: 1 },
      { sensor_id: 1 },
      { value: 1 },
      { name: "", value: 1 },
      { name: "x".repeat(200), value: 1 },
      { sensor_id: 1, value: 1, epoch: "", seq: -1 },
      { device: "d", data: { "": 1 } },
      { device: "d", data: { a: { b: 1 }, "a.b": 2, c: [[[[[[[[1]]]]]]]] } },
      { Time: "soon", t: 1 },
      { name: "cpu", fields: { a: null, "": 1, "\0": 2 }, tags: {} },
      { name: "", fields: { a: 1 }, tags: { host: 5 }, timestamp: "soon" },
      { metrics: [{ name: "cpu", fields: { a: {} }, tags: {} }, 7] },
      [{ n: "a", v: 1 }, 7, { n: "é", v: 1 }, { bn: "", n: "", v: 1 }, { n: "a", bver: 11, v: "x", s: "y" }],
      [
        { n: "a", v: 1, vb: true },
        { n: "b", vb: 1 },
        { n: "c", vs: "on" },
        { n: "d" },
        { n: "e", t: "x", v: 1 }
      ],
      [
        { n: "a", v: 1, u: 5 },
        { n: "b".repeat(200), v: 1, s: 1 },
        { n: "c", v: 1, t: 9e9 },
        { n: "d", x_: 1, bv: {} }
      ],
      { device: "d", data: Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`m${i}`, "x"])) }
    ]
    for (const payload of cases) {
      const faults = explained(payload)
      assert.isNotEmpty(faults, JSON.stringify(payload).slice(0, 80))
      for (const { mend, problem } of faults) {
        assert.notMatch(mend, /^Compare the message/, problem)
      }
    }
    const log = [fault("too-many-sensors", null, 5), fault("cannot-store", null, "1264")]
    for (const { mend } of explainRejected({ faults: log, metric: null, bytes: null })) {
      assert.notMatch(mend, /^Compare the message/)
    }
  })

  it("shows hostile text as it is, cut, and never fails on a reason that it does not know", () => {
    const value = `<script>"'🌊\u202E${"x".repeat(10_000)}`
    const [fault] = explained({ sensor_id: 1, value })
    assert.strictEqual(fault?.found?.length, FOUND_LENGTH_MAX)
    assert.isTrue(fault?.found?.startsWith('"<script>\\"\'🌊\u202E'))
    for (const reason of ["", "; ;", 'metric "', "constructor is odd", "__proto__ is odd"]) {
      const faults = faultsOfText(reason)
      assert.isNotEmpty(explainRejected({ faults, metric: "[9]", bytes: Buffer.from("[1]") }))
    }
  })

  it("tells the earliest time that counts, and its setting, where a time is wrong", () => {
    const [fault] = explained({ sensor_id: 1, value: 1, timestamp: "yesterday" })
    assert.match(fault?.mend ?? "", /not before 2001 unless MIN_TIME says otherwise/)
  })
})
