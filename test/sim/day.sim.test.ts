/**
 * Sensors, ingest, log and fold joined in one process, on the simulated clock. What the fold gives is compared, to
 * the bit, with figures made from the acknowledged payloads alone, by other means: whole numbers without limit.
 */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { MessageSink } from "../../src/broker/MessageSink.js"
import { sensorId } from "../../src/domain/Ids.js"
import { type Figures, figures } from "../../src/domain/minute/Minute.js"
import { type Faults, NO_FAULTS, type SimulatedSensor } from "../../src/domain/SimulatedSensor.js"
import { MICROS_PER_MINUTE, micros, minuteOf, parseStoredTime } from "../../src/domain/Time.js"
import { EventLog } from "../../src/eventlog/EventLog.js"
import * as MemoryEventLog from "../../src/eventlog/memory/MemoryEventLog.js"
import * as Ingest from "../../src/ingest/Ingest.js"
import * as MemoryMinuteStore from "../../src/projections/minutes/MemoryMinuteStore.js"
import { MinuteStore } from "../../src/projections/minutes/MinuteStore.js"
import * as Minutes from "../../src/projections/minutes/Minutes.js"
import { ReadingSink } from "../../src/sensors/ReadingSink.js"
import * as Supervisor from "../../src/sensors/SensorSupervisor.js"
import * as SimClock from "../../src/sim/SimClock.js"
import { unsafeNowMicros } from "../../src/telemetry/Instant.js"
import { simulated } from "../sensors/support.js"

const start = micros(1_718_323_200_000_000)

// Doubles as whole multiples of 2^-64: exact for all that these sensors can show.
const SCALE = 2 ** 64
const exact = (value: number): bigint => BigInt(value * SCALE)

/** The double nearest to sum / (count · 2^64). */
const nearest = (sum: bigint, count: number): number => {
  const size = (sum < 0n ? -sum : sum) << 80n
  const quotient = size / BigInt(count)
  // The last bit says that there is more: it can't be a tie then.
  const sticky = 2n * quotient + (quotient * BigInt(count) === size ? 0n : 1n)
  return ((sum < 0n ? -1 : 1) * Number(sticky)) / 2 ** 81 / SCALE
}

/** The values of each sensor and minute that were acknowledged, by their µs within the minute. */
class Expected {
  private readonly minutes = new Map<string, Map<number, number>>()
  readings = 0

  add(payload: string): void {
    const reading: { sensor_id: string; timestamp: string; value: number } = JSON.parse(payload)
    const time = parseStoredTime(reading.timestamp)
    const minute = `${reading.sensor_id}/${minuteOf(time)}`
    const values = this.minutes.get(minute) ?? new Map<number, number>()
    const before = values.size
    this.minutes.set(minute, values.set(time - minuteOf(time), reading.value))
    this.readings += values.size - before
  }

  figures(minute: string): Omit<Figures, "stddev" | `p${number}`> {
    const values = this.values(minute)
    const sum = values.reduce((total, value) => total + exact(value), 0n)
    return {
      count: values.length,
      sum: nearest(sum, 1),
      mean: nearest(sum, values.length),
      min: Math.min(...values),
      max: Math.max(...values),
      first: values[0] ?? Number.NaN,
      last: values.at(-1) ?? Number.NaN
    }
  }

  /** In order of time. */
  values(minute: string): ReadonlyArray<number> {
    return [...(this.minutes.get(minute) ?? [])].sort(([a], [b]) => a - b).map(([, value]) => value)
  }

  get keys(): ReadonlyArray<string> {
    return [...this.minutes.keys()]
  }
}

/** Hands over as the broker does; `refused` counts what ingest kept as rejected. */
const sinkLayer = (expected: Expected, refused: Array<string>) =>
  Layer.effect(
    ReadingSink,
    Effect.zipWith(MessageSink, Effect.clock, (messages, clock) => ({
      publish: (topic, payload, settle) => {
        const message = { topic, payload: Buffer.from(payload), qos: 1, clientId: "sensors" } as const
        messages.offer({ ...message, arrivedAt: unsafeNowMicros(clock) }, (outcome) => {
          if (outcome === null) return settle("not stored")
          if (outcome.rejected > 0) refused.push(`${topic} ${payload}`)
          else expected.add(payload)
          settle(null)
        })
      }
    }))
  )

