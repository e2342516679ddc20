/** What devices really send: whose reading it is, what its value is, and when it was measured. */
import { deflateSync, gzipSync } from "node:zlib"
import { assert, describe, it } from "@effect/vitest"
import * as FastCheck from "effect/FastCheck"
import { micros } from "../../../src/domain/Time.js"
import { DEFAULT_DECODE_LIMITS, decode } from "../../../src/ingest/codecs/MessageDecode.js"
import { arrivedAs, decoded, NOW, shown } from "../forms.js"

/** The time of all of them, an hour before they arrive. */
const AT = NOW - 3_600_000_000
const T = new Date(AT / 1_000).toISOString()
const SECONDS = AT / 1_000_000
const topic = "plant/telemetry"

const timed = (payload: unknown, at?: string) =>
  decoded(payload, at).map((item) =>
    item._tag === "Reading"
      ? [
          item.reading.sensor._tag === "Named" ? item.reading.sensor.name : item.reading.sensor.id,
          item.reading.value,
          item.reading.occurredAt - AT
        ]
      : shown([item])[0]
  )
/** Of each reading its sensor, what it says of the time, and where that puts it. */
const unset = (payload: unknown) =>
  decoded(payload).map((item) => {
    if (item._tag !== "Reading") return shown([item])[0]
    const { deviceTime, identity, occurredAt, sensor } = item.reading
    const name = sensor._tag === "Named" ? sensor.name : sensor.id
    return [name, { deviceTime, arrived: occurredAt - NOW, identity: identity._tag }]
  })
const said = (payload: unknown, at?: string) =>
  decoded(payload, at).map((item) => (item._tag === "Reading" ? item.reading.said : null))

describe("whose reading it is", () => {
  it.each<[shape: string, a: object, b: object, names: readonly [string, string]]>([
    ["deviceId", { deviceId: "oven-8", t: 1 }, { deviceId: "oven-9", t: 1 }, ["oven-8/t", "oven-9/t"]],
    ["devEUI", { devEUI: "24e1", t: 1 }, { devEUI: "24e2", t: 1 }, ["24e1/t", "24e2/t"]],
    [
      "devEUI before deviceName",
      { deviceName: "EM300-TH", devEUI: "24e1", t: 1 },
      { deviceName: "EM300-TH", devEUI: "24e2", t: 1 },
      ["24e1/t", "24e2/t"]
    ],
    ["mac", { mac: "aa:bb", t: 1 }, { mac: "aa:cc", t: 1 }, ["aa:bb/t", "aa:cc/t"]],
    ["client_id", { client_id: "a", t: 1 }, { client_id: "b", t: 1 }, ["a/t", "b/t"]],
    ["src", { src: "plug-1", t: 1 }, { src: "plug-2", t: 1 }, ["plug-1/t", "plug-2/t"]],
    [
      "model, channel and id of a radio",
      { model: "Th1", id: 12, channel: 1, temperature_C: 16.6 },
      { model: "Th1", id: 12, channel: 2, temperature_C: 16.6 },
      ["Th1/1/12/temperature_C", "Th1/2/12/temperature_C"]
    ],
    [
      "id of a radio without a model",
      { id: 12, temperature_C: 16.6 },
      { id: 99, temperature_C: -3.1 },
      ["plant/telemetry/12/temperature_C", "plant/telemetry/99/temperature_C"]
    ],
    ["an id that is text", { id: "A4:C1", t: 1 }, { id: "A4:C2", t: 1 }, ["A4:C1/t", "A4:C2/t"]],
    [
      "asset",
      { asset: "pump1/temp", readings: { t: 1 } },
      { asset: "pump2/temp", readings: { t: 1 } },
      ["pump1/temp/t", "pump2/temp/t"]
    ],
    [
      "a node of a mesh",
      { from: 1111, to: 3, channel: 0, payload: { t: 21.5 } },
      { from: 2222, to: 3, channel: 0, payload: { t: -3.5 } },
      ["1111/t", "2222/t"]
    ],
    [
      "a network's ids",
      { end_device_ids: { device_id: "a" }, uplink_message: { decoded_payload: { t: 1 } } },
      { deviceInfo: { devEui: "0102" }, object: { t: 1 } },
      ["a/uplink_message.decoded_payload.t", "0102/object.t"]
    ],
    [
      "a device that is an object",
      { t: 1, device: { friendlyName: "attic", ieeeAddr: "0x1", model: "x" } },
      { t: 1, device: { ieeeAddr: "0x2" } },
      ["attic/t", "0x2/t"]
    ]
  ])("%s", (_, a, b, names) => {
    const readings = [a, b].flatMap((one) => timed({ ...one, timestamp: T }, topic))
    assert.deepStrictEqual(
      readings.map((one) => (Array.isArray(one) ? [one[0], one[2]] : one)),
      names.map((name) => [name, 0])
    )
  })

  it("a model's name, which many have, gives way to the device's own and to the topic", () => {
    const one = { name: "LYWSD03MMC", tempc: 21.5 }
    const names = [
      timed({ ...one, id: "A4:C1:38:00:00:01" }, "home/ble/1"),
      timed(one, "home/ble/A4C138000001"),
      timed(one, "home/ble/A4C138000002"),
      timed(one, "sensors"),
      timed({ ...one, name: "attic" }, "home/ble/1")
    ].map(([first]) => (Array.isArray(first) ? first[0] : first))
    assert.deepStrictEqual(names, [
      "A4:C1:38:00:00:01/tempc",
      "home/ble/A4C138000001/tempc",
      "home/ble/A4C138000002/tempc",
      "LYWSD03MMC/tempc",
      "attic/tempc"
    ])
  })

  it("a number of the message, which changes with each, names no device", () => {
    const uuid = "9f1c2d3e-0000-4000-8000-0123456789ab"
    assert.deepStrictEqual(shown(decoded({ id: 4711, t: 1 }, topic)), [["plant/telemetry/t", 1]])
    assert.deepStrictEqual(shown(decoded({ id: uuid, t: 1 }, topic)), [["plant/telemetry/t", 1]])
  })

  it("each node of a list, and each reading of a list, by its name", () => {
    const nodes = [
      { NodeId: "ns=1;s=WaterTemp", Value: 37.1, SourceTimestamp: T },
      { NodeId: "ns=1;s=IndoorTemp", Value: 20.9, SourceTimestamp: T }
    ]
    assert.deepStrictEqual(timed(nodes, "opcp/telemetry"), [
      ["ns=1;s=WaterTemp", 37.1, 0],
      ["ns=1;s=IndoorTemp", 20.9, 0]
    ])
    const origin = `${AT}000`
    const readings = [
      { name: "a", value: "2.85e1", origin },
      { name: "b", value: 3, origin }
    ]
    assert.deepStrictEqual(timed({ device: "MQ2", origin, readings }), [
      ["MQ2/a", 28.5, 0],
      ["MQ2/b", 3, 0]
    ])
  })
})

