/** Where the events of a cold day lie in the log. */
import { assert, describe, it } from "@effect/vitest"
import { ColdRows } from "../../../src/eventlog/cold/ColdRows.js"
import { EVENT_CELLS } from "../../../src/eventlog/sql/EventRows.js"

const CELLS: Readonly<Record<string, number | string>> = {
  ...{ event_id: "0".repeat(32), type: "ReadingRecorded", sensor_id: 1, sensor_version: 1, value: 1 },
  ...{ occurred_at: 1_000, recorded_at: 1_000, time_source: "device" }
}

/** A day with events at these positions. */
const rowsAt = (positions: ReadonlyArray<number>) => {
  const rows = ColdRows.of(EVENT_CELLS, positions.length)
  rows.add(
    positions.map((position) =>
      EVENT_CELLS.map((name) => (name === "position" ? position : (CELLS[name] ?? null)))
    )
  )
  return rows.sealed()
}

const range = (count: number, step: number) => Array.from({ length: count }, (_, n) => 1 + n * step)

describe("the runs of a cold day", () => {
  it("are one where few positions of others lie between its own", () => {
    assert.deepStrictEqual(rowsAt(range(50, 900)).runs(), [{ first: 1, last: 44_101 }])
  })

  it("leave out what came late", () => {
    assert.deepStrictEqual(rowsAt([900_000, 3, 1, 2, 900_001]).runs(), [
      { first: 1, last: 3 },
      { first: 900_000, last: 900_001 }
    ])
  })

  it("are a bounded number, with all positions in them", () => {
    const positions = [...range(500, 5_000), 9_000_000]
    const runs = rowsAt(positions).runs()
    assert.isAtMost(runs.length, 100)
    assert.deepStrictEqual(
      positions.filter((at) => !runs.some(({ first, last }) => first <= at && at <= last)),
      []
    )
    assert.deepStrictEqual(runs.at(-1), { first: 9_000_000, last: 9_000_000 })
  })

  it("are none of a day without readings", () => {
    assert.deepStrictEqual(rowsAt([]).runs(), [])
  })
})
