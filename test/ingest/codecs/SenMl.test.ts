/** SenML packs: bases, times, sums, and what is refused. */
import { assert, describe, it } from "@effect/vitest"
import * as FastCheck from "effect/FastCheck"
import { timeSourceOf } from "../../../src/domain/Reading.js"
import { reasonOf } from "../../../src/domain/rejected/RejectionFault.js"
import { MIN_TIME, micros } from "../../../src/domain/Time.js"
import { decodeSenMl } from "../../../src/ingest/codecs/SenMl.js"

const NOW = micros(1_718_389_665_000_000)
let drawn = 0
const options = {
  topic: "POST /data/",
  arrivedAt: NOW,
  futureMicrosMax: 86_400_000_000,
  minTime: MIN_TIME,
  bytesMax: 1_000_000,
  recordsMax: 100,
  nonce: () => `n${drawn++}`
}

const decoded = (pack: unknown) => {
  const rows = decodeSenMl(Buffer.from(typeof pack === "string" ? pack : JSON.stringify(pack)), options)
  if ("fault" in rows) throw new Error(rows.fault)
  return [...rows]
}
const fault = (pack: unknown) => {
  const rows = decodeSenMl(Buffer.from(typeof pack === "string" ? pack : JSON.stringify(pack)), options)
  return "fault" in rows ? rows.fault : ""
}
/** Name, value, µs from now, unit, identity; or the record and why it is rejected. */
const shown = (pack: unknown) =>
  decoded(pack).map(({ item, row }) => {
    if (item._tag === "Rejected") return `${row}: ${reasonOf(item.faults)}`
    const { identity, occurredAt, said, sensor, value } = item.reading
    return [sensor._tag === "Named" && sensor.name, value, occurredAt - NOW, said.unit, identity._tag]
  })

