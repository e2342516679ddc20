/** Minutes folded again from the log as of a position, as rows of OData. */
import * as Effect from "effect/Effect"
import type { Position } from "../../domain/Ids.js"
import { foldAsOf } from "../../domain/minute/Minute.js"
import { metadataFor, metadataOf } from "../minutes/AggregateIntervals.js"
import { present } from "../minutes/Aggregates.js"
import type { MinuteKey, MinuteStoreService } from "../minutes/MinuteStore.js"
import { aggregateRow } from "./ODataRows.js"

const CONCURRENCY = 4

export interface FoldedAgain {
  readonly store: MinuteStoreService
  /** A minute that ends by this time, µs, is final. */
  readonly finalBefore: number
}

/** Those of the minutes that held a reading as of the position, each with its row as it was then. */
export const foldAgain = (
  { finalBefore, store }: FoldedAgain,
  keys: ReadonlyArray<MinuteKey>,
  asOf: Position
) =>
  Effect.gen(function* () {
    const folded = yield* Effect.forEach(
      keys,
      (key) => Effect.map(store.touching(key, asOf), (events) => ({ ...key, state: foldAsOf(events, asOf) })),
      { concurrency: CONCURRENCY }
    )
    const minutes = folded.filter(({ state }) => state.count > 0)
    const versions = yield* metadataFor({ store, asOf }, minutes)
    const intervals = yield* store.intervals([...new Set(minutes.map(({ sensorId }) => sensorId))])
    return minutes.map((minute) => ({
      key: minute,
      row: aggregateRow(
        present(
          minute,
          { interval: "1m" },
          metadataOf(versions, minute),
          intervals.get(minute.sensorId),
          finalBefore
        )
      )
    }))
  })
