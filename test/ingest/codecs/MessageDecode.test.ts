/** Every form of message that is taken, every one that is refused and why, and: decoding never throws. */
import { assert, describe, it } from "@effect/vitest"
import * as FastCheck from "effect/FastCheck"
import type { ArrivedMessage } from "../../../src/broker/MessageSink.js"
import type { ReadingCandidate } from "../../../src/domain/Reading.js"
import { reasonOf } from "../../../src/domain/rejected/RejectionFault.js"
import { MICROS_PER_DAY, micros } from "../../../src/domain/Time.js"
import type { AppendItem } from "../../../src/eventlog/EventLog.js"
import { DEFAULT_DECODE_LIMITS, decode } from "../../../src/ingest/codecs/MessageDecode.js"

const NOW = micros(1_718_389_665_000_000) // 2024-06-14T18:27:45Z
const encoder = new TextEncoder()

const arrived = (payload: string | Uint8Array, topic: string): ArrivedMessage => ({
  topic,
  payload: typeof payload === "string" ? encoder.encode(payload) : payload,
  qos: 1,
  clientId: "device",
  arrivedAt: NOW
})

const nonces = () => {
  let n = 0
  return () => `nonce-${n++}`
}

const decodeText = (payload: string | Uint8Array, topic = "sensors/1"): ReadonlyArray<AppendItem> =>
  decode(arrived(payload, topic), DEFAULT_DECODE_LIMITS, nonces())
const decodeJson = (json: unknown, topic?: string) => decodeText(JSON.stringify(json), topic)

const readings = (items: ReadonlyArray<AppendItem>): ReadonlyArray<ReadingCandidate> =>
  items.map((item) => {
    if (item._tag === "Rejected") throw new Error(`rejected: ${reasonOf(item.faults)}`)
    return item.reading
  })
const one = (items: ReadonlyArray<AppendItem>): ReadingCandidate => {
  const [reading, ...more] = readings(items)
  if (reading === undefined || more.length > 0) throw new Error(`${items.length} items`)
  return reading
}
const reasons = (items: ReadonlyArray<AppendItem>): ReadonlyArray<string> =>
  items.map((item) => (item._tag === "Rejected" ? reasonOf(item.faults) : "taken"))

const base = { sensor_id: 1, timestamp: "2024-06-14T18:27:45Z", value: 21 }

describe("a message that a broker elsewhere had kept", () => {
  const kept = (json: unknown) =>
    decode({ ...arrived(JSON.stringify(json), "sensors/1"), retained: true }, DEFAULT_DECODE_LIMITS, nonces())

  it("is taken where it tells its time, or its number in a count", () => {
    assert.lengthOf(readings(kept(base)), 1)
    assert.lengthOf(readings(kept({ data: { a: 1, b: 2 }, epoch: "boot-1", seq: 4 })), 2)
  })

  it("is rejected where it tells neither: as of now it would be a new reading at each subscription", () => {
    const untimed = { data: { a: 1, b: 2 } }
    assert.deepStrictEqual(
      reasons(kept(untimed)),
      Array(2).fill("it has no time, and the broker had kept it from before (retained)")
    )
    assert.lengthOf(readings(decodeJson(untimed)), 2)
  })
})

