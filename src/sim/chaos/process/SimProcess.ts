/**
 * One Tidemark process in a simulation: the real log, ingest, fold and sensors over a simulated server, broker and
 * clock, composed as the program is. It may end at any moment, as a killed process does: from then on nothing that
 * its fibers still do reaches anybody.
 */
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import { MessageSink } from "../../../broker/MessageSink.js"
import * as Database from "../../../db/Database.js"
import { Database as DatabaseTag } from "../../../db/Transaction.js"
import type { SimulatedSensor } from "../../../domain/SimulatedSensor.js"
import { DEFAULT_LOG_LIMITS, EventLog, type EventLogService } from "../../../eventlog/EventLog.js"
import * as SqlEventLog from "../../../eventlog/sql/SqlEventLog.js"
import * as Ingest from "../../../ingest/Ingest.js"
import type { IngestSettings } from "../../../ingest/IngestParts.js"
import { IngestStatus, type IngestStatusService } from "../../../ingest/IngestStatus.js"
import { Ownership, type OwnershipService } from "../../../ownership/Ownership.js"
import { leased } from "../../../ownership/SqlOwnership.js"
import * as Minutes from "../../../projections/minutes/Minutes.js"
import * as SqlMinuteStore from "../../../projections/minutes/SqlMinuteStore.js"
import type { ReadingSinkService } from "../../../sensors/ReadingSink.js"
import type { SensorStatusesService } from "../../../sensors/SensorStatuses.js"
import type { SignalStep } from "../../../sensors/Signal.js"
import { endingWithin, STOP_WITHIN } from "../../../telemetry/Ending.js"
import type { Chance } from "../../Chance.js"
import { ProcessClock } from "../../ProcessClock.js"
import type { SimClock } from "../../SimClock.js"
import type { Trace } from "../../Trace.js"
import type { Peer } from "../peers/Peer.js"
import { SIMULATED_SQLITE } from "../peers/SimLeases.js"
import { BEYOND_REPAIR } from "../SimFaults.js"
import { playing, playingInTurn } from "./SimActors.js"
import { type BrokerEvents, SimBroker } from "./SimBroker.js"
import type { Client } from "./SimConnection.js"
import type { SimServer } from "./SimServer.js"

/** How long stopping waits for what was taken in, in ms: as the broker does. */
const DRAIN_MILLIS = 1_000

export interface ProcessSettings {
  readonly ingest: Partial<IngestSettings>
  readonly foldMillis: number
  readonly foldBatchMax: number
  /** The sensors that it simulates, if any, and what they publish to. */
  readonly sensors: ReadonlyArray<SimulatedSensor>
  readonly seed: number
  readonly step: SignalStep
  readonly sink: (process: SimProcess) => Effect.Effect<ReadingSinkService>
  /** Where it runs as one of several equal ones; absent: it has all to itself. */
  readonly peer?: Peer | undefined
}

export interface Running {
  readonly broker: SimBroker
  readonly log: EventLogService
  readonly minutes: Minutes.MinutesService
  readonly ingest: IngestStatusService["get"]
  readonly failed: IngestStatusService["failed"]
  readonly ownership: OwnershipService
  readonly statuses: Effect.Effect<ReadonlyMap<number, { readonly state: string; readonly restarts: number }>>
}

export class SimProcess implements Client {
  alive = true
  readonly clock: ProcessClock
  running: Running | null = null
  /** Open as soon as it takes nothing more for good: killed, or ended. */
  readonly down = Effect.unsafeMakeLatch(false)
  private ended: Fiber.RuntimeFiber<void, unknown> | null = null
  private readonly crashed = Effect.unsafeMakeLatch(false)
  private readonly terminate = Effect.unsafeMakeLatch(false)
  private beforeAcknowledging = false
  private actors: SensorStatusesService | null = null

  constructor(
    readonly name: string,
    private readonly server: SimServer,
    private readonly base: SimClock,
    private readonly chance: Chance,
    private readonly trace: Trace,
    private readonly settings: ProcessSettings,
    private readonly onAcknowledging: BrokerEvents["acknowledging"]
  ) {
    this.clock = settings.peer?.clock ?? new ProcessClock(base)
  }

  get wire() {
    return this.settings.peer?.wire
  }

  get isPaused(): boolean {
    return this.settings.peer?.clock.paused === true
  }

  pause(millis: number): Effect.Effect<void> {
    const how = this.chance.happens(0.7) ? "stopped" : "suspended"
    return this.settings.peer?.pause(millis, how, this.server.silent(this)) ?? Effect.void
  }

  cutOff(millis: number): Effect.Effect<void> {
    const how = this.chance.happens(0.7) ? "silent" : "refusing"
    return this.settings.peer?.cutOff(millis, how, this.server.silent(this)) ?? Effect.void
  }

  /** The next acknowledgement ends the process before it leaves. */
  crashBeforeAcknowledging(): void {
    this.beforeAcknowledging = true
  }

