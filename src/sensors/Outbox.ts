/**
 * What a sensor has measured and the broker has not acknowledged. It outlives a lost connection and a crash of its
 * actor, so that neither loses a reading.
 *
 * - A message leaves only when it was acknowledged, or pushed out: what is sent again is the very same message.
 * - Bounded by OUTBOX_MAX messages, due and late together; over it the oldest is dropped and counted.
 */
import type { Micros } from "../domain/Time.js"
import type { Message } from "./Faults.js"

/** Messages that a sensor keeps while nothing is acknowledged: ten minutes at one a second. */
export const OUTBOX_MAX = 600

export class Outbox {
  // In order of measurement; a set, as any of them may be acknowledged first.
  private readonly due = new Set<Message>()
  private late: Array<Message> = []
  /** How many messages were pushed out unsent. */
  dropped = 0

  constructor(readonly limit: number = OUTBOX_MAX) {}

  /** Messages in it, the late ones among them. */
  get size(): number {
    return this.due.size + this.late.length
  }

  /** Puts messages in. How many older ones were dropped for them. */
  put(messages: ReadonlyArray<Message>, now: Micros): number {
    for (const message of messages) {
      if (message.dueAt > now) this.late.push(message)
      else this.due.add(message)
    }
    let dropped = 0
    for (; this.size > this.limit; dropped++) this.dropOldest()
    this.dropped += dropped
    return dropped
  }

  /** Lets late messages whose time has come leave. */
  release(now: Micros): void {
    if (this.late.length === 0) return
    for (const message of this.late) if (message.dueAt <= now) this.due.add(message)
    this.late = this.late.filter((message) => message.dueAt > now)
  }

  /** The oldest messages that may leave, at most so many. They stay until `acknowledged`. */
  head(count: number): ReadonlyArray<Message> {
    const messages: Array<Message> = []
    for (const message of this.due) {
      if (messages.length === count) break
      messages.push(message)
    }
    return messages
  }

  acknowledged(message: Message): void {
    this.due.delete(message)
  }

  private dropOldest(): void {
    for (const oldest of this.due) {
      this.due.delete(oldest)
      return
    }
    this.late.shift()
  }
}
