/** Numbers in nested objects and lists: none of them is lost in silence. */
import { assert, describe, it } from "@effect/vitest"
import * as FastCheck from "effect/FastCheck"
import type { RejectedMessage } from "../../../src/domain/rejected/RejectedMessage.js"
import { reasonOf } from "../../../src/domain/rejected/RejectionFault.js"
import { DEFAULT_DECODE_LIMITS } from "../../../src/ingest/codecs/MessageDecode.js"
import { replayItems } from "../../../src/ingest/IngestReplay.js"
import { arrivedAs, decoded, NOW, shown } from "../forms.js"

const deep = (levels: number, leaf: unknown): unknown => (levels === 0 ? leaf : { k: deep(levels - 1, leaf) })

const messageOf = (payload: unknown, metric: string | null): RejectedMessage => {
  const { payload: bytes, topic } = arrivedAs(payload)
  const item = decoded(payload).find(({ source }) => source.metric === metric)
  const faults = item?._tag === "Rejected" ? item.faults : []
  return {
    ...{ id: "0".repeat(32), topic, metric, bytes, size: bytes.length },
    ...{ truncated: false, faults, reason: reasonOf(faults), firstSeen: NOW, deliveries: 1 }
  }
}
const again = (payload: unknown, metric: string | null, mended: unknown) =>
  shown(replayItems(messageOf(payload, metric), arrivedAs(mended).payload, DEFAULT_DECODE_LIMITS))

describe("nested numbers beside the reserved keys", () => {
  it("are metrics named by their path, as devices of several makers send them", () => {
    const chirpstack = {
      deviceInfo: { devEui: "0102", tags: {} },
      time: "2024-06-14T18:27:45Z",
      object: { temperature: 22.5, open: true },
      rxInfo: [
        { rssi: -57, snr: 10, crcStatus: "CRC_OK" },
        { rssi: -90, location: null }
      ],
      ...{ data: "AQID", fCnt: 10, fPort: 2 }
    }
    const items = decoded(chirpstack)
    assert.deepStrictEqual(shown(items), [
      ["0102/object.temperature", 22.5],
      ["0102/object.open", 1],
      ["0102/rxInfo.0.rssi", -57],
      ["0102/rxInfo.0.snr", 10],
      ["0102/rxInfo.1.rssi", -90],
      ["0102/fCnt", 10],
      ["0102/fPort", 2]
    ])
    assert.strictEqual(items[0]?.source.metric, "object.temperature")
    const [first] = items
    assert.deepStrictEqual(first?._tag === "Reading" ? first.reading.said : {}, {
      type: "object.temperature"
    })
    assert.deepStrictEqual(shown(decoded({ voltage: 230.1, temperature: { tC: 40 } })), [
      ["hall/voltage", 230.1],
      ["hall/temperature.tC", 40]
    ])
    assert.deepStrictEqual(shown(decoded({ Time: "2024-06-14T18:27:45", SI7021: { Temperature: 21.1 } })), [
      ["hall/SI7021.Temperature", 21.1]
    ])
  })

  it("keep reserved names below the top, where nothing but the time is reserved", () => {
    const json = { a: { value: 1, ts: 2, id: 6, lat: 3 }, location: { lat: 4 }, metadata: { lng: 5 } }
    assert.deepStrictEqual(shown(decoded(json)), [
      ["hall/a.value", 1],
      ["hall/a.id", 6],
      ["hall/a.lat", 3]
    ])
  })

  it("a list under data, values, metrics or fields is no list of names", () => {
    assert.deepStrictEqual(shown(decoded({ values: [1, "x", true] })), [
      ["hall/values.0", 1],
      ["hall/values.2", 1]
    ])
    assert.deepStrictEqual(shown(decoded({ battery: 3, data: [{ t: 1 }] })), [
      ["hall/battery", 3],
      'data: metric "data": it is an array, not a finite number'
    ])
  })

  it("without a number there is no reading", () => {
    const items = decoded({ a: { b: "x", c: null, d: [] } })
    assert.lengthOf(items, 1)
    assert.match(String(shown(items)[0]), /no reading is in it/)
  })
})

describe("nested numbers under data", () => {
  it("are metrics, and what is no number is rejected alone", () => {
    assert.deepStrictEqual(
      shown(decoded({ data: { a: { b: 1, c: "x", d: null, e: {}, f: [2, [true]] }, g: [] } })),
      [
        ["hall/a.b", 1],
        'a.c: metric "a.c": it is text, not a finite number',
        'a.d: metric "a.d": it is null, not a finite number',
        'a.e: metric "a.e": it is an object, not a finite number',
        ["hall/a.f.0", 2],
        ["hall/a.f.1.0", 1],
        'g: metric "g": it is an array, not a finite number'
      ]
    )
  })

  it("sent through again, go alone, by their path", () => {
    const wrong = { data: { a: { b: 1, c: "x" } } }
    assert.deepStrictEqual(again(wrong, "a.c", { data: { a: { b: 7, c: 3 } } }), [["hall/a.c", 3]])
    assert.deepStrictEqual(again({ data: { a: null } }, "a", { data: { a: { b: 1 }, c: 2 } }), [
      ["hall/a.b", 1]
    ])
    assert.deepStrictEqual(again({ data: { a: null, "a.b": 2 } }, "a", { data: { a: 1, "a.b": 2 } }), [
      ["hall/a", 1]
    ])
    assert.deepStrictEqual(again([{ data: { a: { b: null } } }], "[0].a.b", [{ data: { a: { b: 4 } } }]), [
      ["hall/a.b", 4]
    ])
  })
})