describe("SenML", () => {
  it("resolves names, times, units and values by the bases before them", () => {
    const pack = [
      {
        bn: "urn:dev:ow:10e2073a01080063:",
        bt: 1_718_389_600.5,
        bu: "A",
        bver: 5,
        n: "voltage",
        u: "V",
        v: 120.1
      },
      { n: "current", t: -5, v: 1.2 },
      { n: "current", t: -4.000001, v: 1.3 },
      { bn: "urn:dev:ow:other", bv: 20, v: 1.5, u: "Cel" },
      { v: 2, t: 1 },
      { n: ":open", vb: true, ut: 5 }
    ]
    assert.deepStrictEqual(shown(pack), [
      ["urn:dev:ow:10e2073a01080063:voltage", 120.1, -64_500_000, "V", "Time"],
      ["urn:dev:ow:10e2073a01080063:current", 1.2, -69_500_000, "A", "Time"],
      ["urn:dev:ow:10e2073a01080063:current", 1.3, -68_500_001, "A", "Time"],
      ["urn:dev:ow:other", 21.5, -64_500_000, "Cel", "Time"],
      ["urn:dev:ow:other", 22, -63_500_000, "A", "Time"],
      ["urn:dev:ow:other:open", 1, -64_500_000, "A", "Time"]
    ])
  })

  it("a time below 2^28 is relative to the arrival, and can't be told from its repeat", () => {
    assert.deepStrictEqual(
      shown([
        { n: "a", v: 1 },
        { n: "a", v: 2, t: -10 },
        { bt: -60, n: "a", v: 3, t: 5.25 }
      ]),
      [
        ["a", 1, 0, undefined, "Arrival"],
        ["a", 2, -10_000_000, undefined, "Arrival"],
        ["a", 3, -54_750_000, undefined, "Arrival"]
      ]
    )
    assert.deepStrictEqual(shown([{ n: "a", v: 1, t: 2 ** 28 - 1 }]), [
      "1: the time is more than 24 h in the future"
    ])
  })

  it("an age adjusts the arrival; a clock that is not set gives way to it", () => {
    const origin = (pack: unknown) =>
      decoded(pack).map(({ item }) => {
        if (item._tag !== "Reading") return reasonOf(item.faults)
        const { deviceTime, occurredAt } = item.reading
        return [timeSourceOf(item.reading), occurredAt - NOW, deviceTime]
      })
    assert.deepStrictEqual(origin([{ n: "a", v: 1 }]), [["arrival", 0, undefined]])
    assert.deepStrictEqual(origin([{ bt: -60, n: "a", v: 3, t: 5.25 }]), [
      ["adjusted", -54_750_000, "-54.75"]
    ])
    for (const seconds of [2 ** 28, 978_307_199, -3_000_000_000]) {
      assert.deepStrictEqual(origin([{ n: "a", v: 1, t: seconds }]), [["arrival", 0, String(seconds)]])
    }
    assert.deepStrictEqual(origin([{ n: "a", v: 1, bt: 978_307_200, s: 2 }]), [
      ["device", 978_307_200_000_000 - NOW, undefined],
      ["device", 978_307_200_000_000 - NOW, undefined]
    ])
  })

  it("a sum is a reading of its own, and a record of bases alone is none", () => {
    assert.deepStrictEqual(
      shown([{ bn: "meter", bt: 1_718_389_665 }, { u: "W", v: 3, bs: 100, s: 5 }, { s: 7 }]),
      [
        ["meter", 3, 0, "W", "Time"],
        ["meter/sum", 105, 0, "W.s", "Time"],
        ["meter/sum", 107, 0, undefined, "Time"]
      ]
    )
  })

  it("names each record that is no reading, and why; a wrong base is wrong for all behind it", () => {
    const pack = [
      { n: "a", vs: "text" },
      { n: "a", vd: "aGk" },
      { n: "a", v: 1, vb: true },
      { v: 1 },
      { n: "ä", v: 1 },
      { n: "a", t: 1 },
      { n: "a", v: "1" },
      { n: "a", v: 1, must_: 1 },
      7,
      { n: "good", v: 1 },
      { bn: 5, n: "a", v: 1 },
      { n: "a", v: 1 },
      { bn: "b", n: "a", v: 1 },
      { bver: 11, n: "a", v: 1 }
    ]
    const rows = shown(pack).map((row) => (typeof row === "string" ? row : row[0]))
    assert.deepStrictEqual(rows, [
      "1: vs is no number: text and data are no readings",
      "2: vd is no number: text and data are no readings",
      "3: it has several values: v, vb",
      "4: the name is empty: give bn or n",
      "5: the name holds what SenML does not allow in names",
      "6: it has neither a value nor a sum",
      "7: v is text, not a number",
      '8: the field "must_" must be understood, and is not',
      "9: it is a number, not an object",
      "good",
      "11: bn is a number, not text",
      "12: bn is a number, not text",
      "ba",
      "14: bver is 11: SenML up to version 10 is understood"
    ])
  })

  it("what is rejected is kept as a pack that stands for itself", () => {
    const [, second] = decoded([{ bn: "x", bu: "C", v: 1 }, { vs: "text" }])
    assert.deepStrictEqual(JSON.parse(Buffer.from(second?.item.source.bytes ?? []).toString()), [
      { bn: "x", bu: "C", vs: "text" }
    ])
  })

  it("refuses what is no pack", () => {
    assert.match(fault("{"), /not JSON/)
    assert.match(fault({ n: "a", v: 1 }), /array, not an object/)
    assert.match(fault([]), /empty/)
    assert.match(fault(Array.from({ length: 101 }, () => ({}))), /more than 100 records/)
    assert.match(fault(""), /empty/)
  })

  it("never throws, whatever comes", () => {
    const key = FastCheck.constantFrom(
      ...[
        "bn",
        "bt",
        "bu",
        "bv",
        "bs",
        "bver",
        "n",
        "u",
        "v",
        "vs",
        "vb",
        "vd",
        "s",
        "t",
        "ut",
        "x_",
        "__proto__"
      ]
    )
    const value = FastCheck.oneof(
      FastCheck.jsonValue(),
      FastCheck.double(),
      FastCheck.constantFrom("a", 1, 2 ** 28)
    )
    const record = FastCheck.oneof(FastCheck.dictionary(key, value), FastCheck.jsonValue())
    FastCheck.assert(
      FastCheck.property(FastCheck.array(record, { minLength: 1, maxLength: 20 }), (pack) => {
        for (const { item, row } of decoded(pack)) {
          assert.isAtMost(row, pack.length)
          if (item._tag === "Rejected") assert.isNotEmpty(reasonOf(item.faults))
          else {
            assert.isTrue(Number.isFinite(item.reading.value))
            assert.isTrue(Number.isSafeInteger(item.reading.occurredAt) && item.reading.occurredAt >= 0)
          }
        }
      }),
      { numRuns: 1_000 }
    )
  })

  it("readings that are written with bases are read as without them", () => {
    const name = FastCheck.stringMatching(/^[A-Za-z0-9][A-Za-z0-9:./_-]{0,20}$/)
    const seconds = FastCheck.integer({ min: 2 ** 28, max: 1_718_389_665 })
    const reading = FastCheck.record({ n: name, t: seconds, v: FastCheck.integer({ min: -1e9, max: 1e9 }) })
    FastCheck.assert(
      FastCheck.property(name, FastCheck.array(reading, { minLength: 1, maxLength: 9 }), (bn, readings) => {
        const [first] = readings
        if (first === undefined) return
        const bare = shown(readings.map((one) => ({ ...one, n: bn + one.n })))
        const based = readings.map(({ n, t, v }, i) => ({
          ...(i === 0 ? { bn, bt: first.t, bv: first.v } : {}),
          n,
          t: t - first.t,
          v: v - first.v
        }))
        assert.deepStrictEqual(shown(based), bare)
      })
    )
  })
})