describe("a reading of a numbered sensor", () => {
  it("is taken with its metadata", () => {
    const items = decodeJson(
      {
        sensor_id: "1",
        timestamp: "2024-06-14T18:27:45.123456",
        value: 21,
        metadata: {
          location: { lat: 10, lng: -20.5 },
          unit: "C",
          type: "temperature",
          description: "Main Entrance"
        }
      },
      "sensors"
    )
    assert.deepStrictEqual<unknown>(one(items), {
      sensor: { _tag: "Numbered", id: 1 },
      occurredAt: 1_718_389_665_123_456,
      value: 21,
      identity: { _tag: "Time", epoch: null, seq: null },
      said: { lat: 10, lng: -20.5, unit: "C", type: "temperature", description: "Main Entrance" }
    })
    assert.strictEqual(items[0]?.source.metric, null)
    assert.strictEqual(items[0]?.source.topic, "sensors")
  })

  it.each([1, "1", 999_999_999, "999999999", " 7 ", "007"])("sensor_id %j is taken", (sensor_id) => {
    assert.deepStrictEqual<unknown>(one(decodeJson({ ...base, sensor_id })).sensor, {
      _tag: "Numbered",
      id: Number(sensor_id)
    })
  })

  it.each([
    ["2024-06-14T18:27:45", 0],
    ["2024-06-14T18:27:45Z", 0],
    ["2024-06-14T20:27:45+02:00", 0],
    ["2024-06-14T18:27:45.1", 100_000],
    ["2024-06-14T18:27:45.123456", 123_456],
    ["2024-06-14T18:27:45.123456789Z", 123_456],
    [1_718_389_665, 0],
    [1_718_389_665.25, 250_000],
    [1_718_389_665_123, 123_000],
    [1_718_389_665_123_456, 123_456],
    ["1718389665", 0],
    ["1718389665123", 123_000],
    ["1718389665123456", 123_456]
  ])("the time %j is taken", (timestamp, fraction) => {
    assert.strictEqual(one(decodeJson({ ...base, timestamp })).occurredAt, NOW + fraction)
  })

  it("says nothing of its sensor where fields are absent or null", () => {
    assert.deepStrictEqual(one(decodeJson(base)).said, {})
    const metadata = { unit: null, type: null, description: null, location: { lat: null, lng: null } }
    assert.deepStrictEqual(one(decodeJson({ ...base, metadata })).said, {})
    assert.deepStrictEqual(one(decodeJson({ ...base, metadata: null })).said, {})
    assert.deepStrictEqual(one(decodeJson({ ...base, metadata: { unit: "C" } })).said, { unit: "C" })
  })

  it("takes metadata beside the value, lat and lng beside unit, and a range", () => {
    const flat = { lat: 1, lng: 2, unit: "F", type: "heat", description: "d" }
    assert.deepStrictEqual(one(decodeJson({ ...base, ...flat })).said, flat)
    assert.deepStrictEqual(one(decodeJson({ ...base, metadata: { lat: 1, lng: 2, range: [0, 45] } })).said, {
      lat: 1,
      lng: 2,
      min: 0,
      max: 45
    })
    assert.deepStrictEqual(one(decodeJson({ ...base, unit: "F", metadata: { unit: "C" } })).said, {
      unit: "C"
    })
  })

  it("takes true and false as 1 and 0, and -0 as 0", () => {
    assert.strictEqual(one(decodeJson({ ...base, value: true })).value, 1)
    assert.strictEqual(one(decodeJson({ ...base, value: false })).value, 0)
    assert.isTrue(Object.is(one(decodeText('{"sensor_id":1,"ts":1718389664,"value":-0}')).value, 0))
  })
})

describe("what makes a reading the same", () => {
  const { timestamp, ...timeless } = base
  it.each([
    [
      { ...base, seq: 4, epoch: "b" },
      { _tag: "Time", epoch: "b", seq: 4 }
    ],
    [
      { ...base, seq: "4", epoch: 17 },
      { _tag: "Time", epoch: "17", seq: 4 }
    ],
    [
      { ...base, seq: 4 },
      { _tag: "Time", epoch: null, seq: 4 }
    ],
    [
      { ...timeless, seq: 0, epoch: "b" },
      { _tag: "Sequence", epoch: "b", seq: 0 }
    ],
    [
      { ...timeless, seq: 4 },
      { _tag: "Arrival", nonce: "nonce-0" }
    ],
    [
      { ...timeless, epoch: "b" },
      { _tag: "Arrival", nonce: "nonce-0" }
    ],
    [timeless, { _tag: "Arrival", nonce: "nonce-0" }],
    [
      { ...timeless, timestamp: null, time: timestamp },
      { _tag: "Time", epoch: null, seq: null }
    ]
  ])("%j", (json, identity) => {
    const reading = one(decodeJson(json))
    assert.deepStrictEqual<unknown>(reading.identity, identity)
    assert.strictEqual(reading.occurredAt, NOW)
  })

  it("a nonce is never given twice", () => {
    const items = readings(decodeJson({ device: "d", a: 1, b: 2 }))
    assert.deepStrictEqual<unknown>(
      items.map((item) => item.identity),
      [
        { _tag: "Arrival", nonce: "nonce-0" },
        { _tag: "Arrival", nonce: "nonce-1" }
      ]
    )
  })
})

