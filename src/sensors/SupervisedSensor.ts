/**
 * One sensor under its supervisor: its actor, which is woken by the wheel, and is started again after each crash,
 * ever later, until it crashes too often.
 *
 * - A crash is whatever its actor throws, and any defect of its sink. It never leaves this class.
 * - A fiber of its own exists only while it waits: for an acknowledgement, or for the end of a crash.
 */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import type { SimulatedSensor } from "../domain/SimulatedSensor.js"
import { MICROS_PER_MILLI, MICROS_PER_SECOND, type Micros } from "../domain/Time.js"
import { type ActorWheel, Appointment } from "./ActorWheel.js"
import type { ReadingSinkService } from "./ReadingSink.js"
import { type Belongings, SensorActor, send } from "./SensorActor.js"
import type { ActorStatus } from "./SensorStatuses.js"
import { type Draw, type SignalStep, sensorDraw } from "./Signal.js"

/** An actor is restarted at most RESTARTS_MAX times in any RESTART_WINDOW_SECONDS; the next crash parks it. */
export const RESTARTS_MAX = 5
export const RESTART_WINDOW_SECONDS = 60
/** The wait before a restart, in ms: it doubles with each restart in the window, and is cut by up to half. */
export const RESTART_DELAY_MS = 200
/** How long a sensor waits before it publishes again what was not acknowledged, in µs. */
const RETRY_DELAY = MICROS_PER_SECOND
/** What is kept of the text of a crash. */
const ERROR_LENGTH_MAX = 500

/** What all sensors of a supervisor share. */
export interface Surroundings {
  readonly seed: number
  readonly step: SignalStep
  readonly sink: ReadingSinkService
  readonly wheel: ActorWheel<SupervisedSensor>
  /** Runs an effect, at once until it waits. It ends with the supervisor. */
  readonly fork: <A>(effect: Effect.Effect<A>) => Fiber.RuntimeFiber<A>
}

const errorText = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).slice(0, ERROR_LENGTH_MAX)

export class SupervisedSensor {
  private state: ActorStatus["state"] = "running"
  private restarts = 0
  private lastError: string | null = null
  /** When it was restarted, within the window. */
  private recent: ReadonlyArray<number> = []
  /** Null between a crash and the restart, and before the start. */
  private actor: SensorActor | null = null
  private sender: Fiber.RuntimeFiber<boolean> | null = null
  /** When it may publish again; 0 when it need not wait. */
  private retryAt = 0
  private readonly appointment = new Appointment<SupervisedSensor>(this)
  private ended = false

  constructor(
    readonly sensor: SimulatedSensor,
    readonly belongings: Belongings,
    private readonly surroundings: Surroundings,
    /** When it measures first. */
    startsAt: number
  ) {
    surroundings.wheel.wakeAt(this.appointment, startsAt)
  }

  get status(): ActorStatus {
    const { state, restarts, lastError } = this
    return { state, restarts, lastError, lastReadingAt: this.belongings.lastReadingAt }
  }

  /** Does what is due. */
  wake(now: Micros): void {
    const actor = this.actor ?? this.start(now)
    try {
      actor.measure(this.surroundings.step, now)
    } catch (error) {
      this.crash(actor, error)
      return
    }
    // Once more the clock that was set back.
    if (this.retryAt <= now || this.retryAt > now + RETRY_DELAY) {
      this.retryAt = 0
      this.publish(actor)
    }
    // It may have crashed as it published.
    if (this.actor === actor) this.appoint(actor)
  }

  /** Stops it for good; nothing that it has begun goes on. */
  readonly end: Effect.Effect<void> = Effect.suspend(() => {
    this.ended = true
    this.surroundings.wheel.cancel(this.appointment)
    return this.sender === null ? Effect.void : Fiber.interrupt(this.sender)
  })

  private start(now: Micros): SensorActor {
    if (this.state === "restarting") {
      this.restarts += 1
      this.recent = [...this.recent, now]
    }
    this.state = "running"
    this.retryAt = 0
    const draw = sensorDraw(this.surroundings.seed, this.sensor.id, this.restarts)
    this.actor = new SensorActor(this.sensor, this.belongings.outbox, draw, now)
    return this.actor
  }

  private appoint({ tick }: SensorActor): void {
    const time = this.retryAt > 0 ? Math.min(tick, this.retryAt) : tick
    this.surroundings.wheel.wakeAt(this.appointment, time)
  }

  private publish(actor: SensorActor): void {
    const { fork, sink, wheel } = this.surroundings
    if (this.sender !== null || !this.belongings.outbox.sendable) return
    this.sender = fork(send(this.belongings, sink))
    this.sender.addObserver((exit) => {
      this.sender = null
      // A crash, or its end, has interrupted the sender.
      if (this.actor !== actor || this.ended) return
      if (Exit.isFailure(exit)) this.crash(actor, Cause.squash(exit.cause))
      else if (exit.value) this.publish(actor)
      else {
        this.retryAt = wheel.now() + RETRY_DELAY
        this.appoint(actor)
      }
    })
  }

  private crash({ draw }: SensorActor, error: unknown): void {
    const { fork, wheel } = this.surroundings
    this.actor = null
    this.state = "restarting"
    this.lastError = errorText(error)
    wheel.cancel(this.appointment)
    const sent = this.sender === null ? Effect.void : Fiber.interrupt(this.sender)
    fork(
      Effect.zipRight(
        sent,
        Effect.suspend(() => this.restartOrPark(draw))
      )
    )
  }

  private restartOrPark(draw: Draw): Effect.Effect<void> {
    if (this.ended) return Effect.void
    const { sensor, surroundings, lastError } = this
    const now = surroundings.wheel.now()
    const crashed = Effect.annotateLogs({ sensor: sensor.id, error: lastError })
    this.recent = this.recent.filter((at) => at > now - RESTART_WINDOW_SECONDS * MICROS_PER_SECOND)
    if (this.recent.length >= RESTARTS_MAX) {
      this.state = "parked"
      const often = `${RESTARTS_MAX + 1} times in ${RESTART_WINDOW_SECONDS} s`
      return Effect.logError(`sensor ${sensor.id} crashed ${often} and is parked`).pipe(crashed)
    }
    const delay = RESTART_DELAY_MS * 2 ** this.recent.length * (1 - draw() / 2)
    surroundings.wheel.wakeAt(this.appointment, now + Math.round(delay * MICROS_PER_MILLI))
    const soon = `sensor ${sensor.id} crashed, starts again in ${Math.round(delay)} ms`
    return Effect.logWarning(soon).pipe(crashed)
  }
}
