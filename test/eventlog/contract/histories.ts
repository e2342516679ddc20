/**
 * Random histories: devices and people who act on a few sensors, times and values, so that they meet often. The same
 * history can be played on any log, and answers the same on each.
 */
import * as Effect from "effect/Effect"
import * as FastCheck from "effect/FastCheck"
import * as TestClock from "effect/TestClock"
import { position, type ReadingId, readingId, sensorId } from "../../../src/domain/Ids.js"
import type { ReadingCandidate } from "../../../src/domain/Reading.js"
import { fault } from "../../../src/domain/rejected/RejectionFault.js"
import type { SaidMetadata } from "../../../src/domain/Sensor.js"
import { type AppendItem, EventLog, type EventLogService } from "../../../src/eventlog/EventLog.js"
import { at, candidate, message, named, numbered, sourceOf } from "./support.js"

export type Step =
  | { readonly _tag: "Publish"; readonly items: ReadonlyArray<AppendItem> }
  | { readonly _tag: "Post"; readonly readings: ReadonlyArray<ReadingCandidate> }
  | { readonly _tag: "Put"; readonly pick: number; readonly change: Change; readonly expect: number | null }
  | { readonly _tag: "Remove"; readonly pick: number; readonly expect: number | null }
  | {
      readonly _tag: "Describe"
      readonly id: number
      readonly name: string | null
      readonly said: SaidMetadata
    }
  | { readonly _tag: "Retire"; readonly id: number }
  | { readonly _tag: "Wait"; readonly millis: number }

interface Change {
  readonly sensor: number | null
  readonly seconds: number | null
  readonly value: number | null
  readonly said: SaidMetadata
}

/** The limits under which a history is played: low enough to be reached. */
export const LIMITS = { newSensorsPerMinuteMax: 3, versionsPerHourMax: 4, rejectedBytesMax: 2_000 }

const { array, constantFrom, integer, oneof, option, record } = FastCheck

const said: FastCheck.Arbitrary<SaidMetadata> = record(
  {
    lat: constantFrom(null, 10, 11),
    lng: constantFrom(null, 20, 21),
    unit: constantFrom(null, "C", "F"),
    type: constantFrom("temperature", "heat"),
    min: constantFrom(0, 1)
  },
  { requiredKeys: [] }
).map((fields) => ({ ...fields }))

const sensor = oneof(
  { weight: 6, arbitrary: constantFrom(1, 2).map(numbered) },
  { weight: 3, arbitrary: constantFrom("a", "b").map(named) },
  { weight: 1, arbitrary: constantFrom(3, 4, 1_000_000_000, 1_000_000_009).map(numbered) }
)
const seconds = integer({ min: 0, max: 4 })
const value = integer({ min: 0, max: 2 })

const reading: FastCheck.Arbitrary<ReadingCandidate> = record({ seconds, value, sensor, said }).map(
  (fields) => candidate(fields.seconds, fields.value, { sensor: fields.sensor, said: fields.said })
)
const rejected: FastCheck.Arbitrary<AppendItem> = integer({ min: 0, max: 3 }).map((n) => ({
  _tag: "Rejected",
  source: sourceOf("x".repeat(n * 300)),
  faults: [fault("payload-not-json", null, "x")]
}))
const item = oneof({ weight: 9, arbitrary: reading.map(message) }, { weight: 1, arbitrary: rejected })
const pick = integer({ min: 0, max: 1_000 })
const expect = oneof({ weight: 5, arbitrary: FastCheck.constant(null) }, { weight: 1, arbitrary: pick })
const change: FastCheck.Arbitrary<Change> = record({
  sensor: option(constantFrom(1, 2, 5, 1_000_000_000), { freq: 2 }),
  seconds: option(seconds, { freq: 2 }),
  value: option(value),
  said
})