const names = (items: ReadonlyArray<AppendItem>) =>
  readings(items).map(({ sensor, value, said }) => [
    sensor._tag === "Named" ? sensor.name : sensor.id,
    value,
    said.type ?? null
  ])

describe("a device's message", () => {
  it("of metrics under data is a reading for each of them", () => {
    const json = {
      data: { gas: 0.004532068199369834, humid: 58.20000076293945, light: true, motion: false },
      device_id: "aa:bb:cc:00:11:22",
      ts: 1_594_598_735.7727768,
      device: "box-02"
    }
    const items = decodeJson(json, "any/topic")
    assert.deepStrictEqual(names(items), [
      ["aa:bb:cc:00:11:22/gas", 0.004532068199369834, "gas"],
      ["aa:bb:cc:00:11:22/humid", 58.20000076293945, "humid"],
      ["aa:bb:cc:00:11:22/light", 1, "light"],
      ["aa:bb:cc:00:11:22/motion", 0, "motion"]
    ])
    assert.deepStrictEqual(
      readings(items).map((reading) => reading.occurredAt),
      Array(4).fill(1_594_598_735_772_777)
    )
    assert.deepStrictEqual(
      items.map((item) => item.source.metric),
      ["gas", "humid", "light", "motion"]
    )
  })

  it.each(["data", "values", "metrics", "fields"])("takes metrics under %s", (field) => {
    assert.deepStrictEqual(names(decodeJson({ name: "n", device_id: "i", [field]: { t: 1 } })), [
      ["n/t", 1, "t"]
    ])
  })

  it("takes numbers and booleans at the top, and passes over text and reserved keys", () => {
    const json = {
      device: "d",
      ts: 1718389664,
      id: 9,
      lat: 1,
      lng: 2,
      seq: 3,
      fw: "1.2",
      temp: 20,
      on: true,
      x: null
    }
    const items = decodeJson(json)
    assert.deepStrictEqual(names(items), [
      ["d/temp", 20, "temp"],
      ["d/on", 1, "on"]
    ])
    assert.deepStrictEqual(readings(items)[0]?.said, { type: "temp", lat: 1, lng: 2 })
  })

  it("of a single value has a name without a metric", () => {
    assert.deepStrictEqual(names(decodeJson({ device_id: 17, value: 3, ts: 1718389664 })), [["17", 3, null]])
    assert.deepStrictEqual(names(decodeJson({ value: 3, type: "t" }, "sensors/hall/1")), [["hall/1", 3, "t"]])
    assert.deepStrictEqual(names(decodeJson({ temp: 3 }, "home/hall")), [["home/hall/temp", 3, "temp"]])
  })

  it("loses a bad metric alone", () => {
    const text =
      '{"device":"d","ts":1718389664,"data":{"a":1,"b":"low","c":null,"d":1e999,"e":{},"f":2,"":3,"__proto__":4}}'
    assert.deepStrictEqual(reasons(decodeText(text)), [
      "taken",
      'metric "b": it is text, not a finite number',
      'metric "c": it is null, not a finite number',
      'metric "d": it is a number too large to hold, not a finite number',
      'metric "e": it is an object, not a finite number',
      "taken",
      'metric "": the sensor\'s name, device/metric, has a metric without a name',
      "taken"
    ])
  })

  it("keeps the label of a metric short", () => {
    const items = decodeJson({ device: "d", data: { ["k".repeat(10_000)]: 1, "a\0b": 1 } })
    assert.deepStrictEqual(
      items.map((item) => item.source.metric),
      ["#0", "#1"]
    )
    for (const reason of reasons(items)) {
      assert.isBelow(reason.length, 501)
      assert.notInclude(reason, "\0")
    }
  })
})

