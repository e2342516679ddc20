/**
 * What becomes due, earliest first; of the same time, what was put in first. What was cancelled is passed over, and
 * all of it is swept out when it is the larger part.
 */

export interface Due {
  /** µs since the epoch. */
  readonly at: number
  cancelled: boolean
}

interface Entry<D extends Due> {
  readonly due: D
  readonly order: number
}

/** Below this many entries cancelled ones may stay: sweeping costs more than it frees. */
const SWEEP_MIN = 1_024

const before = (a: Entry<Due>, b: Entry<Due>): boolean =>
  a.due.at !== b.due.at ? a.due.at < b.due.at : a.order < b.order

export class DueHeap<D extends Due> {
  // A binary heap: no entry is before the one at (index - 1) >> 1.
  private entries: Array<Entry<D>> = []
  private order = 0
  private cancelled = 0

  /** How many are not cancelled. */
  get size(): number {
    return this.entries.length - this.cancelled
  }

  push(due: D): void {
    this.order += 1
    this.entries.push({ due, order: this.order })
    this.siftUp(this.entries.length - 1)
  }

  /** Idempotent; what was taken out is left alone by its own flag. */
  cancel(due: D): void {
    if (due.cancelled) return
    due.cancelled = true
    this.cancelled += 1
    if (this.entries.length > SWEEP_MIN && this.cancelled > this.entries.length / 2) this.sweep()
  }

  /** The earliest that is not cancelled; it stays. */
  peek(): D | undefined {
    for (;;) {
      const due = this.entries[0]?.due
      if (due === undefined || !due.cancelled) return due
      this.popEntry()
      this.cancelled -= 1
    }
  }

  /** Takes the earliest that is not cancelled; it counts as cancelled from then on. */
  pop(): D | undefined {
    const due = this.peek()
    if (due === undefined) return undefined
    this.popEntry()
    due.cancelled = true
    return due
  }

  private popEntry(): void {
    const last = this.entries.pop()
    if (last === undefined || this.entries.length === 0) return
    this.entries[0] = last
    this.siftDown(0)
  }

  private sweep(): void {
    this.entries = this.entries.filter((entry) => !entry.due.cancelled)
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
