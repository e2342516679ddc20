/**
 * Keeps the simulated sensors running, each on its own: an actor that crashes is started again alone, ever later,
 * and is parked when it crashes too often. Its siblings never notice.
 *
 * - A sensor that is declared has a status; one that is not has none.
 * - What a sensor measured and could not publish stays with it through crashes and changes of its declaration.
 */
import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as FiberMap from "effect/FiberMap"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import type { SensorId } from "../domain/Ids.js"
import { type SimulatedSensor, sameSimulated } from "../domain/SimulatedSensor.js"
import { MICROS_PER_SECOND } from "../domain/Time.js"
import { nowMicros } from "../telemetry/Instant.js"
import { ReadingSink, type ReadingSinkService } from "./ReadingSink.js"
import * as SensorActor from "./SensorActor.js"
import { type ActorStatus, SensorStatuses } from "./SensorStatuses.js"
import { type SignalStep, sensorDraw, signalStep } from "./Signal.js"

/** An actor is restarted at most RESTARTS_MAX times in any RESTART_WINDOW_SECONDS; the next crash parks it. */
export const RESTARTS_MAX = 5
export const RESTART_WINDOW_SECONDS = 60
/** The wait before a restart, in ms: it doubles with each restart in the window, and is cut by up to half. */
export const RESTART_DELAY_MS = 200
/** What is kept of the text of a crash. */
const ERROR_LENGTH_MAX = 500

export interface SupervisorOptions {
  /** What all chance of all sensors is made from. */
  readonly seed: number
  /** The signals; others than the declared ones in tests alone, where one may crash. */
  readonly step?: SignalStep
}

export interface SensorSupervisorService {
  /** Makes exactly these sensors run: starts, changes and stops the actors concerned, and leaves the others alone. */
  readonly apply: (sensors: ReadonlyArray<SimulatedSensor>) => Effect.Effect<void>
}

export class SensorSupervisor extends Context.Tag("tidemark/SensorSupervisor")<
  SensorSupervisor,
  SensorSupervisorService
>() {}

class Supervised {
  state: ActorStatus["state"] = "running"
  restarts = 0
  lastError: string | null = null

  constructor(
    readonly sensor: SimulatedSensor,
    readonly belongings: SensorActor.Belongings
  ) {}

  get status(): ActorStatus {
    const { state, restarts, lastError } = this
    return { state, restarts, lastError, lastReadingAt: this.belongings.lastReadingAt }
  }
}

const errorText = (cause: Cause.Cause<never>): string => {
  const squashed = Cause.squash(cause)
  const text = squashed instanceof Error ? squashed.message : String(squashed)
  return text.slice(0, ERROR_LENGTH_MAX)
}

/** Runs an actor, and again after each crash, until it is parked or interrupted. */
const supervise = (
  supervised: Supervised,
  sink: ReadingSinkService,
  { seed, step = signalStep }: SupervisorOptions
): Effect.Effect<void> =>
  Effect.gen(function* () {
    const { sensor, belongings } = supervised
    let recent: ReadonlyArray<number> = []
    for (;;) {
      const draw = sensorDraw(seed, sensor.id, supervised.restarts)
      supervised.state = "running"
      // A defect is no failure: without the sandbox nothing would catch it.
      const cause = yield* SensorActor.run(sensor, belongings, sink, draw, step).pipe(
        Effect.sandbox,
        Effect.flip
      )
      supervised.lastError = errorText(cause)
      const now = yield* nowMicros
      recent = recent.filter((at) => at > now - RESTART_WINDOW_SECONDS * MICROS_PER_SECOND)
      const crashed = Effect.annotateLogs({ sensor: sensor.id, error: supervised.lastError })
      if (recent.length >= RESTARTS_MAX) {
        supervised.state = "parked"
        const often = `${RESTARTS_MAX + 1} times in ${RESTART_WINDOW_SECONDS} s`
        yield* Effect.logError(`sensor ${sensor.id} crashed ${often} and is parked`).pipe(crashed)
        return
      }
      supervised.state = "restarting"
      const delay = RESTART_DELAY_MS * 2 ** recent.length * (1 - draw() / 2)
      yield* Effect.logWarning(`sensor ${sensor.id} crashed, starts again in ${Math.round(delay)} ms`).pipe(
        crashed
      )
      yield* Effect.sleep(delay)
      supervised.restarts += 1
      recent = [...recent, yield* nowMicros]
    }
  })

const make = (
  options: SupervisorOptions
): Effect.Effect<Context.Context<SensorSupervisor | SensorStatuses>, never, ReadingSink | Scope.Scope> =>
  Effect.gen(function* () {
    const sink = yield* ReadingSink
    const fibers = yield* FiberMap.make<SensorId, void>()
    const declared = new Map<SensorId, Supervised>()
    const oneAtATime = yield* Effect.makeSemaphore(1)

    const stop = (id: SensorId) =>
      Effect.ensuring(
        FiberMap.remove(fibers, id),
        Effect.sync(() => declared.delete(id))
      )

    const start = (sensor: SimulatedSensor, belongings: SensorActor.Belongings) =>
      Effect.suspend(() => {
        const supervised = new Supervised(sensor, belongings)
        declared.set(sensor.id, supervised)
        return FiberMap.run(fibers, sensor.id, supervise(supervised, sink, options))
      })

    const change = (sensor: SimulatedSensor) =>
      Effect.suspend(() => {
        const former = declared.get(sensor.id)
        if (former === undefined) return start(sensor, new SensorActor.Belongings())
        if (sameSimulated(former.sensor, sensor)) return Effect.void
        return Effect.zipRight(stop(sensor.id), start(sensor, former.belongings))
      })

    const apply = (sensors: ReadonlyArray<SimulatedSensor>) =>
      Effect.gen(function* () {
        const configuredIds = new Set(sensors.map((sensor) => sensor.id))
        const unwanted = [...declared.keys()].filter((id) => !configuredIds.has(id))
        yield* Effect.forEach(unwanted, stop, { discard: true })
        yield* Effect.forEach(sensors, change, { discard: true })
      }).pipe(oneAtATime.withPermits(1))

    return Context.make(SensorSupervisor, { apply }).pipe(
      Context.add(SensorStatuses, {
        get: (id) => Effect.sync(() => Option.map(Option.fromNullable(declared.get(id)), (s) => s.status)),
        all: Effect.sync(() => new Map([...declared].map(([id, supervised]) => [id, supervised.status])))
      })
    )
  })

/** Supervises no sensor until `apply`; when its scope closes, all actors are interrupted and have ended. */
export const layer = (
  options: SupervisorOptions
): Layer.Layer<SensorSupervisor | SensorStatuses, never, ReadingSink> => Layer.scopedContext(make(options))
