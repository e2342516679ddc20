/**
 * What has arrived and is not committed: a queue, with what was taken out of it for an append still counted.
 *
 * Invariants:
 * 1. `messages` and `bytes` cover queued and taken messages alike; a message leaves them when it is settled.
 * 2. A message is settled once: whoever settles it later does nothing.
 * 3. Order of arrival is kept; a message's items are never split over two batches.
 *    A message is decoded when its batch is taken: what waits is the message alone, and little to be kept.
 * 4. `overloaded` turns on above a bound and off below half of both, so that it does not flutter.
 *
 * Plain and synchronous: this is the hot path.
 */
import type { ArrivedMessage, MessageOutcome } from "../broker/MessageSink.js"
import type { AppendItem } from "../eventlog/EventLog.js"

/** What a pending message's objects weigh beside its payload, and those of its reading: measured, roughly, in bytes. */
const MESSAGE_WEIGHT_BYTES = 1_000

/** How far the queue's consumed front may grow before it is cut off. */
const FRONT_MAX = 1_024

export interface Pending {
  readonly message: ArrivedMessage
  readonly settled: (outcome: MessageOutcome | null) => void
  /** What is appended for it; empty until its batch is taken. */
  items: ReadonlyArray<AppendItem>
  done: boolean
}

export interface BacklogLimits {
  /** A batch is full at this many rows; its last message may exceed them. */
  readonly batchRowsMax: number
  /** …or this many payload bytes. One message may exceed them alone. */
  readonly batchBytesMax: number
  /** Bounds on what is pending, over all clients. */
  readonly pendingMessagesMax: number
  readonly pendingBytesMax: number
}

const weightOf = ({ message }: Pending): number => message.payload.length + MESSAGE_WEIGHT_BYTES

/** Payload bytes that the log is given for a message: each part that is rejected brings the whole of it. */
const bytesOf = ({ items, message }: Pending): number =>
  message.payload.length * Math.max(1, items.filter(({ _tag }) => _tag === "Rejected").length)

export class Backlog {
  messages = 0
  bytes = 0
  overloaded = false
  private queue: Array<Pending> = []
  private front = 0
  private queuedBytes = 0
  private readonly taken = new Set<Pending>()

  constructor(
    private readonly limits: BacklogLimits,
    private readonly decode: (message: ArrivedMessage) => ReadonlyArray<AppendItem>
  ) {}

  get isEmpty(): boolean {
    return this.queued === 0
  }

  /** How many messages wait for a batch. */
  get queued(): number {
    return this.queue.length - this.front
  }

  /** A whole batch waits. */
  get isFull(): boolean {
    return this.queued >= this.limits.batchRowsMax || this.queuedBytes >= this.limits.batchBytesMax
  }

  push(message: ArrivedMessage, settled: Pending["settled"]): void {
    const pending: Pending = { message, settled, items: [], done: false }
    this.queue.push(pending)
    this.queuedBytes += message.payload.length
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
    const { batchBytesMax, batchRowsMax } = this.limits
    for (let next = this.queue[this.front]; next !== undefined; next = this.queue[this.front]) {
      const { length } = next.message.payload
      if (batch.length > 0 && (rows >= batchRowsMax || bytes + length > batchBytesMax)) break
      next.items = this.decode(next.message)
      batch.push(next)
      this.taken.add(next)
      rows += next.items.length
      bytes += bytesOf(next)
      this.queuedBytes -= length
      this.front += 1
    }
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
    this.queuedBytes = 0
    return [...this.taken]
  }
}
