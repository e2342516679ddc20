import { assert, describe, it } from "@effect/vitest"
import * as Either from "effect/Either"
import * as MappingsFile from "../../../src/app/MappingsFile.js"
import { DEFAULT_DECODE_LIMITS } from "../../../src/ingest/codecs/MessageDecode.js"
import { explainMessage } from "../../../src/ingest/Explain.js"
import { Mapper } from "../../../src/ingest/mapping/Mapper.js"
import { NOW } from "../forms.js"

const decode = (file: unknown) => MappingsFile.decode("mappings.json", JSON.stringify(file))

/** What becomes of a message under these mappings. */
const explain = (mappings: ReadonlyArray<object>, payload: unknown, topic = "plant/a/line/7") => {
  const reader = new Mapper(Either.getOrThrow(decode({ mappings })))
  const text = typeof payload === "string" ? payload : JSON.stringify(payload)
  const message = { topic, payload: Buffer.from(text), arrivedAt: NOW }
  return explainMessage(message, { ...DEFAULT_DECODE_LIMITS, reader })
}
const shown = ({ readings }: ReturnType<typeof explain>) =>
  readings.map(({ sensor, unit, value }) => [sensor, value, unit])

describe("a preset", () => {
  it("passes over what looks like a measurement and is none, as the ordinary rules do", () => {
    const payload = { temperature: "n/a", humidity: 43.5, linkquality: "12 dB", state: "idle" }
    for (const topic of ["zigbee2mqtt/attic", "other/attic"]) {
      const { passed_over, readings } = explain([], payload, topic)
      assert.strictEqual(readings.length, 1, topic)
      assert.includeMembers([...passed_over], ["temperature", "linkquality"], topic)
    }
    const mapped = explain([{ topic: "#", device: "{2}" }], payload, "other/attic")
    assert.includeMembers([...mapped.passed_over], ["temperature", "linkquality"])
  })
})

