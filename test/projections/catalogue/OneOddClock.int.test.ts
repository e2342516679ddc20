/** A clock that reads 1970 once, at its start, spoils neither the span of the data nor the count of what is missing. */
import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as TestClock from "effect/TestClock"
import { sensorId } from "../../../src/domain/Ids.js"
import { formatTime, MICROS_PER_MILLI, MICROS_PER_MINUTE, micros } from "../../../src/domain/Time.js"
import { EventLog } from "../../../src/eventlog/EventLog.js"
import * as SqlCatalogueLog from "../../../src/eventlog/SqlCatalogueLog.js"
import { DEFAULT_DECODE_LIMITS, decode } from "../../../src/ingest/codecs/MessageDecode.js"
import * as Catalog from "../../../src/projections/catalogue/Catalogue.js"
import { Minutes } from "../../../src/projections/minutes/Minutes.js"
import { Quality } from "../../../src/projections/quality/Quality.js"
import { describeDatabases, type TestDatabase } from "../../support/databases.js"
import { at } from "../handmade.js"
import { awake, live } from "../quality/measured.js"

const START = at("2026-11-22T10:00:00.000000Z")
const MINUTES = 1_560
const timeOf = (minute: number) => micros(START + minute * MICROS_PER_MINUTE)
const END = timeOf(MINUTES + 1)

/** What arrives at a minute: at first the clock is not set. */
const arriving = (minute: number) =>
  decode(
    {
      topic: "sensors",
      payload: Buffer.from(
        JSON.stringify({
          sensor_id: 1,
          timestamp: minute === 0 ? "1970-01-01T00:00:03" : formatTime(timeOf(minute)),
          value: 20 + (minute % 7)
        })
      ),
      qos: 1,
      clientId: null,
      arrivedAt: timeOf(minute)
    },
    DEFAULT_DECODE_LIMITS,
    () => "nonce"
  )

const served = (database: TestDatabase) =>
  Catalog.layer.pipe(Layer.provide(SqlCatalogueLog.layer), Layer.provideMerge(live(database)))

describeDatabases("one odd reading at the start", (database) => {
  it.effect("is named, and the rest stands", () =>
    Effect.gen(function* () {
      const log = yield* EventLog
      yield* TestClock.setTime(END / MICROS_PER_MILLI)
      for (let minute = 0; minute <= MINUTES; minute += 120) {
        const until = Math.min(MINUTES + 1, minute + 120)
        yield* log.append(Array.from({ length: until - minute }, (_, i) => arriving(minute + i)).flat())
      }
      yield* log.describe([{ id: sensorId(1), intervalMs: MICROS_PER_MINUTE / MICROS_PER_MILLI, said: {} }])
      yield* (yield* Minutes).catchUp
      const [readings] = yield* (yield* Catalog.Catalog).datasets({ skip: 0, limit: 1 })
      assert.deepInclude(readings, {
        dataset_name: "sensor_data",
        start_time: formatTime(START),
        end_time: formatTime(timeOf(MINUTES))
      })
      const quality = yield* Quality
      const { details } = yield* awake(quality.report({ start: micros(0), end: END }))
      const tally = (of: keyof typeof details, name: string) => {
        const { denominator, numerator } = details[of].checks.find((check) => check.name === name) ?? {}
        return [numerator, denominator]
      }
      assert.deepStrictEqual(tally("completeness", "received"), [MINUTES + 1, MINUTES + 1])
      assert.deepStrictEqual(tally("timeliness", "clock_set"), [MINUTES, MINUTES + 1])
      const window = { start: micros(0), end: END, sensorId: sensorId(1), skip: 0, limit: 10 }
      const { rows } = yield* awake(quality.failures({ ...window, check: "clock_set" }))
      assert.deepStrictEqual(
        rows.map(({ count, reason }) => [count, reason]),
        [[1, "its clock stated a time that can't be meant: it has the time of its arrival"]]
      )
      assert.deepStrictEqual((yield* awake(quality.failures({ ...window, check: "received" }))).rows, [])
    }).pipe(Effect.provide(served(database)))
  )
})
