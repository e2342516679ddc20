/**
 * Hours and days for OData: the set that is live, and its rows as of a position, where they are not stored as they were
 * then.
 */
import * as Effect from "effect/Effect"
import * as Rows from "../../db/Rows.js"
import type { DatabaseService } from "../../db/Transaction.js"
import { DAYS, HOURS } from "../../domain/dataset/AggregatesDataset.js"
import type { Position } from "../../domain/Ids.js"
import { divisionStart } from "../../domain/minute/LocalInterval.js"
import { localTime } from "../../domain/TimeZone.js"
import { mapped } from "../../eventlog/LogFailure.js"
import { ENTITY_SETS } from "../../odata/EntitySets.js"
import { odataError } from "../../odata/ODataError.js"
import { mergeInto, partsIn } from "../intervals/IntervalMerge.js"
import { daysIn, holding, hoursIn, type IntervalSet, liveSet } from "../intervals/IntervalSets.js"
import { mergedAsOf, metadataFor, metadataOf, type Scope } from "../minutes/AggregateIntervals.js"
import { present } from "../minutes/Aggregates.js"
import { rowsOf } from "../minutes/MinuteQueries.js"
import { type MinuteKey, type MinuteStoreService, minuteKey } from "../minutes/MinuteStore.js"
import { type FoldedTable, foldedColumns, keyOf, timeOf } from "./ODataFolded.js"
import { localAggregateRow } from "./ODataRows.js"

/** Intervals that one page merges again, at most. */
const UNSETTLED_MAX = 5_000

/** Which rows are asked for: of a set, as of a position. */
interface SetScope {
  readonly database: DatabaseService
  readonly store: MinuteStoreService
  readonly set: IntervalSet
  readonly asOf: Position
}

const divisionOf = { "1h": hoursIn, "1d": daysIn }

const scopeOf = ({ asOf, set, store }: SetScope, interval: "1h" | "1d"): Scope => ({
  ...divisionOf[interval](set),
  ...{ store, asOf, generation: set.generation, filter: {} }
})

const marksIn = ({ id }: IntervalSet) => `interval_marks k WHERE k.set_id = ${id}`

/** As they are stored, where that is how they were; else merged from minutes. */
const hoursAsOf = (scope: SetScope, keys: ReadonlyArray<MinuteKey>) =>
  Effect.gen(function* () {
    const { asOf, database, set } = scope
    // Marks first: of what is merged meanwhile the position tells.
    const marks = yield* mapped(
      database.read((sql) =>
        Effect.flatMap(
          sql`SELECT k.sensor_id AS sensor, k.hour AS minute FROM ${sql.literal(marksIn(set))}`,
          Rows.every(keyOf)
        )
      )
    )
    const marked = new Set(marks.map(minuteKey))
    const rows = yield* mapped(database.read((sql) => rowsOf(sql, database, set.id, keys, "sensor_hours")))
    const standing = rows.filter((row) => row.state.position <= asOf && !marked.has(minuteKey(row)))
    const there = new Set(standing.map(minuteKey))
    const others = keys.filter((key) => !there.has(minuteKey(key)))
    return [...standing, ...(yield* mergedAsOf(scopeOf(scope, "1h"), others))]
  })

/** Merged from their hours. */
const daysAsOf = (scope: SetScope, keys: ReadonlyArray<MinuteKey>) => {
  const [hours, days] = [hoursIn(scope.set), daysIn(scope.set)]
  return Effect.map(hoursAsOf(scope, partsIn(days, hours, keys)), (parts) => mergeInto(days, keys, parts))
}

const asOfBy = { "1h": hoursAsOf, "1d": daysAsOf }

const foldAgain =
  (database: DatabaseService, store: MinuteStoreService, set: IntervalSet, interval: "1h" | "1d") =>
  (keys: ReadonlyArray<MinuteKey>, asOf: Position, finalBefore: number) =>
    Effect.gen(function* () {
      const merged = (yield* asOfBy[interval]({ database, store, set, asOf }, keys)).filter(
        ({ state }) => state.count > 0
      )
      const versions = yield* metadataFor({ store, asOf }, merged)
      const intervals = yield* store.intervals([...new Set(merged.map(({ sensorId }) => sensorId))])
      const live = yield* store.checkpoint("minutes")
      if (live?.generation !== set.generation) {
        return yield* odataError("Gone", "the aggregates were made again: begin again", "$skiptoken")
      }
      const division = divisionOf[interval](set)
      return merged.map((one) => ({
        key: one,
        row: localAggregateRow({
          ...present(one, division, metadataOf(versions, one), intervals.get(one.sensorId), finalBefore),
          localTime: localTime(one.minute, division.zone)
        })
      }))
    })

const TABLES = {
  "1h": { dataset: HOURS, name: "sensor_hours", within: "k.hour = m.minute" },
  "1d": { dataset: DAYS, name: "sensor_days", within: "k.hour >= m.minute AND k.hour < m.ends" }
} as const

/** The hours or days that are read; none: none are merged yet. */
export const intervalsTable = (database: DatabaseService, store: MinuteStoreService, interval: "1h" | "1d") =>
  Effect.map(database.read(liveSet), (set): FoldedTable | undefined => {
    if (set === undefined) return undefined
    const { dataset, name, within } = TABLES[interval]
    const division = divisionOf[interval](set)
    return {
      set: ENTITY_SETS[dataset.entitySet],
      stored: dataset.stored,
      name,
      live: `m.generation = ${set.id}`,
      columns: (sql, db, finalBefore) =>
        foldedColumns(sql, dataset.stored, {
          length: "(m.minutes * 6e7)",
          interval,
          final: sql`m.ends <= ${timeOf(db, finalBefore)}`
        }),
      startOf: (time) => divisionStart(division, time),
      lacking: {
        condition: `EXISTS (SELECT 1 FROM ${marksIn(set)} AND k.sensor_id = m.sensor_id AND ${within})`,
        marks: marksIn(set),
        holding: (hours) => holding(division, hours)
      },
      unsettledMax: UNSETTLED_MAX,
      foldAgain: foldAgain(database, store, set, interval)
    }
  })
