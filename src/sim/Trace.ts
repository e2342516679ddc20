/**
 * What a simulated run leaves behind: a hash of all that happened, in order; which rare things did happen; and
 * what was found to be wrong.
 */
import { createHash } from "node:crypto"
import type { SimClock } from "./SimClock.js"

/** Violations that are kept in words; all are counted. */
const KEPT_MAX = 20

export class Trace {
  /** How often each marker was met. */
  readonly met = new Map<string, number>()
  readonly violations: Array<string> = []
  violated = 0
  private readonly hash = createHash("sha256")

  constructor(
    private readonly clock: SimClock,
    /** Told of each line, for a person who looks for the cause of a violation. */
    private readonly listener: ((line: string) => void) | null = null
  ) {}

  note(what: string): void {
    const line = `${this.clock.now()} ${what}\n`
    this.hash.update(line)
    this.listener?.(line)
  }

  /** Something that must happen in some runs, or they prove nothing, did happen in this one. */
  sometimes(marker: string): void {
    this.met.set(marker, (this.met.get(marker) ?? 0) + 1)
    this.note(`sometimes ${marker}`)
  }

  violate(what: string): void {
    this.violated += 1
    if (this.violations.length < KEPT_MAX) this.violations.push(what)
    this.note(`VIOLATED ${what}`)
  }

  digest(): string {
    return this.hash.digest("hex")
  }
}
