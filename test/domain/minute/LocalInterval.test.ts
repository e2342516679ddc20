/** Intervals on local clocks, against what the platform's clocks show, walked step by step. */
import { assert, describe, it } from "@effect/vitest"
import * as FastCheck from "effect/FastCheck"
import type { Interval } from "../../../src/domain/minute/Interval.js"
import {
  type Division,
  divisionEnd,
  divisionSpell,
  divisionStart,
  zoneNamed
} from "../../../src/domain/minute/LocalInterval.js"
import { formatTime, MICROS_PER_HOUR, MICROS_PER_MINUTE } from "../../../src/domain/Time.js"

const at = (text: string) => Date.parse(text) * 1_000
const of = (zone: string, interval: Interval): Division => ({ interval, zone: zoneNamed(zone) })
const startOf = (zone: string, interval: Interval, time: string) =>
  formatTime(divisionStart(of(zone, interval), at(time))).slice(0, 16)
const hoursOf = (zone: string, interval: Interval, time: string) => {
  const division = of(zone, interval)
  return (divisionEnd(division, at(time)) - divisionStart(division, at(time))) / MICROS_PER_HOUR
}

/** Changes by an hour on both halves of the earth, by half an hour, at midnight, by the moon, by decree, and none. */
const ZONES = [
  "Europe/Zurich",
  "America/New_York",
  "America/St_Johns",
  "Australia/Lord_Howe",
  "Asia/Kathmandu",
  "Africa/Casablanca",
  "America/Havana",
  "Asia/Beirut",
  "Pacific/Chatham",
  "America/Santiago"
]
const FIRST_YEAR = 2020
const YEARS = 5
const STEP = 15
const STEP_MICROS = STEP * MICROS_PER_MINUTE
const DAY_MINUTES = 1_440
const FROM = Date.UTC(FIRST_YEAR, 0, 1) * 1_000
const TO = Date.UTC(FIRST_YEAR + YEARS, 0, 1) * 1_000

/** What a clock on the wall shows, in minutes since 1970 as if it were UTC: by ICU's calendar, without an offset. */
const wallOf = (timeZone: string) => {
  const format = new Intl.DateTimeFormat("sv-SE", { timeZone, dateStyle: "short", timeStyle: "short" })
  return (time: number) => Date.parse(`${format.format(time / 1_000).replace(" ", "T")}Z`) / 60_000
}

/** The minutes that it shows, step by step; in six hours that it goes through evenly it is looked at once. */
const EVEN_STEPS = 24
const wallsOf = (wall: (time: number) => number): ReadonlyArray<number> => {
  const walls: Array<number> = []
  while (walls.length < (TO - FROM) / STEP_MICROS) {
    const time = FROM + walls.length * STEP_MICROS
    const first = wall(time)
    const even = wall(time + EVEN_STEPS * STEP_MICROS) === first + EVEN_STEPS * STEP
    for (let step = 0; step < EVEN_STEPS; step++) {
      walls.push(even ? first + step * STEP : wall(time + step * STEP_MICROS))
    }
  }
  return walls
}

/** A label of the interval that a wall clock's minute is in, by `Date`, and its order. */
const LABELS: ReadonlyArray<readonly [Interval, number, (wall: number) => number]> = [
  ["15m", 15, (wall) => Math.floor(wall / 15)],
  ["30m", 30, (wall) => Math.floor(wall / 30)],
  ["1h", 60, (wall) => Math.floor(wall / 60)],
  ["2h", 120, (wall) => Math.floor(wall / 120)],
  ["6h", 360, (wall) => Math.floor(wall / 360)],
  ["1d", DAY_MINUTES, (wall) => Math.floor(wall / DAY_MINUTES)],
  ["1w", 7 * DAY_MINUTES, (wall) => Math.floor((wall / DAY_MINUTES + 3) / 7)],
  ["1mo", 28 * DAY_MINUTES, (wall) => monthOf(wall)],
  ["1q", 90 * DAY_MINUTES, (wall) => Math.floor(monthOf(wall) / 3)],
  ["1y", 365 * DAY_MINUTES, (wall) => Math.floor(monthOf(wall) / 12)]
]
const monthOf = (wall: number) => {
  const date = new Date(wall * 60_000)
  return date.getUTCFullYear() * 12 + date.getUTCMonth()
}

/** Every start that a walk over the wall clock comes to: a label seen first, or one seen again after a step back. */
const walked = (walls: ReadonlyArray<number>, length: number, label: (wall: number) => number) => {
  const starts: Array<number> = []
  let newest = Number.NEGATIVE_INFINITY
  for (const [index, wall] of walls.entries()) {
    const before = walls[index - 1] ?? wall
    const back = before + STEP - wall
    if (index > 0 && back >= length && label(wall) !== label(before + STEP)) {
      newest = Number.NEGATIVE_INFINITY
    }
    if (label(wall) <= newest) continue
    newest = label(wall)
    starts.push(FROM + index * STEP_MICROS)
  }
  return starts.slice(1)
}

const computed = (division: Division) => {
  const starts: Array<number> = []
  for (let time: number = divisionEnd(division, FROM); time < TO; time = divisionEnd(division, time)) {
    starts.push(time)
  }
  return starts
}

