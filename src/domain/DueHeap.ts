/**
 * What becomes due, earliest first; of the same time, what was put in first. Each knows its place in the heap, so that
 * it can be moved and taken out.
 */

const NOWHERE = -1

export class Due {
  /** µs since the epoch. */
  at = 0
  /** Its turn among those of the same time. */
  order = 0
  /** Its index in the heap. */
  place = NOWHERE
}

const before = (a: Due, b: Due): boolean => (a.at !== b.at ? a.at < b.at : a.order < b.order)

export class DueHeap<D extends Due> {
  // A binary heap: nothing is before what is at (index - 1) >> 1.
  private readonly dues: Array<D> = []
  private order = 0

  get size(): number {
    return this.dues.length
  }

  /** Puts it in at a time, or moves it there. */
  put(due: D, at: number): void {
    this.remove(due)
    this.order += 1
    due.at = at
    due.order = this.order
    this.dues.push(due)
    this.rise(due, this.dues.length - 1)
  }

  /** Idempotent. */
  remove(due: D): void {
    const { place } = due
    if (place === NOWHERE) return
    due.place = NOWHERE
    const last = this.dues.pop()
    if (last === undefined || last === due) return
    this.sink(last, place)
    this.rise(last, last.place)
  }

  /** The earliest; it stays. */
  peek(): D | undefined {
    return this.dues[0]
  }

  /** Takes the earliest. */
  pop(): D | undefined {
    const first = this.dues[0]
    if (first !== undefined) this.remove(first)
    return first
  }

  // Puts it at the index, or above, below the first that is before it.
  private rise(due: D, from: number): void {
    let index = from
    while (index > 0) {
      const above = (index - 1) >> 1
      const parent = this.dues[above]
      if (parent === undefined || !before(due, parent)) break
      this.set(parent, index)
      index = above
    }
    this.set(due, index)
  }

  // Puts it at the index, or below, above all that it is before.
  private sink(due: D, from: number): void {
    let index = from
    for (;;) {
      const left = 2 * index + 1
      const [l, r] = [this.dues[left], this.dues[left + 1]]
      if (l === undefined) break
      const child = r !== undefined && before(r, l) ? r : l
      if (!before(child, due)) break
      const below = child.place
      this.set(child, index)
      index = below
    }
    this.set(due, index)
  }

  private set(due: D, index: number): void {
    this.dues[index] = due
    due.place = index
  }
}