const step: FastCheck.Arbitrary<Step> = oneof(
  {
    weight: 5,
    arbitrary: record({
      _tag: FastCheck.constant("Publish" as const),
      items: array(item, { minLength: 1, maxLength: 5 })
    })
  },
  {
    weight: 3,
    arbitrary: record({
      _tag: FastCheck.constant("Post" as const),
      readings: array(reading, { minLength: 1, maxLength: 3 })
    })
  },
  { weight: 6, arbitrary: record({ _tag: FastCheck.constant("Put" as const), pick, change, expect }) },
  { weight: 4, arbitrary: record({ _tag: FastCheck.constant("Remove" as const), pick, expect }) },
  {
    weight: 1,
    arbitrary: record({
      _tag: FastCheck.constant("Describe" as const),
      id: constantFrom(1, 2, 6),
      name: constantFrom(null, "c"),
      said
    })
  },
  {
    weight: 1,
    arbitrary: record({ _tag: FastCheck.constant("Retire" as const), id: constantFrom(1, 2, 9) })
  },
  {
    weight: 2,
    arbitrary: record({
      _tag: FastCheck.constant("Wait" as const),
      millis: constantFrom(1, 30_000, 3_600_000, -5_000)
    })
  }
)

export const histories = (runs: number, steps: number, seed: number): ReadonlyArray<ReadonlyArray<Step>> =>
  FastCheck.sample(array(step, { minLength: steps, maxLength: steps }), { numRuns: runs, seed })

/** An id to act on: mostly one that is a reading's, at times one that never was. */
const picked = (log: EventLogService, n: number): Effect.Effect<ReadingId> =>
  Effect.gen(function* () {
    const head = yield* log.head
    const events = yield* log.tail(position(0), head.position, 1_000)
    const first = events.filter((event) => event.type === "ReadingRecorded")
    return n % 8 === 0
      ? readingId((n % 50) + 1)
      : readingId(first[n % Math.max(1, first.length)]?.position ?? 1)
  }).pipe(Effect.orDie)

const expected = (n: number | null) => (n === null ? {} : { ifPosition: position(n % 60) })

const answer = <A, E extends object>(effect: Effect.Effect<A, E>): Effect.Effect<unknown> =>
  Effect.match(effect, {
    onFailure: (error) => {
      const { _tag, reason, ...rest } = { ...error } as { _tag?: string; reason?: string }
      // The words for a fault of the store are its own.
      return { failed: _tag, ...rest, reason: _tag === "LogCorrupt" ? null : reason }
    },
    onSuccess: (done) => done as unknown
  })

/** Plays one step, and answers all that the log said of it, errors included. */
export const play = (step: Step): Effect.Effect<unknown, never, EventLog> =>
  Effect.gen(function* () {
    const log = yield* EventLog
    switch (step._tag) {
      case "Publish":
        return yield* answer(log.append(step.items))
      case "Post":
        return yield* answer(log.record(step.readings))
      case "Put": {
        const id = yield* picked(log, step.pick)
        const event = (yield* Effect.orDie(log.tail(position(id - 1), position(id), 1)))[0]
        const { change } = step
        const by = {
          sensorId: change.sensor === null ? (event?.sensorId ?? sensorId(1)) : sensorId(change.sensor),
          occurredAt: change.seconds === null ? (event?.occurredAt ?? at(0)) : at(change.seconds),
          value: change.value ?? event?.value ?? 0,
          said: change.said
        }
        return yield* answer(log.replace(id, by, expected(step.expect)))
      }
      case "Remove":
        return yield* answer(
          log.remove(yield* picked(log, step.pick), { ...expected(step.expect), reason: "why" })
        )
      case "Describe": {
        const name = step.name === null ? {} : { name: step.name }
        return yield* answer(log.describe([{ id: sensorId(step.id), ...name, said: step.said }]))
      }
      case "Retire":
        return yield* answer(log.retire([sensorId(step.id)]))
      case "Wait": {
        const now = yield* TestClock.currentTimeMillis
        return yield* TestClock.setTime(now + step.millis)
      }
    }
  })
