/**
 * The last events of the log, as they are sent: what the poller keeps for all who read live.
 *
 * Invariant: it holds every event of a reading behind `from` up to `to`.
 */
import { type Position, position } from "../../domain/Ids.js"
import type { LiveEvent } from "./LiveEvent.js"

export class LiveWindow {
  events: Array<LiveEvent> = []
  from: Position = position(0)
  to: Position = position(0)

  start(at: Position): void {
    this.events = []
    this.from = at
    this.to = at
  }

  add(events: ReadonlyArray<LiveEvent>, to: Position, max: number): void {
    for (const event of events) this.events.push(event)
    this.to = to
    if (this.events.length <= 2 * max) return
    this.events = this.events.slice(-max)
    this.from = position((this.events[0]?.position ?? to + 1) - 1)
  }

  /** The index of the first event behind `cursor`. */
  indexAfter(cursor: Position): number {
    let low = 0
    for (let high = this.events.length; low < high; ) {
      const middle = (low + high) >>> 1
      if ((this.events[middle]?.position ?? 0) > cursor) high = middle
      else low = middle + 1
    }
    return low
  }

  /** The bytes of the events behind `cursor`; no further than `enough`. */
  bytesAfter(cursor: Position, enough: number): number {
    let bytes = 0
    for (let i = this.indexAfter(cursor); i < this.events.length && bytes <= enough; i++) {
      bytes += this.events[i]?.bytes.length ?? 0
    }
    return bytes
  }
}