describe("values", () => {
  it.each<[text: string, topic: string, name: string, value: number, unit?: string]>([
    ["21.5", "sensors/boiler/temperature", "boiler/temperature", 21.5],
    [" 21.5\n", "sensors/boiler", "boiler", 21.5],
    ["21.5 °C", "sensors/boiler/temperature", "boiler/temperature", 21.5, "°C"],
    ["-3", "shellies/a/relay/0/power", "shellies/a/relay/0/power", -3],
    ["true", "shellyplus-attic/online", "shellyplus-attic/online", 1],
    ["ON", "homeassistant/binary_sensor/door/state", "homeassistant/binary_sensor/door", 1],
    ["closed", "home/door/state", "home/door", 0]
  ])("%j alone, with the topic's name", (text, topic, name, value, unit) => {
    assert.deepStrictEqual(shown(decoded(text, topic)), [[name, value]])
    assert.strictEqual(said(text, topic)[0]?.unit, unit)
  })

  it.each(["n/a", "21.5 C is warm", "1,5", "offline", "null", "0x1F"])("%j is none, and kept", (text) => {
    assert.match(String(shown(decoded(text))[0]), /^null: the payload is/)
  })

  it.each([
    ["17.9", 17.9],
    ["-3", -3],
    ["1.5e3", 1_500],
    [".5", 0.5],
    ["+5.25", 5.25],
    ["05", 5],
    ["5.", 5],
    ["on", 1],
    ["OFF", 0],
    ["open", 1],
    ["closed", 0],
    ["True", 1]
  ])("%j as text is %j in every form", (text, value) => {
    const values = [
      { sensor_id: 1, value: text },
      { device: "d", data: { t: text } },
      { device: "d", t: text },
      { device: "d", a: { t: text } },
      { NodeId: "d", Value: text }
    ].map((json) => (shown(decoded(json))[0] as ReadonlyArray<unknown>)[1])
    assert.deepStrictEqual(values, Array(5).fill(value))
  })

  it("text that labels is passed over, as is text that is no number", () => {
    const json = { device: "d", fw: "1.2", sw_version: "3", serial: "0012", state: "idle", t: "1,5", u: "2" }
    assert.deepStrictEqual(shown(decoded(json)), [["d/u", 2]])
  })

  it("what stands beside the object of the metrics is measured too", () => {
    const json = { name: "device1", vcc: 3.235, rssi: -40, data: { P: 3_079 } }
    assert.deepStrictEqual(shown(decoded(json)), [
      ["device1/vcc", 3.235],
      ["device1/rssi", -40],
      ["device1/P", 3_079]
    ])
  })

  it("lines of line protocol are those of a body", () => {
    const line = `cpu,host=web1 usage_idle=98.2,text="x" ${AT}000`
    assert.deepStrictEqual(timed(`${line}\nmem,host=web1 used=7i ${AT}000\nbad`, "telegraf"), [
      ["cpu,host=web1 usage_idle", 98.2, 0],
      ["mem,host=web1 used", 7, 0],
      "[2]: the fields are missing"
    ])
  })
})

