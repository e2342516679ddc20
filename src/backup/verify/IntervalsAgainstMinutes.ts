/** Stored hours and days against the minutes: each day of a sensor is merged again, as of one moment. */
import type { SqlClient } from "@effect/sql/SqlClient"
import * as Effect from "effect/Effect"
import * as Rows from "../../db/Rows.js"
import { type SensorId, sensorId } from "../../domain/Ids.js"
import { type Division, divisionEnd, divisionStart } from "../../domain/minute/LocalInterval.js"
import { formatTime, type Micros } from "../../domain/Time.js"
import { mergeInto } from "../../projections/intervals/IntervalMerge.js"
import {
  daysIn,
  holding,
  hoursIn,
  type IntervalSet,
  liveSet
} from "../../projections/intervals/IntervalSets.js"
import { between } from "../../projections/minutes/MinuteQueries.js"
import type { MinuteTable } from "../../projections/minutes/MinuteRows.js"
import type { BesideDatabase } from "../BesideDatabase.js"
import { checkpointOf, differing, storedRows } from "./MinuteCells.js"

/** More than the minutes, or the hours, of any day of any zone. */
const DAY_ROWS_MAX = 10_000

/** The set that people read, where it is merged from the live minutes. */
const comparedSet = (sql: SqlClient) =>
  Effect.gen(function* () {
    const { generation } = yield* checkpointOf(sql)
    const set = yield* liveSet(sql)
    return set?.generation === generation ? set : undefined
  })

/** Sensors that have minutes, or hours of the set. */
const sensorsIn = (sql: SqlClient, { generation, id }: IntervalSet) =>
  sql`SELECT DISTINCT sensor_id FROM sensor_minutes WHERE generation = ${generation}
    UNION SELECT DISTINCT sensor_id FROM sensor_hours WHERE generation = ${id}
    UNION SELECT DISTINCT sensor_id FROM sensor_days WHERE generation = ${id} ORDER BY sensor_id`.pipe(
    Effect.flatMap(Rows.every((row) => sensorId(Rows.integer(row.sensor_id))))
  )

/** The first time from `from` on of which the sensor has a minute, an hour or a day; null: there is none. */
const nextTime = (
  sql: SqlClient,
  { encodeTime }: BesideDatabase,
  { generation, id }: IntervalSet,
  sensor: SensorId,
  from: number
) => {
  const first = (table: MinuteTable, of: number) =>
    sql`SELECT MIN(minute) AS minute FROM ${sql.literal(table)}
      WHERE generation = ${of} AND sensor_id = ${sensor} AND minute >= ${encodeTime(from)}`
  return sql`SELECT MIN(f.minute) AS minute FROM (${first("sensor_minutes", generation)}
    UNION ALL ${first("sensor_hours", id)} UNION ALL ${first("sensor_days", id)}) f`.pipe(
    Effect.flatMap(Rows.only(({ minute }) => Rows.maybeTime(minute)))
  )
}

/** Hours of a day that are to be merged again. */
const marksIn = (
  sql: SqlClient,
  { encodeTime }: BesideDatabase,
  set: IntervalSet,
  sensor: SensorId,
  from: number,
  to: number
) =>
  sql`SELECT hour FROM interval_marks WHERE set_id = ${set.id} AND sensor_id = ${sensor}
    AND hour >= ${encodeTime(from)} AND hour < ${encodeTime(to)}`.pipe(
    Effect.flatMap(Rows.every(({ hour }) => Rows.time(hour))),
    Effect.map((hours): ReadonlySet<Micros> => new Set(hours))
  )

type Merged = ReturnType<typeof mergeInto>[number]

/** What differs between the stored rows of a spell and those that were merged, but for those that are left out. */
const faultsIn = (
  sql: SqlClient,
  database: BesideDatabase,
  of: {
    readonly table: "sensor_hours" | "sensor_days"
    readonly set: IntervalSet
    readonly sensor: SensorId
  },
  spell: { readonly from: number; readonly to: number },
  merged: ReadonlyArray<Merged>,
  isOpen: (start: Micros) => boolean
) =>
  Effect.gen(function* () {
    const { sensor, set, table } = of
    const word = table === "sensor_hours" ? "hour" : "day"
    const expected = new Map(merged.map((row) => [row.minute, row]))
    const rows = yield* storedRows(
      sql,
      database,
      table,
      { ...spell, generation: set.id, sensor },
      DAY_ROWS_MAX
    )
    const told = (start: Micros, what: string) =>
      isOpen(start) ? [] : [`the ${word} ${formatTime(start)} of sensor ${sensor} ${what}`]
    const faults = rows.flatMap((row) => {
      const should = expected.get(row.minute)
      expected.delete(row.minute)
      if (should === undefined) return told(row.minute, "is stored, and has no minutes")
      const columns = differing(table, set.id, row, should)
      return columns.length === 0
        ? []
        : told(row.minute, `is not the merge of its minutes: ${columns.join(", ")}`)
    })
    return [...faults, ...[...expected.keys()].flatMap((start) => told(start, "is not stored"))]
  })

/** The next day of a sensor from a time on that has anything; `next`: where to go on, null: there is none. */
const dayFaults = (
  sql: SqlClient,
  database: BesideDatabase,
  sensor: SensorId,
  from: number,
  read: (rows: number) => void
) =>
  Effect.gen(function* () {
    const set = yield* comparedSet(sql)
    const time = set && (yield* nextTime(sql, database, set, sensor, from))
    if (set === undefined || time == null) return { faults: [], next: null }
    const [hours, days] = [hoursIn(set), daysIn(set)]
    const spell = { from: divisionStart(days, time), to: divisionEnd(days, time) }
    const minutes = yield* between(
      sql,
      database,
      set.generation,
      { sensorId: sensor, minute: spell.from },
      spell.to,
      DAY_ROWS_MAX
    )
    const marked = yield* marksIn(sql, database, set, sensor, spell.from, spell.to)
    const merge = (division: Division) => mergeInto(division, holding(division, minutes), minutes)
    // What was folded before there were sketches is folded again first.
    const stale = new Set(
      minutes.filter((row) => row.stale).map(({ minute }) => divisionStart(hours, minute))
    )
    const isOpen = (start: Micros) => marked.has(start) || stale.has(start)
    const faults = [
      ...(yield* faultsIn(
        sql,
        database,
        { table: "sensor_hours", set, sensor },
        spell,
        merge(hours),
        isOpen
      )),
      ...(yield* faultsIn(
        sql,
        database,
        { table: "sensor_days", set, sensor },
        spell,
        merge(days),
        () => marked.size + stale.size > 0
      ))
    ]
    read(minutes.length)
    return { faults, next: spell.to }
  })

/** Which hours and days are not the merge of their minutes. Those that are just to be merged again are left out. */
export const intervalFaults = (database: BesideDatabase, faultsMax: number, read: (rows: number) => void) =>
  Effect.gen(function* () {
    const faults: Array<string> = []
    const set = yield* database.read(comparedSet)
    if (set === undefined) return faults
    for (const sensor of yield* database.read((sql) => sensorsIn(sql, set))) {
      for (let from: number | null = 0; from !== null && faults.length < faultsMax; ) {
        const at: number = from
        const day = yield* database.snapshot((sql) => dayFaults(sql, database, sensor, at, read))
        faults.push(...day.faults)
        from = day.next
        yield* Effect.sleep(0)
      }
    }
    return faults
  })
