/**
 * What the suites of minutes share: a log to write to, scripts of what may happen to it, and a fold of its own
 * that is as naive as can be: a map of readings, sorted lists, and rationals.
 */
import { assert } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as FastCheck from "effect/FastCheck"
import type * as Layer from "effect/Layer"
import type { Event } from "../../../src/domain/Event.js"
import { type Position, position, type ReadingId, readingId, sensorId } from "../../../src/domain/Ids.js"
import { figures } from "../../../src/domain/minute/Minute.js"
import { ofValues, percentiles } from "../../../src/domain/minute/Sketch.js"
import type { ReadingCandidate } from "../../../src/domain/Reading.js"
import type { SaidMetadata } from "../../../src/domain/Sensor.js"
import { micros } from "../../../src/domain/Time.js"
import { EventLog } from "../../../src/eventlog/EventLog.js"
import { MinuteStore, type StoredMinute } from "../../../src/projections/minutes/MinuteStore.js"
import type { Minutes } from "../../../src/projections/minutes/Minutes.js"

export type Services = EventLog | MinuteStore | Minutes
/** A new, empty log and store each time it is built; `batchMax` is that of the fold. */
export type MakeServices = (batchMax: number) => Layer.Layer<Services, unknown>

/** 2024-06-14T18:27:00Z, the start of a minute and of no longer interval. */
export const START = 1_718_389_620_000_000
export const second = (n: number) => micros(START + n * 1_000_000)
export const minute = (n: number) => second(60 * n)

export const reading = (
  sensor: number,
  at: number,
  value: number,
  said: SaidMetadata = {}
): ReadingCandidate => ({
  sensor: { _tag: "Numbered", id: sensorId(sensor) },
  occurredAt: second(at),
  value,
  identity: { _tag: "Time", epoch: null, seq: null },
  said
})

const source = { topic: "sensors", bytes: new Uint8Array([123, 125]), metric: null }
export const append = (readings: ReadonlyArray<ReadingCandidate>) =>
  Effect.flatMap(EventLog, (log) =>
    log.append(readings.map((one) => ({ _tag: "Reading" as const, reading: one, source })))
  )

const positionAt = (log: EventLog["Type"], upTo: Position) => log.tail(position(0), upTo, 1_000_000)
export const allEvents = Effect.flatMap(EventLog, (log) =>
  Effect.flatMap(log.head, (head) => positionAt(log, head.position))
)

/** Ids of the readings in force now, in order. */
export const readingIds = Effect.map(allEvents, (events): ReadonlyArray<ReadingId> => {
  const ids = new Set<ReadingId>()
  for (const event of events) {
    if (event.type === "ReadingRecorded") ids.add(readingId(event.position))
    if (event.type === "ReadingDeleted" && event.readingId !== null) ids.delete(event.readingId)
  }
  return [...ids]
})

// The values of scripts are whole in units of 2^-100.
const UNIT = 100n
const exact = (value: number): bigint => {
  let whole = value
  let doublings = 0n
  while (!Number.isInteger(whole)) {
    whole *= 2
    doublings += 1n
  }
  return BigInt(whole) << (UNIT - doublings)
}
/** numerator / denominator in units of 2^-100, to the nearest double; for numbers of a moderate size. */
const rounded = (numerator: bigint, denominator: bigint): number => {
  const scaled = (numerator << 64n) / denominator
  const sticky = scaled * denominator !== numerator << 64n
  const result = Number(numerator < 0n && sticky ? scaled - 1n : sticky ? scaled | 1n : scaled)
  return result / 2 ** 164
}

export interface NaiveMinute {
  readonly sensor: number
  readonly minute: number
  readonly id: number
  readonly position: number
  readonly count: number
  readonly sum: number | null
  readonly mean: number | null
  readonly variance: number | null
  readonly min: number | null
  readonly max: number | null
  readonly first: number | null
  readonly last: number | null
  readonly version: number | null
  /** 50th, 95th and 99th, to the bit what the sketch of all values at once tells. */
  readonly percentiles: ReadonlyArray<number | null>
}

