/** The simulated sensors of a simulated process: of several processes those of one alone publish. */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { SimulatedSensor } from "../../../domain/SimulatedSensor.js"
import { ReadingSink, type ReadingSinkService } from "../../../sensors/ReadingSink.js"
import { SensorStatuses, type SensorStatusesService } from "../../../sensors/SensorStatuses.js"
import * as SensorSupervisor from "../../../sensors/SensorSupervisor.js"
import { inTurn, whileInTurn } from "../../../sensors/SensorTurn.js"
import type { SignalStep } from "../../../sensors/Signal.js"

interface ActorSettings {
  readonly sensors: ReadonlyArray<SimulatedSensor>
  readonly seed: number
  readonly step: SignalStep
}

/** Until the scope ends. */
export const playing = ({ seed, sensors, step }: ActorSettings, sink: Effect.Effect<ReadingSinkService>) =>
  Effect.gen(function* () {
    const actors = yield* Layer.build(
      SensorSupervisor.layer({ seed, step }).pipe(
        Layer.provide(inTurn),
        Layer.provide(Layer.effect(ReadingSink, sink))
      )
    )
    yield* Context.get(actors, SensorSupervisor.SensorSupervisor).apply(sensors)
    return Context.get(actors, SensorStatuses)
  })

/** Whenever it is the turn of this process, until the scope ends; tells how they do, and null when it is another's. */
export const playingInTurn = (
  settings: ActorSettings,
  sink: Effect.Effect<ReadingSinkService>,
  tell: (statuses: SensorStatusesService | null) => void
) => {
  const turn = Effect.gen(function* () {
    const statuses = yield* playing(settings, sink)
    yield* Effect.acquireRelease(
      Effect.sync(() => tell(statuses)),
      () => Effect.sync(() => tell(null))
    )
    return yield* Effect.never
  })
  return Effect.forkScoped(whileInTurn(Effect.scoped(turn)))
}
