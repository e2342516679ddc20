/** Each family of devices: its sensors, values, units, times and places, exactly, and never two devices in one. */
import { assert, describe, it } from "@effect/vitest"
import { formatTime } from "../../../src/domain/Time.js"
import { DEFAULT_DECODE_LIMITS } from "../../../src/ingest/codecs/MessageDecode.js"
import { explainMessage } from "../../../src/ingest/Explain.js"
import { Mapper } from "../../../src/ingest/mapping/Mapper.js"
import { NOW } from "../forms.js"
import { AT, CHIRPSTACK_FULL, FAMILIES, type Message, TTN_FULL } from "./families.js"

/** Explains messages as they arrive, one behind the other. */
const explainer = (reader = new Mapper()) => {
  const limits = { ...DEFAULT_DECODE_LIMITS, reader, live: true }
  return (message: Message) => explainMessage({ ...message, arrivedAt: NOW }, limits)
}

describe("a family's message", () => {
  it.each(FAMILIES)("$name", (family) => {
    const explain = explainer()
    const explained = family.messages(1).map(explain)
    const readings = explained.flatMap((one) => one.readings)
    const device = family.device(1)
    assert.deepStrictEqual(
      readings.map(({ sensor, unit, value }) => ({ sensor, value, unit })),
      family.metrics.map(([metric, value, unit = null]) => ({
        ...{ sensor: metric === "" ? device : `${device}/${metric}`, value, unit }
      }))
    )
    for (const { lat, lng, time_source, timestamp } of readings) {
      assert.strictEqual(timestamp, formatTime(family.timed === true ? AT : NOW))
      assert.strictEqual(time_source, family.timed === true ? "device" : "arrival")
      assert.deepStrictEqual<ReadonlyArray<unknown>>([lat, lng], family.place ?? [null, null])
    }
    const last = explained.at(-1)
    assert.strictEqual(last?.preset, family.preset)
    assert.strictEqual(last?.codec, family.codec ?? "json")
    const passed = explained.flatMap((one) => one.passed_over)
    for (const path of family.passed ?? []) assert.include(passed, path)
  })

  it.each(FAMILIES)("$name: three devices on one reader are three", (family) => {
    const explain = explainer()
    const sensors = [1, 2, 3].flatMap((n) => family.messages(n).flatMap((one) => explain(one).readings))
    const names = new Set(sensors.map(({ sensor }) => sensor))
    const metrics = new Set(family.metrics.map(([metric]) => metric))
    assert.strictEqual(names.size, 3 * metrics.size)
    assert.strictEqual(sensors.length, 3 * family.metrics.length)
  })
})

describe("a preset that a mapping names", () => {
  it.each([
    [
      "ttn",
      TTN_FULL,
      ["soil-1/moisture", "soil-1/air.temperature", "soil-1/rssi", "soil-1/snr"],
      [46.05, 14.5]
    ],
    [
      "chirpstack",
      CHIRPSTACK_FULL,
      ["24e124136b000001/temperature", "24e124136b000001/rssi", "24e124136b000001/snr"],
      [null, null]
    ]
  ] as const)("%s gives the names of what was measured", (preset, message, sensors, place) => {
    const explained = explainer(new Mapper({ mappings: [{ topic: "#", preset }] }))(message)
    assert.deepStrictEqual(
      explained.readings.map(({ sensor }) => sensor),
      [...sensors]
    )
    assert.strictEqual(explained.preset, preset)
    assert.strictEqual(explained.mapping, "#")
    assert.deepStrictEqual([explained.readings[0]?.lat, explained.readings[0]?.lng], [...place])
    assert.deepStrictEqual(
      explained.readings.flatMap(({ metric, value }) => (metric === "rssi" ? [value] : [])),
      [preset === "ttn" ? -60 : -57]
    )
  })

  it("is not taken where it is turned off", () => {
    const message = FAMILIES.find(({ name }) => name === "zigbee2mqtt")?.messages(1)[0]
    if (message === undefined) return assert.fail()
    const { preset, readings } = explainer(new Mapper({ mappings: [], off: ["zigbee2mqtt"] }))(message)
    assert.strictEqual(preset, null)
    assert.strictEqual(readings[0]?.device, "hall/sensor 1")
  })
})

describe("what measures nothing", () => {
  it.each([
    ["zigbee2mqtt/bridge/info", { version: "1.4", config: { advanced: { channel: 11 } } }],
    ["zigbee2mqtt/lamp/set", { state: "ON" }],
    ["owntracks/ana/phone", { _type: "transition", tst: 1, wtst: 2, lat: 1, lon: 2 }],
    ["$aws/things/pump/shadow/update/delta", { state: { t: 1 }, metadata: {}, version: 3 }],
    ["N/c0619ab1/battery/1/CustomName", { value: "Cellar" }],
    ["a/events/rpc", { src: "a", method: "NotifyEvent", params: { events: [{ id: 0, ts: 5 }] } }]
  ])("%s gives no reading, and says so", (topic, json) => {
    const explained = explainer()({ topic, payload: Buffer.from(JSON.stringify(json)) })
    assert.deepStrictEqual(explained.readings, [])
    assert.deepStrictEqual(
      explained.rejected.map(({ code }) => code),
      ["no-reading"]
    )
    assert.isNotEmpty(explained.passed_over)
  })
})
