/**
 * Whether several processes append to the log. Then batches reserve their positions and insert beside each other; one alone
 * has the log to itself, which is a transaction less for each batch.
 *
 * Nothing depends on it but speed.
 */
import type { Position } from "../../../domain/Ids.js"

/** Batches that reserve their positions after one before which another process had appended. */
const BATCHES = 64

/** A smaller batch holds the log for so short a time that a transaction more costs more than it gives. */
const ITEMS_MIN = 64

/** Whether there are others: as it is seen, or in any case. */
export type Appenders = "watched" | "several"

export class AppendersWatch {
  private left = 0
  /** The last position that this process gave out; undefined: none yet. */
  private own: Position | undefined

  constructor(private readonly appenders: Appenders = "watched") {}

  /** Whether a batch of so many items is to be appended beside others. */
  isWorth(items: number): boolean {
    return this.appenders === "several" || (this.left > 0 && items >= ITEMS_MIN)
  }

  /** This process has given out the positions behind `start`, up to `end`. */
  gave(start: Position, end: Position): void {
    const others = this.own !== undefined && start > this.own
    this.left = others ? BATCHES : Math.max(0, this.left - 1)
    if (this.own === undefined || end > this.own) this.own = end
  }
}
