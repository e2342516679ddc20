/** Local times of a zone, to UTC. */
import { assert, describe, it } from "@effect/vitest"
import * as Either from "effect/Either"
import * as FastCheck from "effect/FastCheck"
import { formatTime, parseTime } from "../../src/domain/Time.js"
import { type Dst, timeZone } from "../../src/domain/TimeZone.js"

const utc = (zone: string, local: string, dst?: Dst): string =>
  Either.match(Either.getOrThrow(timeZone(zone)).toUtc(Either.getOrThrow(parseTime(local)), dst), {
    onLeft: (why) => why,
    onRight: ({ odd, time }) => `${formatTime(time).slice(0, 16)}${odd === null ? "" : ` ${odd}`}`
  })

describe("a local time", () => {
  it("is in UTC by the rules of its zone, or its offset", () => {
    assert.strictEqual(utc("Europe/Zurich", "2024-06-14T10:00"), "2024-06-14T08:00")
    assert.strictEqual(utc("Europe/Zurich", "2024-01-14T10:00"), "2024-01-14T09:00")
    assert.strictEqual(utc("America/St_Johns", "2024-01-14T10:00"), "2024-01-14T13:30")
    assert.strictEqual(utc("+05:30", "2024-01-14T10:00"), "2024-01-14T04:30")
    assert.strictEqual(utc("UTC", "2024-01-14T10:00"), "2024-01-14T10:00")
  })

  it("that comes twice or never needs to be told", () => {
    // Lord Howe Island changes by half an hour.
    assert.strictEqual(utc("Australia/Lord_Howe", "2024-04-07T01:45", "first"), "2024-04-06T14:45 twice")
    assert.strictEqual(utc("Australia/Lord_Howe", "2024-04-07T01:45", "second"), "2024-04-06T15:15 twice")
    assert.strictEqual(utc("America/New_York", "2024-03-10T02:30", "first"), "2024-03-10T07:30 missing")
    assert.strictEqual(utc("America/New_York", "2024-03-10T02:30", "second"), "2024-03-10T06:30 missing")
    assert.include(utc("America/New_York", "2024-03-10T02:30"), "does not exist")
    assert.strictEqual(utc("America/New_York", "2024-03-10T01:59"), "2024-03-10T06:59")
    assert.strictEqual(utc("America/New_York", "2024-03-10T03:00"), "2024-03-10T07:00")
  })

  it("is that of a clock in the zone, as the platform shows it", () => {
    const zones = [
      "Europe/Zurich",
      "America/New_York",
      "Australia/Lord_Howe",
      "Asia/Kolkata",
      "Africa/Casablanca"
    ]
    const shown = new Map(
      zones.map((timeZone) => [
        timeZone,
        new Intl.DateTimeFormat("sv-SE", { timeZone, dateStyle: "short", timeStyle: "medium" })
      ])
    )
    FastCheck.assert(
      FastCheck.property(
        FastCheck.constantFrom(...zones),
        FastCheck.integer({ min: 978_307_200, max: 1_893_456_000 }),
        (zone, seconds) => {
          const local = shown.get(zone)?.format(seconds * 1_000) ?? ""
          const both = (["first", "second"] as const).map((dst) => utc(zone, local, dst).slice(0, 16))
          assert.include(both, formatTime(seconds * 1_000_000).slice(0, 16))
        }
      ),
      { numRuns: 500 }
    )
  })
})

describe("a zone", () => {
  it("that nobody knows is refused", () => {
    for (const name of ["Europe/Zuerich", "+25:00", "", "local"])
      assert.isTrue(Either.isLeft(timeZone(name)), name)
  })
})
