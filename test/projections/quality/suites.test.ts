/** Suites over a log in memory: what the built-in one expects of a young sensor, and every column of aggregates. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import * as TestClock from "effect/TestClock"
import type { CatalogueEvent } from "../../../src/domain/catalogue/CatalogueEdits.js"
import { AGGREGATES } from "../../../src/domain/dataset/AggregatesDataset.js"
import { position, sensorId } from "../../../src/domain/Ids.js"
import { AGGREGATE_COLUMNS, aggregateRow } from "../../../src/domain/suite/ExpectationRows.js"
import { parseSuite } from "../../../src/domain/suite/ExpectationSuite.js"
import {
  MICROS_PER_HOUR,
  MICROS_PER_MILLI,
  MICROS_PER_MINUTE,
  MICROS_PER_SECOND,
  micros
} from "../../../src/domain/Time.js"
import { CatalogueLog } from "../../../src/eventlog/CatalogueLog.js"
import { EventLog } from "../../../src/eventlog/EventLog.js"
import * as MemoryEventLog from "../../../src/eventlog/memory/MemoryEventLog.js"
import { ENTITY_SETS } from "../../../src/odata/EntitySets.js"
import { type AggregateRow, Aggregates } from "../../../src/projections/minutes/Aggregates.js"
import * as Suites from "../../../src/projections/quality/Suites.js"
import { append, candidate } from "../../http/realServer.js"
import { at } from "../handmade.js"

const NOW = at("2026-11-22T10:00:00.000000Z")
const DAY_AGO = micros(NOW - 24 * MICROS_PER_HOUR)

const AGGREGATE: AggregateRow = {
  id: position(7),
  sensorId: sensorId(1),
  timestamp: DAY_AGO,
  value: 20,
  lat: null,
  lng: null,
  unit: "C",
  type: "temperature",
  description: null,
  name: null,
  interval: "1m",
  count: 60,
  sum: 1_200,
  min: 19,
  max: 22,
  stddev: 0.5,
  first: 19,
  last: 21,
  expected: 60,
  completeness: 1,
  final: true,
  position: position(66),
  p50: 20,
  p95: 21,
  p99: 22
}

const aggregates = Layer.succeed(Aggregates, {
  shaped: () => Effect.dieMessage("nobody asks for shaped aggregates"),
  aggregates: () => Effect.succeed({ asOf: position(0), rows: [AGGREGATE] }),
  standing: Effect.succeed({ position: position(0), finalBefore: micros(0), latenessMicros: 0 })
})
const never = () => Effect.dieMessage("nobody says anything")
const liveWith = (events: ReadonlyArray<CatalogueEvent>) => {
  const words = Layer.succeed(CatalogueLog, {
    current: () => Effect.succeed(events),
    change: never,
    history: never
  })
  return Suites.layer.pipe(Layer.provideMerge(Layer.mergeAll(MemoryEventLog.layer(), aggregates, words)))
}
const live = liveWith([])

const DOWNTIME: CatalogueEvent = {
  position: 1,
  logPosition: 0,
  type: "AnnotationMade",
  subject: "1",
  previous: 0,
  recordedAt: NOW,
  actor: null,
  reason: null,
  payload: {
    start: micros(NOW - 4 * MICROS_PER_MINUTE),
    end: micros(NOW - 2 * MICROS_PER_MINUTE),
    sensors: [sensorId(1)],
    kind: "downtime",
    text: "Overhaul"
  }
}

/** One a second from then on, up to `until`. */
const readings = (sensor: number, from: number, until: number) =>
  append(
    Array.from({ length: (until - from) / MICROS_PER_SECOND }, (_, i) =>
      candidate(sensor, from + i * MICROS_PER_SECOND, i)
    )
  )

const expectedOf = (sensors: ReadonlyArray<number>) =>
  Effect.gen(function* () {
    const { builtIn } = yield* Suites.Suites
    const { expectations } = yield* builtIn({ dataset: "sensor_data" })
    return sensors.map((id) => {
      const [one] = expectations.filter(
        ({ kwargs, meta }) => meta.check === "received" && kwargs.row_condition === `sensor_id == ${id}`
      )
      return one === undefined ? null : [one.kwargs.min_value, one.meta.expected_from, one.meta.expected_to]
    })
  })

describe("suites", () => {
  it.effect("expect readings of a sensor from its first one on, and of a retired one up to its last", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(NOW / MICROS_PER_MILLI)
      const young = NOW - 5 * MICROS_PER_MINUTE
      yield* readings(1, young, NOW)
      yield* append([candidate(2, DAY_AGO - MICROS_PER_HOUR, 1), candidate(2, NOW - MICROS_PER_SECOND, 2)])
      yield* readings(3, young, NOW - 2 * MICROS_PER_MINUTE)
      const log = yield* EventLog
      yield* log.describe([1, 2, 3, 4].map((id) => ({ id: sensorId(id), intervalMs: 1_000, said: {} })))
      yield* log.retire([sensorId(3)])
      assert.deepStrictEqual(yield* expectedOf([1, 2, 3, 4]), [
        [299, "2026-11-22T09:55:00.000000Z", "2026-11-22T10:00:00.000000Z"],
        [86_399, "2026-11-21T10:00:00.000000Z", "2026-11-22T10:00:00.000000Z"],
        [178, "2026-11-22T09:55:00.000000Z", "2026-11-22T09:57:59.000000Z"],
        // It has never sent anything: nothing is late.
        null
      ])
    }).pipe(Effect.provide(live))
  )

  it.effect("expect nothing while a sensor is planned to be down", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(NOW / MICROS_PER_MILLI)
      const young = NOW - 5 * MICROS_PER_MINUTE
      for (const sensor of [1, 2]) yield* readings(sensor, young, NOW)
      const log = yield* EventLog
      yield* log.describe([1, 2].map((id) => ({ id: sensorId(id), intervalMs: 1_000, said: {} })))
      const span = ["2026-11-22T09:55:00.000000Z", "2026-11-22T10:00:00.000000Z"]
      assert.deepStrictEqual(yield* expectedOf([1, 2]), [
        [59 + 119, ...span],
        [299, ...span]
      ])
    }).pipe(Effect.provide(liveWith([DOWNTIME])))
  )

  it.effect("know every column of an aggregate, as all its readers do", () =>
    Effect.gen(function* () {
      const columns = Object.keys(AGGREGATE_COLUMNS)
      assert.deepStrictEqual(columns, Object.keys(aggregateRow(AGGREGATE)))
      assert.deepStrictEqual(
        columns,
        AGGREGATES.columns.map(({ name }) => name)
      )
      assert.sameMembers(
        columns,
        ENTITY_SETS.aggregates.properties.map(({ name }) => name)
      )
      yield* TestClock.setTime(NOW / MICROS_PER_MILLI)
      const { run } = yield* Suites.Suites
      const suite = parseSuite({
        name: "percentiles",
        expectations: [
          { type: "expect_table_columns_to_match_ordered_list", kwargs: { column_list: columns } },
          { type: "expect_column_values_to_be_in_set", kwargs: { column: "interval", value_set: ["1m"] } },
          ...["p50", "p95", "p99"].map((column, i) => ({
            type: "expect_column_values_to_be_between",
            kwargs: { column, min_value: 20 + i, max_value: 20 + i }
          }))
        ]
      })
      const { success } = yield* run(Either.getOrThrow(suite), { dataset: "aggregated_sensor_data" })
      assert.isTrue(success)
    }).pipe(Effect.provide(live))
  )
})
