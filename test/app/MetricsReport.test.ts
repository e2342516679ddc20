/** What `/metrics` makes of its parts, on the clock of the test: lags, sensors that are over, a log that is away. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as TestClock from "effect/TestClock"
import { AlertStore } from "../../src/alerts/AlertStore.js"
import type { Health } from "../../src/api/system/HealthContract.js"
import * as MetricsReport from "../../src/app/MetricsReport.js"
import { position, readingId, sensorId } from "../../src/domain/Ids.js"
import type { Reading } from "../../src/domain/Reading.js"
import { type Sensor, UNKNOWN_METADATA } from "../../src/domain/Sensor.js"
import { MICROS_PER_DAY, MICROS_PER_SECOND, micros } from "../../src/domain/Time.js"
import { EventLog, type LogError, LogUnavailable } from "../../src/eventlog/EventLog.js"
import { HealthCheck, MetricsReport as Report } from "../../src/http/core/Ports.js"
import { IngestStatus } from "../../src/ingest/IngestStatus.js"
import { Minutes } from "../../src/projections/minutes/Minutes.js"
import { SensorStatuses } from "../../src/sensors/SensorStatuses.js"

const NOW = micros(20 * MICROS_PER_DAY)

const HEALTH: Health = {
  status: "ok",
  position: 1_000,
  database: { dialect: "mysql", reachable: true, reason: null, since: "1970-01-20T00:00:00.000000Z" },
  ingest: { status: "ok", reason: null, pending: 0, dropped: 0 },
  projections: [{ name: "minutes", position: 900, lag: 100 }],
  warnings: ["one"]
}

const sensor = (id: number, more: Partial<Sensor> = {}): Sensor => ({
  id: sensorId(id),
  name: null,
  status: "active",
  version: 1,
  metadata: UNKNOWN_METADATA,
  intervalMs: 2_000,
  estimatedIntervalMs: null,
  versionSince: micros(0),
  ...more
})

const reading = (id: number, occurredAt: number): readonly [Sensor["id"], Reading] => [
  sensorId(id),
  {
    ...UNKNOWN_METADATA,
    name: null,
    id: readingId(id),
    position: position(id),
    sensorId: sensorId(id),
    sensorVersion: 1,
    occurredAt: micros(occurredAt),
    recordedAt: micros(occurredAt),
    timeSource: "device",
    value: 1
  }
]

interface Parts {
  readonly health?: Health
  readonly sensors?: Effect.Effect<ReadonlyArray<Sensor>, LogError>
  readonly last?: ReadonlyMap<Sensor["id"], Reading>
}

const idle = {
  ...{ state: "running" as const, pendingMessages: 0, pendingBytes: 0, lastError: null, since: null },
  ...{ messagesTotal: 0, storedTotal: 0, repeatedTotal: 0, rejectedTotal: 0 },
  ...{ droppedQos0Total: 0, fieldsIgnoredTotal: 0 }
}

/** Every metric's samples by their labels, as they are told at a time. */
const told = ({ health = HEALTH, last = new Map(), sensors = Effect.succeed([]) }: Parts) =>
  Effect.gen(function* () {
    yield* TestClock.setTime(NOW / 1_000)
    const { families } = yield* Report
    const all = yield* families
    return (name: string) =>
      all
        .find((family) => family.name === name)
        ?.samples.map(({ labels = {}, value }) => [Object.values(labels).join(), value])
  }).pipe(
    Effect.provide(
      Layer.provide(
        MetricsReport.layer,
        Layer.mergeAll(
          Layer.succeed(HealthCheck, { report: Effect.succeed(health) }),
          Layer.mock(IngestStatus, { get: Effect.succeed(idle) }),
          Layer.mock(Minutes, {
            name: "minutes",
            schedule: { every: 250, backoffMax: 2_000 },
            status: Effect.succeed({
              ...{ position: position(900), head: position(1_000), behind: 100, lastError: null },
              caughtUpAt: micros(NOW - 42 * MICROS_PER_SECOND)
            })
          }),
          Layer.mock(AlertStore, { counts: Effect.succeed({ firing: 2, waiting: 1, dead: 0 }) }),
          Layer.mock(SensorStatuses, { all: Effect.succeed(new Map()) }),
          Layer.mock(EventLog, { sensors: () => sensors, lastReadings: () => Effect.succeed(last) })
        )
      )
    )
  )

