/**
 * Ingest: takes messages in, collects them into batches, appends each batch in one transaction, and only then
 * tells the giver what became of each.
 *
 * Invariants:
 * 1. `settled` gets an outcome only after the append that holds the message has committed.
 * 2. While the log is unavailable the same batch is tried again for ever; nothing is settled and nothing lost.
 * 3. A log that contradicts itself stops ingest: what is pending is settled as not stored, `failed` says why.
 * 4. What is pending is bounded: over the bounds QoS 0 is dropped, and `overloaded` asks the broker to stop reading.
 * 5. Stopping takes nothing new, stores what is pending within `shutdownMillis`, and settles the rest as not stored.
 */
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schedule from "effect/Schedule"
import { MessageSink, type MessageSinkService } from "../broker/MessageSink.js"
import { EventLog, type LogCorrupt } from "../eventlog/EventLog.js"
import { addCounts, PassedOverLog } from "../eventlog/PassedOver.js"
import { worker } from "./Appender.js"
import {
  DEFAULT_INGEST_SETTINGS,
  type IngestParts,
  type IngestSettings,
  makeIngestParts,
  settleAll
} from "./IngestParts.js"
import { type IngestState, IngestStatus, type IngestStatusService } from "./IngestStatus.js"
import { makeNonce } from "./Nonce.js"

/** How long stopping waits for an interrupted append to let go, in ms. */
const INTERRUPT_MILLIS = 500

const PASSED_OVER_EVERY = "1 second"

const makeSink = (parts: IngestParts): MessageSinkService => {
  const { backlog, counts, drained, idle, tallies, turn, waiting } = parts
  return {
    offer: (message, settled) => {
      if (counts.stopping || counts.failure !== null) {
        settled(null)
        return
      }
      counts.messagesTotal += 1
      if (message.qos === 0 && backlog.overloaded) {
        counts.droppedQos0Total += 1
        settled(null)
        return
      }
      backlog.push(message, settled)
      idle.unsafeClose()
      waiting.unsafeOpen()
      if (backlog.isFull) turn.unsafeOpen()
    },
    tally: (clientId) => tallies.get(clientId),
    overloaded: () => backlog.overloaded,
    onDrained: (listener) => {
      drained.add(listener)
      return () => {
        drained.delete(listener)
      }
    }
  }
}

const stateOf = ({ backlog, counts }: IngestParts): IngestState => ({
  state:
    counts.failure !== null
      ? "failed"
      : counts.stopping
        ? "stopping"
        : counts.since === null
          ? "running"
          : "waiting",
  pendingMessages: backlog.messages,
  pendingBytes: backlog.bytes,
  lastError: counts.failure?.reason ?? counts.lastError,
  since: counts.since,
  messagesTotal: counts.messagesTotal,
  storedTotal: counts.storedTotal,
  repeatedTotal: counts.repeatedTotal,
  rejectedTotal: counts.rejectedTotal,
  droppedQos0Total: counts.droppedQos0Total,
  fieldsIgnoredTotal: counts.fieldsIgnoredTotal
})

const abandon = (parts: IngestParts): Effect.Effect<void> =>
  Effect.sync(() => {
    settleAll(parts, parts.backlog.takeAll(), () => null)
  })

/** Takes nothing more, for good. */
const fail = (parts: IngestParts, error: LogCorrupt): Effect.Effect<void> =>
  Effect.gen(function* () {
    if (parts.counts.failure === null) {
      parts.counts.failure = error
      yield* Effect.logError(`Ingest has stopped: ${error.reason}`)
    }
    yield* abandon(parts)
    yield* Deferred.fail(parts.failed, error)
  })

const stop = (parts: IngestParts, workers: ReadonlyArray<Fiber.Fiber<unknown>>): Effect.Effect<void> =>
  Effect.gen(function* () {
    parts.counts.stopping = true
    const within = Duration.millis(parts.settings.shutdownMillis)
    // A release is uninterruptible, and so would be what it waits for: no timeout could end it.
    const flushed = yield* Effect.timeoutOption(Effect.interruptible(parts.idle.await), within)
    if (flushed._tag === "None") {
      yield* Effect.logWarning(`${parts.backlog.messages} messages were not stored and not acknowledged`)
    }
    yield* abandon(parts)
    // An append that can't be interrupted is left behind: closing the database ends it, and keys make it safe.
    yield* Effect.forEach(workers, Fiber.interruptFork, { discard: true })
    yield* Effect.forEach(workers, Fiber.await, { discard: true }).pipe(
      Effect.interruptible,
      Effect.timeoutOption(Duration.millis(INTERRUPT_MILLIS))
    )
  })

/** What was passed over is written beside the log now and then. */
const keepPassedOver = ({ passedOver }: IngestParts) =>
  Effect.flatMap(
    Effect.serviceOption(PassedOverLog),
    Option.match({
      onNone: () => Effect.void,
      onSome: (log) => {
        const write = Effect.suspend(() => addCounts(log, passedOver.take()))
        return Effect.zipRight(
          Effect.addFinalizer(() => write),
          Effect.forkScoped(Effect.repeat(write, Schedule.spaced(PASSED_OVER_EVERY)))
        )
      }
    })
  )

const make = (settings: IngestSettings) =>
  Effect.gen(function* () {
    const log = yield* EventLog
    const parts = yield* makeIngestParts(settings, yield* makeNonce)
    const collecting = yield* Effect.makeSemaphore(1)
    const run = worker(parts, log, collecting).pipe(
      Effect.catchAll((error) => fail(parts, error)),
      // What acquires is uninterruptible, and so would be what it forks.
      Effect.interruptible
    )
    const start = Effect.forEach(Array.from({ length: settings.workers }), () => Effect.forkDaemon(run))
    // Not forked in the scope: closing it would wait for an append that can't be interrupted.
    yield* Effect.acquireRelease(start, (workers) => stop(parts, workers))
    const status: IngestStatusService = {
      get: Effect.sync(() => stateOf(parts)),
      failed: Deferred.await(parts.failed)
    }
    yield* keepPassedOver(parts)
    const sink = makeSink(parts)
    return Context.make(MessageSink, sink).pipe(Context.add(IngestStatus, status))
  })

/** Ingest over the log that is given. Its release stores what is pending: release the broker before it. */
export const layer = (
  settings: Partial<IngestSettings> = {}
): Layer.Layer<MessageSink | IngestStatus, never, EventLog> =>
  Layer.scopedContext(make({ ...DEFAULT_INGEST_SETTINGS, ...settings }))