/** Every minute that any reading event up to `asOf` touched, in the order (minute, sensor). */
export const naiveFold = (
  events: ReadonlyArray<Event>,
  asOf: number,
  startOf: (time: number) => number = (time) => time - (time % 60_000_000)
): ReadonlyArray<NaiveMinute> => {
  const inForce = new Map<number, Event>()
  const touched = new Map<string, Array<Event>>()
  const bucket = (event: Event) => startOf(event.occurredAt)
  for (const event of events.filter((one) => one.position <= asOf && one.type.startsWith("Reading"))) {
    const id = event.readingId ?? event.position
    if (event.type === "ReadingDeleted") inForce.delete(id)
    else inForce.set(id, event)
    const key = `${event.sensorId}/${bucket(event)}`
    touched.set(key, [...(touched.get(key) ?? []), event])
  }
  return [...touched.values()]
    .map((list): NaiveMinute => {
      const [head] = list
      if (head === undefined) throw new Error("no event")
      const held = [...inForce.values()]
        .filter((event) => event.sensorId === head.sensorId && bucket(event) === bucket(head))
        .sort((a, b) => a.occurredAt - b.occurredAt || (a.eventId < b.eventId ? -1 : 1))
      const values = held.map((event) => event.value ?? Number.NaN)
      const n = values.length
      const total = values.reduce((sum, value) => sum + exact(value), 0n)
      const squares = values.reduce((sum, value) => sum + exact(value) ** 2n, 0n)
      const positions = list.map((event) => event.position)
      const spread = BigInt(n) * squares - total ** 2n
      return {
        sensor: head.sensorId,
        minute: bucket(head),
        id: Math.min(...positions),
        position: Math.max(...positions),
        count: n,
        sum: n === 0 ? null : rounded(total, 1n),
        mean: n === 0 ? null : rounded(total, BigInt(n)),
        variance: n === 0 ? null : rounded(spread, BigInt(n) ** 2n) / 2 ** 100,
        min: n === 0 ? null : Math.min(...values),
        max: n === 0 ? null : Math.max(...values),
        first: values[0] ?? null,
        last: values.at(-1) ?? null,
        version: held.at(-1)?.sensorVersion ?? null,
        percentiles:
          n === 0
            ? [null, null, null]
            : percentiles(ofValues(values), n, Math.min(...values), Math.max(...values))
      }
    })
    .sort((a, b) => a.minute - b.minute || a.sensor - b.sensor)
}

const shown = ({ minute: start, sensorId: sensor, state }: StoredMinute): NaiveMinute => {
  const { count, first, last, max, mean, min, p50, p95, p99, stddev, sum } = figures(state)
  const version = state.last?.sensorVersion ?? null
  const { id, position: at } = state
  const variance = stddev === null ? null : stddev * stddev
  return {
    sensor,
    minute: start,
    id,
    position: at,
    count,
    sum,
    mean,
    variance,
    min,
    max,
    first,
    last,
    version,
    percentiles: [p50, p95, p99]
  }
}

export const assertSame = (
  actual: ReadonlyArray<NaiveMinute>,
  expected: ReadonlyArray<NaiveMinute>
): void => {
  const exactly = (list: ReadonlyArray<NaiveMinute>) => list.map((one) => ({ ...one, variance: null }))
  assert.deepStrictEqual(exactly(actual), exactly(expected))
  for (const [index, { variance }] of expected.entries()) {
    // The square of a rounded root: within a few units of the last place.
    const given = actual[index]?.variance ?? null
    if (variance === null || given === null) assert.strictEqual(given, variance)
    else assert.isAtMost(Math.abs(given - variance), 1e-14 * variance + 1e-300)
  }
}

