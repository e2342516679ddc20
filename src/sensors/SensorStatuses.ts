/**
 * The port by which others ask how the simulated sensors are doing. A sensor that is not simulated has no status.
 */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type * as Option from "effect/Option"
import type { SensorId } from "../domain/Ids.js"
import type { Micros } from "../domain/Time.js"

export interface ActorStatus {
  readonly state: "running" | "restarting" | "parked"
  /** Restarts since the actor was started. */
  readonly restarts: number
  /** Why it crashed last; null when it never did. */
  readonly lastError: string | null
  /** Device time of the last reading that was acknowledged. */
  readonly lastReadingAt: Micros | null
}

export interface SensorStatusesService {
  readonly get: (id: SensorId) => Effect.Effect<Option.Option<ActorStatus>>
  readonly all: Effect.Effect<ReadonlyMap<SensorId, ActorStatus>>
}

export class SensorStatuses extends Context.Tag("tidemark/SensorStatuses")<
  SensorStatuses,
  SensorStatusesService
>() {}
