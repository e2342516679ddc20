/**
 * Which files are on the disk, and how much room they take.
 *
 * Invariants:
 * 1. `bytes` is the sum of the files that are there and of those that are being written. It stays within `bytesMax`.
 * 2. The file that was longest not asked for gives way first. Who is reading it has it open, and reads on.
 */
import * as Schema from "effect/Schema"

/** What is known of a file once it is made; times in µs. */
export const MadeFile = Schema.Struct({
  rows: Schema.Int,
  bytes: Schema.Int,
  sha256: Schema.String,
  minTime: Schema.NullOr(Schema.Int),
  maxTime: Schema.NullOr(Schema.Int)
})
export type MadeFile = typeof MadeFile.Type

export class FileShelf {
  /** In the order in which they were last asked for. */
  private readonly files = new Map<string, MadeFile>()
  private bytes = 0

  constructor(
    private readonly bytesMax: number,
    private readonly remove: (name: string) => void
  ) {}

  peek(name: string): MadeFile | undefined {
    return this.files.get(name)
  }

  use(name: string): MadeFile | undefined {
    const made = this.files.get(name)
    if (made !== undefined) {
      this.files.delete(name)
      this.files.set(name, made)
    }
    return made
  }

  /** Counts bytes that are being written; false: there is no room for them. */
  reserve(bytes: number): boolean {
    for (const name of this.files.keys()) {
      if (this.bytes + bytes <= this.bytesMax) break
      this.remove(name)
      this.forget(name)
    }
    if (this.bytes + bytes > this.bytesMax) return false
    this.bytes += bytes
    return true
  }

  release(bytes: number): void {
    this.bytes -= bytes
  }

  /** A file whose bytes were reserved. */
  put(name: string, made: MadeFile): void {
    this.forget(name)
    this.files.set(name, made)
  }

  /** It is there no more. */
  forget(name: string): void {
    this.bytes -= this.files.get(name)?.bytes ?? 0
    this.files.delete(name)
  }
}
