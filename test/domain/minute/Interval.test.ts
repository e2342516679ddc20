/** Interval lengths as people write them, and where intervals start and end. */
import { assert, describe, it } from "@effect/vitest"
import * as FastCheck from "effect/FastCheck"
import {
  type Interval,
  intervalEnd,
  intervalMicros,
  intervalStart,
  isInterval
} from "../../../src/domain/minute/Interval.js"

const at = (text: string) => Date.parse(text) * 1_000
const startOf = (interval: Interval, text: string) =>
  new Date(intervalStart(interval, at(text)) / 1_000).toISOString()

describe("an interval", () => {
  it("is a whole number of minutes up to a day, of days or of weeks", () => {
    for (const text of [
      "1m",
      "7m",
      "10m",
      "30m",
      "90m",
      "1440m",
      "2h",
      "24h",
      "1d",
      "31d",
      "1w",
      "4w",
      "1mo",
      "12mo",
      "1q",
      "1y",
      "10y"
    ])
      assert.isTrue(isInterval(text), text)
    const none = [
      "",
      "m",
      "0m",
      "01m",
      "1.5h",
      "-1h",
      "1441m",
      "25h",
      "32d",
      "5w",
      "1s",
      "1M",
      "1 h",
      "1H",
      "13mo",
      "5q",
      "11y"
    ]
    for (const text of [...none, "1mm", "10", "1m\n", "__proto__", "1o"])
      assert.isFalse(isInterval(text), text)
  })

  it("is aligned to UTC: to midnight where it divides a day, weeks to Monday", () => {
    const time = "2024-06-14T18:27:45.123Z"
    const starts: ReadonlyArray<readonly [Interval, string]> = [
      ["1m", "2024-06-14T18:27:00.000Z"],
      ["10m", "2024-06-14T18:20:00.000Z"],
      ["30m", "2024-06-14T18:00:00.000Z"],
      ["2h", "2024-06-14T18:00:00.000Z"],
      ["6h", "2024-06-14T18:00:00.000Z"],
      ["1d", "2024-06-14T00:00:00.000Z"],
      // A Friday.
      ["1w", "2024-06-10T00:00:00.000Z"],
      ["1mo", "2024-06-01T00:00:00.000Z"],
      ["1q", "2024-04-01T00:00:00.000Z"],
      ["1y", "2024-01-01T00:00:00.000Z"]
    ]
    for (const [interval, start] of starts) assert.strictEqual(startOf(interval, time), start, interval)
    assert.strictEqual(startOf("1w", "2024-06-09T23:59:59.999Z"), "2024-06-03T00:00:00.000Z")
    assert.strictEqual(startOf("1w", "1970-01-04T12:00:00Z"), "1970-01-01T00:00:00.000Z")
    assert.strictEqual(intervalEnd("1w", at("1970-01-04T12:00:00Z")), at("1970-01-05T00:00:00Z"))
    assert.strictEqual(new Date(intervalStart("4w", at(time)) / 1_000).getUTCDay(), 1)
  })

  it("holds each time once: it starts where the one before it ends", () => {
    const interval = FastCheck.oneof(
      FastCheck.integer({ min: 1, max: 1_440 }).map((n): Interval => `${n}m`),
      FastCheck.integer({ min: 1, max: 31 }).map((n): Interval => `${n}d`),
      FastCheck.integer({ min: 1, max: 4 }).map((n): Interval => `${n}w`)
    )
    FastCheck.assert(
      FastCheck.property(interval, FastCheck.integer({ min: 0, max: 4e15 }), (one, time) => {
        const [start, end] = [intervalStart(one, time), intervalEnd(one, time)]
        assert.isTrue(start <= time && time < end)
        assert.strictEqual(intervalStart(one, end), end)
        assert.strictEqual(intervalStart(one, end - 1), start)
        if (start > 0) assert.strictEqual(end - start, intervalMicros(one))
      })
    )
  })
})
