/**
 * A worker: waits until something has arrived, collects a batch, appends it until the log takes it, and settles
 * it. Workers share one backlog; one at a time collects, any number append.
 */
import * as Cause from "effect/Cause"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Metric from "effect/Metric"
import * as Schedule from "effect/Schedule"
import type { MessageOutcome, Refusal } from "../broker/MessageSink.js"
import { REJECTION_CODES } from "../domain/rejected/RejectionCodes.js"
import { type Faults, reasonOf } from "../domain/rejected/RejectionFault.js"
import { MICROS_PER_SECOND, type Micros } from "../domain/Time.js"
import {
  type AppendItem,
  type AppendOutcome,
  type EventLogService,
  LogCorrupt,
  type LogUnavailable
} from "../eventlog/EventLog.js"
import { nowMicros } from "../telemetry/Instant.js"
import * as Metrics from "../telemetry/Metrics.js"
import type { Pending } from "./Backlog.js"
import { type IngestParts, settleAll } from "./IngestParts.js"

/** A batch in the making waits this long, in ms, to see whether more comes. */
const QUIET_MILLIS = 1
/** Waits between tries of an append, in ms: from the first, doubling with jitter, to the longest. */
export const RETRY_MILLIS_MIN = 50
export const RETRY_MILLIS_MAX = 1_000

const retrySchedule = Schedule.exponential(Duration.millis(RETRY_MILLIS_MIN)).pipe(
  Schedule.jittered,
  Schedule.union(Schedule.spaced(Duration.millis(RETRY_MILLIS_MAX)))
)

/**
 * The next batch. One that is not full waits while more keeps coming, so that many clients share a commit, and
 * a client alone does not wait for others. Nor is it taken beside another append: it would wait for that one all the
 * same, and what comes meanwhile would wait for both.
 */
const collect = ({ backlog, settings, turn, waiting }: IngestParts): Effect.Effect<ReadonlyArray<Pending>> =>
  Effect.gen(function* () {
    yield* waiting.await
    if (!backlog.isFull) yield* turn.await
    for (let waited = 0, queued = -1; waited < settings.lingerMillis; waited += QUIET_MILLIS) {
      if (backlog.isFull || backlog.queued === queued) break
      queued = backlog.queued
      yield* Effect.sleep(Duration.millis(QUIET_MILLIS))
    }
    const batch = backlog.take()
    if (backlog.isEmpty) waiting.unsafeClose()
    return batch
  })

const noteUnavailable = ({ backlog, counts }: IngestParts, error: LogUnavailable): Effect.Effect<void> =>
  Effect.gen(function* () {
    yield* Metric.increment(Metrics.appendRetriesTotal)
    counts.lastError = error.reason
    if (counts.since !== null) return
    counts.since = yield* nowMicros
    yield* Effect.logWarning(
      `The log does not answer (${error.reason}): ${backlog.messages} messages wait, none is acknowledged`
    )
  })

const noteAvailable = ({ counts }: IngestParts): Effect.Effect<void> =>
  Effect.suspend(() => {
    if (counts.since === null) return Effect.void
    counts.since = null
    counts.lastError = null
    return Effect.logInfo("The log answers again")
  })

/** Appends until the log takes it. A defect is no answer that a retry could trust: it stops ingest. */
const append = (
  parts: IngestParts,
  log: EventLogService,
  items: ReadonlyArray<AppendItem>
): Effect.Effect<ReadonlyArray<AppendOutcome>, LogCorrupt> =>
  log.append(items).pipe(
    Effect.tapErrorTag("LogUnavailable", (error) => noteUnavailable(parts, error)),
    Effect.retry({ schedule: retrySchedule, while: (error) => error._tag === "LogUnavailable" }),
    Effect.catchTag("LogUnavailable", Effect.die),
    Effect.catchAllDefect((defect) =>
      Effect.fail(new LogCorrupt({ reason: `the log failed: ${Cause.pretty(Cause.die(defect))}` }))
    ),
    Effect.filterOrFail(
      (outcomes) => outcomes.length === items.length,
      () => new LogCorrupt({ reason: "the log did not say what became of each item" })
    )
  )

