/** What a message held is what became of it: stored or rejected, passed over, or said of whose, when and where it is. */
import { assert, describe, it } from "@effect/vitest"
import type { SensorRef } from "../../../src/domain/Reading.js"
import type { AppendItem } from "../../../src/eventlog/EventLog.js"
import { isNestedTime, isTime } from "../../../src/ingest/codecs/DeviceTime.js"
import { isReserved } from "../../../src/ingest/codecs/Flatten.js"
import { DEFAULT_DECODE_LIMITS, decode, type Note } from "../../../src/ingest/codecs/MessageDecode.js"
import { TopicMemory } from "../../../src/ingest/TopicMemory.js"
import { arrivedAs, shown } from "../forms.js"

/** Numbers of one seed: mulberry32. */
const randomOf = (seed: number) => {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }
}

const KEYS = [
  "temp",
  "hum",
  "a",
  "b.c",
  "rssi",
  "state",
  "fw",
  "Time",
  "lat",
  "unit",
  "device",
  "mac",
  "data",
  "values"
]
const MORE = [
  "name",
  "id",
  "timestamp",
  "ts",
  "at",
  "metadata",
  "type",
  "location",
  "seq",
  "x",
  "y",
  "z",
  "readings"
]
const TEXTS = ["21.5", "n/a", "21.5 °C", "idle", "on", "", "2024-06-14T18:00:00Z", "--", "1e400", "A4:C1"]

type Random = () => number
const pick = <A>(random: Random, from: ReadonlyArray<A>): A => from[Math.floor(random() * from.length)] as A

const leaf = (random: Random): unknown => {
  const which = random()
  if (which < 0.5) return Math.round(random() * 1e4) / 100
  if (which < 0.85) return pick(random, TEXTS)
  return which < 0.95 ? random() < 0.5 : null
}

const value = (random: Random, depth: number): unknown => {
  const which = random()
  if (depth > 3 || which < 0.75) return leaf(random)
  return which < 0.87
    ? object(random, depth + 1)
    : Array.from({ length: Math.floor(random() * 3) }, () => value(random, depth + 1))
}

function object(random: Random, depth: number): Record<string, unknown> {
  const keys = depth === 0 ? [...KEYS, ...MORE] : KEYS
  return Object.fromEntries(
    Array.from({ length: 1 + Math.floor(random() * 5) }, () => [pick(random, keys), value(random, depth)])
  )
}

const isNested = (input: unknown): input is object => typeof input === "object" && input !== null
const METRICS = ["data", "values", "metrics", "fields", "readings"]

const isOneRefused = (name: string, child: unknown): boolean =>
  METRICS.includes(name) && Array.isArray(child) && child.some(isNested)

/**
 * What a message holds that is no time and stands under no name that says something else: numbers, texts, switches; in
 * an object of metrics (`all`) what is null or empty too, as it is refused there. A list of objects is refused as one.
 */
const held = (input: unknown, key = "", depth = 0, all = false): number => {
  if (!isNested(input)) {
    const isWhen = depth > 1 || all ? isNestedTime(key, input) : isTime(key, input)
    return isWhen || (input === null && !all) ? 0 : 1
  }
  const children = Object.entries(input)
  if (children.length === 0) return all ? 1 : 0
  const isObject = (name: string) => {
    const child: unknown = Object.getOwnPropertyDescriptor(input, name)?.value
    return isNested(child) && !Array.isArray(child)
  }
  const chosen = depth === 0 ? METRICS.find(isObject) : undefined
  return children.reduce((sum, [name, child]) => {
    if (depth === 0 && isReserved(name)) return sum
    if (depth === 0 && isOneRefused(name, child)) return sum + 1
    return sum + held(child, name, depth + 1, all || name === chosen)
  }, 0)
}

const decodeNoted = (json: unknown, topics?: TopicMemory, topic = "home/x") => {
  const notes: Array<Note & { readonly whose: SensorRef | null }> = []
  const items = decode(arrivedAs(json, topic), DEFAULT_DECODE_LIMITS, () => "n", {
    told: (note, whose) => notes.push({ ...note, whose }),
    ...(topics === undefined ? {} : { topics })
  })
  return { items, notes }
}

const isWhole = (item: AppendItem): boolean => item._tag === "Rejected" && item.source.metric === null

describe("random objects", () => {
  // The million: CODECS_OBJECTS=1000000.
  const runs = Number(process.env.CODECS_OBJECTS ?? 20_000)

  it(`${runs} of one seed: stored, rejected and passed over are what they held`, {
    timeout: 900_000
  }, async () => {
    const random = randomOf(20_240_614)
    const outcomes = { whole: 0, parts: 0 }
    for (let run = 0; run < runs; run++) {
      // Whoever waits for the test hears of it.
      if (run % 10_000 === 0) await new Promise((resolve) => setImmediate(resolve))
      const json = object(random, 0)
      const { items, notes } = decodeNoted(json)
      assert.isNotEmpty(items)
      if (items.some(isWhole)) {
        outcomes.whole += 1
        continue
      }
      outcomes.parts += 1
      const beside = notes.filter(({ kind }) => kind !== "wrong").length
      if (items.length + beside !== held(json)) {
        assert.fail(
          `${JSON.stringify(json)}: ${JSON.stringify(shown(items))}, ${JSON.stringify(notes)}, ${held(json)}`
        )
      }
    }
    assert.isAbove(outcomes.parts, runs / 3)
    assert.isAbove(outcomes.whole, 0)
  })
})

