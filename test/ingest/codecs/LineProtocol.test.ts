/** Line protocol: what Telegraf sends, what it means, and what is refused. */
import { assert, describe, it } from "@effect/vitest"
import * as FastCheck from "effect/FastCheck"
import { reasonOf } from "../../../src/domain/rejected/RejectionFault.js"
import { MIN_TIME, micros } from "../../../src/domain/Time.js"
import type { AppendItem } from "../../../src/eventlog/EventLog.js"
import { decodeLines, type Precision, sensorName } from "../../../src/ingest/codecs/LineProtocol.js"
import { parseLine, seriesText } from "../../../src/ingest/codecs/LineSyntax.js"

const NOW = micros(1_718_389_665_000_000)
let drawn = 0
const options = (precision: Precision = "ns") => ({
  topic: "POST /api/v2/write",
  arrivedAt: NOW,
  futureMicrosMax: 86_400_000_000,
  minTime: MIN_TIME,
  precision,
  linesMax: 1_000,
  nonce: () => `n${drawn++}`
})

const decoded = (text: string, precision?: Precision) => {
  const rows = decodeLines(text, options(precision))
  if ("fault" in rows) throw new Error(rows.fault)
  return [...rows]
}
/** Readings as name, value and time; rejected items as their line and reason. */
const shown = (text: string, precision?: Precision) =>
  decoded(text, precision).map(({ item, row }) =>
    item._tag === "Rejected"
      ? `${row}: ${reasonOf(item.faults)}`
      : [
          item.reading.sensor._tag === "Named" ? item.reading.sensor.name : 0,
          item.reading.value,
          item.reading.occurredAt - NOW
        ]
  )
const said = (item: AppendItem | undefined) => (item?._tag === "Reading" ? item.reading.said : undefined)

const TELEGRAF = [
  "cpu,cpu=cpu0,host=db1 usage_idle=98.70,usage_user=1.2e-1 1718389665123456789",
  "mem,host=db1 used=8589934592i,free=18014398509481984u,active=true 1718389665123456789",
  String.raw`disk,path=/mnt/my\ disk,device=a\=b\,c,fstype=ext4 used_percent=12.5,label="C: \"data\", \\ x=y" 1718389665000000000`,
  'system,host=db1 uptime_format="3 days, 4:05" 1718389665000000000',
  "",
  "# a comment",
  String.raw`we\,ather\ station,unit=C temperature=-0 1718389665000001`
].join("\n")

