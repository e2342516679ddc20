/**
 * How ingest is doing: the port that health and the composition read.
 */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type { Micros } from "../domain/Time.js"
import type { LogCorrupt } from "../eventlog/EventLog.js"

export interface IngestState {
  /**
   * - `running`: what arrives is stored.
   * - `waiting`: the log does not answer; what has arrived is kept and tried again, and nothing is acknowledged.
   * - `failed`: the log contradicts itself; nothing is taken any more, and a person must look.
   * - `stopping`: nothing new is taken; what is pending is being stored.
   */
  readonly state: "running" | "waiting" | "failed" | "stopping"
  /** Messages taken in and not yet committed. */
  readonly pendingMessages: number
  /** About how much memory they hold. */
  readonly pendingBytes: number
  /** Why the log did not answer, while it does not; null when it does. */
  readonly lastError: string | null
  /** Since when it has not; null when it does. */
  readonly since: Micros | null
  /** Counts since the process started. */
  readonly messagesTotal: number
  readonly storedTotal: number
  readonly repeatedTotal: number
  readonly rejectedTotal: number
  /** QoS 0 messages dropped because too many were pending. */
  readonly droppedQos0Total: number
  /** Fields beside a value (unit, place, metadata, …) that were wrong and ignored. */
  readonly fieldsIgnoredTotal: number
}

export interface IngestStatusService {
  readonly get: Effect.Effect<IngestState>
  /** Waits until ingest has failed for good, and fails with why; never succeeds. */
  readonly failed: Effect.Effect<never, LogCorrupt>
}

export class IngestStatus extends Context.Tag("tidemark/IngestStatus")<IngestStatus, IngestStatusService>() {}

/** What operators are told of it. */
export const totalsOf = (state: IngestState) => ({
  messages: state.messagesTotal,
  stored: state.storedTotal,
  repeated: state.repeatedTotal,
  rejected: state.rejectedTotal,
  dropped: state.droppedQos0Total,
  pendingMessages: state.pendingMessages,
  pendingBytes: state.pendingBytes
})
