/**
 * The sleeps of a simulated clock, earliest first; of the same time, the one that began first. A cancelled sleep
 * is passed over, and all of them are swept out when they are the larger part.
 */

export interface Sleep {
  /** µs since the epoch. */
  readonly at: number
  readonly wake: () => void
  cancelled: boolean
}

interface Entry {
  readonly sleep: Sleep
  readonly order: number
}

/** Below this many entries cancelled ones may stay: sweeping costs more than it frees. */
const SWEEP_MIN = 1_024

const before = (a: Entry, b: Entry): boolean =>
  a.sleep.at !== b.sleep.at ? a.sleep.at < b.sleep.at : a.order < b.order

export class SleepHeap {
  // A binary heap: no entry is before the one at (index - 1) >> 1.
  private entries: Array<Entry> = []
  private order = 0
  private cancelled = 0

  /** How many sleeps have not ended. */
  get size(): number {
    return this.entries.length - this.cancelled
  }

  push(sleep: Sleep): void {
    this.order += 1
    this.entries.push({ sleep, order: this.order })
    this.siftUp(this.entries.length - 1)
  }

  /** Idempotent; a sleep that has ended is left alone by its own flag. */
  cancel(sleep: Sleep): void {
    if (sleep.cancelled) return
    sleep.cancelled = true
    this.cancelled += 1
    if (this.entries.length > SWEEP_MIN && this.cancelled > this.entries.length / 2) this.sweep()
  }

  /** Takes the earliest sleep that is not cancelled; it counts as cancelled from then on. */
  pop(): Sleep | undefined {
    for (let entry = this.popEntry(); entry !== undefined; entry = this.popEntry()) {
      if (!entry.sleep.cancelled) {
        entry.sleep.cancelled = true
        return entry.sleep
      }
      this.cancelled -= 1
    }
    return undefined
  }

  private popEntry(): Entry | undefined {
    const first = this.entries[0]
    const last = this.entries.pop()
    if (first !== undefined && last !== undefined && first !== last) {
      this.entries[0] = last
      this.siftDown(0)
    }
    return first
  }

  private sweep(): void {
    this.entries = this.entries.filter((entry) => !entry.sleep.cancelled)
    this.cancelled = 0
    // Sorted by the heap's own order, an array is a heap.
    this.entries.sort((a, b) => (before(a, b) ? -1 : 1))
  }

  private siftUp(from: number): void {
    let index = from
    while (index > 0) {
      const parent = (index - 1) >> 1
      if (!this.swapIfBefore(index, parent)) return
      index = parent
    }
  }

  private siftDown(from: number): void {
    let index = from
    for (;;) {
      const left = 2 * index + 1
      const [l, r] = [this.entries[left], this.entries[left + 1]]
      if (l === undefined) return
      const child = r !== undefined && before(r, l) ? left + 1 : left
      if (!this.swapIfBefore(child, index)) return
      index = child
    }
  }

  // Swaps the entries at `child` and `parent` when the child's is the earlier one.
  private swapIfBefore(child: number, parent: number): boolean {
    const [c, p] = [this.entries[child], this.entries[parent]]
    if (c === undefined || p === undefined || !before(c, p)) return false
    this.entries[child] = p
    this.entries[parent] = c
    return true
  }
}