describe("line protocol", () => {
  it("as Telegraf writes it: a reading for each number and boolean, of a sensor that is known by its series", () => {
    let texts = 0
    const rows = decodeLines(TELEGRAF, { ...options(), passedOver: () => texts++ })
    assert.isFalse("fault" in rows)
    if ("fault" in rows) return
    assert.strictEqual([...rows].length, 7)
    assert.strictEqual(texts, 2)
    const lines = TELEGRAF.split("\n")
    assert.deepStrictEqual(shown(lines.slice(0, 4).join("\r\n")), [
      ["cpu,cpu=cpu0,host=db1 usage_idle", 98.7, 123_456],
      ["cpu,cpu=cpu0,host=db1 usage_user", 0.12, 123_456],
      ["mem,host=db1 used", 8_589_934_592, 123_456],
      ["mem,host=db1 free", 18_014_398_509_481_984, 123_456],
      ["mem,host=db1 active", 1, 123_456],
      [String.raw`disk,device=a\=b\,c,fstype=ext4,path=/mnt/my\ disk used_percent`, 12.5, 0]
    ])
    const [last] = decoded(lines[6] ?? "", "us")
    assert.deepStrictEqual(said(last?.item), { type: "temperature", unit: "C" })
    assert.deepStrictEqual(shown(lines[6] ?? "", "us"), [
      [String.raw`we\,ather\ station,unit=C temperature`, 0, 1]
    ])
  })

  it("takes each precision, cuts nanoseconds to microseconds, and knows no time far ahead", () => {
    const at = (text: string, precision: Precision) => shown(`m f=1 ${text}`, precision)
    assert.deepStrictEqual(at("1718389665123456999", "ns"), [["m f", 1, 123_456]])
    assert.deepStrictEqual(at("1718389665001", "ms"), [["m f", 1, 1_000]])
    assert.deepStrictEqual(at("1718389666", "s"), [["m f", 1, 1_000_000]])
    assert.deepStrictEqual(at("28639828", "m"), [["m f", 1, 15_000_000]])
    assert.deepStrictEqual(at("1718389665123456789", "s"), ["1: the timestamp is after the year 2255 in s"])
    assert.deepStrictEqual(at("1818389665", "s"), ["1: the timestamp is more than 24 h in the future"])
    const [timeless] = decoded("m f=1")
    assert.isTrue(timeless?.item._tag === "Reading" && timeless.item.reading.identity._tag === "Arrival")
  })

  it("names the unit that is meant where a timestamp is no believable time in its own", () => {
    const at = (text: string, precision: Precision) => shown(`m f=1 ${text}`, precision)
    assert.deepStrictEqual(at("1718359200", "ns"), [
      "1: the timestamp reads as 1970-01-01T00:00:01.718359Z in ns: precision=s is meant"
    ])
    assert.match(String(at("1718359200000", "ns")), /1970-01-01T00:28:38.359200Z .* precision=ms is meant$/)
    assert.match(
      String(at("1718359200000000", "ns")),
      /1970-01-20T21:19:19.200000Z .* precision=us is meant$/
    )
  })

  it("stores what has a clock that is not set as of its arrival, each by itself", () => {
    const unset: ReadonlyArray<readonly [string, Precision]> = [
      ...(["0", "-1", "86400000000000"] as const).map((text) => [text, "ns"] as const),
      ...(["20261128", "46354", "978307199"] as const).map((text) => [text, "s"] as const)
    ]
    for (const [text, precision] of unset) {
      const [one, two] = decoded(`m f=1,g=2 ${text}`, precision).map(({ item }) =>
        item._tag === "Reading" ? item.reading : undefined
      )
      assert.deepInclude(one, { occurredAt: NOW, deviceTime: text })
      assert.strictEqual(one?.identity._tag, "Arrival")
      assert.notDeepEqual(one?.identity, two?.identity)
    }
    assert.deepStrictEqual(shown("m f=1 978307200", "s"), [["m f", 1, 978_307_200_000_000 - NOW]])
  })

  it("names each bad line, and takes the others", () => {
    const lines = [
      "good f=1",
      "no_fields",
      "m,tag f=1",
      "m,a=1,a=2 f=1",
      "m f=",
      "m f=x,g=1",
      'm f="open',
      "good f=2",
      "m f=1 12x",
      "m f=nan",
      ",a=b f=1",
      'm f="x"y',
      "good f=9007199254740993i",
      "good f=99999999999999999999u",
      "good f=3"
    ]
    const found = decoded(lines.join("\n"))
    const bad = found.flatMap(({ item, row }) => (item._tag === "Rejected" ? [row] : []))
    assert.deepStrictEqual(bad, [2, 3, 4, 5, 6, 7, 9, 10, 11, 12, 13, 14])
    const values = found.flatMap(({ item }) => (item._tag === "Reading" ? [item.reading.value] : []))
    assert.deepStrictEqual(values, [1, 1, 2, 3])
    const [first] = found.filter(({ item }) => item._tag === "Rejected")
    assert.strictEqual(Buffer.from(first?.item.source.bytes ?? []).toString(), "no_fields")
  })

  it("a quoted text may hold newlines, and lines are still counted", () => {
    assert.deepStrictEqual(shown('m t="a\nb c=",f=1\nbad\nm f=2'), [
      ["m f", 1, 0],
      "3: the fields are missing",
      ["m f", 2, 0]
    ])
  })

  it("cuts long names, and keeps them apart", () => {
    const tags = "x".repeat(300)
    const [a, b] = [sensorName(`m,t=${tags}`, "a"), sensorName(`m,t=${tags}`, "b")]
    assert.isAtMost(a.length, 190)
    assert.notStrictEqual(a, b)
    assert.strictEqual(a, sensorName(`m,t=${tags}`, "a"))
  })

  it("refuses a body of too many lines", () => {
    assert.deepStrictEqual(decodeLines("m f=1\n".repeat(3), { ...options(), linesMax: 2 }), {
      fault: "the body has more than 2 lines"
    })
  })

  it("never throws, whatever comes", () => {
    const pieces = FastCheck.constantFrom(
      ...[
        ",",
        "=",
        " ",
        '"',
        "\\",
        "\n",
        "\r",
        "#",
        "m",
        "f=1",
        "i",
        "u",
        "t",
        "17",
        "-",
        "e",
        "\0",
        "é",
        "\ud800"
      ]
    )
    const text = FastCheck.oneof(
      FastCheck.string(),
      FastCheck.array(pieces).map((all) => all.join(""))
    )
    FastCheck.assert(
      FastCheck.property(text, (body) => {
        for (const { item, row } of decoded(body.slice(0, 900))) {
          assert.isAtLeast(row, 1)
          if (item._tag === "Reading") assert.isTrue(Number.isFinite(item.reading.value))
          else assert.isNotEmpty(reasonOf(item.faults))
        }
      }),
      { numRuns: 2_000 }
    )
  })

  it("what is written is read as it was meant: names, tags, fields, values", () => {
    // A backslash before the end of a part can't be written in this protocol.
    const part = FastCheck.stringMatching(/^[ -~äé]{0,10}[a-z0-9]$/)
    const value = FastCheck.double({ noNaN: true, noDefaultInfinity: true }).map((n) => (n === 0 ? 0 : n))
    const escape = (text: string, specials: RegExp) => text.replace(specials, "\\$&")
    const plain = part.filter((text) => !/\\[,= ]|^[#]|^\s|\s$|^$/.test(text))
    const tags = FastCheck.uniqueArray(FastCheck.tuple(plain, plain), {
      selector: ([key]) => key,
      maxLength: 4
    })
    FastCheck.assert(
      FastCheck.property(plain, tags, plain, value, (measurement, tags, field, value) => {
        const line = [
          escape(measurement, /[, ]/g),
          ...tags.map(([key, text]) => `${escape(key, /[,= ]/g)}=${escape(text, /[,= ]/g)}`)
        ].join(",")
        const parsed = parseLine(`${line} ${escape(field, /[,= ]/g)}=${value} 1718389665000000000`)
        if ("code" in parsed) throw new Error(`${line}: ${parsed.code}`)
        const sorted = tags.toSorted(([a], [b]) => (a < b ? -1 : 1))
        assert.deepStrictEqual(
          [parsed.measurement, parsed.tags, parsed.fields[0]?.key.text, Number(parsed.fields[0]?.text)],
          [measurement, sorted, field, value]
        )
        // The series, written again, is read as itself.
        const again = parseLine(`${seriesText(parsed)} f=1`)
        if ("code" in again) throw new Error(again.code)
        assert.deepStrictEqual([again.measurement, again.tags], [measurement, sorted])
      }),
      { numRuns: 1_000 }
    )
  })
})
