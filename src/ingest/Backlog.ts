/**
 * What has arrived and is not committed: a queue, with what was taken out of it for an append still counted.
 *
 * Invariants:
 * 1. `messages` and `bytes` cover queued and taken messages alike; a message leaves them when it is settled.
 * 2. A message is settled once: whoever settles it later does nothing.
 * 3. Order of arrival is kept; a message's items are never split over two batches.
 * 4. `overloaded` turns on above a bound and off below half of both, so that it does not flutter.
 *
 * Plain and synchronous: this is the hot path.
 */
import type { MessageOutcome } from "../broker/MessageSink.js"
import type { AppendItem } from "../eventlog/EventLog.js"

/** What a pending message's objects weigh beside its payload, and each of its items: measured, roughly, in bytes. */
const MESSAGE_WEIGHT_BYTES = 600
const ITEM_WEIGHT_BYTES = 400

/** How far the queue's consumed front may grow before it is cut off. */
const FRONT_MAX = 1_024

export interface Pending {
  readonly items: ReadonlyArray<AppendItem>
  /** Payload bytes. */
  readonly bytes: number
  readonly clientId: string | null
  readonly settled: (outcome: MessageOutcome | null) => void
  done: boolean
}

export interface BacklogLimits {
  /** A batch is full at this many rows… */
  readonly batchRowsMax: number
  /** …or this many payload bytes. One message may exceed both alone. */
  readonly batchBytesMax: number
  /** Bounds on what is pending, over all clients. */
  readonly pendingMessagesMax: number
  readonly pendingBytesMax: number
}

const weightOf = (pending: Pending): number =>
  pending.bytes + MESSAGE_WEIGHT_BYTES + pending.items.length * ITEM_WEIGHT_BYTES

export class Backlog {
  messages = 0
  bytes = 0
  overloaded = false
  private queue: Array<Pending> = []
  private front = 0
  private queuedRows = 0
  private queuedBytes = 0
  private readonly taken = new Set<Pending>()

  constructor(private readonly limits: BacklogLimits) {}

  get isEmpty(): boolean {
    return this.front === this.queue.length
  }

  /** How many rows wait for a batch. */
  get rows(): number {
    return this.queuedRows
  }

  /** A whole batch waits. */
  get isFull(): boolean {
    return this.queuedRows >= this.limits.batchRowsMax || this.queuedBytes >= this.limits.batchBytesMax
  }

  push(pending: Pending): void {
    this.queue.push(pending)
    this.queuedRows += pending.items.length
    this.queuedBytes += pending.bytes
    this.messages += 1
    this.bytes += weightOf(pending)
    if (this.messages > this.limits.pendingMessagesMax || this.bytes > this.limits.pendingBytesMax) {
      this.overloaded = true
    }
  }

  /** The next batch, in order of arrival; empty when nothing waits. */
  take(): ReadonlyArray<Pending> {
    const batch: Array<Pending> = []
    let rows = 0
    let bytes = 0
    for (let next = this.queue[this.front]; next !== undefined; next = this.queue[this.front]) {
      const fits =
        rows + next.items.length <= this.limits.batchRowsMax &&
        bytes + next.bytes <= this.limits.batchBytesMax
      if (!fits && batch.length > 0) break
      batch.push(next)
      this.taken.add(next)
      rows += next.items.length
      bytes += next.bytes
      this.front += 1
    }
    this.queuedRows -= rows
    this.queuedBytes -= bytes
    if (this.isEmpty || this.front > FRONT_MAX) {
      this.queue = this.queue.slice(this.front)
      this.front = 0
    }
    return batch
  }

  /** Settles a message that was taken; does nothing when it is settled already. */
  settle(pending: Pending, outcome: MessageOutcome | null): void {
    if (pending.done) return
    pending.done = true
    this.taken.delete(pending)
    this.messages -= 1
    this.bytes -= weightOf(pending)
    const { pendingBytesMax, pendingMessagesMax } = this.limits
    if (this.messages * 2 <= pendingMessagesMax && this.bytes * 2 <= pendingBytesMax) this.overloaded = false
    pending.settled(outcome)
  }

  /** Empties the queue, and gives all that is pending, taken or not, to be settled. */
  takeAll(): ReadonlyArray<Pending> {
    for (const pending of this.queue.slice(this.front)) this.taken.add(pending)
    this.queue = []
    this.front = 0
    this.queuedRows = 0
    this.queuedBytes = 0
    return [...this.taken]
  }
}
