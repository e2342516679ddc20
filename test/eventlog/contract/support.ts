/**
 * What the contract's tests share: short words for readings, and a watch that proves that as-of reads repeat.
 */
import { assert, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as TestClock from "effect/TestClock"
import { type Position, position, readingId, sensorId } from "../../../src/domain/Ids.js"
import type { Identity, Reading, ReadingCandidate, SensorRef } from "../../../src/domain/Reading.js"
import type { MessageSource } from "../../../src/domain/rejected/RejectedMessage.js"
import type { SaidMetadata } from "../../../src/domain/Sensor.js"
import { MICROS_PER_SECOND, type Micros, micros } from "../../../src/domain/Time.js"
import {
  type AppendItem,
  DEFAULT_LOG_LIMITS,
  EventLog,
  type EventLogLimits,
  type RecordOutcome
} from "../../../src/eventlog/EventLog.js"

/** A log of its own and empty, each time it is built. */
export type MakeLog = (limits: EventLogLimits) => Layer.Layer<EventLog, unknown>

/** 2024-06-14T18:00:00Z */
export const START = micros(1_718_388_000_000_000)
/** What the clock says when a test begins: an hour later. */
export const NOW_MILLIS = 1_718_391_600_000

export const at = (seconds: number): Micros => micros(START + Math.round(seconds * MICROS_PER_SECOND))

export const numbered = (n: number): SensorRef => ({ _tag: "Numbered", id: sensorId(n) })
export const named = (name: string): SensorRef => ({ _tag: "Named", name })

const BY_TIME: Identity = { _tag: "Time", epoch: null, seq: null }

/** A reading of sensor 1 unless told otherwise, `seconds` after the start. */
export const candidate = (
  seconds: number,
  value: number,
  more: Partial<ReadingCandidate> = {}
): ReadingCandidate => ({
  sensor: numbered(1),
  occurredAt: at(seconds),
  value,
  identity: BY_TIME,
  said: {},
  ...more
})

export const sourceOf = (text: string, metric: string | null = null): MessageSource => ({
  topic: "sensors/test",
  bytes: new TextEncoder().encode(text),
  metric
})

export const message = (reading: ReadingCandidate): AppendItem => ({
  _tag: "Reading",
  reading,
  source: sourceOf(JSON.stringify(reading))
})

export const described = {
  lat: 48.25,
  lng: 11.5,
  unit: "C",
  type: "temperature",
  description: "Main Entrance"
} as const satisfies SaidMetadata

/** Appends readings as devices do, and answers how each came out. */
export const publish = (...readings: ReadonlyArray<ReadingCandidate>) =>
  Effect.flatMap(EventLog, (log) => log.append(readings.map(message))).pipe(
    Effect.map((outcomes) => outcomes.map((outcome) => outcome._tag))
  )

/** Records one reading as a person does. */
export const post = (reading: ReadingCandidate) =>
  Effect.flatMap(EventLog, (log) => log.record([reading])).pipe(
    Effect.flatMap(([recorded]) => Effect.fromNullable<RecordOutcome | undefined>(recorded))
  )

export const replacement = (
  reading: Reading,
  change: Partial<Reading> & { readonly said?: SaidMetadata }
) => ({
  sensorId: change.sensorId ?? reading.sensorId,
  occurredAt: change.occurredAt ?? reading.occurredAt,
  value: change.value ?? reading.value,
  said: change.said ?? {}
})

export const put = (reading: Reading, change: Partial<Reading> & { readonly said?: SaidMetadata }) =>
  Effect.flatMap(EventLog, (log) => log.replace(reading.id, replacement(reading, change)))

export const headPosition = Effect.flatMap(EventLog, (log) => log.head).pipe(
  Effect.map((head) => head.position)
)

/** All readings in force as of a position; as of now where none is given. */
export const readingsAsOf = (asOf?: Position) =>
  Effect.gen(function* () {
    const log = yield* EventLog
    return yield* log.readings({}, { asOf: asOf ?? (yield* headPosition), limit: 100_000 })
  })

export const valuesNow = Effect.map(readingsAsOf(), (found) => found.map((reading) => reading.value))

export const allEvents = Effect.gen(function* () {
  const log = yield* EventLog
  return yield* log.tail(position(0), yield* headPosition, 100_000)
})

export const eventTypes = Effect.map(allEvents, (events) => events.map((event) => event.type))

interface Seen {
  readonly asOf: Position
  readonly readings: ReadonlyArray<Reading>
}

/** Remembers what was in force at each `look`, for the check that comes when the test has ended. */
class Watch extends Context.Tag("test/Watch")<Watch, Array<Seen>>() {}

/** Looks at everything in force now; later it must be read again exactly so, as of this position. */
export const look = Effect.gen(function* () {
  const watch = yield* Watch
  const log = yield* EventLog
  const asOf = yield* headPosition
  const readings = yield* readingsAsOf(asOf)
  assert.deepStrictEqual(yield* log.readingsNow({}, { limit: 100_000 }), { position: asOf, readings })
  watch.push({ asOf, readings })
  return readings
})

/** How many ids are asked for one by one: enough for the cases that are hard. */
const IDS_ASKED_MAX = 40

const checkAgain = Effect.gen(function* () {
  const log = yield* EventLog
  const head = yield* headPosition
  for (const { asOf, readings } of yield* Watch) {
    assert.deepStrictEqual(yield* readingsAsOf(asOf), readings, `as of ${asOf}`)
    assert.strictEqual(yield* log.countReadings({}, asOf), readings.length)
    for (let id = 1; id <= Math.min(head, IDS_ASKED_MAX); id++) {
      const found = yield* log.reading(readingId(id), asOf)
      const expected = readings.find((reading) => reading.id === id)
      assert.deepStrictEqual(Option.getOrUndefined(found), expected, `reading ${id} as of ${asOf}`)
    }
  }
})

export interface Suite {
  /** One test on a log of its own; at its end every `look` must read again as it did. */
  readonly test: <E>(
    title: string,
    body: Effect.Effect<unknown, E, EventLog | Watch>,
    limits?: Partial<EventLogLimits>
  ) => void
}

export const suiteOn = (makeLog: MakeLog): Suite => ({
  test: (title, body, limits = {}) =>
    it.effect(title, () =>
      TestClock.setTime(NOW_MILLIS).pipe(
        Effect.zipRight(body),
        Effect.zipRight(checkAgain),
        Effect.provideServiceEffect(
          Watch,
          Effect.sync(() => [])
        ),
        Effect.provide(makeLog({ ...DEFAULT_LOG_LIMITS, ...limits }))
      )
    )
})
