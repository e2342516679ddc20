/**
 * Everything of one simulated run, joined: processes that are started again when they end, devices, people and
 * readers around them, and the stage on which faults are brought.
 */
import * as Effect from "effect/Effect"
import * as FiberSet from "effect/FiberSet"
import type { SimulatedSensor } from "../../domain/SimulatedSensor.js"
import { signalStep } from "../../sensors/Signal.js"
import { Chance } from "../Chance.js"
import type { SimClock } from "../SimClock.js"
import type { Trace } from "../Trace.js"
import { missing } from "./check/CommittedCheck.js"
import { Readers } from "./check/ReadersCheck.js"
import type { Stage } from "./Director.js"
import { Device, Fleet } from "./Fleet.js"
import { Ledger, type Published } from "./Ledger.js"
import type { Observer } from "./Observer.js"
import { SimElsewhere } from "./process/SimElsewhere.js"
import { type ProcessSettings, SimProcess } from "./process/SimProcess.js"
import { simulatedSensor } from "./process/SimSensors.js"
import type { SimServer } from "./process/SimServer.js"
import { sinkOf } from "./process/SimSink.js"
import { People } from "./SimPeople.js"
import { Workload } from "./Workload.js"

const SECOND = 1_000
const GATEWAYS = 3
/** Messages that a gateway sends at once, at most. */
const HANDFUL_MAX = 14
const MINUTE_MICROS = 60_000_000
/** How long a process may take to end after SIGTERM, in ms. */
const STOP_MILLIS_MAX = 5_000
const RESTART_MILLIS_MIN = 500
const RESTART_MILLIS_MEAN = 20_000

const STREAM = { world: 1, network: 2, devices: 3, people: 4, readers: 5, director: 6, keeper: 7 } as const

export class World {
  readonly ledger = new Ledger()
  readonly workload: Workload
  readonly fleet: Fleet
  readonly elsewhere: SimElsewhere | null
  readonly people: People
  readonly readers: Readers
  /** Between two folds, in ms. */
  readonly foldMillis: number
  primary: SimProcess | null = null
  second: SimProcess | null = null
  private crashes = 0
  private readonly devices: ReadonlyArray<Device>
  private readonly chance: Chance
  private readonly network: Chance
  private readonly ingest: ProcessSettings["ingest"]
  private readonly sensors: ReadonlyArray<SimulatedSensor>
  private readonly bySeed: (stream: number) => Chance

  constructor(
    private readonly seed: number,
    private readonly clock: SimClock,
    readonly trace: Trace,
    readonly server: SimServer,
    readonly observer: Observer,
    private readonly fibers: FiberSet.FiberSet<void>
  ) {
    this.bySeed = (stream) => new Chance(seed, stream)
    const chance = this.bySeed(STREAM.world)
    this.chance = this.bySeed(STREAM.devices)
    this.network = this.bySeed(STREAM.network)
    this.foldMillis = chance.pick([60, 300, 600, 900]) * SECOND
    this.ingest = {
      workers: chance.pick([1, 2]),
      batchRowsMax: chance.pick([1, 7, 50, 500, 500, 500]),
      pendingMessagesMax: chance.pick([20, 100, 20_000]),
      futureMicrosMax: 3 * 86_400_000_000
    }
    this.sensors = [1, 2].map((id) => simulatedSensor(id, chance.whole(400, 900) * SECOND))
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
  }

  processes(): ReadonlyArray<SimProcess> {
    return [this.primary, this.second].flatMap((one) => (one?.running == null ? [] : [one]))
  }

  get undelivered(): number {
    return this.fleet.undelivered + (this.elsewhere?.undelivered ?? 0)
  }

  get direction(): Chance {
    return this.bySeed(STREAM.director)
  }

  private makeProcess(name: string, sensors: ReadonlyArray<SimulatedSensor>): SimProcess {
    const settings: ProcessSettings = {
      ingest: this.ingest,
      // A second process is there for a short while: it folds often, so that both do at once.
      foldMillis: name === "p1" ? this.foldMillis : this.network.pick([5, 30]) * SECOND,
      foldBatchMax: 200,
      sensors,
      seed: this.seed,
      step: (sensor, state, time, draw) => {
        if (this.crashes > 0) {
          this.crashes -= 1
          this.trace.sometimes("a sensor crashed")
          throw new Error("the sensor is broken")
        }
        return signalStep(sensor, state, time, draw)
      },
      sink: (process) => sinkOf(process, this.ledger, this.trace)
    }
    return new SimProcess(name, this.server, this.clock, this.network, this.trace, settings, (message) =>
      this.acknowledging(message)
    )
  }

  private acknowledging(message: Published): boolean {
    this.trace.note(`acknowledged ${message.number}`)
    message.acknowledged = true
    const gone = missing(this.observer, message)
    if (gone.length > 0) this.trace.violate(`acknowledged before it was committed: ${JSON.stringify(gone)}`)
    return true
  }

  /** Starts the primary, and starts it again whenever it has ended. */
  get keep(): Effect.Effect<never> {
    const chance = this.bySeed(STREAM.keeper)
    return Effect.gen(this, function* () {
      const process = this.makeProcess("p1", this.sensors)
      this.primary = process
      yield* process.start
      yield* process.down.await
      yield* Effect.sleep(RESTART_MILLIS_MIN + chance.exponential(RESTART_MILLIS_MEAN))
    }).pipe(Effect.forever)
  }

  /** Ends a process by SIGTERM. */
  stopped(process: SimProcess): Effect.Effect<void> {
    return Effect.map(process.stop, (millis) => {
      this.trace.sometimes("stopped in order")
      if (millis > STOP_MILLIS_MAX) this.trace.violate(`${process.name} took ${millis} ms to stop`)
    })
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
      primary: () => this.processes().find((process) => process === this.primary) ?? null,
      restart: Effect.suspend(() => (this.primary === null ? Effect.void : this.stopped(this.primary))),
      addSecond: Effect.suspend(() => {
        if (this.second !== null) return Effect.void
        this.trace.sometimes("a second process")
        this.second = this.makeProcess("p2", [])
        return this.second.start
      }),
      removeSecond: Effect.suspend(() => this.dropSecond()),
      burst: this.burst,
      person: Effect.suspend(() => this.people.once()),
      rebuild: Effect.suspend(() => this.rebuild()),
      cutConnections: () => {
        for (const { running } of this.processes()) running?.broker.cut()
        this.elsewhere?.cut()
      },
      // Not added up: an actor that crashes six times in a minute is parked for good, by its supervisor's rule.
      crashSensors: (count) => {
        this.crashes = Math.max(this.crashes, count)
      }
    }
  }

  /** Somebody makes the minutes again while everything goes on; what fails leaves the live ones as they are. */
  private rebuild(): Effect.Effect<void> {
    const running = this.primary?.running
    if (running == null || this.primary === null) return Effect.void
    const again = Effect.matchCause(running.minutes.rebuild(), {
      onSuccess: () => this.trace.sometimes("rebuilt in the middle"),
      onFailure: () => this.trace.sometimes("a rebuild failed")
    })
    return Effect.raceFirst(again, this.primary.down.await).pipe(Effect.withClock(this.primary.clock))
  }

  private dropSecond(): Effect.Effect<void> {
    const process = this.second
    this.second = null
    if (process === null) return Effect.void
    if (!this.chance.happens(0.5)) return this.stopped(process)
    return Effect.sync(() => process.crash("at any time"))
  }

  calm(): void {
    this.server.faults.length = 0
    this.server.away = false
    this.server.full = false
    this.server.readOnly = false
    this.crashes = 0
    this.primary?.disarm()
  }
}