describe("the report of metrics", () => {
  it.effect("says how many events a projection is behind, and for how long", () =>
    Effect.gen(function* () {
      const of = yield* told({})
      assert.deepStrictEqual(of("tidemark_projection_lag_events"), [["minutes", 100]])
      assert.deepStrictEqual(of("tidemark_projection_lag_seconds"), [["minutes", 42]])
      assert.deepStrictEqual(of("tidemark_log_events_total"), [["", 1_000]])
      assert.deepStrictEqual(of("tidemark_health_warnings"), [["", 1]])
      assert.deepStrictEqual(of("tidemark_broker_up"), [])
      const folded = yield* told({
        health: { ...HEALTH, projections: [{ name: "minutes", position: 1_000, lag: 0 }] }
      })
      assert.deepStrictEqual(folded("tidemark_projection_lag_seconds"), [["minutes", 0]])
    })
  )

  it.effect("tells of sensors that readings are expected of, and of no other", () =>
    Effect.gen(function* () {
      const of = yield* told({
        sensors: Effect.succeed([
          sensor(1, { name: 'hall "A"' }),
          sensor(2, { status: "retired" }),
          sensor(3),
          sensor(4),
          sensor(5, { intervalMs: null })
        ]),
        last: new Map([
          reading(1, NOW - 5 * MICROS_PER_SECOND),
          reading(2, NOW),
          // Gone: silent for longer than a week. The fourth never spoke.
          reading(3, NOW - 8 * MICROS_PER_DAY),
          reading(5, NOW - 6 * MICROS_PER_DAY)
        ])
      })
      assert.deepStrictEqual(of("tidemark_sensor_last_reading_timestamp_seconds"), [
        ['1,hall "A"', NOW / MICROS_PER_SECOND - 5],
        ["5,", NOW / MICROS_PER_SECOND - 6 * 86_400]
      ])
      assert.deepStrictEqual(of("tidemark_sensor_interval_seconds"), [['1,hall "A"', 2]])
      assert.deepStrictEqual(of("tidemark_sensors_left_out"), [["", 0]])
    })
  )

  it.effect("bounds the sensors, and says that there are more", () =>
    Effect.gen(function* () {
      const ids = Array.from({ length: 1_001 }, (_, i) => i + 1)
      const of = yield* told({
        sensors: Effect.succeed(ids.map((id) => sensor(id))),
        last: new Map(ids.map((id) => reading(id, NOW)))
      })
      assert.lengthOf(of("tidemark_sensor_last_reading_timestamp_seconds") ?? [], 1_000)
      assert.deepStrictEqual(of("tidemark_sensors_left_out"), [["", 1]])
    })
  )

  it.effect("does without the log while that is away", () =>
    Effect.gen(function* () {
      const of = yield* told({
        health: {
          ...HEALTH,
          status: "unavailable",
          position: null,
          database: {
            dialect: "mysql",
            reachable: false,
            reason: "gone",
            since: "1970-01-20T00:00:00.000000Z"
          },
          ingest: { status: "waiting", reason: "gone", pending: 3, dropped: 0 }
        },
        sensors: Effect.fail(new LogUnavailable({ reason: "gone" }))
      })
      assert.deepStrictEqual(of("tidemark_database_up"), [["", 0]])
      assert.deepStrictEqual(of("tidemark_ingest_up"), [["", 0]])
      assert.deepStrictEqual(of("tidemark_log_events_total"), [])
      assert.isUndefined(of("tidemark_sensor_last_reading_timestamp_seconds"))
    })
  )
})
