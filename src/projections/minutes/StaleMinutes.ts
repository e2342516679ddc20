/**
 * Folds minutes again that were folded by a version that kept less of them, in the background and by the page, while
 * they are read and folded as ever: who reads one meanwhile gets it folded from the log.
 */
import * as Effect from "effect/Effect"
import * as Ref from "effect/Ref"
import { foldAsOf } from "../../domain/minute/Minute.js"
import type { LogError } from "../../eventlog/EventLog.js"
import type { MinuteKey, MinuteStoreService } from "./MinuteStore.js"

/** Rows looked at in one go, and folded from the log at a time. */
const PAGE_ROWS = 500
const CONCURRENCY = 4

/** One page of the walk; true while there may be more to do. After the last one it asks nothing of the database. */
export const makeStaleFold = (store: MinuteStoreService): Effect.Effect<Effect.Effect<boolean, LogError>> =>
  Effect.map(Ref.make<MinuteKey | null | "done">(null), (place) =>
    Effect.gen(function* () {
      const after = yield* Ref.get(place)
      if (after === "done") return false
      const live = yield* store.checkpoint("minutes")
      if (live === null || (yield* store.checkpoint("minutes.stale")) === null) {
        yield* Ref.set(place, "done")
        return false
      }
      const { last, stale } = yield* store.stale(live.generation, after, PAGE_ROWS)
      const rows = yield* Effect.forEach(
        stale,
        (key) =>
          Effect.map(store.touching(key, live.position), (events) => ({
            ...key,
            state: foldAsOf(events, live.position)
          })),
        { concurrency: CONCURRENCY }
      )
      // Another process folded meanwhile: the same page again, next time.
      if (rows.length > 0 && !(yield* store.commit("minutes", live, live.position, rows))) return true
      if (last === null) yield* store.endStale
      yield* Ref.set(place, last ?? "done")
      return last !== null
    })
  )