describe("an array", () => {
  it("is decoded element by element", () => {
    const items = decodeJson([
      base,
      7,
      { device: "d", data: { t: 1, u: "x" } },
      "x",
      { ...base, value: null }
    ])
    assert.deepStrictEqual(reasons(items), [
      "taken",
      "element 1 is a number, not an object",
      "taken",
      'metric "u": it is text, not a finite number',
      "element 3 is text, not an object",
      "value is null, not a finite number"
    ])
    assert.deepStrictEqual(
      items.map((item) => item.source.metric),
      ["[0]", "[1]", "[2].t", "[2].u", "[3]", "[4]"]
    )
  })
})

const ID = "sensor_id must be an integer from 1 to 999,999,999"
const TIME = "timestamp is not a time: give RFC 3339 (2024-06-14T18:27:45.123456Z) or epoch seconds, ms or µs"
const NONE =
  "no reading is in it: give sensor_id and value, or a value, or numbers under data, values, metrics or fields"
const { value: _value, ...valueless } = base

describe("refused whole, and kept with the reason", () => {
  it.each<[name: string, payload: string | Uint8Array, reason: string | RegExp]>([
    ["not JSON", "21.5 C is warm", /^the payload is not JSON: /],
    ["cut off", '{"sensor_id": 1', /^the payload is not JSON: /],
    ["empty", "", "the payload is empty"],
    ["binary", new Uint8Array([0xff, 0xd8, 0, 1]), "the payload is not text in UTF-8"],
    ["null", "null", "the payload is null, not a JSON object"],
    ["an empty array", "[]", "the array is empty"],
    ["array of junk", "[1]", "element 0 is a number, not an object"],
    ["an empty object", "{}", NONE],
    ["metrics without one", '{"device":"d","data":{}}', NONE],
    ["no value", JSON.stringify(valueless), "value is missing"],
    ["null value", JSON.stringify({ ...base, value: null }), "value is null, not a finite number"],
    ["text value", JSON.stringify({ ...base, value: "21 C" }), "value is text, not a finite number"],
    [
      "1e999",
      '{"sensor_id":1,"ts":1718389664,"value":1e999}',
      "value is a number too large to hold, not a finite number"
    ],
    ["value an object", JSON.stringify({ ...base, value: {} }), "value is an object, not a finite number"],
    ["soon", JSON.stringify({ ...base, timestamp: "soon" }), TIME],
    ["30 February", JSON.stringify({ ...base, timestamp: "2024-02-30T00:00:00Z" }), TIME],
    ["a time that is true", JSON.stringify({ ...base, timestamp: true }), TIME],
    [
      "2200",
      JSON.stringify({ ...base, timestamp: "2200-01-01" }),
      "timestamp is more than 24 h in the future"
    ],
    ["id true", JSON.stringify({ ...base, sensor_id: true }), ID],
    ["id 0", JSON.stringify({ ...base, sensor_id: 0 }), ID],
    ["id -1", JSON.stringify({ ...base, sensor_id: -1 }), ID],
    ["id 1.5", JSON.stringify({ ...base, sensor_id: 1.5 }), ID],
    ["id '1.5'", JSON.stringify({ ...base, sensor_id: "1.5" }), ID],
    ["id null", JSON.stringify({ ...base, sensor_id: null }), ID],
    [
      "id 1e9",
      JSON.stringify({ ...base, sensor_id: 1_000_000_000 }),
      `${ID}: the numbers above belong to sensors known by name`
    ],
    ["1 MiB", "x".repeat(1_048_576), "the payload has 1,048,576 bytes: at most 65,536 are taken"],
    [
      "seq -1",
      JSON.stringify({ ...base, seq: -1 }),
      "seq must be an integer from 0 to 9,007,199,254,740,991"
    ],
    ["epoch", JSON.stringify({ ...base, epoch: 1e300 }), "epoch is too large: give it as text"],
    ["name", JSON.stringify({ name: {}, value: 1 }), "name is an object, not text"],
    [
      "all faults at once",
      JSON.stringify({ sensor_id: 0, timestamp: "2200-01-01", value: "x", metadata: { type: 1 } }),
      `${ID}; timestamp is more than 24 h in the future; value is text, not a finite number`
    ]
  ])("%s", (_, payload, reason) => {
    const items = decodeText(payload)
    assert.strictEqual(items.length, 1)
    if (reason instanceof RegExp) assert.match(reasons(items)[0] ?? "", reason)
    else assert.deepStrictEqual(reasons(items), [reason])
    assert.deepStrictEqual(items[0]?.source.bytes, arrived(payload, "x").payload)
  })

  it("a device that nothing names", () => {
    assert.deepStrictEqual(reasons(decodeJson({ value: 1 }, "sensors")), [
      "no sensor is named: give sensor_id, name, device_id or device"
    ])
  })

  it("more readings than a message may hold", () => {
    const data = Object.fromEntries(Array.from({ length: 1_001 }, (_, i) => [`m${i}`, i]))
    assert.deepStrictEqual(reasons(decodeJson({ device: "d", data })), ["it holds more than 1000 readings"])
    assert.deepStrictEqual(reasons(decodeText(`[${Array(1_001).fill("{}")}]`)), [
      "it holds more than 1000 readings"
    ])
  })

  it("hundreds of bad parts, sixteen of them alone and the rest as one", () => {
    const items = decodeText(`[${Array(500).fill("7")},${JSON.stringify(base)}]`)
    assert.strictEqual(items.length, 18)
    assert.strictEqual(items.filter((item) => item._tag === "Reading").length, 1)
    assert.strictEqual(
      reasons(items).at(-1),
      "484 more of its parts are refused; first element 16 is a number, not an object"
    )
  })

  it("a time just past the bound, and takes the one at it", () => {
    const at = NOW + MICROS_PER_DAY
    assert.strictEqual(one(decodeJson({ ...base, timestamp: at })).occurredAt, at)
    assert.deepStrictEqual(reasons(decodeJson({ ...base, timestamp: at + 1 })), [
      "timestamp is more than 24 h in the future"
    ])
  })
})

