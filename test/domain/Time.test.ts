import { assert, describe, it } from "@effect/vitest"
import * as Either from "effect/Either"
import * as FastCheck from "effect/FastCheck"
import * as Schema from "effect/Schema"
import {
  formatSqlTime,
  formatTime,
  micros,
  minuteOf,
  parseStoredTime,
  parseTime,
  Timestamp
} from "../../src/domain/Time.js"

/** 2024-06-14T18:27:45Z */
const SECOND = 1_718_389_665_000_000
const MICRO = SECOND + 123_456

const parsed = (input: unknown): number | string => Either.merge(parseTime(input))

// The largest time that a double holds exactly, and the smallest.
const anyTime = FastCheck.oneof(
  FastCheck.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }),
  FastCheck.integer({ min: 1_500_000_000_000_000, max: 2_000_000_000_000_000 })
)

/** The calendar of the language, as a second opinion. */
const byDate = (time: number): string =>
  `${new Date(Math.floor(time / 1_000)).toISOString().slice(0, 23)}${String(time % 1_000).padStart(3, "0")}Z`

const ACCEPTED: ReadonlyArray<readonly [what: string, input: unknown, time: number]> = [
  ["six digits, as most devices send it", "2024-06-14T18:27:45.123456", MICRO],
  ["with Z", "2024-06-14T18:27:45.123456Z", MICRO],
  ["lower case", "2024-06-14t18:27:45.123456z", MICRO],
  ["a blank for the T", "2024-06-14 18:27:45.123456", MICRO],
  ["a blank before the offset", "2024-06-14 18:27:45.123456 +00:00", MICRO],
  ["blanks around it", "  2024-06-14T18:27:45.123456Z\n", MICRO],
  ["no fraction", "2024-06-14T18:27:45Z", SECOND],
  ["no seconds", "2024-06-14T18:27", SECOND - 45_000_000],
  ["a date alone", "2024-06-14", 1_718_323_200_000_000],
  ["1 digit", "2024-06-14T18:27:45.1Z", SECOND + 100_000],
  ["2 digits", "2024-06-14T18:27:45.12Z", SECOND + 120_000],
  ["3 digits", "2024-06-14T18:27:45.123Z", SECOND + 123_000],
  ["4 digits", "2024-06-14T18:27:45.1234Z", SECOND + 123_400],
  ["5 digits", "2024-06-14T18:27:45.12345Z", SECOND + 123_450],
  ["7 digits: cut, not rounded", "2024-06-14T18:27:45.1234569Z", MICRO],
  ["8 digits", "2024-06-14T18:27:45.12345699Z", MICRO],
  ["9 digits", "2024-06-14T18:27:45.123456999Z", MICRO],
  ["a comma", "2024-06-14T18:27:45,123456Z", MICRO],
  ["an offset to the east", "2024-06-14T20:27:45.123456+02:00", MICRO],
  ["an offset to the west", "2024-06-14T13:57:45.123456-04:30", MICRO],
  ["an offset without a colon", "2024-06-14T20:27:45.123456+0200", MICRO],
  ["an offset over midnight", "2024-06-15T00:27:45.123456+06:00", MICRO],
  ["-00:00", "2024-06-14T18:27:45.123456-00:00", MICRO],
  ["29 February of a leap year", "2024-02-29T00:00:00Z", 1_709_164_800_000_000],
  ["29 February 2000", "2000-02-29T23:59:59.999999Z", 951_868_799_999_999],
  ["the epoch", "1970-01-01T00:00:00Z", 0],
  ["before the epoch, but not in UTC", "1969-12-31T23:00:00-01:00", 0],
  ["2200", "2200-01-01T00:00:00Z", 7_258_118_400_000_000],
  ["the last that is exact", "2255-06-05T23:47:34.740991Z", Number.MAX_SAFE_INTEGER],
  ["seconds", 1_718_389_665, SECOND],
  ["seconds as text", "1718389665", SECOND],
  ["seconds with a fraction", 1_718_389_665.123456, MICRO],
  ["seconds with a fraction, as text", "1718389665.123456", MICRO],
  ["seconds that a double can't hold exactly", 1_594_598_735.7727768, 1_594_598_735_772_777],
  ["the same as text", "1594598735.7727768", 1_594_598_735_772_777],
  ["seconds with an exponent", "1.718389665e9", SECOND],
  ["milliseconds", 1_718_389_665_123, SECOND + 123_000],
  ["milliseconds as text", "1718389665123", SECOND + 123_000],
  ["milliseconds with a fraction", 1_718_389_665_123.456, MICRO],
  ["microseconds", MICRO, MICRO],
  ["microseconds as text", String(MICRO), MICRO],
  ["0", 0, 0]
]