describe("the time", () => {
  it.each<[shape: string, json: object]>([
    ["received_at", { received_at: T }],
    ["tst", { tst: SECONDS }],
    ["dateTime", { dateTime: SECONDS }],
    ["created_at", { created_at: T }],
    ["TimestampMS", { TimestampMS: AT / 1_000 }],
    ["last_seen", { last_seen: T }],
    ["at", { at: T }],
    ["origin", { origin: AT * 1_000 }],
    ["epoch that is Unix time", { epoch: SECONDS }],
    ["deeper", { params: { ts: SECONDS } }],
    ["under data", { data: { time: T } }],
    ["nanoseconds as text", { timestamp: `${AT}999` }],
    ["hours of the zone", { timestamp: `${T.slice(0, 10)} ${T.slice(11, -1)}+00` }],
    ["of a message that has two", { received_at: T, timestamp: null, rx: [{ timestamp: 2_463_457_000 }] }]
  ])("%s", (_, json) => {
    assert.deepStrictEqual(timed({ device: "d", t: 21.5, ...json }), [["d/t", 21.5, 0]])
  })

  it("west of Greenwich, by hours alone", () => {
    const west = new Date(AT / 1_000 - 3 * 3_600_000).toISOString()
    const timestamp = `${west.slice(0, 10)} ${west.slice(11, 19)}-03`
    assert.deepStrictEqual(timed({ device: "d", t: 1, timestamp }), [["d/t", 1, 0]])
  })

  const UNSET: ReadonlyArray<string | number> = [
    ...[0, "0", 3, -1, 20_240_614, 202_406_141_005, 46_354.42, 2_446],
    ...["2000-01-01T00:00:00Z", "2000-12-31T23:59:59.999999Z", "1900-01-01", "1969-12-31T23:00:00"]
  ]
  it("a time before 2001 is one where MIN_TIME says so", () => {
    const limits = { ...DEFAULT_DECODE_LIMITS, minTime: micros(631_152_000_000_000) }
    const json = { sensor_id: 1, value: 2, timestamp: "1995-06-14T00:00:00Z" }
    const [item] = decode(
      { ...arrivedAs(""), payload: Buffer.from(JSON.stringify(json)) },
      limits,
      () => "nonce"
    )
    assert.strictEqual(item?._tag === "Reading" ? item.reading.occurredAt : null, 803_088_000_000_000)
  })

  it.each(UNSET)(
    "%j is a clock that is not set: the arrival counts, with the device's words",
    (timestamp) => {
      const said = { deviceTime: String(timestamp), arrived: 0 }
      for (const [json, names] of [
        [{ device: "d", t: 1, timestamp }, ["d/t"]],
        [{ device: "d", data: { t: 1, u: 2 }, timestamp }, ["d/t", "d/u"]],
        [{ name: "d", value: 1, timestamp }, ["d"]],
        [{ sensor_id: 1, value: 1, timestamp }, [1]],
        [{ name: "m", tags: { host: "d" }, fields: { t: 1 }, timestamp }, ["m,host=d t"]]
      ] as const) {
        assert.deepStrictEqual(
          unset(json),
          names.map((name) => [name, { ...said, identity: "Arrival" }])
        )
      }
      const counted = { device: "d", t: 1, timestamp, epoch: "b7", seq: 4 }
      assert.deepStrictEqual(unset(counted), [["d/t", { ...said, identity: "Sequence" }]])
      assert.deepStrictEqual(
        shown(decode({ ...arrivedAs(counted), retained: true }, DEFAULT_DECODE_LIMITS, () => "n")),
        [["d/t", 1]]
      )
      const { epoch, seq, ...uncounted } = counted
      const kept = decode({ ...arrivedAs(uncounted), retained: true }, DEFAULT_DECODE_LIMITS, () => "n")
      assert.match(String(shown(kept)[0]), /retained/)
    }
  )

  it("2001 is a time, and so is none at all: it has its arrival's, and repeats nothing", () => {
    const start = "2001-01-01T00:00:00Z"
    assert.deepStrictEqual(timed({ device: "d", t: 1, timestamp: start }), [
      ["d/t", 1, Date.parse(start) * 1_000 - AT]
    ])
    for (const json of [
      { device: "d", t: 1 },
      { device: "d", t: 1, timestamp: null }
    ]) {
      const [first] = decoded(json)
      if (first?._tag !== "Reading") return assert.fail("it was refused")
      assert.strictEqual(first.reading.occurredAt, NOW)
      assert.strictEqual(first.reading.identity._tag, "Arrival")
    }
  })

  it.each(["created_at", "dateTime", "TimestampMS", "received_at", "tst", "last_seen", "at", "origin"])(
    "%s is the time, and no metric, where its clock is not set",
    (name) => {
      const arrival = (deviceTime: string) => [["d/t", { deviceTime, arrived: 0, identity: "Arrival" }]]
      assert.deepStrictEqual(unset({ device: "d", t: 1, [name]: 5 }), arrival("5"))
      assert.deepStrictEqual(unset({ device: "d", t: 1, [name]: "1970-01-01" }), arrival("1970-01-01"))
      assert.deepStrictEqual(unset({ device: "d", t: 1, a: { b: { [name]: 5 } } }), arrival("5"))
      assert.deepStrictEqual(
        unset({ device: "d", t: 1, list: [{ [name]: 20_261_128 }] }),
        arrival("20261128")
      )
    }
  )

  it("another time that the message has counts where its own clock is not set", () => {
    assert.deepStrictEqual(timed({ device: "d", t: 1, dateTime: 5, received_at: T }), [["d/t", 1, 0]])
    assert.deepStrictEqual(timed({ device: "d", t: 1, timestamp: 0, received_at: T }), [["d/t", 1, 0]])
    assert.deepStrictEqual(timed({ device: "d", t: 1, ts: 0, rx: [{ time: T }] }), [["d/t", 1, 0]])
    assert.deepStrictEqual(timed({ device: "d", a: { time: "1970-01-01", t: 1 }, b: { time: T } }), [
      ["d/a.t", 1, 0]
    ])
    const ahead = { device: "d", t: 1, ts: 0, received_at: "2031-01-01" }
    assert.deepStrictEqual(unset(ahead), [["d/t", { deviceTime: "0", arrived: 0, identity: "Arrival" }]])
  })

  it("uptime is no time, and what has no form of one is none under any name", () => {
    assert.deepStrictEqual(shown(decoded({ device: "d", uptime: 5, sys: { uptime: 1_718_389_665 } })), [
      ["d/uptime", 5],
      ["d/sys.uptime", 1_718_389_665]
    ])
    assert.deepStrictEqual(shown(decoded({ device: "d", t: 1, origin: "factory", at: "home" })), [["d/t", 1]])
    assert.deepStrictEqual(shown(decoded({ device: "d", at: true })), [["d/at", 1]])
  })

  it("epoch with seq counts boots", () => {
    const [first] = decoded({ device: "d", t: 1, epoch: SECONDS, seq: 3 })
    assert.deepStrictEqual(first?._tag === "Reading" ? first.reading.identity : null, {
      _tag: "Sequence",
      epoch: String(SECONDS),
      seq: 3
    })
  })
})

