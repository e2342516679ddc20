/** How each simulated sensor does, whichever process simulates it: as any of them answers. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type { SensorId } from "../domain/Ids.js"
import { OtherProcesses } from "../ownership/OtherProcesses.js"
import { type ActorStatus, SensorStatuses } from "../sensors/SensorStatuses.js"

export const layer: Layer.Layer<SensorStatuses, never, SensorStatuses> = Layer.effect(
  SensorStatuses,
  Effect.zipWith(SensorStatuses, OtherProcesses, ({ all: ofThis }, { others }) => {
    const all = Effect.zipWith(ofThis, others, (own, processes) => {
      if (processes === null || processes.every(({ actors }) => actors.length === 0)) return own
      // Who spoke last has them now; what this process runs, it knows best.
      const statuses = new Map<SensorId, ActorStatus>(
        [...processes]
          .reverse()
          .flatMap(({ actors }) => actors.map(({ id, ...status }) => [id, status] as const))
      )
      for (const [id, status] of own) statuses.set(id, status)
      return statuses
    })
    return { all, get: (id) => Effect.map(all, (statuses) => Option.fromNullable(statuses.get(id))) }
  })
)
