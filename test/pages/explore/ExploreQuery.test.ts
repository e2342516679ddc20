import { assert, describe, it } from "@effect/vitest"
import { sensorId } from "../../../src/domain/Ids.js"
import { formatTime, MICROS_PER_DAY, MICROS_PER_HOUR, micros } from "../../../src/domain/Time.js"
import {
  askedOf,
  canonicalQuery,
  downloadsOf,
  movesOf,
  sensorsIn,
  shownOf
} from "../../../src/pages/explore/ExploreQuery.js"

const asked = (query: string) => askedOf(new URLSearchParams(query))

describe("what /explore is asked for", () => {
  it("takes sensors repeated or by commas, once each, and nothing that is none", () => {
    const query = new URLSearchParams("sensor=3,1&sensor=3&sensor=x&sensor=0&sensor=99999999999")
    assert.deepStrictEqual(sensorsIn(query), [sensorId(3), sensorId(1)])
  })

  it("takes a range by name, or from … to, as a browser's field writes it", () => {
    assert.deepInclude(asked("range=7d&start=2026-01-01T00:00&end=2026-01-02T00:00"), {
      range: "7d",
      start: null
    })
    assert.deepInclude(asked("range=custom&start=2026-01-01T00:00&end=2026-01-02T00:00:30"), {
      range: "custom",
      start: micros(Date.UTC(2026, 0, 1) * 1_000),
      end: micros(Date.UTC(2026, 0, 2, 0, 0, 30) * 1_000)
    })
  })

  it("takes a time without an offset as one of the zone that the address names, else of UTC", () => {
    const start = (query: string) => {
      const { start } = asked(`end=2027-01-01T00:00:00Z&${query}`)
      return start === null ? null : formatTime(start).slice(0, 19)
    }
    const zone = "tz=Europe/Zurich"
    assert.strictEqual(start("start=2026-07-01T12:00"), "2026-07-01T12:00:00")
    assert.strictEqual(start(`start=2026-07-01T12:00&${zone}`), "2026-07-01T10:00:00")
    assert.strictEqual(start(`start=2026-01-01&${zone}`), "2025-12-31T23:00:00")
    assert.strictEqual(start(`start=2026-07-01T12:00:00Z&${zone}`), "2026-07-01T12:00:00")
    assert.strictEqual(start(`start=2026-07-01T12:00:00%2B05:00&${zone}`), "2026-07-01T07:00:00")
    // An hour that comes twice is its first coming.
    assert.strictEqual(start(`start=2026-10-25T02:30:00&${zone}`), "2026-10-25T00:30:00")
  })

  it("is as if it were not said where it can't be understood", () => {
    for (const query of [
      "",
      "range=x&interval=y",
      "start=2026-01-02T00:00&end=2026-01-01T00:00",
      "start=1&end=z"
    ]) {
      assert.deepInclude(asked(query), { range: "24h", start: null, end: null, interval: "auto" })
    }
  })

  it("takes the API's words for sensors and times as well as its own", () => {
    const query = "sensor_id=3,1&start_time=2026-01-01T00:00:00Z&end_time=2026-01-02T00:00:00Z&interval=5m"
    assert.strictEqual(
      decodeURIComponent(canonicalQuery(new URLSearchParams(query)).toString()),
      "sensor=3,1&start=2026-01-01T00:00:00Z&end=2026-01-02T00:00:00Z&interval=5m"
    )
  })

  it("shows single readings where they are few, and else the finest interval that a plot can hold", () => {
    assert.strictEqual(shownOf("auto", MICROS_PER_HOUR / 4, [1_000]), "raw")
    assert.strictEqual(shownOf("auto", MICROS_PER_HOUR, [1_000, null]), "1m")
    assert.strictEqual(shownOf("auto", MICROS_PER_DAY, [1_000]), "5m")
    assert.strictEqual(shownOf("auto", 7 * MICROS_PER_DAY, [1_000]), "15m")
    assert.strictEqual(shownOf("auto", 30 * MICROS_PER_DAY, [1_000]), "1h")
    assert.strictEqual(shownOf("auto", 3_650 * MICROS_PER_DAY, [1_000]), "1d")
    assert.strictEqual(shownOf("1m", 30 * MICROS_PER_DAY, [1_000]), "1h")
    assert.strictEqual(shownOf("raw", 30 * MICROS_PER_DAY, [1_000]), "1h")
    assert.strictEqual(shownOf("raw", MICROS_PER_DAY, [3_600_000]), "raw")
  })

  it("moves within its own address, and downloads what is shown as of its position", () => {
    const standing = {
      sensors: [sensorId(1), sensorId(2)],
      start: micros(0),
      end: micros(MICROS_PER_HOUR),
      interval: "auto" as const
    }
    const moves = movesOf(standing)
    assert.deepStrictEqual(
      moves.map(({ label }) => label),
      ["← Earlier", "Zoom in", "Zoom out", "Later →"]
    )
    // Nothing is before 1970.
    for (const { href } of moves) assert.notInclude(href, "1969")
    const [csv] = downloadsOf(standing, "5m", 77)
    assert.include(
      csv?.href,
      "/aggregated_data/range/?sensor_id=1%2C2&start_time=1970-01-01T00%3A00%3A00.000000Z"
    )
    assert.include(csv?.href, "interval=5m&tz=UTC&as_of=77&format=csv")
  })
})