  /** Dead at once: connections gone, transactions rolled back. */
  crash(where: string): void {
    if (!this.alive) return
    this.alive = false
    this.trace.note(`crash ${this.name} ${where}`)
    this.server.disconnect(this)
    this.running?.broker.cut()
    this.running = null
    this.settings.peer?.resume()
    this.crashed.unsafeOpen()
    this.down.unsafeOpen()
  }

  /** Takes back what it was told to crash at. */
  disarm(): void {
    this.beforeAcknowledging = false
  }

  /** Starts it; answers when it runs, or has ended before that. */
  readonly start: Effect.Effect<void> = Effect.gen(this, function* () {
    const up = yield* Deferred.make<void>()
    const life = Effect.scoped(
      Effect.gen(this, function* () {
        this.running = yield* this.compose
        yield* Deferred.succeed(up, undefined)
        // As `tidemark start`: an ingest that has failed for good ends the process, and somebody starts it again.
        return yield* this.running.failed
      })
    ).pipe(endingWithin(STOP_WITHIN), Effect.withClock(this.clock))
    // It may be told to end while it still waits for its database.
    const ending = Effect.raceFirst(this.terminate.await, this.crashed.await)
    const main = yield* Effect.forkDaemon(Effect.raceFirst(life, ending))
    this.ended = main
    main.addObserver((exit) => {
      if (exit._tag === "Failure" && this.alive) this.failed(String(exit.cause))
      this.alive = false
      this.running = null
      this.server.disconnect(this)
      this.down.unsafeOpen()
      Deferred.unsafeDone(up, Effect.void)
    })
    yield* Deferred.await(up)
  })

  private failed(why: string): void {
    if (why.includes(BEYOND_REPAIR.code)) this.trace.sometimes("ended by a database beyond repair")
    else this.trace.violate(`${this.name} failed: ${why}`)
  }

  /** SIGTERM: answers how long it ran until it ended, in ms. While it is stopped it does nothing. */
  readonly stop: Effect.Effect<number> = Effect.suspend(() => {
    const ran = () => this.base.now() - (this.settings.peer?.clock.pausedMicros ?? 0)
    const began = ran()
    this.trace.note(`stop ${this.name}`)
    return Effect.zipRight(this.terminate.open, this.gone).pipe(Effect.map(() => (ran() - began) / 1_000))
  })

  readonly gone: Effect.Effect<void> = Effect.suspend(() =>
    this.ended === null ? Effect.void : Effect.asVoid(Fiber.await(this.ended))
  )

  // In the order of the program: what is acquired last stops first.
  private readonly compose = Effect.gen(this, function* () {
    const { foldBatchMax, foldMillis, ingest, peer, sensors, sink } = this.settings
    const appenders = this.server.locksRows ? "several" : "watched"
    const store = SqlMinuteStore.layer.pipe(
      Layer.provideMerge(SqlEventLog.layer(DEFAULT_LOG_LIMITS, appenders)),
      Layer.provideMerge(Database.layerFrom(this.server.source(this)))
    )
    const stored = yield* Layer.build(
      Minutes.layer({ batchMax: foldBatchMax }).pipe(Layer.provideMerge(store))
    )
    yield* Context.get(stored, DatabaseTag).ready
    const storage =
      peer === undefined
        ? stored
        : Context.merge(stored, yield* Layer.build(leased(SIMULATED_SQLITE)).pipe(Effect.provide(stored)))
    const minutes = Context.get(storage, Minutes.Minutes)
    yield* Layer.build(Minutes.scheduled({ interval: foldMillis })).pipe(Effect.provide(storage))
    const intake = yield* Layer.build(Ingest.layer(ingest)).pipe(Effect.provide(storage))
    const broker = yield* Effect.acquireRelease(
      Effect.sync(
        () =>
          new SimBroker(Context.get(intake, MessageSink), this.clock, this.chance, this.trace, {
            acknowledging: (message) => this.acknowledging(message),
            reads: peer?.clock.gate
          })
      ),
      (broker) => broker.stop(DRAIN_MILLIS)
    )
    const log = Context.get(storage, EventLog)
    const status = Context.get(intake, IngestStatus)
    const running: Running = {
      broker,
      log,
      minutes,
      ingest: status.get,
      failed: status.failed,
      ownership: Context.get(storage, Ownership),
      statuses: Effect.suspend(
        (): SensorStatusesService["all"] => this.actors?.all ?? Effect.succeed(new Map())
      )
    }
    this.running = running
    if (sensors.length > 0 && peer === undefined) this.actors = yield* playing(this.settings, sink(this))
    if (peer !== undefined) {
      const tell = (actors: SensorStatusesService | null) => {
        this.actors = actors
      }
      yield* playingInTurn(this.settings, sink(this), tell).pipe(Effect.provide(storage))
    }
    return running
  })

  /** An acknowledgement is about to leave: false when the process has ended. */
  acknowledging(message: Parameters<BrokerEvents["acknowledging"]>[0]): boolean {
    if (!this.alive) return false
    if (this.beforeAcknowledging) {
      this.trace.sometimes("crash before acknowledgement")
      this.crash("before acknowledgement")
      return false
    }
    return this.onAcknowledging(message)
  }
}
