/**
 * Two to four equal processes on one database: each ingests, and they share by leases who folds and who plays the simulated
 * sensors. Each runs on a machine whose clock is off, and is started there again whenever it has ended.
 */
import * as Effect from "effect/Effect"
import type { SimulatedSensor } from "../../../domain/SimulatedSensor.js"
import type { Chance } from "../../Chance.js"
import type { SimClock } from "../../SimClock.js"
import type { OwnersCheck } from "../check/OwnersCheck.js"
import { type Cast, keeping, stopped } from "../process/Cast.js"
import type { ProcessMaker } from "../process/ProcessMaker.js"
import type { SimProcess } from "../process/SimProcess.js"
import { Peer } from "./Peer.js"
import { PeerClock } from "./PeerClock.js"
import { Wire } from "./Wire.js"

/** By how much the clock of a machine is off at most, in ms; and how much faster or slower it goes, in millionths. */
const SKEW_MILLIS_MAX = 300_000
const DRIFT_PPM_MAX = 50
/** From a process to the server, in ms: longer than two clocks drift apart in a lease. */
const LATENCY_MILLIS_MIN = 1
const LATENCY_MILLIS_MAX = 5

/** A clock's error, in ms. */
export const skewOf = (chance: Chance): number =>
  chance.happens(0.2) ? 0 : chance.whole(-SKEW_MILLIS_MAX, SKEW_MILLIS_MAX)

/** How many processes a seed has. */
export const countOf = (chance: Chance): number => chance.pick([2, 2, 2, 3, 3, 4])

/** The server's own clock, µs: it is off as well, and set by nobody meanwhile. */
export const serverClock = (chance: Chance, base: SimClock): (() => number) => {
  const offset = skewOf(chance) * 1_000
  const ppm = chance.between(-DRIFT_PPM_MAX, DRIFT_PPM_MAX)
  const start = base.now()
  return () => {
    const now = base.now()
    return now + offset + Math.round((now - start) * ppm * 1e-6)
  }
}

interface Place {
  readonly peer: Peer
  process: SimProcess | null
}

export class Peers implements Cast {
  private readonly places: ReadonlyArray<Place>

  constructor(
    private readonly maker: ProcessMaker,
    private readonly sensors: ReadonlyArray<SimulatedSensor>,
    private readonly foldMillis: number,
    private readonly chance: Chance,
    private readonly owners: OwnersCheck,
    base: SimClock,
    count: number
  ) {
    this.places = Array.from({ length: count }, (_, index) => {
      const skew = skewOf(chance)
      if (Math.abs(skew) > 60_000) maker.trace.sometimes("a clock that is off by more than a minute")
      const clock = new PeerClock(base, skew, chance.between(-DRIFT_PPM_MAX, DRIFT_PPM_MAX))
      const wire = new Wire(clock, base, chance.between(LATENCY_MILLIS_MIN, LATENCY_MILLIS_MAX))
      const peer = new Peer(`p${index + 1}`, clock, wire, base, maker.trace)
      maker.trace.note(`${peer.name} is off by ${skew} ms`)
      return { peer, process: null }
    })
  }

  running(): ReadonlyArray<SimProcess> {
    return this.places.flatMap(({ process }) => (process?.running == null ? [] : [process]))
  }

  isComplete(): boolean {
    return this.running().length === this.places.length
  }

  /** Often the one that folds: with it goes what the others wait for. */
  primary(): SimProcess | null {
    const leader = this.chance.happens(0.6) ? this.ownerOf("minutes") : undefined
    return leader ?? this.any()
  }

  /** Who says that it owns a name now. */
  ownerOf(name: string): SimProcess | undefined {
    return this.running().find(({ running }) => running?.ownership.owns(name) === true)
  }

  any(): SimProcess | null {
    const [first, ...others] = this.running()
    return first === undefined ? null : this.chance.pick([first, ...others])
  }

  /** The first makes the tables. */
  readonly keep: Effect.Effect<never> = Effect.suspend(() => {
    const [first, ...others] = this.places.map((place) =>
      keeping(this.chance, () => {
        const process = this.make(place.peer)
        place.process = process
        return process
      })
    )
    if (first === undefined) return Effect.never
    const ready = Effect.repeat(Effect.sleep(1_000), { until: () => this.running().length > 0 })
    const rest = others.map((one) => Effect.zipRight(ready, one))
    return Effect.zipRight(Effect.all([first, ...rest], { concurrency: "unbounded" }), Effect.never)
  })

  readonly restart: Effect.Effect<void> = Effect.suspend(() => this.stop(this.primary()))

  /** One that is stopped hears of nothing. */
  stop(process: SimProcess | null): Effect.Effect<void> {
    if (process === null || process.isPaused) return Effect.void
    return stopped(process, this.maker.trace)
  }

  readonly addSecond = Effect.void
  readonly removeSecond = Effect.void

  calm(): void {
    for (const { peer, process } of this.places) {
      peer.calm()
      process?.disarm()
    }
  }

  private make(peer: Peer): SimProcess {
    return this.maker.make(peer.name, {
      peer,
      foldMillis: this.foldMillis,
      sensors: this.sensors,
      publishing: (process, topic) => this.owners.publishing(process, topic)
    })
  }
}
