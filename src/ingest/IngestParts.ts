/**
 * What the parts of a running ingest share: its settings, its counts, and how a message is settled.
 */
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import type { ArrivedMessage, MessageOutcome } from "../broker/MessageSink.js"
import { importKeyOf } from "../domain/ImportKey.js"
import type { Micros } from "../domain/Time.js"
import type { AppendItem, LogCorrupt } from "../eventlog/EventLog.js"
import { PassedOverCounts } from "../eventlog/PassedOver.js"
import { fieldsIgnoredTotal } from "../telemetry/Metrics.js"
import { type TraceMaker, Traces } from "../telemetry/Traces.js"
import { Backlog, type BacklogLimits, type Pending } from "./Backlog.js"
import { DEFAULT_DECODE_LIMITS, type DecodeLimits, decode } from "./codecs/MessageDecode.js"
import { withinScope } from "./SenderScope.js"
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
  lingerMillis: 1,
  shutdownMillis: 3_000
}

/** Ignored fields that are logged of a batch. */
const IGNORED_LOGGED_MAX = 16

/** A field that was wrong and cost no reading. */
export interface IgnoredField {
  readonly topic: string
  readonly field: string
}

/** Counts since the start, and how the log is answering. Written by `offer` and the workers alone. */
export class IngestCounts {
  stopping = false
  /** Batches that are being appended. */
  appending = 0
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

export interface IngestParts {
  readonly settings: IngestSettings
  readonly backlog: Backlog
  readonly tallies: Tallies
  readonly counts: IngestCounts
  readonly passedOver: PassedOverCounts
  readonly topics: TopicMemory
  /** Open while something waits for a batch. */
  readonly waiting: Effect.Latch
  /** Open while nothing is appended, or a whole batch waits: what is less waits for its turn. */
  readonly turn: Effect.Latch
  /** Open while nothing is pending. */
  readonly idle: Effect.Latch
  /** Who wants to know that ingest is no longer overloaded. */
  readonly drained: Set<() => void>
  readonly failed: Deferred.Deferred<never, LogCorrupt>
  /** Null: no message is traced. */
  readonly traces: TraceMaker | null
}

/** What is appended for a message, and notes what of it was passed over. `nonce` gives a text that no call ever gave. */
const decoder =
  (
    {
      counts,
      passedOver,
      settings,
      topics
    }: Pick<IngestParts, "counts" | "passedOver" | "settings" | "topics">,
    nonce: () => string
  ) =>
  (message: ArrivedMessage): ReadonlyArray<AppendItem> => {
    const all = decode(message, settings, nonce, {
      topics,
      told: ({ field, kind, value }, whose) => {
        if (kind === "label") return
        if (whose !== null) passedOver.add(whose, kind, field, value, message.arrivedAt)
        if (kind !== "wrong") return
        counts.fieldsIgnoredTotal += 1
        fieldsIgnoredTotal.unsafeUpdate(1, [])
        if (counts.fieldsIgnored.length < IGNORED_LOGGED_MAX) {
          counts.fieldsIgnored.push({ topic: message.topic, field })
        }
      }
    })
    const items = withinScope(all, message)
    const importKey = importKeyOf(message.clientId)
    return importKey === undefined ? items : items.map((item) => ({ ...item, importKey }))
  }

export const makeIngestParts = (settings: IngestSettings, nonce: () => string): Effect.Effect<IngestParts> =>
  Effect.gen(function* () {
    const noted = {
      settings,
      counts: new IngestCounts(),
      passedOver: new PassedOverCounts(),
      topics: new TopicMemory()
    }
    return {
      ...noted,
      backlog: new Backlog(settings, decoder(noted, nonce)),
      tallies: new Tallies(),
      waiting: yield* Effect.makeLatch(false),
      turn: yield* Effect.makeLatch(true),
      idle: yield* Effect.makeLatch(true),
      drained: new Set<() => void>(),
      failed: yield* Deferred.make<never, LogCorrupt>(),
      traces: yield* Traces
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
