/** Telegraf's JSON by MQTT: the same readings as of its line protocol by HTTP. */
import { assert, describe, it } from "@effect/vitest"
import { decodeLines } from "../../../src/ingest/codecs/LineProtocol.js"
import { DEFAULT_DECODE_LIMITS } from "../../../src/ingest/codecs/MessageDecode.js"
import { replayItems } from "../../../src/ingest/IngestReplay.js"
import { arrivedAs, decoded, NOW, readingsOf, shown } from "../forms.js"

const byHttp = (lines: string) => {
  let drawn = 0
  const rows = decodeLines(lines, {
    ...{ topic: "POST /api/v2/write", arrivedAt: NOW, precision: "s" as const, linesMax: 100 },
    futureMicrosMax: DEFAULT_DECODE_LIMITS.futureMicrosMax,
    minTime: DEFAULT_DECODE_LIMITS.minTime,
    nonce: () => `nonce-${drawn++}`
  })
  if ("fault" in rows) throw new Error(rows.fault)
  return readingsOf([...rows].map(({ item }) => item))
}
const cpu = (host: string, usage: unknown = 98.5) => ({
  ...{ fields: { usage_idle: usage }, name: "cpu", tags: { host } },
  timestamp: 1_718_389_604
})

describe("Telegraf's JSON", () => {
  it.each<[name: string, json: unknown, lines: string]>([
    ["with a tag", cpu("web1"), "cpu,host=web1 usage_idle=98.5 1718389604"],
    [
      "with tags out of order, spaces, commas, equals signs, empty ones, newlines and a unit",
      {
        fields: { "used percent": 12.5, ok: true, label: "C:", "a=b": 3 },
        name: "my disk,x",
        tags: { path: "/mnt/my disk", device: "a=b,c", note: "", unit: "%", z: "1\n2" },
        timestamp: 1_718_389_604
      },
      String.raw`my\ disk\,x,unit=%,z=1\n2,path=/mnt/my\ disk,device=a\=b\,c used\ percent=12.5,ok=true,label="C:",a\=b=3 1718389604`
    ],
    ["without tags", { ...cpu("x"), tags: {} }, "cpu usage_idle=98.5 1718389604"],
    ["without a time", { ...cpu("x"), timestamp: null }, "cpu,host=x usage_idle=98.5"],
    [
      "with a name that is cut",
      cpu("x".repeat(300)),
      `cpu,host=${"x".repeat(300)} usage_idle=98.5 1718389604`
    ],
    [
      "in an array",
      [cpu("web1"), cpu("web2", 1)],
      "cpu,host=web1 usage_idle=98.5 1718389604\ncpu,host=web2 usage_idle=1 1718389604"
    ],
    [
      "in a batch",
      { metrics: [cpu("web1"), { ...cpu("a"), fields: { text: "only" } }, cpu("web2", false)] },
      "cpu,host=web1 usage_idle=98.5 1718389604\ncpu,host=web2 usage_idle=false 1718389604"
    ]
  ])("%s is what it is in line protocol", (_, json, lines) => {
    const items = decoded(json, "telegraf/x")
    assert.lengthOf(items, readingsOf(items).length)
    assert.isNotEmpty(items)
    assert.deepStrictEqual(readingsOf(items), byHttp(lines))
  })

  it.each([1_718_389_604, 1_718_389_604_000, 1_718_389_604_000_000, 1_718_389_604_000_000_000])(
    "takes the time %d by its size",
    (timestamp) => {
      assert.deepStrictEqual(
        readingsOf(decoded({ ...cpu("web1"), timestamp })),
        readingsOf(decoded(cpu("web1")))
      )
    }
  )

  it("loses what is wrong alone, each under a label of its own", () => {
    const batch = {
      metrics: [
        cpu("a"),
        cpu("b", null),
        7,
        { ...cpu("c"), tags: { host: 5 } },
        { ...cpu("d"), timestamp: "soon" },
        { ...cpu("e"), fields: { x: {}, y: 1, "": 2 } }
      ]
    }
    const items = decoded(batch)
    assert.deepStrictEqual(shown(items), [
      ["cpu,host=a usage_idle", 98.5],
      '[1].usage_idle: metric "usage_idle": it is null, not a finite number',
      "[2]: element 2 is no metric of Telegraf: it has no name, fields and tags",
      "[3]: tags.host is a number, not text",
      "[4]: timestamp is not a time: give RFC 3339 (2024-06-14T18:27:45.123456Z) or epoch seconds, ms or µs",
      '[5].x: metric "x": it is an object, not a finite number',
      ["cpu,host=e y", 1],
      '[5].: metric "": the sensor\'s name, measurement, tags and field, has a field without a name'
    ])
    assert.strictEqual(items[0]?.source.metric, "[0].usage_idle")
    const bytes = arrivedAs(batch).payload
    const message = {
      ...{ id: "0".repeat(32), topic: "sensors/hall", metric: "[3]", bytes, size: bytes.length },
      ...{
        truncated: false,
        faults: [],
        reason: "tags.host is a number, not text",
        firstSeen: NOW,
        deliveries: 1
      }
    }
    const mended = { metrics: batch.metrics.with(3, cpu("c")) }
    assert.deepStrictEqual(shown(replayItems(message, arrivedAs(mended).payload, DEFAULT_DECODE_LIMITS)), [
      ["cpu,host=c usage_idle", 98.5]
    ])
  })

  it("of text alone is kept as rejected: a message gives an item", () => {
    for (const json of [
      { ...cpu("a"), fields: { x: "y" } },
      { metrics: [{ ...cpu("a"), fields: { x: "y" } }] }
    ]) {
      for (const payload of [json, [json]]) {
        const items = decoded(payload)
        assert.lengthOf(items, 1)
        assert.strictEqual(items[0]?._tag, "Rejected")
      }
    }
  })

  it("is not what has no name, fields and tags together", () => {
    assert.deepStrictEqual(shown(decoded({ name: "d", fields: { t: 1 } })), [["d/t", 1]])
    assert.deepStrictEqual(shown(decoded({ fields: { t: 1 }, tags: { host: "a" } })), [["hall/t", 1]])
    assert.deepStrictEqual(shown(decoded({ name: "d", data: { t: 1 }, tags: {}, fields: {} })), [["d/t", 1]])
    assert.deepStrictEqual(shown(decoded({ name: "d", value: 1, fields: { t: 1 }, tags: {} })), [["d", 1]])
  })
})
