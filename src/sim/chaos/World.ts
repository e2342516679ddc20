/**
 * Everything of one simulated run, joined: processes that are started again when they end, devices, people and
 * readers around them, and the stage on which faults are brought.
 */
import * as Effect from "effect/Effect"
import * as FiberSet from "effect/FiberSet"
import { Chance } from "../Chance.js"
import type { SimClock } from "../SimClock.js"
import type { Trace } from "../Trace.js"
import { OwnersCheck } from "./check/OwnersCheck.js"
import { Readers } from "./check/ReadersCheck.js"
import type { Stage } from "./Director.js"
import { Device, Fleet } from "./Fleet.js"
import { Ledger, type Published } from "./Ledger.js"
import type { Observer } from "./Observer.js"
import { PeerFaults } from "./peers/PeerFaults.js"
import { Peers } from "./peers/Peers.js"
import { type Cast, OneAndSecond } from "./process/Cast.js"
import { ProcessMaker } from "./process/ProcessMaker.js"
import { SimElsewhere } from "./process/SimElsewhere.js"
import type { SimProcess } from "./process/SimProcess.js"
import { simulatedSensor } from "./process/SimSensors.js"
import type { SimServer } from "./process/SimServer.js"
import { People } from "./SimPeople.js"
import { Workload } from "./Workload.js"

const SECOND = 1_000
const GATEWAYS = 3
/** Messages that a gateway sends at once, at most. */
const HANDFUL_MAX = 14
const MINUTE_MICROS = 60_000_000
const STREAM = {
  world: 1,
  network: 2,
  devices: 3,
  people: 4,
  readers: 5,
  director: 6,
  keeper: 7,
  peers: 8
} as const
/** A stream of chance of each fault's own, of several processes. */
export const PEERS_STREAM = STREAM.peers

export class World {
  readonly ledger = new Ledger()
  readonly workload: Workload
  readonly fleet: Fleet
  readonly elsewhere: SimElsewhere | null
  readonly people: People
  readonly readers: Readers
  /** Between two folds, in ms. */
  readonly foldMillis: number
  readonly cast: Cast
  /** Who does what of several equal processes; null: there are none. */
  readonly owners: OwnersCheck | null
  private readonly maker: ProcessMaker
  private readonly peerFaults: PeerFaults | null
  private readonly devices: ReadonlyArray<Device>
  private readonly chance: Chance
  private readonly network: Chance
  private readonly bySeed: (stream: number) => Chance

  constructor(
    seed: number,
    private readonly clock: SimClock,
    readonly trace: Trace,
    readonly server: SimServer,
    readonly observer: Observer,
    private readonly fibers: FiberSet.FiberSet<void>,
    /** Equal ones; 1: one, and now and then a second. */
    count: number
  ) {
    this.bySeed = (stream) => new Chance(seed, stream)
    const chance = this.bySeed(STREAM.world)
    this.chance = this.bySeed(STREAM.devices)
    this.network = this.bySeed(STREAM.network)
    const foldMillis = chance.pick([60, 300, 600, 900]) * SECOND
    const ingest = {
      workers: chance.pick([1, 2]),
      batchRowsMax: chance.pick([1, 7, 50, 500, 500, 500]),
      pendingMessagesMax: chance.pick([20, 100, 20_000]),
      futureMicrosMax: 3 * 86_400_000_000
    }
    const sensors = [1, 2].map((id) => simulatedSensor(id, chance.whole(400, 900) * SECOND))
    const processes = () => this.processes()
    this.fleet = new Fleet(processes, this.network, trace)
    this.elsewhere = chance.happens(0.4) ? new SimElsewhere(processes, this.network, trace) : null
    if (this.elsewhere !== null) trace.sometimes("a broker elsewhere")
    this.workload = new Workload(this.chance, this.ledger, trace)
    this.devices = Array.from({ length: GATEWAYS }, (_, index) => new Device(this.fleet, `gateway-${index}`))
    this.people = new People(
      processes,
      this.bySeed(STREAM.people),
      this.ledger,
      this.workload,
      observer,
      clock,
      trace
    )
    this.readers = new Readers(observer, this.bySeed(STREAM.readers), trace)
    this.maker = new ProcessMaker(seed, clock, this.network, ingest, server, this.ledger, observer, trace)
    const several = this.bySeed(STREAM.peers)
    if (count === 1) {
      const keeper = this.bySeed(STREAM.keeper)
      this.foldMillis = foldMillis
      this.cast = new OneAndSecond(this.maker, sensors, foldMillis, {
        ...{ network: this.network, end: this.chance, keeper }
      })
      this.owners = null
      this.peerFaults = null
    } else {
      // Often, so that it is under way when something happens.
      this.foldMillis = several.pick([4, 10, 20]) * SECOND
      const frequent = sensors.map((sensor) => ({ ...sensor, interval_ms: several.whole(15, 60) * SECOND }))
      this.owners = new OwnersCheck(observer, processes, server.now, trace)
      const peers = new Peers(this.maker, frequent, this.foldMillis, several, this.owners, clock, count)
      this.cast = peers
      this.peerFaults = new PeerFaults(peers, server, several, trace)
    }
  }