/** Every row of the live generation, emptied ones too, against the naive fold as of the checkpoint. */
export const assertFolded = Effect.gen(function* () {
  const store = yield* MinuteStore
  const checkpoint = yield* store.checkpoint("minutes")
  if (checkpoint === null) return assert.fail("no checkpoint")
  const expected = naiveFold(yield* allEvents, checkpoint.position)
  const keys = expected.map((one) => ({ sensorId: sensorId(one.sensor), minute: micros(one.minute) }))
  const rows = yield* store.rows(checkpoint.generation, keys)
  const actual = rows.map(shown).sort((a, b) => a.minute - b.minute || a.sensor - b.sensor)
  assertSame(actual, expected)
  const candidates = yield* store.candidates({
    generation: checkpoint.generation,
    interval: "1m",
    filter: {},
    asOf: checkpoint.position,
    skip: 0,
    limit: 1_000
  })
  assert.deepStrictEqual(
    candidates.map((key) => [key.minute, key.sensorId] as const),
    expected.filter((one) => one.count > 0).map((one) => [micros(one.minute), sensorId(one.sensor)] as const)
  )
})

/** What may happen to the log, and a step of the fold in between. */
export type Action =
  | {
      readonly do: "append"
      readonly readings: ReadonlyArray<readonly [sensor: number, at: number, value: number]>
    }
  | { readonly do: "correct" | "delete"; readonly nth: number; readonly value: number }
  | { readonly do: "move"; readonly nth: number; readonly at: number; readonly value: number }
  | { readonly do: "fold" }

const nth = FastCheck.nat(1_000)
const at = FastCheck.nat(240)
const value = FastCheck.oneof(
  FastCheck.integer({ min: -2_000, max: 4_500 }).map((n) => n / 100),
  FastCheck.double({ min: -1e9, max: 1e9, noNaN: true }).map((n) => (Math.abs(n) < 1e-9 ? 0 : n))
)
const recorded = FastCheck.tuple(FastCheck.integer({ min: 1, max: 3 }), at, value)
const action: FastCheck.Arbitrary<Action> = FastCheck.oneof(
  {
    weight: 5,
    arbitrary: FastCheck.record({
      do: FastCheck.constant("append" as const),
      readings: FastCheck.array(recorded, { minLength: 1, maxLength: 12 })
    })
  },
  {
    weight: 2,
    arbitrary: FastCheck.record({
      do: FastCheck.constantFrom("correct" as const, "delete" as const),
      nth,
      value
    })
  },
  { weight: 1, arbitrary: FastCheck.record({ do: FastCheck.constant("move" as const), nth, at, value }) },
  { weight: 3, arbitrary: FastCheck.constant({ do: "fold" as const }) }
)
export const scripts = (count: number, seed: number): ReadonlyArray<ReadonlyArray<Action>> =>
  FastCheck.sample(FastCheck.array(action, { minLength: 12, maxLength: 30, size: "max" }), {
    numRuns: count,
    seed
  })

/** Does it; corrections and deletions of nothing are left out. `base` keeps the sensors of scripts apart. */
export const perform = <E, R>(one: Action, base: number, fold: Effect.Effect<unknown, E, R>) =>
  Effect.gen(function* () {
    const log = yield* EventLog
    if (one.do === "append") {
      // Each batch twice: repeats add nothing.
      const batch = one.readings.map(([sensor, time, number]) => reading(base + sensor, time, number))
      yield* append(batch)
      return yield* append([...batch].reverse())
    }
    if (one.do === "fold") return yield* fold
    const ids = yield* readingIds
    const id = ids[one.nth % Math.max(1, ids.length)]
    if (id === undefined) return
    if (one.do === "delete") return yield* log.remove(id)
    const head = yield* log.head
    const current = yield* Effect.flatten(log.reading(id, head.position))
    const occurredAt = one.do === "move" ? second(one.at) : current.occurredAt
    yield* log.replace(id, { sensorId: current.sensorId, occurredAt, value: one.value, said: {} })
  })
