/**
 * Locks of single rows: each has one holder at most, and who comes later has it in turn.
 *
 * Whoever is handed a lock holds it at that moment, whether its fiber has heard of it yet or not. So a holder that ends at
 * any time gives back all that it has.
 */
import * as Effect from "effect/Effect"

interface Waiter<Holder> {
  readonly holder: Holder
  readonly row: string
  readonly wake: () => void
}

export class RowLocks<Holder extends object> {
  private readonly holders = new Map<string, Holder>()
  private readonly queues = new Map<string, Array<Waiter<Holder>>>()
  private readonly waits = new Map<Holder, Waiter<Holder>>()

  holds(holder: Holder, row: string): boolean {
    return this.holders.get(row) === holder
  }

  /** Takes a row that nobody else has; false: somebody has. */
  take(holder: Holder, row: string): boolean {
    const now = this.holders.get(row)
    if (now === undefined) this.holders.set(row, holder)
    return now === undefined || now === holder
  }

  /** Whether who has the row waits, by way of whomever, for this one. */
  isDeadlock(holder: Holder, row: string): boolean {
    const seen = new Set<Holder>()
    for (let now = this.holders.get(row); now !== undefined && !seen.has(now); ) {
      if (now === holder) return true
      seen.add(now)
      const waited = this.waits.get(now)
      now = waited === undefined ? undefined : this.holders.get(waited.row)
    }
    return false
  }

  /** Waits for a row that another has. Ends as well when the one that waits gives back all that it has. */
  wait(holder: Holder, row: string): Effect.Effect<void> {
    return Effect.async<void>((resume) => {
      if (this.take(holder, row)) return resume(Effect.void)
      const waiter = { holder, row, wake: () => resume(Effect.void) }
      const queue = this.queues.get(row)
      if (queue === undefined) this.queues.set(row, [waiter])
      else queue.push(waiter)
      this.waits.set(holder, waiter)
      return Effect.sync(() => this.leave(waiter))
    })
  }

  release(holder: Holder, row: string): void {
    if (!this.holds(holder, row)) return
    const next = this.queues.get(row)?.shift()
    if (next === undefined) {
      this.holders.delete(row)
      this.queues.delete(row)
      return
    }
    this.holders.set(row, next.holder)
    this.waits.delete(next.holder)
    next.wake()
  }

  /** Gives back all that it has, and waits for nothing any more. */
  releaseAll(holder: Holder): void {
    const waiter = this.waits.get(holder)
    if (waiter !== undefined) {
      this.leave(waiter)
      waiter.wake()
    }
    for (const [row, now] of [...this.holders]) if (now === holder) this.release(holder, row)
  }

  private leave(waiter: Waiter<Holder>): void {
    const { holder, row } = waiter
    if (this.waits.get(holder) === waiter) this.waits.delete(holder)
    const queue = this.queues.get(row) ?? []
    const at = queue.indexOf(waiter)
    if (at >= 0) queue.splice(at, 1)
  }
}