describe("an interval on local clocks", () => {
  it("starts where the wall clocks of ten zones come to it, in five years: none differs", () => {
    for (const zone of ZONES) {
      const wall = wallOf(zone)
      const walls = wallsOf(wall)
      for (const [interval, length, label] of LABELS) {
        const expected = walked(walls, length, label)
        const actual = computed(of(zone, interval))
        const differing = expected.filter((start, index) => start !== actual[index])
        assert.deepStrictEqual(differing.slice(0, 3).map(formatTime), [], `${zone} ${interval}`)
        assert.strictEqual(actual.length, expected.length, `${zone} ${interval}`)
      }
    }
  }, 60_000)

  it("has 23 and 25 hours of a day where clocks change", () => {
    assert.strictEqual(hoursOf("Europe/Zurich", "1d", "2024-03-31T12:00Z"), 23)
    assert.strictEqual(hoursOf("Europe/Zurich", "1d", "2024-10-27T12:00Z"), 25)
    assert.strictEqual(hoursOf("Australia/Lord_Howe", "1d", "2024-04-07T02:00Z"), 24.5)
    assert.strictEqual(hoursOf("Asia/Kathmandu", "1d", "2024-04-07T02:00Z"), 24)
    // Midnight comes twice: the day starts when it comes first.
    assert.strictEqual(hoursOf("America/Havana", "1d", "2024-11-03T12:00Z"), 25)
    // There is no midnight: the day starts at one o'clock.
    assert.strictEqual(startOf("Asia/Beirut", "1d", "2024-03-31T12:00Z"), "2024-03-30T22:00")
    // The clock went back over midnight: what it showed again is in the day that had begun.
    assert.strictEqual(hoursOf("America/St_Johns", "1d", "2010-11-07T12:00Z"), 25)
    // A day that was left out.
    assert.strictEqual(hoursOf("Pacific/Apia", "1w", "2011-12-28T12:00Z"), 144)
  })

  it("is one where it is longer than the step of the clock, and comes twice where it is not", () => {
    assert.strictEqual(startOf("Europe/Zurich", "1h", "2024-10-27T00:30Z"), "2024-10-27T00:00")
    assert.strictEqual(startOf("Europe/Zurich", "1h", "2024-10-27T01:30Z"), "2024-10-27T01:00")
    assert.strictEqual(hoursOf("Europe/Zurich", "2h", "2024-10-27T00:30Z"), 3)
    assert.strictEqual(hoursOf("Europe/Zurich", "6h", "2024-10-27T00:30Z"), 7)
    assert.strictEqual(hoursOf("Europe/Zurich", "2h", "2024-03-31T01:30Z"), 1)
    assert.strictEqual(hoursOf("Australia/Lord_Howe", "1h", "2024-04-06T15:15Z"), 1.5)
    assert.strictEqual(hoursOf("Australia/Lord_Howe", "30m", "2024-04-06T15:15Z"), 0.5)
  })

  it("is aligned to local midnight, Monday, month and year", () => {
    const time = "2024-06-14T18:27:45.123Z"
    assert.strictEqual(startOf("Asia/Kathmandu", "1h", time), "2024-06-14T18:15")
    assert.strictEqual(startOf("Asia/Kathmandu", "1d", time), "2024-06-14T18:15")
    assert.strictEqual(startOf("Europe/Zurich", "1w", time), "2024-06-09T22:00")
    assert.strictEqual(startOf("Europe/Zurich", "1mo", time), "2024-05-31T22:00")
    assert.strictEqual(startOf("Europe/Zurich", "1q", time), "2024-03-31T22:00")
    assert.strictEqual(startOf("Europe/Zurich", "1y", time), "2023-12-31T23:00")
    assert.strictEqual(startOf("-03:30", "1d", time), "2024-06-14T03:30")
    assert.strictEqual(startOf("UTC", "1mo", time), "2024-06-01T00:00")
    assert.strictEqual(startOf("Europe/Zurich", "1y", "1970-06-01T00:00Z"), "1970-01-01T00:00")
  })

  it("holds each time once, and is that of its spell", () => {
    const interval = FastCheck.oneof(
      FastCheck.integer({ min: 1, max: 1_440 }).map((n): Interval => `${n}m`),
      FastCheck.integer({ min: 1, max: 31 }).map((n): Interval => `${n}d`),
      FastCheck.integer({ min: 1, max: 12 }).map((n): Interval => `${n}mo`),
      FastCheck.constantFrom<Interval>("1h", "2h", "1w", "1q", "1y")
    )
    const zone = FastCheck.constantFrom(...ZONES, "Africa/Monrovia", "Pacific/Apia", "Asia/Pyongyang")
    const time = FastCheck.integer({ min: 0, max: 2_000_000_000 }).map((seconds) => seconds * 1_000_000)
    FastCheck.assert(
      FastCheck.property(interval, zone, time, (one, name, moment) => {
        const division = of(name, one)
        const [start, end] = [divisionStart(division, moment), divisionEnd(division, moment)]
        assert.isTrue(start <= moment && moment < end)
        assert.strictEqual(start % MICROS_PER_MINUTE, 0)
        assert.strictEqual(divisionStart(division, end), end)
        assert.strictEqual(divisionStart(division, end - 1), start)
        assert.strictEqual(divisionEnd(division, start), end)
        const { from, to } = divisionSpell(division, moment)
        assert.isTrue(from <= start && end <= to)
        assert.strictEqual(divisionStart(division, from), from)
        assert.strictEqual(divisionStart(division, to), to)
      }),
      { numRuns: 2_000 }
    )
  }, 60_000)
})