const checkItems = (items: ReadonlyArray<AppendItem>): void => {
  assert.isAbove(items.length, 0)
  for (const item of items) {
    if (item._tag === "Rejected") {
      assert.isAbove(reasonOf(item.faults).length, 0)
      assert.isTrue(reasonOf(item.faults).isWellFormed() && !reasonOf(item.faults).includes("\0"))
    } else {
      assert.isTrue(Number.isFinite(item.reading.value) && Number.isSafeInteger(item.reading.occurredAt))
      assert.isAtMost(item.reading.occurredAt, NOW + MICROS_PER_DAY)
    }
  }
}

describe("decoding never throws, and every message gives an item", () => {
  it("on any bytes", () => {
    FastCheck.assert(
      FastCheck.property(FastCheck.uint8Array({ maxLength: 200 }), (bytes) => checkItems(decodeText(bytes)))
    )
  })

  it("on any JSON", () => {
    FastCheck.assert(FastCheck.property(FastCheck.json(), (text) => checkItems(decodeText(text))))
  })

  it("on objects of the fields that it knows", () => {
    const fields = [
      "sensor_id",
      "timestamp",
      "ts",
      "value",
      "seq",
      "epoch",
      "metadata",
      "name",
      "data",
      "lat",
      "x"
    ]
    const field = FastCheck.constantFrom(
      ...[...fields, "unit", "location", "range", "__proto__", "toString"],
      ...["Time", "fields", "tags", "metrics", "n", "bn", "v", "bs", "s"]
    )
    const json = FastCheck.dictionary(field, FastCheck.jsonValue({ maxDepth: 3 }))
    FastCheck.assert(
      FastCheck.property(FastCheck.oneof(json, FastCheck.array(json)), (object) =>
        checkItems(decodeJson(object))
      )
    )
  })

  it("on deep nesting", () => {
    checkItems(decodeText("[".repeat(60_000)))
    checkItems(decodeText(`{"value":${"[".repeat(30_000)}${"]".repeat(30_000)}}`))
  })
})