describe("bytes", () => {
  const json = `{"device":"d","t":1}`
  const bytesOf = (payload: Uint8Array) =>
    shown(decode({ ...arrivedAs(""), payload }, DEFAULT_DECODE_LIMITS, () => "n"))

  it("NULs at the end are cut, gzip and zlib inflated", () => {
    for (const payload of [Buffer.from(`${json}\0\0`), gzipSync(json), deflateSync(json)]) {
      assert.deepStrictEqual(bytesOf(payload), [["d/t", 1]])
    }
  })

  it("what inflates to more than a payload may have is refused", () => {
    assert.match(String(bytesOf(gzipSync(" ".repeat(1_000_000)))[0]), /not text in UTF-8/)
    assert.match(String(bytesOf(Buffer.from([0x1f, 0x8b, 1, 2]))[0]), /not text in UTF-8/)
  })

  it("objects one behind another are read each", () => {
    const two = [
      ["d/t", 1],
      ["e/t", 2]
    ]
    assert.deepStrictEqual(shown(decoded(`${json}{"device":"e","t":2}`)), two)
    assert.deepStrictEqual(shown(decoded(`${json}\n{"device":"e","t":2}\n`)), two)
    assert.match(String(shown(decoded(`${json}{"device":"e"`))[0]), /not JSON/)
  })

  it("never throws, whatever comes", () => {
    FastCheck.assert(
      FastCheck.property(
        FastCheck.uint8Array({ maxLength: 200 }),
        FastCheck.constantFrom(0, 1, 2),
        (bytes, how) => {
          const payload = how === 0 ? bytes : how === 1 ? gzipSync(bytes) : Buffer.concat([bytes, bytes])
          assert.isNotEmpty(bytesOf(payload))
        }
      ),
      { numRuns: 2_000 }
    )
  })
})

