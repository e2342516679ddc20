/**
 * Hours of simulated sensors in seconds: the real actors, ingest, log (in memory) and fold on the simulated clock.
 * Between sensor and ingest is a call where the server has a broker.
 *
 * The same sensors, seed and hours give the same events, and so the same trace.
 */
import { createHash } from "node:crypto"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Random from "effect/Random"
import { MessageSink } from "../broker/MessageSink.js"
import { type Event, inForce } from "../domain/Event.js"
import { position } from "../domain/Ids.js"
import * as ExactSum from "../domain/minute/ExactSum.js"
import { type Minute, MinuteBuilder } from "../domain/minute/Minute.js"
import { describeSimulated, type SimulatedSensor } from "../domain/SimulatedSensor.js"
import { type Micros, minuteOf } from "../domain/Time.js"
import { EventLog, type EventLogService, type LogError } from "../eventlog/EventLog.js"
import * as MemoryEventLog from "../eventlog/memory/MemoryEventLog.js"
import * as Ingest from "../ingest/Ingest.js"
import { IngestStatus } from "../ingest/IngestStatus.js"
import * as MemoryMinuteStore from "../projections/minutes/MemoryMinuteStore.js"
import { MinuteStore, type MinuteStoreService, minuteKey } from "../projections/minutes/MinuteStore.js"
import * as Minutes from "../projections/minutes/Minutes.js"
import { ReadingSink } from "../sensors/ReadingSink.js"
import * as SensorSupervisor from "../sensors/SensorSupervisor.js"
import { unsafeNowMicros } from "../telemetry/Instant.js"
import * as SimClock from "./SimClock.js"

export interface SimulationOptions {
  readonly sensors: ReadonlyArray<SimulatedSensor>
  readonly seed: number
  readonly seconds: number
  readonly start: Micros
}

export interface SimulationResult {
  readonly messages: number
  readonly stored: number
  readonly repeated: number
  readonly rejected: number
  /** One-minute aggregates. */
  readonly minutes: number
  /** Aggregates that differ, in any bit, from those folded from the whole log at once. */
  readonly wrong: number
  /** SHA-256, in hex, of all events in the order of the log. */
  readonly trace: string
}

/** Between two folds, in simulated time. */
const FOLD_INTERVAL = "10 seconds"
const TAIL_LIMIT = 10_000
/** Half a second short: the ticks at the very end belong to what comes after it. */
const SHORT_MS = 500

/** A sensor's way to ingest: acknowledged when it is stored, as by the broker. */
const sinkOfIngest = Layer.effect(
  ReadingSink,
  Effect.zipWith(MessageSink, Effect.clock, (sink, clock) => {
    const encoder = new TextEncoder()
    return {
      publish: (topic, payload, settle) => {
        const message = { topic, payload: encoder.encode(payload), qos: 1, clientId: null } as const
        sink.offer({ ...message, arrivedAt: unsafeNowMicros(clock) }, (outcome) =>
          settle(outcome === null ? "ingest is stopping" : null)
        )
      }
    }
  })
)

const sameMinute = (a: Minute, b: Minute): boolean =>
  a.count === b.count &&
  ExactSum.equals(a.sum, b.sum) &&
  ExactSum.equals(a.squares, b.squares) &&
  a.min === b.min &&
  a.max === b.max &&
  a.first?.eventId === b.first?.eventId &&
  a.last?.eventId === b.last?.eventId

const line = ({ eventId, occurredAt, position: at, recordedAt, sensorId, type, value }: Event): string =>
  `${at}|${eventId}|${type}|${sensorId}|${occurredAt}|${recordedAt}|${value}\n`

/** All events once more, in one go: their hash, and the rows that differ from the minutes folded from them. */
const verify = (log: EventLogService, store: MinuteStoreService) =>
  Effect.gen(function* () {
    const head = (yield* log.head).position
    const hash = createHash("sha256")
    const minutes = new Map<string, { readonly first: Event; readonly builder: MinuteBuilder }>()
    for (let at = position(0); at < head; ) {
      const events = yield* log.tail(at, head, TAIL_LIMIT)
      for (const event of events) {
        hash.update(line(event))
        at = event.position
        if (!inForce(event, head)) continue
        const key = minuteKey({ sensorId: event.sensorId, minute: minuteOf(event.occurredAt) })
        const minute = minutes.get(key) ?? { first: event, builder: new MinuteBuilder() }
        minute.builder.add(event)
        minutes.set(key, minute)
      }
    }
    const live = yield* store.checkpoint("minutes")
    let wrong = live?.position === head ? 0 : minutes.size
    for (const { builder, first } of minutes.values()) {
      const key = { sensorId: first.sensorId, minute: minuteOf(first.occurredAt) }
      const [row] = yield* store.rows(live?.generation ?? 0, [key])
      if (row === undefined || !sameMinute(row.state, builder.done())) wrong += 1
    }
    return { minutes: minutes.size, wrong, trace: hash.digest("hex") }
  })

const storing = Minutes.scheduled({ interval: FOLD_INTERVAL }).pipe(
  Layer.provideMerge(Minutes.layer()),
  Layer.provideMerge(MemoryMinuteStore.layer),
  Layer.provideMerge(MemoryEventLog.layer())
)

const program = ({ seconds, seed, sensors }: SimulationOptions) =>
  Effect.gen(function* () {
    const storage = yield* Layer.build(storing)
    const log = Context.get(storage, EventLog)
    yield* log.describe(sensors.map(describeSimulated))
    // The sensors stop first, then ingest stores what it has, then the fold catches up.
    const counts = yield* Effect.scoped(
      Effect.gen(function* () {
        const ingest = yield* Layer.build(Ingest.layer()).pipe(Effect.provide(storage))
        yield* Effect.scoped(
          Effect.gen(function* () {
            const actors = SensorSupervisor.layer({ seed }).pipe(Layer.provide(sinkOfIngest))
            const running = yield* Layer.build(actors).pipe(Effect.provide(ingest))
            yield* Context.get(running, SensorSupervisor.SensorSupervisor).apply(sensors)
            yield* Effect.sleep(seconds * 1_000 - SHORT_MS)
          })
        )
        return Context.get(ingest, IngestStatus).get
      })
    )
    const { messagesTotal, rejectedTotal, repeatedTotal, storedTotal } = yield* counts
    yield* Context.get(storage, Minutes.Minutes).catchUp
    const verified = yield* verify(log, Context.get(storage, MinuteStore))
    const result: SimulationResult = {
      messages: messagesTotal,
      stored: storedTotal,
      repeated: repeatedTotal,
      rejected: rejectedTotal,
      ...verified
    }
    return result
  }).pipe(Effect.scoped, Effect.withRandom(Random.make(seed)))

/** Runs the sensors for so many simulated seconds and checks what was folded of them. */
export const simulate = (options: SimulationOptions): Effect.Effect<SimulationResult, LogError> =>
  SimClock.make(options.start).run(program(options))
