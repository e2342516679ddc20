/**
 * What the parts of a running ingest share: its settings, its counts, and how a message is settled.
 */
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import type { MessageOutcome } from "../broker/MessageSink.js"
import type { Micros } from "../domain/Time.js"
import type { LogCorrupt } from "../eventlog/EventLog.js"
import { PassedOverCounts } from "../eventlog/PassedOver.js"
import { Backlog, type BacklogLimits, type Pending } from "./Backlog.js"
import { DEFAULT_DECODE_LIMITS, type DecodeLimits } from "./codecs/MessageDecode.js"
import { Tallies } from "./Tallies.js"
import { TopicMemory } from "./TopicMemory.js"

export interface IngestSettings extends DecodeLimits, BacklogLimits {
  /** Appends that run at once: 2 for a server, 1 for an embedded file, which has one writer. */
  readonly workers: number
  /** How long a batch that is not full waits for more, in ms, as long as more keeps coming. */
  readonly lingerMillis: number
  /** How long stopping waits for what is pending to be stored, in ms. */
  readonly shutdownMillis: number
}

export const DEFAULT_INGEST_SETTINGS: IngestSettings = {
  ...DEFAULT_DECODE_LIMITS,
  live: true,
  batchRowsMax: 1_000,
  batchBytesMax: 1_048_576,
  pendingMessagesMax: 20_000,
  pendingBytesMax: 67_108_864,
  workers: 1,
  lingerMillis: 5,
  shutdownMillis: 3_000
}

/** A field that was wrong and cost no reading. */
export interface IgnoredField {
  readonly topic: string
  readonly field: string
}

/** Counts since the start, and how the log is answering. Written by `offer` and the workers alone. */
export class IngestCounts {
  stopping = false
  failure: LogCorrupt | null = null
  lastError: string | null = null
  since: Micros | null = null
  messagesTotal = 0
  storedTotal = 0
  repeatedTotal = 0
  rejectedTotal = 0
  droppedQos0Total = 0
  fieldsIgnoredTotal = 0
  /** The first of them since the last report: they are logged with it. */
  fieldsIgnored: Array<IgnoredField> = []
}

/** The totals as the metrics have them. */
export class Reported {
  messages = 0
  stored = 0
  repeated = 0
  rejected = 0
  dropped = 0
  ignored = 0
}

export interface IngestParts {
  readonly settings: IngestSettings
  readonly backlog: Backlog
  readonly tallies: Tallies
  readonly counts: IngestCounts
  readonly passedOver: PassedOverCounts
  readonly topics: TopicMemory
  readonly reported: Reported
  /** Open while something waits for a batch. */
  readonly waiting: Effect.Latch
  /** Open while nothing is pending. */
  readonly idle: Effect.Latch
  /** Who wants to know that ingest is no longer overloaded. */
  readonly drained: Set<() => void>
  readonly failed: Deferred.Deferred<never, LogCorrupt>
}

export const makeIngestParts = (settings: IngestSettings): Effect.Effect<IngestParts> =>
  Effect.gen(function* () {
    return {
      settings,
      backlog: new Backlog(settings),
      tallies: new Tallies(),
      counts: new IngestCounts(),
      passedOver: new PassedOverCounts(),
      topics: new TopicMemory(),
      reported: new Reported(),
      waiting: yield* Effect.makeLatch(false),
      idle: yield* Effect.makeLatch(true),
      drained: new Set<() => void>(),
      failed: yield* Deferred.make<never, LogCorrupt>()
    }
  })

/**
 * Settles messages, each with what `outcomeOf` gives for it. A callback that throws must not keep the others from
 * being settled: what was thrown is given back.
 */
export const settleAll = (
  { backlog, drained, idle }: IngestParts,
  batch: ReadonlyArray<Pending>,
  outcomeOf: (pending: Pending) => MessageOutcome | null
): ReadonlyArray<unknown> => {
  const thrown: Array<unknown> = []
  const guarded = (callback: () => void): void => {
    try {
      callback()
    } catch (error) {
      thrown.push(error)
    }
  }
  const wasOverloaded = backlog.overloaded
  for (const pending of batch) guarded(() => backlog.settle(pending, outcomeOf(pending)))
  if (wasOverloaded && !backlog.overloaded) for (const listener of drained) guarded(listener)
  if (backlog.messages === 0) idle.unsafeOpen()
  return thrown
}
