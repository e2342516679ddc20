/** Sensors that rest at 0 beside one that is stuck at it, over days: what `not_stuck` says of the last of them. */
import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/TestClock"
import { sensorId } from "../../../src/domain/Ids.js"
import { MICROS_PER_DAY, MICROS_PER_MILLI, MICROS_PER_MINUTE, micros } from "../../../src/domain/Time.js"
import { EventLog } from "../../../src/eventlog/EventLog.js"
import * as Minutes from "../../../src/projections/minutes/Minutes.js"
import * as Quality from "../../../src/projections/quality/Quality.js"
import { append, candidate } from "../../http/realServer.js"
import { describeDatabases } from "../../support/databases.js"
import { at } from "../handmade.js"
import { awake, live } from "./measured.js"

const START = at("2026-11-22T00:00:00.000000Z")
const DAYS = 4
const A_DAY = 288
const END = micros(START + DAYS * MICROS_PER_DAY)

const sun = (i: number) => {
  const at = i % A_DAY
  return at < 144 ? 0 : Math.round(5_000 * Math.sin((Math.PI * (at - 143)) / 145)) + (i % 7)
}
const rain = (i: number) => (i % 250 === 100 ? 0.2 : i % 250 === 101 ? 0.6 : 0)
const warm = (i: number) => 20 + Math.round(50 * Math.sin(i / 40)) / 10 + (i % 2) / 10
/** It shows 0 for the last ten hours. */
const dead = (i: number) => (i >= DAYS * A_DAY - 120 ? 0 : warm(i))

const SENSORS: ReadonlyArray<{
  readonly id: number
  readonly type: string | null
  readonly value: (i: number) => number
  readonly failed: number
}> = [
  { id: 1, type: "solar_power", value: sun, failed: 0 },
  // What it measures nobody said: its days tell.
  { id: 2, type: null, value: sun, failed: 0 },
  { id: 3, type: null, value: rain, failed: 0 },
  { id: 4, type: "temperature", value: dead, failed: 120 },
  { id: 5, type: null, value: dead, failed: 120 },
  { id: 6, type: "temperature", value: sun, failed: 144 }
]

describeDatabases("zeros", (database) => {
  it.effect("are no fault of what rests at 0, and are one of what is stuck there", () =>
    Effect.gen(function* () {
      const log = yield* EventLog
      yield* TestClock.setTime(END / MICROS_PER_MILLI)
      for (const { id, type, value } of SENSORS) {
        yield* append(
          Array.from({ length: DAYS * A_DAY }, (_, i) =>
            candidate(id, START + i * 5 * MICROS_PER_MINUTE, value(i), type === null ? {} : { type })
          )
        )
      }
      yield* log.describe(SENSORS.map(({ id }) => ({ id: sensorId(id), intervalMs: 300_000, said: {} })))
      yield* (yield* Minutes.Minutes).catchUp
      const quality = yield* Quality.Quality
      const window = { start: micros(END - MICROS_PER_DAY), end: END }
      for (const { failed, id } of SENSORS) {
        const report = yield* awake(quality.report({ ...window, sensorId: sensorId(id) }))
        const check = report.details.validity.checks.find(({ name }) => name === "not_stuck")
        assert.deepStrictEqual([id, check?.failed], [id, failed])
        const page = yield* awake(
          quality.failures({ ...window, sensorId: sensorId(id), check: "not_stuck", skip: 0, limit: 10 })
        )
        assert.strictEqual(
          page.rows.reduce((sum, { count }) => sum + count, 0),
          failed
        )
      }
    }).pipe(Effect.provide(live(database)))
  )
})