  processes(): ReadonlyArray<SimProcess> {
    return this.cast.running()
  }

  get undelivered(): number {
    return this.fleet.undelivered + (this.elsewhere?.undelivered ?? 0)
  }

  get direction(): Chance {
    return this.directionOf(STREAM.director)
  }

  directionOf(stream: number): Chance {
    return this.bySeed(stream)
  }

  private hand(message: Published): Effect.Effect<void> {
    const device = this.chance.pick([this.devices[0] ?? new Device(this.fleet, ""), ...this.devices.slice(1)])
    return this.elsewhere === null
      ? this.fleet.deliver(device, message)
      : Effect.sync(() => this.elsewhere?.accept(message))
  }

  /** Delivers a message, and some of them once more, later. */
  private publish(message: Published): Effect.Effect<void> {
    const again = this.chance.happens(0.15) && message.qos === 1
    const later = this.chance.pick([SECOND, 60 * SECOND, 7_200 * SECOND])
    const twice = Effect.suspend(() => {
      this.trace.sometimes("delivered twice")
      return this.hand(message)
    })
    const all = again
      ? Effect.zipRight(this.hand(message), Effect.delay(twice, this.chance.exponential(later)))
      : this.hand(message)
    return Effect.asVoid(FiberSet.run(this.fibers, all))
  }

  /** A gateway at work: it wakes, on average after so many ms, and sends a handful of messages at once. */
  gateway(meanMillis: number): Effect.Effect<never> {
    const wake = Effect.suspend(() => {
      const count = this.chance.whole(1, HANDFUL_MAX)
      return Effect.forEach(
        Array.from({ length: count }),
        () => this.publish(this.workload.next(this.clock.now())),
        { discard: true }
      )
    })
    return Effect.suspend(() => Effect.sleep(this.chance.exponential(meanMillis))).pipe(
      Effect.zipRight(wake),
      Effect.forever
    )
  }

  readonly burst = (count: number): Effect.Effect<void> =>
    Effect.gen(this, function* () {
      const now = this.clock.now()
      // Some end in the first microsecond of a minute.
      const end = this.chance.happens(0.3) ? now - (now % MINUTE_MICROS) : now
      for (let n = 0; n < count; n += 1) {
        const message = this.chance.happens(0.9)
          ? this.workload.reading(end - n * 1_000_003, this.chance.happens(0.05) ? 0 : 1)
          : this.workload.next(this.clock.now())
        yield* this.publish(message)
      }
    })

  get read(): Effect.Effect<never> {
    const chance = this.bySeed(STREAM.readers + 100)
    return Effect.suspend(() => Effect.sleep(chance.between(20, 600) * SECOND)).pipe(
      Effect.zipRight(
        Effect.sync(() => {
          this.readers.poll()
          this.readers.glance()
          if (chance.happens(0.02)) this.readers.remember()
        })
      ),
      Effect.forever
    )
  }

  get stage(): Stage {
    return {
      server: this.server,
      primary: () => this.cast.primary(),
      restart: this.cast.restart,
      addSecond: this.cast.addSecond,
      removeSecond: this.cast.removeSecond,
      burst: this.burst,
      person: Effect.suspend(() => this.people.once()),
      rebuild: Effect.suspend(() => this.rebuild()),
      cutConnections: () => {
        for (const { running } of this.processes()) running?.broker.cut()
        this.elsewhere?.cut()
      },
      crashSensors: (count) => this.maker.crashSensors(count),
      ofPeers: this.peerFaults
    }
  }

  /** Somebody makes the minutes again while everything goes on; what fails leaves the live ones as they are. */
  private rebuild(): Effect.Effect<void> {
    const process = this.cast.primary()
    const running = process?.running
    if (process === null || running == null) return Effect.void
    const again = Effect.matchCause(running.minutes.rebuild(), {
      onSuccess: () => this.trace.sometimes("rebuilt in the middle"),
      onFailure: () => this.trace.sometimes("a rebuild failed")
    })
    return Effect.raceFirst(again, process.down.await).pipe(Effect.withClock(process.clock))
  }

  calm(): void {
    this.server.faults.length = 0
    this.server.away = false
    this.server.full = false
    this.server.readOnly = false
    this.maker.calm()
    this.cast.calm()
  }
}
