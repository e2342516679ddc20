import { assert, describe, it } from "@effect/vitest"
import * as FastCheck from "effect/FastCheck"
import { Aliases, NODES_MAX, sparkplugMessage } from "../../../src/ingest/binary/Sparkplug.js"
import { DEFAULT_DECODE_LIMITS, decode } from "../../../src/ingest/codecs/MessageDecode.js"
import { replayItems } from "../../../src/ingest/IngestReplay.js"
import { Mapper } from "../../../src/ingest/mapping/Mapper.js"
import { NOW, shown } from "../forms.js"
import { birth, data, type WrittenMetric } from "../mapping/sparkplug.js"

const T = NOW / 1_000 - 60_000

const node = (reader = new Mapper(), live = true) => {
  const limits = { ...DEFAULT_DECODE_LIMITS, reader, live }
  let drawn = 0
  return (topic: string, payload: Uint8Array) =>
    decode(
      { topic: `spBv1.0/${topic}`, payload, qos: 1, clientId: null, arrivedAt: NOW },
      limits,
      () => `n${++drawn}`
    )
}
const temperature = { name: "temperature", alias: 1, type: 9, value: 20.5 }

describe("Sparkplug B", () => {
  it("names data by the aliases of the birth, each at its own time", () => {
    const send = node()
    send("PlantA/NBIRTH/press-2", birth(T, [temperature]))
    const items = send(
      "PlantA/NDATA/press-2",
      data(T + 5, [{ alias: 1, type: 9, value: 21.5, timestamp: T + 1 }])
    )
    assert.deepStrictEqual(shown(items), [["PlantA/press-2/temperature", 21.5]])
    const [item] = items
    assert.strictEqual(item?._tag === "Reading" ? item.reading.occurredAt : null, (T + 1) * 1_000)
  })

  it.each<[type: number, value: number | boolean, stored: number]>([
    [1, -5, -5],
    [2, -500, -500],
    [3, -70_000, -70_000],
    [4, -5_000_000_000, -5_000_000_000],
    [5, 250, 250],
    [6, 65_000, 65_000],
    [7, 4_294_967_295, 4_294_967_295],
    [8, 5_000_000_000, 5_000_000_000],
    [9, 0.5, 0.5],
    [10, 21.3, 21.3],
    [11, true, 1]
  ])("reads type %d: %s", (type, value, stored) => {
    const items = node()("G/NBIRTH/e", birth(T, [{ name: "m", type, value }]))
    assert.deepStrictEqual(shown(items), [["G/e/m", stored]])
    const send = node()
    send("G/NBIRTH/e", birth(T, [{ name: "m", alias: 4, type, value }]))
    assert.deepStrictEqual(shown(send("G/NDATA/e", data(T, [{ alias: 4, type, value }]))), [
      ["G/e/m", stored]
    ])
  })

  it("refuses an integer that a double can't hold", () => {
    const [item] = node()("G/NBIRTH/e", birth(T, [{ name: "m", type: 8, value: 2 ** 60 }]))
    assert.strictEqual(item?._tag === "Rejected" ? item.faults[0]?.code : null, "number-inexact")
  })

  it("passes over texts, times and nulls", () => {
    const others: ReadonlyArray<WrittenMetric> = [
      { name: "s", type: 12, value: "12" },
      { name: "d", type: 13, value: T },
      { name: "n", type: 9, value: null }
    ]
    assert.deepStrictEqual(shown(node()("G/NBIRTH/e", birth(T, [...others, temperature]))), [
      ["G/e/temperature", 20.5]
    ])
  })

  it("refuses an alias that no birth named, and takes it when it is sent again behind the birth", () => {
    const reader = new Mapper()
    const send = node(reader)
    const payload = data(T, [{ alias: 1, type: 9, value: 21.5 }])
    const items = send("G/NDATA/e", payload)
    assert.deepStrictEqual(
      items.map((item) => (item._tag === "Rejected" ? [item.source.metric, item.faults[0]?.code] : null)),
      [["alias 1", "alias-unknown"]]
    )
    send("G/NBIRTH/e", birth(T, [temperature]))
    const message = {
      ...{
        id: "0".repeat(32),
        topic: "spBv1.0/G/NDATA/e",
        metric: null,
        bytes: payload,
        size: payload.length
      },
      ...{ truncated: false, faults: [], reason: "", firstSeen: NOW, deliveries: 1 }
    }
    const again = replayItems(message, payload, { ...DEFAULT_DECODE_LIMITS, reader })
    assert.deepStrictEqual(shown(again), [["G/e/temperature", 21.5]])
  })

  it("forgets a node's aliases at its birth, its devices' too, and no other node's", () => {
    const send = node()
    const one = (topic: string, alias: number) => send(topic, data(T, [{ alias, type: 9, value: 1 }]))
    send("G/NBIRTH/e", birth(T, []))
    send("G/DBIRTH/e/d", birth(T, [{ ...temperature, alias: 7 }]))
    send("G/NBIRTH/f", birth(T, [{ ...temperature, alias: 7, name: "other" }]))
    assert.deepStrictEqual(shown(one("G/DDATA/e/d", 7)), [["G/e/d/temperature", 1]])
    assert.deepStrictEqual(shown(one("G/NDATA/f", 7)), [["G/f/other", 1]])
    send("G/NBIRTH/e", birth(T, []))
    assert.strictEqual(one("G/DDATA/e/d", 7)[0]?._tag, "Rejected")
    assert.deepStrictEqual(shown(one("G/NDATA/f", 7)), [["G/f/other", 1]])
  })

  it("learns nothing where it is explained or sent again", () => {
    const reader = new Mapper()
    node(reader, false)("G/NBIRTH/e", birth(T, [temperature]))
    assert.strictEqual(node(reader)("G/NDATA/e", data(T, [{ alias: 1, value: 1 }]))[0]?._tag, "Rejected")
  })

  it("keeps the aliases of so many nodes", () => {
    const aliases = new Aliases()
    for (let i = 0; i <= NODES_MAX; i++) {
      sparkplugMessage(`spBv1.0/G/NBIRTH/e${i}`, birth(T, [temperature]), aliases, true)
    }
    assert.isUndefined(aliases.of("G/e0"))
    assert.isDefined(aliases.of(`G/e${NODES_MAX}`))
  })

  it("never throws, and never hangs, whatever bytes come", () => {
    const send = node()
    const good = birth(T, [temperature, { name: "s", type: 12, value: "text" }])
    FastCheck.assert(
      FastCheck.property(
        FastCheck.uint8Array({ maxLength: 80 }),
        FastCheck.nat(good.length),
        FastCheck.boolean(),
        (bytes, cut, mixed) => {
          const payload = mixed ? Buffer.concat([good.subarray(0, cut), bytes]) : bytes
          assert.isNotEmpty(send("G/NBIRTH/e", payload))
        }
      ),
      { numRuns: 3_000 }
    )
    assert.deepStrictEqual(shown(send("G/NDATA/e", Buffer.from([0xff, 0x01]))).length, 1)
  })
})