/** What a device is told that hears why: the reason itself is kept with the rejected message. */
const refusalOf = (item: AppendItem | undefined, faults: Faults): Refusal => ({
  kind: faults.some(({ code }) => code === "not-own-sensor")
    ? "Access"
    : item?._tag === "Rejected"
      ? "Message"
      : faults.some(({ code }) => code === "too-many-sensors")
        ? "Quota"
        : "Log",
  reason: reasonOf(faults)
})

const CODE_LABELS = Metrics.labelSets(Metrics.rejectedTotal, "code", REJECTION_CODES)

/** Sums the outcomes of each message's items, which stand in the order of the batch. */
const summer = (outcomes: ReadonlyArray<AppendOutcome>): ((pending: Pending) => MessageOutcome) => {
  let next = 0
  return ({ items }) => {
    const sum = { stored: 0, repeated: 0, rejected: 0 }
    let refusal: Refusal | undefined
    for (const item of items) {
      const outcome = outcomes[next]
      next += 1
      if (outcome?._tag === "Stored") sum.stored += 1
      else if (outcome?._tag === "Repeated") sum.repeated += 1
      else {
        sum.rejected += 1
        Metrics.rejectedTotal.unsafeUpdate(1, CODE_LABELS[outcome?.faults[0]?.code ?? "unknown"])
        refusal ??= refusalOf(item, outcome?.faults ?? [])
      }
    }
    return refusal === undefined ? sum : { ...sum, refusal }
  }
}

/** Says at debug which fields were ignored since the last time: the first of many. */
const logIgnored = ({ counts }: IngestParts): Effect.Effect<void> =>
  Effect.suspend(() => {
    if (counts.fieldsIgnored.length === 0) return Effect.void
    const fields = counts.fieldsIgnored.splice(0)
    return Effect.logDebug("Fields that are wrong were ignored", { fields })
  })

/** All of a batch at once: what metrics cost must not grow with the messages. */
const measure = (batch: ReadonlyArray<Pending>, rows: number, started: Micros, now: Micros): void => {
  const seconds = (since: Micros) => Math.max(0, now - since) / MICROS_PER_SECOND
  Metrics.appendSeconds.unsafeUpdate(seconds(started), [])
  Metrics.acknowledgeSeconds.unsafeUpdate(seconds(batch[0]?.message.arrivedAt ?? now), [])
  Metrics.batchRows.unsafeUpdate(rows, [])
}

/** Appends a batch and settles its messages, in order of arrival. */
const store = (
  parts: IngestParts,
  log: EventLogService,
  batch: ReadonlyArray<Pending>
): Effect.Effect<void, LogCorrupt> =>
  Effect.gen(function* () {
    const { counts, tallies, turn } = parts
    const items = batch.flatMap((pending) => pending.items)
    counts.appending += 1
    turn.unsafeClose()
    const started = yield* nowMicros
    const outcomes = yield* append(parts, log, items)
    yield* noteAvailable(parts)
    const sumOf = summer(outcomes)
    const thrown = settleAll(parts, batch, (pending) => {
      const outcome = sumOf(pending)
      counts.storedTotal += outcome.stored
      counts.repeatedTotal += outcome.repeated
      counts.rejectedTotal += outcome.rejected
      const { clientId } = pending.message
      if (clientId !== null) tallies.add(clientId, outcome)
      return outcome
    })
    yield* logIgnored(parts)
    measure(batch, items.length, started, yield* nowMicros)
    if (thrown.length > 0) yield* Effect.logError("A message could not be acknowledged", thrown[0])
    // A file's appends wait for nothing: without a turn in between, no socket is read until nothing is pending.
    yield* Effect.sleep(0)
    counts.appending -= 1
    if (counts.appending === 0) turn.unsafeOpen()
  })

/** Runs until it is interrupted, or the log is corrupt. `collecting` has one permit for all workers. */
export const worker = (
  parts: IngestParts,
  log: EventLogService,
  collecting: Effect.Semaphore
): Effect.Effect<never, LogCorrupt> =>
  collecting
    .withPermits(1)(collect(parts))
    .pipe(
      Effect.flatMap((batch) => (batch.length === 0 ? Effect.void : store(parts, log, batch))),
      Effect.forever
    )