const simulate = (sensors: ReadonlyArray<SimulatedSensor>, seconds: number) =>
  Effect.gen(function* () {
    const expected = new Expected()
    const refused: Array<string> = []
    const program = Effect.gen(function* () {
      const supervisor = yield* Supervisor.SensorSupervisor
      yield* supervisor.apply(sensors)
      // Half a second short: the tick at the very end belongs to the next minute.
      yield* Effect.sleep(seconds * 1_000 - 500)
      yield* supervisor.apply([])

      const log = yield* EventLog
      yield* Effect.flatMap(Minutes.Minutes, (minutes) => minutes.catchUp)
      const store = yield* MinuteStore
      const checkpoint = yield* store.checkpoint("minutes")
      const keys = sensors.flatMap(({ id }) =>
        Array.from({ length: Math.ceil(seconds / 60) }, (_, i) => ({
          sensorId: sensorId(id),
          minute: micros(start + i * MICROS_PER_MINUTE)
        }))
      )
      const rows = yield* store.rows(checkpoint?.generation ?? 0, keys)
      const stored = yield* log.countReadings({}, (yield* log.head).position)
      const { messages: rejected } = yield* log.rejectedTotals
      return { expected, refused, rows, stored, rejected }
    })
    const projection = Minutes.scheduled({ interval: "1 minute" }).pipe(Layer.provideMerge(Minutes.layer()))
    const log = MemoryEventLog.layer()
    const layers = Supervisor.layer({ seed: 1 }).pipe(
      Layer.provide(sinkLayer(expected, refused)),
      Layer.provide(Ingest.layer()),
      Layer.provideMerge(projection),
      Layer.provideMerge(MemoryMinuteStore.layer),
      Layer.provideMerge(log)
    )
    return yield* SimClock.make(start).run(Effect.provide(program, layers))
  })

type Simulated = Effect.Effect.Success<ReturnType<typeof simulate>>

/** Lower nearest rank, within 1 %. */
const assertPercentiles = (values: ReadonlyArray<number>, told: ReadonlyArray<number | null>): void => {
  const sorted = values.toSorted((a, b) => a - b)
  for (const [index, percent] of [50, 95, 99].entries()) {
    const exact = sorted[Math.floor((percent * (sorted.length - 1)) / 100)] ?? Number.NaN
    assert.isAtMost(Math.abs((told[index] ?? Number.NaN) - exact), 0.01 * Math.abs(exact))
  }
}

/** Every minute that was folded, and no other, is what was acknowledged. */
const assertFolded = ({ expected, rows }: Simulated): void => {
  assert.sameMembers(
    rows.map((row) => `${row.sensorId}/${row.minute}`),
    [...expected.keys]
  )
  for (const { sensorId, minute, state } of rows) {
    const { stddev: _, p50, p95, p99, ...folded } = figures(state)
    assert.deepStrictEqual(folded, expected.figures(`${sensorId}/${minute}`))
    assertPercentiles(expected.values(`${sensorId}/${minute}`), [p50, p95, p99])
  }
}

const sensors = (faults: Partial<Faults>) => [
  simulated(1, { faults: { ...NO_FAULTS, ...faults } }),
  simulated(2, { signal: { kind: "random_walk" }, faults: { ...NO_FAULTS, ...faults } }),
  simulated(3, { signal: { kind: "daily_wave", noise: 1, peak_hour: 15 } }),
  simulated(4, { signal: { kind: "constant", value: 21.123456 } }),
  simulated(5, { range: [-40, 40] })
]

describe("sensors, ingest, log and fold on the simulated clock", () => {
  it.live(
    "fold a day of five sensors exactly",
    () =>
      Effect.gen(function* () {
        const before = process.cpuUsage()
        const day = yield* simulate(sensors({}), 86_400)
        const { user, system } = process.cpuUsage(before)
        assert.strictEqual(day.stored, 432_000)
        assert.strictEqual(day.expected.readings, 432_000)
        assert.strictEqual(day.rows.length, 5 * 1_440)
        assert.isTrue(day.rows.every((row) => row.state.count === 60))
        assertFolded(day)
        // Time of the processor, not of the wall, and with room: the machine may be busy with others.
        assert.isBelow((user + system) / 1_000_000, 90)
      }),
    180_000
  )

  it.live(
    "fold what faulty sensors say exactly: late, twice, stuck, far out, or not at all",
    () =>
      Effect.gen(function* () {
        const faults = { drop: 0.02, duplicate: 0.05, late: 0.05, spike: 0.01, stuck: 0.001, malformed: 0.02 }
        const hours = yield* simulate(sensors(faults), 2 * 3_600)
        assert.isAbove(hours.refused.length, 100)
        assert.strictEqual(hours.rejected, new Set(hours.refused).size)
        assert.strictEqual(hours.stored, hours.expected.readings)
        assert.isBelow(hours.stored, 5 * 7_200)
        assertFolded(hours)
      }),
    60_000
  )
})
