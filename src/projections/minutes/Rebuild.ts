/**
 * Makes all minutes again from the log, beside the live ones, which are read and folded meanwhile. A rebuild that
 * was cut off leaves the live rows as they were, and the next one begins anew and clears away what it left.
 */
import * as Effect from "effect/Effect"
import { type Position, position } from "../../domain/Ids.js"
import { type EventLogService, LogCorrupt, type LogError } from "../../eventlog/EventLog.js"
import { step } from "./MinuteFold.js"
import type { MinuteStoreService } from "./MinuteStore.js"

export interface RebuildProgress {
  /** The log is folded again up to here. */
  readonly position: Position
  /** And has to be up to there, as it is now. */
  readonly head: Position
}

export interface Rebuilt {
  readonly generation: number
  readonly position: Position
}

/** Deletes, in chunks, what no checkpoint stands for any more. */
export const sweepAll = (store: MinuteStoreService): Effect.Effect<void, LogError> =>
  store.sweep.pipe(Effect.repeat({ while: (more) => more }), Effect.asVoid)

/** Ends when the rebuilt rows are live and the old ones gone. Fails when another rebuild took its place. */
export const rebuild = (
  log: EventLogService,
  store: MinuteStoreService,
  batchMax: number,
  onProgress: (progress: RebuildProgress) => Effect.Effect<void>
): Effect.Effect<Rebuilt, LogError> =>
  Effect.gen(function* () {
    const begun = yield* store.beginRebuild
    yield* sweepAll(store)
    let at = position(0)
    while (true) {
      const result = yield* step(log, store, "minutes.rebuild", batchMax)
      if (result._tag === "Moved") return yield* new LogCorrupt({ reason: "another rebuild took over" })
      if (result._tag === "Folded") {
        if (result.from.generation !== begun.generation) {
          return yield* new LogCorrupt({ reason: "another rebuild took over" })
        }
        at = result.to
        yield* onProgress({ position: at, head: (yield* log.head).position })
      } else if (yield* store.swap(begun)) {
        yield* sweepAll(store)
        return { generation: begun.generation, position: result.at }
      }
    }
  })
