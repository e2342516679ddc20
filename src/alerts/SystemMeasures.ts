/** What is measured of this installation: rejected messages, the lag of the minutes, and the disk. */
import { statfs } from "node:fs/promises"
import * as Effect from "effect/Effect"
import type { AlertKind } from "../domain/alert/AlertKinds.js"
import { MICROS_PER_MINUTE, type Micros } from "../domain/Time.js"
import type { EventLogService, LogError } from "../eventlog/EventLog.js"

/** Over which rejected messages are counted, µs. */
const REJECTED_SPAN = 5 * MICROS_PER_MINUTE
/** Below this there is no rate yet. */
const REJECTED_SPAN_MIN = MICROS_PER_MINUTE

export interface SystemSources {
  readonly log: Pick<EventLogService, "head" | "rejectedTotals">
  /** Up to which position of the log the minutes are folded. */
  readonly folded: Effect.Effect<number, LogError>
  /** Percent of the disk that is free; null: it can't be told. */
  readonly diskFree: Effect.Effect<number | null>
}

/** Of the disk that a folder is on, as whoever is not root may use it. */
export const diskFreeOf = (folder: string): Effect.Effect<number | null> =>
  Effect.tryPromise(() => statfs(folder)).pipe(
    Effect.map(({ bavail, blocks }) => (blocks === 0 ? null : (100 * bavail) / blocks)),
    Effect.orElseSucceed(() => null)
  )

interface Sample {
  readonly at: Micros
  readonly messages: number
}

export class SystemMeasures {
  /** Of the last REJECTED_SPAN, oldest first, and one from before. */
  private samples: ReadonlyArray<Sample> = []

  constructor(private readonly sources: SystemSources) {}

  /** Null: it can't be told now. */
  of(kind: AlertKind, now: Micros): Effect.Effect<number | null, LogError> {
    switch (kind) {
      case "rejected":
        return this.rejected(now)
      case "lag":
        return Effect.zipWith(this.sources.folded, this.sources.log.head, (folded, { position }) =>
          Math.max(0, position - folded)
        )
      case "disk":
        return this.sources.diskFree
      case "database":
        // It has just been asked.
        return Effect.succeed(0)
      default:
        return Effect.succeed(null)
    }
  }

  private rejected(now: Micros): Effect.Effect<number | null, LogError> {
    return Effect.map(this.sources.log.rejectedTotals, ({ messages }) => {
      const newest = this.samples.at(-1)
      if (newest === undefined || newest.at < now) this.samples = [...this.samples, { at: now, messages }]
      const before = this.samples.findLastIndex(({ at }) => now - at >= REJECTED_SPAN)
      this.samples = this.samples.slice(Math.max(0, before))
      const [first] = this.samples
      const span = first === undefined ? 0 : now - first.at
      if (first === undefined || span < REJECTED_SPAN_MIN) return null
      return (messages - first.messages) / (span / MICROS_PER_MINUTE)
    })
  }
}
