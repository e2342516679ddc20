import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/TestClock"
import { sensorId } from "../../../src/domain/Ids.js"
import { MICROS_PER_DAY, MICROS_PER_HOUR, MICROS_PER_MINUTE, micros } from "../../../src/domain/Time.js"
import { EventLog, type EventLogService } from "../../../src/eventlog/EventLog.js"
import { askedOf } from "../../../src/pages/explore/ExploreQuery.js"
import { windowOf } from "../../../src/pages/explore/ExploreWindow.js"

const NOW = micros(Date.UTC(2026, 0, 5) * 1_000)
const ids = [sensorId(1)]

/** A log whose readings are at these times, as far as a window asks for them. */
const logOf = (times: ReadonlyArray<number>) => {
  const found = (start = 0, end = Number.POSITIVE_INFINITY) =>
    times.filter((time) => time >= start && time < end).map((time) => ({ occurredAt: micros(time) }))
  const service = {
    head: Effect.succeed({ position: times.length }),
    readings: ({ end, start }: { readonly start?: number; readonly end?: number }) =>
      Effect.succeed(found(start, end).slice(0, 1)),
    lastReadings: () => Effect.succeed(new Map(times.length === 0 ? [] : [[ids[0], found().at(-1)]]))
  }
  return service as never as EventLogService
}

const shown = (query: string, times: ReadonlyArray<number>) => {
  const parameters = new URLSearchParams(query)
  return TestClock.setTime(NOW / 1_000).pipe(
    Effect.zipRight(windowOf(askedOf(parameters), ids, parameters.has("range"))),
    Effect.provideService(EventLog, logOf(times)),
    Effect.map(({ end, range, start }) => [range, (end - start) / MICROS_PER_MINUTE])
  )
}
const ago = (minutes: number) => NOW - minutes * MICROS_PER_MINUTE

describe("a range that nobody asked for", () => {
  it.effect("begins where there are data: with the first where all are of the last hour", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* shown("", [ago(3), ago(2)]), ["all", 3])
      assert.deepStrictEqual(yield* shown("sensor=1", [ago(50)]), ["all", 50])
      // After a long silence: the shortest range that holds what came since.
      const before = NOW - 3 * MICROS_PER_DAY
      assert.deepStrictEqual(yield* shown("", [before, ago(10)]), ["15m", 15])
      assert.deepStrictEqual(yield* shown("", [before, ago(20)]), ["1h", 60])
    })
  )

  it.effect("is a day where there is more, or nothing, and stays what it is by name", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* shown("", [ago(61), ago(1)]), ["24h", 24 * 60])
      assert.deepStrictEqual(yield* shown("", []), ["24h", 24 * 60])
      assert.deepStrictEqual(yield* shown("range=24h", [ago(2)]), ["24h", 24 * 60])
      const start = new Date((NOW - MICROS_PER_HOUR) / 1_000).toISOString()
      const end = new Date(NOW / 1_000).toISOString()
      assert.deepStrictEqual(yield* shown(`start=${start}&end=${end}`, [ago(2)]), ["custom", 60])
    })
  )
})