describe("bounds", () => {
  it("what is nested deeper than eight levels is rejected alone, by its path", () => {
    const path = Array(8).fill("k").join(".")
    assert.deepStrictEqual(shown(decoded({ x: 1, ...{ k: deep(7, 2) } })), [
      ["hall/x", 1],
      [`hall/${path}`, 2]
    ])
    for (const json of [{ x: 1, k: deep(8, 2) }, { data: { x: 1, k: deep(8, "y") } }]) {
      assert.deepStrictEqual(shown(decoded(json)), [
        ["hall/x", 1],
        `${path}: metric "${path}": it is nested deeper than 8 levels`
      ])
    }
    const lists = decoded(`{"a":${"[".repeat(30_000)}1${"]".repeat(30_000)}}`)
    assert.deepStrictEqual(shown(lists), [
      'a.0.0.0.0.0.0.0: metric "a.0.0.0.0.0.0.0": it is nested deeper than 8 levels'
    ])
  })

  it("the bound of readings holds for all of them together", () => {
    const numbers = (n: number) => Array.from({ length: n }, (_, i) => i)
    assert.lengthOf(decoded({ a: { b: numbers(500) }, c: numbers(500) }), 1_000)
    assert.deepStrictEqual(shown(decoded({ a: { b: numbers(500) }, c: numbers(501) })), [
      "null: it holds more than 1000 readings"
    ])
  })

  it("a path that is too long for a name is rejected by its place, with a short reason", () => {
    const items = decoded({ data: { ["k".repeat(20_000)]: { a: 1, b: 2 }, ok: 3 } })
    assert.deepStrictEqual(
      items.map((item) => [item._tag, item.source.metric]),
      [
        ["Rejected", "#0"],
        ["Rejected", "#1"],
        ["Reading", "ok"]
      ]
    )
    const [first] = items
    assert.isBelow(first?._tag === "Rejected" ? reasonOf(first.faults).length : 999, 400)
  })
})

describe("a path and a key with a dot", () => {
  it("of one name are not two metrics: the second is rejected, by its place", () => {
    const twice = 'metric "a.b": it is there twice: as a key with a dot, and nested'
    assert.deepStrictEqual(shown(decoded({ a: { b: 1 }, "a.b": 2 })), [["hall/a.b", 1], `#1: ${twice}`])
    assert.deepStrictEqual(shown(decoded({ data: { "a.b": 2, a: { b: 1 }, c: 3 } })), [
      ["hall/a.b", 2],
      `#1: ${twice}`,
      ["hall/c", 3]
    ])
  })

  it("no two items of a message have one label", () => {
    const key = FastCheck.constantFrom("a", "b", "a.b", "b.0", "0", "#0", "#1", "[0]", "[0].a", "\0")
    const { tree } = FastCheck.letrec((tie) => ({
      tree: FastCheck.oneof(
        { depthSize: "small" },
        FastCheck.constantFrom<unknown>(1, true, "x", null),
        FastCheck.array(tie("tree"), { maxLength: 3 }),
        FastCheck.dictionary(key, tie("tree"), { maxKeys: 4 })
      )
    }))
    const object = FastCheck.dictionary(key, tree)
    const unique = (payload: unknown) => {
      const labels = decoded(payload).flatMap(({ source }) => (source.metric === null ? [] : [source.metric]))
      assert.strictEqual(new Set(labels).size, labels.length, JSON.stringify(payload))
    }
    FastCheck.assert(
      FastCheck.property(object, (json) => {
        unique(json)
        unique({ data: json })
        unique([json, { data: json }])
      })
    )
  })
})

describe("the time under another case", () => {
  const occurred = (json: unknown) =>
    decoded(json).map((item) =>
      item._tag === "Reading"
        ? [item.reading.occurredAt - NOW, item.reading.identity._tag]
        : reasonOf(item.faults)
    )
  it.each(["Time", "TIME", "Timestamp", "timeStamp", "TS", "Ts"])("%s is the time, and no metric", (key) => {
    assert.deepStrictEqual(occurred({ [key]: 1_718_389_664, t: 20 }), [[-1_000_000, "Time"]])
    assert.deepStrictEqual(occurred({ [key]: 1_718_389_664, value: 20 }), [[-1_000_000, "Time"]])
    assert.deepStrictEqual(occurred({ [key]: 1_718_389_664, data: { t: 20 } }), [[-1_000_000, "Time"]])
    assert.deepStrictEqual(
      occurred({ [key]: { a: 1 }, t: 20 })[0],
      `${key} is not a time: ${"give RFC 3339"} (2024-06-14T18:27:45.123456Z) or epoch seconds, ms or µs`
    )
  })

  it("gives way to the exact name, and is passed over then", () => {
    assert.deepStrictEqual(occurred({ Timestamp: 1, time: 1_718_389_664, t: 20 }), [[-1_000_000, "Time"]])
    assert.deepStrictEqual(occurred({ Time: 1, TIMESTAMP: 1_718_389_664, t: 20 }), [[-1_000_000, "Time"]])
    assert.deepStrictEqual(occurred({ timestamp: null, Time: 1_718_389_664, t: 20 }), [[-1_000_000, "Time"]])
  })

  it("is no other word: t stays a metric", () => {
    assert.deepStrictEqual(shown(decoded({ t: 20, times: 1, temp: 2 })), [
      ["hall/t", 20],
      ["hall/times", 1],
      ["hall/temp", 2]
    ])
  })
})