describe("what stands beside", () => {
  it.each<[json: object, fields: ReadonlyArray<string>]>([
    [{ lat: 91, lng: 181 }, ["lat", "lng"]],
    [{ metadata: "roof" }, ["metadata"]],
    [{ unit: "" }, ["unit"]],
    [{ unit: 5, type: [] }, ["unit", "type"]],
    [{ device: { color: "red" } }, ["device"]],
    [{ mac: {} }, ["mac"]],
    [{ location: "roof" }, ["location"]],
    [{ metadata: { range: [2, 1], location: 5 } }, ["location", "range"]],
    [{ unit: null, metadata: null, location: null, lat: null, mac: null }, []],
    [{ unit: "C", lat: 1, lng: 2, metadata: { range: [1, 2] } }, []]
  ])("%j is not passed over in silence", (json, fields) => {
    const aside: Array<string> = []
    const message = arrivedAs({ value: 20, ...json }, "sensors/d")
    const items = decode(
      message,
      DEFAULT_DECODE_LIMITS,
      () => "n",
      (field) => aside.push(field)
    )
    assert.deepStrictEqual(shown(items), [["d", 20]])
    assert.deepStrictEqual(aside, fields)
  })

  it.each<[shape: string, json: object, said: object]>([
    ["a place that is not known", { lat: 91, lng: 181 }, {}],
    ["half of a place", { lat: 46.05, lng: 181 }, {}],
    ["a place as text", { lat: "46.05", lon: "14.5" }, { lat: 46.05, lng: 14.5 }],
    ["lon", { lat: 46.05, lon: 14.5 }, { lat: 46.05, lng: 14.5 }],
    ["longitude", { latitude: 46.05, longitude: 14.5 }, { lat: 46.05, lng: 14.5 }],
    ["long", { lat: 46.05, long: 14.5 }, { lat: 46.05, lng: 14.5 }],
    ["GeoJSON", { location: { type: "Point", coordinates: [14.5, 46.05] } }, { lat: 46.05, lng: 14.5 }],
    ["metadata that is text", { metadata: "roof" }, {}],
    ["a unit that is empty", { unit: "" }, {}],
    ["a unit that is a number", { unit: 5 }, {}],
    ["a range the wrong way round", { metadata: { range: [2, 1], unit: "C" } }, { unit: "C" }]
  ])("%s costs no reading", (_, json, expected) => {
    assert.deepStrictEqual(shown(decoded({ name: "d", value: 20, ...json })), [["d", 20]])
    assert.deepStrictEqual(said({ name: "d", value: 20, ...json })[0], expected)
    assert.deepStrictEqual(shown(decoded({ name: "d", speed: 0.1, ...json })), [["d/speed", 0.1]])
  })
})
