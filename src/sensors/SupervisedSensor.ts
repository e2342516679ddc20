/**
 * One sensor under its supervisor: its actor, which is woken by the wheel, and is started again after each crash,
 * ever later, until it crashes too often.
 *
 * - A crash is whatever its actor or its sink throws. It never leaves this class.
 * - It never waits: the wheel and the sink call it back. So it needs no fiber of its own.
 * - At most IN_FLIGHT_MAX of its messages wait to be settled; the next ones leave when all of these are.
 */
import * as Effect from "effect/Effect"
import type { SimulatedSensor } from "../domain/SimulatedSensor.js"
import { MICROS_PER_MILLI, MICROS_PER_SECOND, type Micros } from "../domain/Time.js"
import { actorRestartsTotal } from "../telemetry/Metrics.js"
import { type ActorWheel, Appointment } from "./ActorWheel.js"
import type { ReadingSinkService } from "./ReadingSink.js"
import { type Belongings, SensorActor } from "./SensorActor.js"
import type { ActorStatus } from "./SensorStatuses.js"
import { type SignalStep, sensorDraw } from "./Signal.js"

const IN_FLIGHT_MAX = 16
/** An actor is restarted at most RESTARTS_MAX times in any RESTART_WINDOW_SECONDS; the next crash parks it. */
export const RESTARTS_MAX = 5
const RESTART_WINDOW_SECONDS = 60
/** The wait before a restart, in ms: it doubles with each restart in the window, and is cut by up to half. */
const RESTART_DELAY_MS = 200
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
  readonly log: (line: Effect.Effect<void>) => void
}

const errorText = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).slice(0, ERROR_LENGTH_MAX)

export class SupervisedSensor {
  private state: ActorStatus["state"] = "running"
  private restarts = 0
  private lastError: string | null = null
  /** When it was restarted, within the window. */
  private recent: ReadonlyArray<number> = []
  /** Null before the start, between a crash and the restart, and after the end. */
  private actor: SensorActor | null = null
  /** Messages that are published and not settled; whether any of their lot was refused. */
  private unsettled = 0
  private refused = false
  /** When it may publish again; 0 when it need not wait. */
  private retryAt = 0
  private readonly appointment = new Appointment<SupervisedSensor>(this)

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

  /** Stops it for good. */
  end(): void {
    this.actor = null
    this.surroundings.wheel.cancel(this.appointment)
  }

  private start(now: Micros): SensorActor {
    if (this.state === "restarting") {
      this.restarts += 1
      actorRestartsTotal.unsafeUpdate(1, [])
      this.recent = [...this.recent, now]
    }
    this.state = "running"
    this.retryAt = 0
    this.unsettled = 0
    const draw = sensorDraw(this.surroundings.seed, this.sensor.id, this.restarts)
    this.actor = new SensorActor(this.sensor, this.belongings.outbox, draw, now)
    return this.actor
  }

  private appoint({ tick }: SensorActor): void {
    const time = this.retryAt > 0 ? Math.min(tick, this.retryAt) : tick
    this.surroundings.wheel.wakeAt(this.appointment, time)
  }

  private publish(actor: SensorActor): void {
    const { belongings, surroundings } = this
    if (this.unsettled > 0) return
    const messages = belongings.outbox.head(IN_FLIGHT_MAX)
    this.unsettled = messages.length
    this.refused = false
    try {
      for (const message of messages) {
        surroundings.sink.publish(message.topic, message.payload, (refusal) => {
          // Even when its actor has crashed meanwhile.
          if (refusal === null) belongings.acknowledged(message)
          if (this.actor === actor) this.settled(actor, refusal !== null)
        })
      }
    } catch (error) {
      this.crash(actor, error)
    }
  }

  private settled(actor: SensorActor, refused: boolean): void {
    this.unsettled -= 1
    this.refused ||= refused
    if (this.unsettled > 0) return
    if (!this.refused) this.publish(actor)
    else {
      this.retryAt = this.surroundings.wheel.now() + RETRY_DELAY
      this.appoint(actor)
    }
  }

  private crash({ draw }: SensorActor, error: unknown): void {
    const { log, wheel } = this.surroundings
    const { sensor } = this
    const now = wheel.now()
    this.end()
    this.lastError = errorText(error)
    this.recent = this.recent.filter((at) => at > now - RESTART_WINDOW_SECONDS * MICROS_PER_SECOND)
    const crashed = Effect.annotateLogs({ sensor: sensor.id, error: this.lastError })
    if (this.recent.length >= RESTARTS_MAX) {
      this.state = "parked"
      const often = `${RESTARTS_MAX + 1} times in ${RESTART_WINDOW_SECONDS} s`
      log(crashed(Effect.logError(`sensor ${sensor.id} crashed ${often} and is parked`)))
      return
    }
    this.state = "restarting"
    const delay = RESTART_DELAY_MS * 2 ** this.recent.length * (1 - draw() / 2)
    wheel.wakeAt(this.appointment, now + Math.round(delay * MICROS_PER_MILLI))
    log(crashed(Effect.logWarning(`sensor ${sensor.id} crashed, starts again in ${Math.round(delay)} ms`)))
  }
}