describe("what is passed over", () => {
  it("is told with whose it is: what looks like a measurement, and what only describes", () => {
    const json = {
      device: "d",
      t: 1,
      hum: "n/a",
      u: "21.5 °C",
      v: "1,5",
      state: "idle",
      at: "home",
      lat: "north"
    }
    const { items, notes } = decodeNoted(json)
    assert.deepStrictEqual(shown(items), [["d/t", 1]])
    const whose = { _tag: "Named", name: "d" } as const
    assert.deepStrictEqual(notes, [
      { field: "hum", kind: "unread", value: "n/a", whose },
      { field: "u", kind: "unread", value: "21.5 °C", whose },
      { field: "v", kind: "unread", value: "1,5", whose },
      { field: "state", kind: "label", value: "idle", whose },
      { field: "at", kind: "label", value: "home", whose },
      { field: "lat", kind: "wrong", value: "north", whose }
    ])
  })

  it("of a message of one reading is what stands beside its value", () => {
    const { notes } = decodeNoted({ sensor_id: 7, value: 1, battery: 3.1, note: "x" })
    assert.deepStrictEqual(
      notes.map(({ field, kind, whose }) => [field, kind, whose?._tag]),
      [
        ["note", "label", "Numbered"],
        ["battery", "unread", "Numbered"]
      ]
    )
  })
})

describe("a message without a number", () => {
  it("is rejected with the text that stands where a number is read", () => {
    const { items } = decodeNoted({ device_id: "shed", temp: "19,75 C", hum: "wet" })
    assert.match(String(shown(items)), /null: no reading is in it: temp is the text "19,75 C", and no number/)
    assert.match(String(shown(decodeNoted({ device_id: "shed" }).items)), /give sensor_id and value/)
  })
})

describe("a topic on which devices tell their names", () => {
  it("keeps no reading of a message that tells none; others do not", () => {
    const topics = new TopicMemory(2)
    const send = (json: unknown, topic = "plant/up") => shown(decodeNoted(json, topics, topic).items)
    assert.deepStrictEqual(send({ t: 1 }), [["plant/up/t", 1]])
    assert.deepStrictEqual(send({ deviceId: "oven-8", t: 2 }), [["oven-8/t", 2]])
    const refused = [
      "null: the message names no device, and on its topic another device has told its own name"
    ]
    assert.deepStrictEqual(send({ t: 3 }), refused)
    assert.deepStrictEqual(send({ value: 3 }), refused)
    assert.deepStrictEqual(send({ t: 4 }, "plant/other"), [["plant/other/t", 4]])
    assert.deepStrictEqual(send({ sensor_id: 5, value: 4 }), [[5, 4]])
    // A name that is the topic's own is no other.
    assert.deepStrictEqual(send({ name: "attic", t: 1 }, "sensors/attic"), [["attic/t", 1]])
    assert.deepStrictEqual(send({ t: 1 }, "sensors/attic"), [["attic/t", 1]])
  })

  it("keeps those of a device that names itself as the topic does, whoever else publishes there", () => {
    const topics = new TopicMemory(2)
    const send = (json: unknown) => shown(decodeNoted(json, topics, "sensors/alpha").items)
    assert.deepStrictEqual(send({ name: "beta", value: 1 }), [["beta", 1]])
    assert.deepStrictEqual(send({ device_id: "alpha", t: 2 }), [["alpha/t", 2]])
    assert.deepStrictEqual(send({ name: "alpha", value: 3 }), [["alpha", 3]])
    assert.deepStrictEqual(send({ device: "alpha", data: { t: 4 } }), [["alpha/t", 4]])
    assert.match(String(send({ t: 5 })), /names no device/)
  })

  it("does not know of a device whose message is rejected", () => {
    const topics = new TopicMemory(2)
    const send = (json: unknown) => shown(decodeNoted(json, topics, "sensors/alpha").items)
    assert.match(String(send({ name: "beta", value: 1, timestamp: "never" })), /null: /)
    assert.match(String(send({ device_id: "beta", t: 1, timestamp: "never" })), /null: /)
    assert.deepStrictEqual(send({ t: 2 }), [["alpha/t", 2]])
  })

  it("is forgotten where there are too many", () => {
    const topics = new TopicMemory(2)
    for (const topic of ["a", "b", "c"]) topics.addOther(topic)
    assert.deepStrictEqual(
      ["a", "b", "c"].map((topic) => topics.hasOther(topic)),
      [false, true, true]
    )
  })
})
