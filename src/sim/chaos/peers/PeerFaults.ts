/** Faults that only several processes meet: one is cut off from the database, stopped, ended as it leads, or set wrong. */
import * as Effect from "effect/Effect"
import type { Chance } from "../../Chance.js"
import type { Trace } from "../../Trace.js"
import { NAMES } from "../check/OwnersCheck.js"
import type { SimProcess } from "../process/SimProcess.js"
import type { SimServer } from "../process/SimServer.js"
import { BESIDE_OCCASIONS, type FaultKind } from "../SimFaults.js"
import { type Peers, skewOf } from "./Peers.js"

export const PEER_FAULT_NAMES = ["partition", "paused", "leader", "skew"] as const
export type PeerFaultName = (typeof PEER_FAULT_NAMES)[number]

const SECOND = 1_000
/** How long one is stopped, or cut off: at least, more on average, at most, in ms. A lease lasts 6 s. */
const MILLIS_MIN = SECOND
const MILLIS_MORE = 10 * SECOND
const MILLIS_MAX = 60 * SECOND

export class PeerFaults {
  constructor(
    private readonly peers: Peers,
    private readonly server: SimServer,
    private readonly chance: Chance,
    private readonly trace: Trace
  ) {}

  bring(name: PeerFaultName): Effect.Effect<void> {
    const process = this.target()
    if (process === null) return Effect.void
    switch (name) {
      case "partition":
        return this.nowOrAt("cut off", process, (millis) => process.cutOff(millis))
      case "paused":
        return this.nowOrAt("pause", process, (millis) => process.pause(millis))
      case "leader":
        return this.end(process)
      case "skew":
        return Effect.sync(() => {
          process.clock.set(skewOf(this.chance))
          this.trace.note(`clock ${process.name} ${process.clock.offsetMillis}`)
          this.trace.sometimes("a machine's clock stepped")
        })
    }
  }

  /** Mostly one that does what it alone may do. */
  private target(): SimProcess | null {
    const owner = this.chance.happens(0.75) ? this.peers.ownerOf(this.chance.pick(NAMES)) : undefined
    return owner ?? this.peers.any()
  }

  /** At once, or when its next statement of some kind was done: it does not hear of that. */
  private nowOrAt(
    kind: FaultKind,
    { name }: SimProcess,
    now: (millis: number) => Effect.Effect<void>
  ): Effect.Effect<void> {
    const millis = Math.min(MILLIS_MAX, Math.round(MILLIS_MIN + this.chance.exponential(MILLIS_MORE)))
    if (this.chance.happens(0.4)) return now(millis)
    const beside = this.server.locksRows ? BESIDE_OCCASIONS : []
    const on = this.chance.pick([
      ...(["lease", "take", "insert", "checkpoint", "begin", "commit"] as const),
      ...beside
    ])
    return Effect.sync(() => {
      this.server.faults.push({ on, kind, client: name, millis, done: true })
    })
  }

  private end(process: SimProcess): Effect.Effect<void> {
    if (this.chance.happens(0.5)) return this.peers.stop(process)
    return Effect.sync(() => {
      this.trace.sometimes("an owner was killed")
      process.crash("as it leads")
    })
  }
}
