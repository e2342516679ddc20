/**
 * Hours and days, merged from what they are made of, and stored. A day begins and ends with an hour, whatever its zone's
 * clocks do: it is the merge of its hours.
 */
import type { SqlClient } from "@effect/sql/SqlClient"
import * as Effect from "effect/Effect"
import type { DatabaseService } from "../../db/Transaction.js"
import type { Position } from "../../domain/Ids.js"
import { type Division, divisionEnd, divisionStart } from "../../domain/minute/LocalInterval.js"
import { foldAsOf, MinuteBuilder } from "../../domain/minute/Minute.js"
import { MICROS_PER_MINUTE, micros } from "../../domain/Time.js"
import { localTime } from "../../domain/TimeZone.js"
import * as Queries from "../minutes/MinuteQueries.js"
import { type MinuteKey, minuteKey, type StoredMinute } from "../minutes/MinuteStore.js"
import { upsertMinutes } from "../minutes/MinuteWrites.js"
import { daysIn, holding, hoursIn, type IntervalSet } from "./IntervalSets.js"
import type { LastMinutes } from "./LastMinutes.js"

/** The starts of the parts that are in these intervals. */
export const partsIn = (
  whole: Division,
  part: Division | null,
  intervals: ReadonlyArray<MinuteKey>
): ReadonlyArray<MinuteKey> =>
  intervals.flatMap(({ minute, sensorId }) => {
    const end = divisionEnd(whole, minute)
    const starts: Array<MinuteKey> = []
    for (let at: number = minute; at < end; ) {
      starts.push({ sensorId, minute: micros(at) })
      at = part === null ? at + MICROS_PER_MINUTE : divisionEnd(part, at)
    }
    return starts
  })

/** These intervals, each the merge of the rows in it; one without any is left out. */
export const mergeInto = (
  division: Division,
  intervals: ReadonlyArray<MinuteKey>,
  rows: ReadonlyArray<StoredMinute>
) => {
  const builders = new Map(intervals.map((key) => [minuteKey(key), { key, builder: new MinuteBuilder() }]))
  for (const { minute, sensorId, state } of rows) {
    builders.get(minuteKey({ sensorId, minute: divisionStart(division, minute) }))?.builder.merge(state)
  }
  return [...builders.values()]
    .map(({ builder, key }) => ({
      ...key,
      end: divisionEnd(division, key.minute),
      localTime: localTime(key.minute, division.zone),
      state: builder.done()
    }))
    .filter(({ state }) => state.position > 0)
}

/** Minutes that were folded before there were sketches, folded from the log: a merge would lack theirs. */
const whole = (
  sql: SqlClient,
  database: DatabaseService,
  rows: ReadonlyArray<StoredMinute>,
  asOf: Position
) =>
  Effect.forEach(rows, (row) =>
    row.stale === true
      ? Effect.map(
          Queries.touching(sql, database, row, asOf),
          ({ answer }): StoredMinute => ({ ...row, state: foldAsOf(answer, asOf) })
        )
      : Effect.succeed(row)
  )

/**
 * Merges these hours of the set again from the minutes, which are folded up to `asOf`, and then the days that they are
 * in from all of their hours. `last`: minutes of the set's generation that need not be read.
 */
export const mergeHours = (
  sql: SqlClient,
  database: DatabaseService,
  set: IntervalSet,
  keys: ReadonlyArray<MinuteKey>,
  asOf: Position,
  last: LastMinutes
) =>
  Effect.gen(function* () {
    const [hours, days] = [hoursIn(set), daysIn(set)]
    const { generation } = set
    const { known, unknown } = last.split({ generation, position: asOf }, partsIn(hours, null, keys))
    const read = yield* Queries.rowsOf(sql, database, generation, unknown)
    const merged = mergeInto(hours, keys, [...known, ...(yield* whole(sql, database, read, asOf))])
    yield* upsertMinutes(sql, database, set.id, merged, "sensor_hours")
    // All in one statement: a day's would cost more than their merge.
    const touched = holding(days, keys)
    const parts = yield* Queries.rowsOf(sql, database, set.id, partsIn(days, hours, touched), "sensor_hours")
    yield* upsertMinutes(sql, database, set.id, mergeInto(days, touched, parts), "sensor_days")
  })