const REFUSED: ReadonlyArray<readonly [input: unknown, reason: RegExp]> = [
  ...[
    "soon",
    "",
    " ",
    "now",
    "Fri, 14 Jun 2024 18:27:45 GMT",
    "14.06.2024",
    "06/14/2024",
    "2024-6-14",
    "20240614T182745Z",
    "2024-06-14T18",
    "2024-06-14T",
    "2024-06-14T18:27:45.Z",
    "2024-06-14T18:27:45+2",
    "2024-06-14T18:27:45+24:00",
    "2024-06-14T18:27:45+02:60",
    "2024-06-14T18:27:45 Europe/Berlin",
    "2024-02-30T00:00:00Z",
    "2023-02-29T00:00:00Z",
    "1900-02-29",
    "2100-02-29",
    "2024-04-31",
    "2024-13-01",
    "2024-00-01",
    "2024-01-00",
    "2024-06-14T24:00:00Z",
    "2024-06-14T18:60:00Z",
    "2024-06-14T18:27:60Z",
    "1e999",
    "NaN",
    "Infinity",
    "0x10",
    "１７１８３８９６６５",
    Number.NaN,
    Number.POSITIVE_INFINITY,
    1e19,
    -1e19,
    1e300,
    null,
    undefined,
    true,
    {},
    [1_718_389_665]
  ].map((input) => [input, /^is not a time: give RFC 3339/] as const),
  ["1900-01-01T00:00:00Z", /^is before 1970$/],
  ["1969-12-31T23:59:59.999999Z", /^is before 1970$/],
  ["1970-01-01T00:00:00+00:01", /^is before 1970$/],
  ["0000-01-01", /^is before 1970$/],
  [-1, /^is before 1970$/],
  [-0.5, /^is before 1970$/],
  ["2255-06-05T23:47:34.740992Z", /^is after the year 2255$/],
  ["9999-12-31", /^is after the year 2255$/],
  [9_100_000_000_000_000, /^is after the year 2255$/]
]

describe("a time that a device gives", () => {
  for (const [what, input, time] of ACCEPTED) {
    it(`is taken: ${what}`, () => assert.strictEqual(parsed(input), time))
  }

  for (const [input, reason] of REFUSED) {
    it(`is refused: ${String(JSON.stringify(input) ?? input)}`, () => {
      const refused = parsed(input)
      assert.isString(refused)
      assert.match(String(refused), reason)
    })
  }

  it("is seconds, milliseconds or microseconds by its size", () => {
    // Year 5138 in seconds, in milliseconds and in microseconds: only the bounds matter.
    assert.strictEqual(parsed(99_999_999_999), "is after the year 2255")
    assert.strictEqual(parsed(100_000_000_000), 100_000_000_000_000)
    assert.strictEqual(parsed(99_999_999_999_999), "is after the year 2255")
    assert.strictEqual(parsed(100_000_000_000_000), 100_000_000_000_000)
  })

  it("in seconds is rounded to the nearest microsecond", () =>
    FastCheck.assert(
      FastCheck.property(
        FastCheck.integer({ min: 1e15, max: 2e15 }),
        (time) => parsed(time / 1e6) === time && parsed(String(time / 1e6)) === time
      )
    ))

  it("never has a fraction of a microsecond", () =>
    FastCheck.assert(
      FastCheck.property(FastCheck.double({ min: 0, max: 9e9, noNaN: true }), (seconds) => {
        const time = parsed(seconds)
        return Number.isSafeInteger(time) && Math.abs(Number(time) - seconds * 1e6) <= 1
      })
    ))
})

describe("a time as text", () => {
  it("is what it was", () => {
    assert.strictEqual(formatTime(MICRO), "2024-06-14T18:27:45.123456Z")
    assert.strictEqual(formatTime(0), "1970-01-01T00:00:00.000000Z")
    assert.strictEqual(formatSqlTime(MICRO), "2024-06-14 18:27:45.123456")
    assert.strictEqual(formatTime(Number.MAX_SAFE_INTEGER), "2255-06-05T23:47:34.740991Z")
  })

  it("agrees with the language's calendar, day by day", () => {
    for (let day = 0; day < 104_249; day++) {
      assert.strictEqual(formatTime(day * 86_400_000_000), byDate(day * 86_400_000_000))
    }
  })

  it("agrees with the language's calendar at any microsecond", () =>
    FastCheck.assert(FastCheck.property(anyTime, (time) => formatTime(time) === byDate(time))))

  it("comes back as the same time, from a device, from SQLite and from MySQL", () =>
    FastCheck.assert(
      FastCheck.property(
        anyTime,
        (time) =>
          parsed(formatTime(time)) === time &&
          parsed(formatSqlTime(time)) === time &&
          parseStoredTime(formatTime(time)) === time &&
          parseStoredTime(formatSqlTime(time)) === time
      ),
      { numRuns: 2_000 }
    ))

  it("sorts as the times do", () =>
    FastCheck.assert(FastCheck.property(anyTime, anyTime, (a, b) => a < b === formatTime(a) < formatTime(b))))

  it("is read from a column with fewer digits, and nothing else is", () => {
    assert.strictEqual(parseStoredTime("2024-06-14 18:27:45"), SECOND)
    assert.strictEqual(parseStoredTime("2024-06-14 18:27:45.5"), SECOND + 500_000)
    for (const text of ["", "null", "soon", "2024-06-14"]) {
      assert.throws(() => parseStoredTime(text), RangeError)
    }
  })
})

describe("a minute", () => {
  it("is half-open, and holds every time in it", () => {
    const minute = micros(SECOND - 45_000_000)
    assert.strictEqual(minuteOf(minute), minute)
    assert.strictEqual(minuteOf(minute + 59_999_999), minute)
    assert.strictEqual(minuteOf(minute + 60_000_000), minute + 60_000_000)
  })
})

describe("a time on the wire", () => {
  it("is decoded from any form, and encoded as RFC 3339", () => {
    const decode = Schema.decodeUnknownSync(Timestamp)
    assert.strictEqual(decode("2024-06-14T20:27:45.123456+02:00"), MICRO)
    assert.strictEqual(decode(1_718_389_665), SECOND)
    assert.strictEqual(Schema.encodeSync(Timestamp)(micros(MICRO)), "2024-06-14T18:27:45.123456Z")
    assert.throws(() => decode("soon"), /is not a time/)
  })
})
