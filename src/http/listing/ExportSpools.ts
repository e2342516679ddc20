/**
 * Which reader has which file, and how much room they take.
 *
 * Invariants:
 * 1. `bytes` is the sum of all files that are open, written or read. It stays within `bytesMax`.
 * 2. What an answer reads stays open until it has ended, whoever has it by then.
 */
import type { FileHandle } from "node:fs/promises"

/** A length that is asked for again is that of the same file where it was used so lately, in µs, … */
const SAME_IDLE_MICROS_MAX = 5_000_000
/** … and is no older than this: who asks all the time gets new rows, too. */
const SAME_AGE_MICROS_MAX = 60_000_000
/** How long a file is kept that nobody asks for, in µs. */
const IDLE_MICROS_MAX = 600_000_000
/** Readers that have a file: each may hold a descriptor. */
const READERS_MAX = 128

/** Who asks, and for what. */
export interface Asker {
  readonly reader: string
  /** "length": of what there is now. "part": of the file that the reader has. */
  readonly asks: "length" | "part"
}

export interface Spool {
  readonly tag: string
  readonly begunAt: number
  /** Null: it could not be kept, which is not tried again at every part. */
  handle: FileHandle | null
  headers: Readonly<Record<string, string>> & { readonly etag: string }
  size: number
  usedAt: number
  /** Answers that are reading it; who writes it counts too. */
  readers: number
}

export class Spools {
  private readonly byReader = new Map<string, Spool>()
  private bytes = 0

  constructor(private readonly bytesMax: number) {}

  /** What this reader goes on with; undefined: it begins. */
  held({ asks, reader }: Asker, now: number): Spool | undefined {
    const spool = this.byReader.get(reader)
    if (spool === undefined) return undefined
    const isLate = spool.readers === 0 && now - spool.usedAt > SAME_IDLE_MICROS_MAX
    return asks === "length" && (isLate || now - spool.begunAt > SAME_AGE_MICROS_MAX) ? undefined : spool
  }

  /** The file of the same bytes, whoever has it. */
  same(tag: string): Spool | undefined {
    return tag.startsWith("W/") ? undefined : [...this.byReader.values()].find((spool) => spool.tag === tag)
  }

  give(reader: string, spool: Spool): void {
    const before = this.byReader.get(reader)
    this.byReader.set(reader, spool)
    if (before !== undefined) this.closeUnused(before)
    this.makeRoom(() => this.byReader.size <= READERS_MAX)
  }

  /** Counts bytes that are written; false: there is no room for them. */
  grow(spool: Spool, bytes: number): boolean {
    if (!this.makeRoom(() => this.bytes + bytes <= this.bytesMax)) return false
    this.bytes += bytes
    spool.size += bytes
    return true
  }

  release(spool: Spool, now: number): void {
    spool.readers -= 1
    spool.usedAt = now
    this.closeUnused(spool)
  }

  dropIdle(now: number): void {
    for (const spool of new Set(this.byReader.values())) {
      if (spool.readers === 0 && now - spool.usedAt > IDLE_MICROS_MAX) this.drop(spool)
    }
  }

  dropAll(): void {
    for (const spool of new Set(this.byReader.values())) this.drop(spool)
  }

  private makeRoom(fits: () => boolean): boolean {
    while (!fits()) {
      const idle = [...this.byReader.values()].filter(({ readers }) => readers === 0)
      if (idle.length === 0) return false
      this.drop(idle.reduce((oldest, one) => (one.usedAt < oldest.usedAt ? one : oldest)))
    }
    return true
  }

  private drop(spool: Spool): void {
    for (const [reader, one] of this.byReader) if (one === spool) this.byReader.delete(reader)
    this.closeUnused(spool)
  }

  private closeUnused(spool: Spool): void {
    if (spool.readers > 0 || [...this.byReader.values()].includes(spool)) return
    this.bytes -= spool.size
    spool.size = 0
    void spool.handle?.close().catch(() => {})
    spool.handle = null
  }
}
