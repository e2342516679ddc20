/** SenML by MQTT: the same readings as by HTTP, and never an array of our own forms. */
import { assert, describe, it } from "@effect/vitest"
import { DEFAULT_DECODE_LIMITS } from "../../../src/ingest/codecs/MessageDecode.js"
import { decodeSenMl } from "../../../src/ingest/codecs/SenMl.js"
import { replayItems } from "../../../src/ingest/IngestReplay.js"
import { arrivedAs, decoded, NOW, readingsOf, shown } from "../forms.js"

const byHttp = (pack: unknown) => {
  let drawn = 0
  const rows = decodeSenMl(Buffer.from(JSON.stringify(pack)), {
    ...{ topic: "POST /data/", arrivedAt: NOW, bytesMax: 100_000, recordsMax: 1_000 },
    futureMicrosMax: DEFAULT_DECODE_LIMITS.futureMicrosMax,
    minTime: DEFAULT_DECODE_LIMITS.minTime,
    nonce: () => `nonce-${drawn++}`
  })
  if ("fault" in rows) throw new Error(rows.fault)
  return readingsOf([...rows].map(({ item }) => item))
}

const PACKS: ReadonlyArray<readonly [name: string, pack: ReadonlyArray<unknown>]> = [
  [
    "of the standard's first examples",
    [
      { bn: "urn:dev:ow:10e2073a01080063:", bt: 1.276020076e9, n: "voltage", u: "V", v: 120.1 },
      { n: "current", u: "A", v: 1.2 }
    ]
  ],
  ["of one record", [{ n: "urn:dev:ow:10e2073a01080063", u: "Cel", v: 23.1 }]],
  [
    "with base values, sums and booleans",
    [
      { bn: "m:", bv: 20, bu: "W", bver: 10 },
      { n: "a", v: 1, s: 5 },
      { n: "b", vb: true },
      { t: -5, v: 2 }
    ]
  ],
  ["of sums alone", [{ bn: "energy", bs: 5, bu: "J" }, { s: 1 }]],
  [
    "with a label that SenML does not know, and text",
    [
      { n: "a", v: 1, comment: "x" },
      { n: "b", vs: "on" }
    ]
  ]
]

describe("a SenML pack as a message", () => {
  it.each(PACKS)("%s gives what it gives in a body", (_, pack) => {
    const items = decoded(pack, "sensors/senml")
    assert.isNotEmpty(readingsOf(items))
    assert.deepStrictEqual(readingsOf(items), byHttp(pack))
  })

  it("loses a bad record alone, each under a label of its own", () => {
    const pack: ReadonlyArray<unknown> = [
      { bn: "d:", n: "a", v: 1 },
      7,
      { n: "b", vs: "on" },
      { n: "c", v: 2, s: 3 },
      { n: "é", v: 1 }
    ]
    const items = decoded(pack)
    assert.deepStrictEqual(shown(items), [
      ["d:a", 1],
      "[1]: it is a number, not an object",
      "[2]: vs is no number: text and data are no readings",
      ["d:c", 2],
      ["d:c/sum", 3],
      "[4]: the name holds what SenML does not allow in names"
    ])
    assert.deepStrictEqual(
      items.map(({ source }) => source.metric),
      ["[0].v", "[1]", "[2]", "[3].v", "[3].s", "[4]"]
    )
    const bytes = arrivedAs(pack).payload
    for (const { source } of items) assert.deepStrictEqual(source.bytes, bytes)

    const message = {
      ...{ id: "0".repeat(32), topic: "sensors/hall", metric: "[2]", bytes, size: bytes.length },
      ...{ truncated: false, faults: [], reason: "vs is no number", firstSeen: NOW, deliveries: 1 }
    }
    const mended = pack.with(2, { n: "b", vb: true })
    assert.deepStrictEqual(shown(replayItems(message, arrivedAs(mended).payload, DEFAULT_DECODE_LIMITS)), [
      ["d:b", 1]
    ])
  })

  it("keeps to the bounds", () => {
    const many = Array.from({ length: 600 }, (_, i) => ({ n: `s${i}`, v: 1, s: 2 }))
    const items = decoded(many)
    assert.lengthOf(readingsOf(items), 1_000)
    assert.strictEqual(shown(items)[1_000], "[500].v: it holds more than 1000 readings")
    assert.lengthOf(items, 1_017)
  })

  it.each<[name: string, array: ReadonlyArray<unknown>, readings: ReadonlyArray<unknown>]>([
    ["sensor_id", [{ sensor_id: 1, n: "x", v: 2, value: 3 }], [[1, 3]]],
    [
      "a name",
      [{ name: "d", v: 230, s: 1 }],
      [
        ["d/v", 230],
        ["d/s", 1]
      ]
    ],
    [
      "n that is a number",
      [{ n: 5, v: 230 }],
      [
        ["hall/n", 5],
        ["hall/v", 230]
      ]
    ],
    [
      "numbers that SenML lacks",
      [{ n: "x", v: 230, i: 2 }],
      [
        ["hall/v", 230],
        ["hall/i", 2]
      ]
    ],
    [
      "data",
      [
        { n: "x", v: 1 },
        { device: "d", data: { v: 2 } }
      ],
      [
        ["hall/v", 1],
        ["d/v", 2]
      ]
    ],
    [
      "no name",
      [{ v: 230, t: 20 }],
      [
        ["hall/v", 230],
        ["hall/t", 20]
      ]
    ]
  ])("is no array of ours, with %s", (_, array, readings) => {
    assert.deepStrictEqual(shown(decoded(array)), readings)
  })
})
