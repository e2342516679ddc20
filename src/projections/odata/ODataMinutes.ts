/** Minutes folded again from the log as of a position, as rows of OData. */
import * as Effect from "effect/Effect"
import { NAMED_SENSOR_ID_MIN, type Position } from "../../domain/Ids.js"
import { foldAsOf } from "../../domain/minute/Minute.js"
import { derivedAsOf } from "../derived/DerivedMinutes.js"
import { asOfMinutes, metadataFor, metadataOf } from "../minutes/AggregateIntervals.js"
import { present } from "../minutes/Aggregates.js"
import type { MinuteKey, MinuteStoreService } from "../minutes/MinuteStore.js"
import { aggregateRow } from "./ODataRows.js"

const CONCURRENCY = 4

export interface FoldedAgain {
  readonly store: MinuteStoreService
  /** A minute that ends by this time, µs, is final. */
  readonly finalBefore: number
}

/** Those that have no readings to be folded from. */
const derivedKeys = (store: MinuteStoreService, keys: ReadonlyArray<MinuteKey>) =>
  keys.some(({ sensorId }) => sensorId >= NAMED_SENSOR_ID_MIN)
    ? Effect.map(store.derivations, (all) => {
        const sensors = new Set(all.map(({ sensor }) => sensor))
        return keys.filter(({ sensorId }) => sensors.has(sensorId))
      })
    : Effect.succeed([])

const computedAsOf = (store: MinuteStoreService, keys: ReadonlyArray<MinuteKey>, asOf: Position) =>
  Effect.gen(function* () {
    const { generation } = (yield* store.checkpoint("minutes")) ?? { generation: 0 }
    const scope = { store, generation, asOf }
    return yield* derivedAsOf(scope, keys, (rows) => asOfMinutes(scope, rows))
  })

/** Those of the minutes that held a reading as of the position, each with its row as it was then. */
export const foldAgain = (
  { finalBefore, store }: FoldedAgain,
  keys: ReadonlyArray<MinuteKey>,
  asOf: Position
) =>
  Effect.gen(function* () {
    const derived = yield* derivedKeys(store, keys)
    const folded = yield* Effect.forEach(
      keys.filter((key) => !derived.includes(key)),
      (key) => Effect.map(store.touching(key, asOf), (events) => ({ ...key, state: foldAsOf(events, asOf) })),
      { concurrency: CONCURRENCY }
    )
    const computed = derived.length === 0 ? [] : yield* computedAsOf(store, derived, asOf)
    const minutes = [...folded, ...computed].filter(({ state }) => state.count > 0)
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
