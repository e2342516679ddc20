/**
 * Keeps the simulated sensors running, each on its own: an actor that crashes is started again alone, ever later,
 * and is parked when it crashes too often. Its siblings never notice.
 *
 * - A sensor that is declared has a status; one that is not has none.
 * - What a sensor measured and could not publish stays with it through crashes and changes of its declaration.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Runtime from "effect/Runtime"
import type * as Scope from "effect/Scope"
import type { SensorId } from "../domain/Ids.js"
import { type SimulatedSensor, sameSimulated } from "../domain/SimulatedSensor.js"
import * as ActorWheel from "./ActorWheel.js"
import { ReadingSink } from "./ReadingSink.js"
import { Belongings } from "./SensorActor.js"
import { SensorStatuses } from "./SensorStatuses.js"
import { type SignalStep, signalStep } from "./Signal.js"
import { SupervisedSensor, type Surroundings } from "./SupervisedSensor.js"

export { RESTARTS_MAX } from "./SupervisedSensor.js"

/** So many actors start together, and the next ones so many µs later: 10,000 of them tick all through a second. */
const STARTS_AT_ONCE = 100
const STARTS_APART = 10_000

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

const make = ({
  seed,
  step = signalStep
}: SupervisorOptions): Effect.Effect<
  Context.Context<SensorSupervisor | SensorStatuses>,
  never,
  ReadingSink | Scope.Scope
> =>
  Effect.gen(function* () {
    const sink = yield* ReadingSink
    const declared = new Map<SensorId, SupervisedSensor>()
    const log = Runtime.runFork(yield* Effect.runtime<never>())
    const wheel = yield* ActorWheel.make<SupervisedSensor>((supervised, now) => supervised.wake(now))

    const stop = (supervised: SupervisedSensor) => {
      supervised.end()
      declared.delete(supervised.sensor.id)
    }
    // What is settled after that is no concern of theirs.
    yield* Effect.addFinalizer(() => Effect.sync(() => declared.forEach(stop)))

    const surroundings: Surroundings = { seed, step, sink, wheel, log }

    const apply = (sensors: ReadonlyArray<SimulatedSensor>) =>
      Effect.sync(() => {
        const configuredIds = new Set(sensors.map((sensor) => sensor.id))
        for (const supervised of declared.values()) {
          if (!configuredIds.has(supervised.sensor.id)) stop(supervised)
        }
        const now = wheel.now()
        let starts = 0
        for (const sensor of sensors) {
          const former = declared.get(sensor.id)
          if (former !== undefined && sameSimulated(former.sensor, sensor)) continue
          if (former !== undefined) stop(former)
          const startsAt = now + Math.floor(starts / STARTS_AT_ONCE) * STARTS_APART
          const belongings = former?.belongings ?? new Belongings()
          declared.set(sensor.id, new SupervisedSensor(sensor, belongings, surroundings, startsAt))
          starts += 1
        }
      })

    return Context.make(SensorSupervisor, { apply }).pipe(
      Context.add(SensorStatuses, {
        get: (id) => Effect.sync(() => Option.map(Option.fromNullable(declared.get(id)), (s) => s.status)),
        all: Effect.sync(() => new Map([...declared].map(([id, supervised]) => [id, supervised.status])))
      })
    )
  })

/** Supervises no sensor until `apply`; when its scope closes, all actors have ended. */
export const layer = (
  options: SupervisorOptions
): Layer.Layer<SensorSupervisor | SensorStatuses, never, ReadingSink> => Layer.scopedContext(make(options))