describe("a mapping", () => {
  it("says device, time, place, metrics, units, scale and offset", () => {
    const explained = explain(
      [
        {
          topic: "plant/+/line/#",
          device: "{2}-{meta.unit no}",
          time: "meta.at",
          place: { lat: "gps.0", lng: 14.5 },
          metrics: { allow: ["p.*", "rpm"], deny: ["p.raw"], rename: { "p.t": "temperature" } },
          units: { temperature: "°C", rpm: "1/min" },
          scale: { temperature: 0.1 },
          offset: { temperature: -40 }
        }
      ],
      {
        ...{ meta: { at: "2024-06-14T17:00:00Z", "unit no": 12 }, gps: [46.05, 9] },
        ...{ p: { t: 615, raw: 7, x: 3 }, rpm: "900", other: 5 }
      }
    )
    assert.deepStrictEqual(shown(explained), [
      ["a-12/temperature", 21.5, "°C"],
      ["a-12/p.x", 3, null],
      ["a-12/rpm", 900, "1/min"]
    ])
    for (const { lat, lng, time_source, timestamp } of explained.readings) {
      assert.deepStrictEqual([lat, lng, time_source], [46.05, 14.5, "device"])
      assert.strictEqual(timestamp, "2024-06-14T17:00:00.000000Z")
    }
    assert.includeMembers([...explained.passed_over], ["p.raw", "other", "gps.0", "meta.unit no"])
    assert.strictEqual(explained.mapping, "plant/+/line/#")
  })

  it("is the first whose filter the topic is under; other topics have the ordinary rules", () => {
    const mappings = [
      { topic: ["plant/b/#", "plant/a/#"], device: "{4}" },
      { topic: "plant/#", device: "{2}" }
    ]
    assert.deepStrictEqual(shown(explain(mappings, { t: 1 })), [["7/t", 1, null]])
    assert.deepStrictEqual(shown(explain(mappings, { t: 1 }, "plant/c")), [["c/t", 1, null]])
    assert.deepStrictEqual(shown(explain(mappings, { t: 1 }, "other/c")), [["other/c/t", 1, null]])
  })

  it("takes the levels from one on, and names a device as it is said, a model's name too", () => {
    assert.deepStrictEqual(shown(explain([{ topic: "#", device: "{2+}" }], { t: 1 })), [
      ["a/line/7/t", 1, null]
    ])
    const json = { name: "LYWSD03MMC", t: 1 }
    assert.deepStrictEqual(shown(explain([{ topic: "#", device: "name" }], json)), [
      ["LYWSD03MMC/t", 1, null]
    ])
  })

  it("reads plain values, whose metric it may name", () => {
    const plain = [{ topic: "plant/+/line/+", device: "{2}", metric: "{4}", units: { 7: "bar" } }]
    assert.deepStrictEqual(shown(explain(plain, "21.5")), [["a/7", 21.5, "bar"]])
    assert.deepStrictEqual(shown(explain(plain, { value: "21.5" })), [["a/7", 21.5, "bar"]])
    const single = [{ topic: "plant/#", device: "{2}", units: { value: "V" } }]
    assert.deepStrictEqual(shown(explain(single, "3 mV")), [["a", 3, "V"]])
    assert.deepStrictEqual(shown(explain([{ topic: "plant/#", device: "{2}" }], "3 mV")), [["a", 3, "mV"]])
  })

  it("reads a decimal comma where it says so, and nowhere else", () => {
    const comma = [{ topic: "#", decimal: "comma", device: "{2}" }]
    assert.deepStrictEqual(shown(explain(comma, { a: { t: "21,5" }, u: "-,5" })), [
      ["a/a.t", 21.5, null],
      ["a/u", -0.5, null]
    ])
    assert.deepStrictEqual(shown(explain(comma, "21,5")), [["a", 21.5, null]])
    const { rejected } = explain([{ topic: "#", device: "{2}" }], "21,5")
    assert.deepStrictEqual(
      rejected.map(({ code }) => code),
      ["not-a-number"]
    )
  })

  it("reads local times in its zone; what says an offset, or is a number, is what it says", () => {
    const zurich = { topic: "#", device: "{2}", timezone: "Europe/Zurich" }
    const at = (time: unknown, more: object = {}) =>
      explain([{ ...zurich, ...more }], { time, t: 1 }).readings[0]?.timestamp
    assert.strictEqual(at("2024-06-14T18:00:00"), "2024-06-14T16:00:00.000000Z")
    assert.strictEqual(at("2024-01-14 18:00:00.5"), "2024-01-14T17:00:00.500000Z")
    assert.strictEqual(at("2024-06-14T18:00:00Z"), "2024-06-14T18:00:00.000000Z")
    assert.strictEqual(at(1_718_388_000), "2024-06-14T18:00:00.000000Z")
    const twice = "2023-10-29T02:30:00"
    assert.strictEqual(at(twice, { dst: "first" }), "2023-10-29T00:30:00.000000Z")
    assert.strictEqual(at(twice, { dst: "second" }), "2023-10-29T01:30:00.000000Z")
    const { readings, rejected } = explain([zurich], { time: twice, t: 1 })
    assert.deepStrictEqual(readings, [])
    assert.deepStrictEqual(
      rejected.map(({ code }) => code),
      ["mapping-time"]
    )
    assert.include(rejected[0]?.problem, "comes twice in Europe/Zurich")
  })

  it("rejects a message without the device that it names, and a metric whose name another has", () => {
    const none = explain([{ topic: "#", device: "meta.id" }], { t: 1 })
    assert.deepStrictEqual(
      none.rejected.map(({ code }) => code),
      ["mapping-device"]
    )
    const rename = { a: "t", b: "t" }
    const twice = explain([{ topic: "#", device: "{2}", metrics: { rename } }], { a: 1, b: 2 })
    assert.deepStrictEqual(shown(twice), [["a/t", 1, null]])
    assert.deepStrictEqual(
      twice.rejected.map(({ code, metric }) => [code, metric]),
      [["metric-twice", "t"]]
    )
  })

  it("is laid over a preset, and over each object of a list", () => {
    const preset = { topic: "tele/+/SENSOR", preset: "tasmota", timezone: "+02:00" }
    const tasmota = {
      Time: "2024-06-14T18:00:00",
      AM2301: { Temperature: 21.5, Humidity: 40 },
      TempUnit: "C"
    }
    const metrics = { deny: ["*.Humidity"], rename: { "AM2301.Temperature": "temperature" } }
    const explained = explain([{ ...preset, metrics }], tasmota, "tele/attic/SENSOR")
    assert.deepStrictEqual(shown(explained), [["attic/temperature", 21.5, "°C"]])
    assert.strictEqual(explained.readings[0]?.timestamp, "2024-06-14T16:00:00.000000Z")
    const list = explain(
      [{ topic: "#", device: "id" }],
      [
        { id: 1, t: 1 },
        { id: 2, t: 2 }
      ]
    )
    assert.deepStrictEqual(shown(list), [
      ["1/t", 1, null],
      ["2/t", 2, null]
    ])
  })
})

describe("mappings.json", () => {
  it("names all that is wrong at once", () => {
    const wrong = decode({
      mappings: [
        { topic: "a/#/b", device: "{", timezone: "Mars/Olympus", preset: "acme" },
        { device: "id", scale: { t: "ten" }, metrics: { only: [] }, dst: "third" }
      ],
      off: ["acme"],
      more: 1
    })
    const problems = Either.match(wrong, { onLeft: (error) => error.problems, onRight: () => [] })
    for (const expected of [
      /^mappings\[0\]\.topic.*topic filter/,
      /^mappings\[0\]\.device.*template/,
      /^mappings\[0\]\.timezone.*no time zone/,
      /^mappings\[0\]\.preset.*tasmota, shelly/,
      /^mappings\[1\]\.topic: is missing/,
      /^mappings\[1\]\.scale\.t.*number/,
      /^mappings\[1\]\.metrics\.only.*allow, deny, rename/,
      /^mappings\[1\]\.dst/,
      /^off\[0\].*must be one of/,
      /^more: is not a field that is known here; known are mappings, off/
    ]) {
      assert.isTrue(
        problems.some((problem) => expected.test(problem)),
        `${expected} in ${problems.join("\n")}`
      )
    }
  })
})
