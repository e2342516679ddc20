/**
 * A message, or one metric of it, that could not be decoded or stored. It is kept with its bytes and its reason
 * and is acknowledged, so that it does not come back for ever.
 */
import type { Micros } from "../Time.js"
import type { Faults } from "./RejectionFault.js"

export const REJECTED_BYTES_KEPT = 65_536

/** Where a reading came from: enough to keep the message should the reading be refused. */
export interface MessageSource {
  readonly topic: string
  readonly bytes: Uint8Array
  /** The metric within the message; null for the whole of it. */
  readonly metric: string | null
}

/** What the log keeps of it. `id` is a hash of topic, bytes and metric: 32 hex digits. */
export interface RejectedMessage {
  readonly id: string
  readonly topic: string
  readonly metric: string | null
  /** The first 64 KiB; null where the quota of bytes was used up. */
  readonly bytes: Uint8Array | null
  /** The whole message's size in bytes. */
  readonly size: number
  readonly truncated: boolean
  /** What is wrong, one by one, and all of it in words. */
  readonly faults: Faults
  readonly reason: string
  readonly firstSeen: Micros
  /** How often it came, for information. */
  readonly deliveries: number
}
