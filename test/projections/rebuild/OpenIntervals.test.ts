/** What is handed out of open intervals, part by part, is what was added to them; and no more is held than is said. */
import { assert, it } from "@effect/vitest"
import * as FastCheck from "effect/FastCheck"
import { eventId, position, sensorId } from "../../../src/domain/Ids.js"
import { divisionEnd, divisionStart, zoneNamed } from "../../../src/domain/minute/LocalInterval.js"
import { fold, type Minute, type MinuteReading, mergeAll } from "../../../src/domain/minute/Minute.js"
import { MICROS_PER_SECOND, micros } from "../../../src/domain/Time.js"
import { minuteKey } from "../../../src/projections/minutes/MinuteStore.js"
import { type IntervalPart, OpenIntervals } from "../../../src/projections/rebuild/OpenIntervals.js"

// Two hours around the end of summer time in Zurich.
const FROM = Date.UTC(2024, 9, 27, 0) * 1_000
const ZURICH = { interval: "1h", zone: zoneNamed("Europe/Zurich") } as const
const BOUNDS = { intervalsMax: 4, readingsMax: 12 }

const readings = FastCheck.array(
  FastCheck.record({
    sensor: FastCheck.integer({ min: 1, max: 3 }),
    at: FastCheck.integer({ min: 0, max: 7_199 }),
    value: FastCheck.double({ min: -1e9, max: 1e9, noNaN: true })
  }),
  { maxLength: 60 }
)

for (const division of [{ interval: "1m" } as const, ZURICH]) {
  it(`gives each reading once, in parts whose first one is known (${division.interval})`, () => {
    FastCheck.assert(
      FastCheck.property(readings, FastCheck.integer({ min: 1, max: 9 }), (all, every) => {
        const open = new OpenIntervals(division, BOUNDS)
        const expected = new Map<string, Array<MinuteReading>>()
        const parts: Array<IntervalPart> = []
        const heldNow = () => expected.size
        for (const [index, { at, sensor, value }] of all.entries()) {
          const occurredAt = micros(FROM + at * MICROS_PER_SECOND)
          const reading: MinuteReading = {
            position: position(index + 1),
            eventId: eventId(index.toString(16).padStart(32, "0")),
            occurredAt,
            value,
            sensorVersion: 1,
            lat: null,
            lng: null
          }
          open.at(sensorId(sensor), occurredAt).add(reading)
          open.counted(1)
          const key = minuteKey({ sensorId: sensorId(sensor), minute: divisionStart(division, occurredAt) })
          expected.set(key, [...(expected.get(key) ?? []), reading])
          if (index % every === 0) parts.push(...open.take(false))
        }
        parts.push(...open.take(true))
        assert.deepStrictEqual(open.take(true), [])

        const given = new Map<string, Array<Minute>>()
        for (const part of parts) {
          const before = given.get(minuteKey(part))
          if (before !== undefined)
            assert.isTrue(part.again, "a part that comes again is said to be the first")
          assert.strictEqual(part.end, divisionEnd(division, part.minute))
          given.set(minuteKey(part), [...(before ?? []), part.state])
        }
        assert.strictEqual(given.size, heldNow())
        for (const [key, list] of expected) {
          assert.deepStrictEqual(mergeAll(given.get(key) ?? []), fold(list))
        }
      })
    )
  })
}

it("holds no more than its bounds, and keeps what readings come to", () => {
  const open = new OpenIntervals({ interval: "1m" }, BOUNDS)
  const add = (sensor: number, minute: number) =>
    open.at(sensorId(sensor), micros(FROM + minute * 60 * MICROS_PER_SECOND)).touch(position(minute + 1))
  for (const minute of [0, 1, 2, 3]) add(1, minute)
  assert.deepStrictEqual(open.take(false), [])
  add(1, 4)
  const earlier = open.take(false)
  assert.deepStrictEqual(
    earlier.map(({ again, state }) => [again, state.position]),
    [0, 1, 2, 3].map((minute) => [false, minute + 1])
  )
  // Late, and of a minute that is held.
  add(1, 2)
  add(1, 4)
  assert.deepStrictEqual(
    open.take(true).map(({ again, state }) => [again, state.position]),
    [
      [true, 3],
      [false, 5]
    ]
  )
  // Where the latest ones alone are too many, they go too.
  for (const sensor of [1, 2, 3, 4, 5]) add(sensor, 9)
  assert.strictEqual(open.take(false).length, 5)
})
