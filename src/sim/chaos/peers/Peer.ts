/** The place of one of several equal processes: a machine with a clock of its own, and its way to the database. */
import * as Effect from "effect/Effect"
import type { SimClock } from "../../SimClock.js"
import type { Trace } from "../../Trace.js"
import type { PeerClock } from "./PeerClock.js"
import type { Wire } from "./Wire.js"

export class Peer {
  private pauses = 0
  private cuts = 0

  constructor(
    readonly name: string,
    readonly clock: PeerClock,
    readonly wire: Wire,
    private readonly base: SimClock,
    private readonly trace: Trace
  ) {}

  /** Stops its process, or suspends its machine, for so many ms; the server hears nothing of it meanwhile. */
  pause(millis: number, how: "stopped" | "suspended", silent: Effect.Effect<void>): Effect.Effect<void> {
    return this.for(millis, silent, () => {
      this.trace.note(`${how} ${this.name} ${millis}`)
      this.trace.sometimes(how === "stopped" ? "a process was stopped" : "a machine was suspended")
      this.pauses += 1
      const pause = this.pauses
      this.clock.pause(how === "suspended")
      return () => {
        if (pause === this.pauses) this.resume()
      }
    })
  }

  /** Cuts it off from the database for so many ms. */
  cutOff(millis: number, how: "silent" | "refusing", silent: Effect.Effect<void>): Effect.Effect<void> {
    return this.for(millis, silent, () => {
      this.trace.note(`cut off ${this.name} ${how} ${millis}`)
      this.cuts += 1
      const cut = this.cuts
      this.wire.cut(how)
      return () => {
        if (cut !== this.cuts) return
        this.trace.note(`mended ${this.name}`)
        this.wire.mend()
      }
    })
  }

  /** Goes on, if it was stopped. */
  resume(): void {
    if (!this.clock.paused) return
    this.trace.note(`resume ${this.name}`)
    this.clock.resume()
  }

  calm(): void {
    this.pauses += 1
    this.cuts += 1
    this.resume()
    this.wire.mend()
  }

  private for(millis: number, silent: Effect.Effect<void>, begin: () => () => void): Effect.Effect<void> {
    return Effect.suspend(() => {
      const end = Effect.sync(begin())
      return Effect.zipRight(silent, Effect.asVoid(Effect.forkDaemon(Effect.delay(end, millis))))
    }).pipe(Effect.withClock(this.base))
  }
}
