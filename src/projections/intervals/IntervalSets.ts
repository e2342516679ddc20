/**
 * Sets of hours and days, each of one generation of minutes and on the clocks of one zone; and the marks on hours
 * whose minutes changed. Whatever changes any of it holds the lock of the minutes' checkpoint.
 *
 * Invariants:
 * 1. One set at most is live: the one that people read. It is merged from the live minutes.
 * 2. Minutes are stored together with the marks of their hours, in each set of their generation. So a row of a live set
 *    is the merge of its minutes, or its hour is marked.
 */
import type { SqlClient } from "@effect/sql/SqlClient"
import * as Effect from "effect/Effect"
import type { ByDialect } from "../../db/Dialect.js"
import * as Rows from "../../db/Rows.js"
import type { DatabaseService } from "../../db/Transaction.js"
import { byKeys, insertAll, placeholders } from "../../db/ValueLists.js"
import { sensorId } from "../../domain/Ids.js"
import { type Division, divisionStart, zoneNamed } from "../../domain/minute/LocalInterval.js"
import type { Micros } from "../../domain/Time.js"
import type { MinuteKey } from "../minutes/MinuteStore.js"

/** `walked`: how far what was there before the set is merged; null: all of it. */
export interface IntervalSet {
  readonly id: number
  readonly generation: number
  readonly zone: string
  readonly state: "live" | "building" | "dead"
  readonly walked: MinuteKey | null
}

const STATES = ["live", "building", "dead"] as const

const setOf = (row: Rows.Row): IntervalSet => {
  const state = Rows.text(row.state)
  return {
    id: Rows.integer(row.id),
    generation: Rows.integer(row.generation),
    zone: Rows.text(row.zone),
    state: STATES.find((one) => one === state) ?? "dead",
    walked:
      row.walked_sensor === null
        ? null
        : { sensorId: sensorId(Rows.integer(row.walked_sensor)), minute: Rows.time(row.walked_to) }
  }
}

export const allSets = (sql: SqlClient) =>
  Effect.flatMap(
    sql`SELECT id, generation, zone, state, walked_sensor, walked_to FROM interval_sets ORDER BY id`,
    Rows.every(setOf)
  )

/** The set that is read; none: it is not merged yet. */
export const liveSet = (sql: SqlClient) =>
  Effect.map(allSets(sql), (sets) => sets.find(({ state }) => state === "live"))

export const hoursIn = ({ zone }: Pick<IntervalSet, "zone">): Division => ({
  interval: "1h",
  zone: zoneNamed(zone)
})
export const daysIn = ({ zone }: Pick<IntervalSet, "zone">): Division => ({
  interval: "1d",
  zone: zoneNamed(zone)
})

/** The intervals that hold these, each once, in the order of (sensor, start). */
export const holding = (division: Division, keys: Iterable<MinuteKey>): ReadonlyArray<MinuteKey> => {
  const starts = new Map<MinuteKey["sensorId"], Set<Micros>>()
  for (const { minute, sensorId } of keys) {
    const ofSensor = starts.get(sensorId)
    const start = divisionStart(division, minute)
    if (ofSensor === undefined) starts.set(sensorId, new Set([start]))
    else ofSensor.add(start)
  }
  return [...starts]
    .sort(([a], [b]) => a - b)
    .flatMap(([sensorId, times]) =>
      [...times].sort((a, b) => a - b).map((minute): MinuteKey => ({ sensorId, minute }))
    )
}

/** Behind an INSERT of marks: an hour that is marked stays so. */
const UNLESS_MARKED: ByDialect<string> = {
  mysql: "ON DUPLICATE KEY UPDATE set_id = interval_marks.set_id",
  sqlite: "ON CONFLICT DO NOTHING"
}

/** Marks the hours of these minutes, in the transaction that stores them. */
export const markHours = (
  sql: SqlClient,
  database: DatabaseService,
  generation: number,
  minutes: ReadonlyArray<MinuteKey>
) =>
  Effect.gen(function* () {
    if (minutes.length === 0) return
    for (const set of yield* allSets(sql)) {
      if (set.generation !== generation || set.state === "dead") continue
      const hours = holding(hoursIn(set), minutes)
      yield* insertAll(
        sql,
        database,
        (lists) =>
          `INSERT INTO interval_marks (set_id, sensor_id, hour) VALUES ${lists} ${UNLESS_MARKED[database.dialect]}`,
        placeholders(3),
        hours.map(({ minute, sensorId }) => [set.id, sensorId, database.encodeTime(minute)])
      )
    }
  })

export const unmark = (
  sql: SqlClient,
  database: DatabaseService,
  set: IntervalSet,
  hours: ReadonlyArray<MinuteKey>
) =>
  byKeys(
    sql,
    database,
    (among) => `DELETE FROM interval_marks WHERE set_id = ? AND (sensor_id, hour) ${among}`,
    hours.map(({ minute, sensorId }) => [sensorId, database.encodeTime(minute)]),
    { before: [set.id] }
  )

const markOf = (row: Rows.Row): MinuteKey => ({
  sensorId: sensorId(Rows.integer(row.sensor_id)),
  minute: Rows.time(row.hour)
})

/** Hours that are marked in the set: the first ones behind a place, in the order of (sensor, hour). */
export const marksOf = (
  sql: SqlClient,
  database: DatabaseService,
  set: IntervalSet,
  after: MinuteKey | undefined,
  limit: number
) => {
  const behind =
    after === undefined
      ? sql`1 = 1`
      : sql`k.sensor_id >= ${after.sensorId}
          AND (k.sensor_id > ${after.sensorId} OR k.hour > ${database.encodeTime(after.minute)})`
  return Effect.flatMap(
    sql`SELECT k.sensor_id, k.hour FROM interval_marks k WHERE k.set_id = ${set.id} AND ${behind}
      ORDER BY k.sensor_id, k.hour LIMIT ${String(limit)}`,
    Rows.every(markOf)
  )
}

/** A new set of the zone; `walked` says where merging what there is begins, null: nowhere, there is nothing. */
export const addSet = (
  sql: SqlClient,
  database: DatabaseService,
  { generation, walked, zone }: Pick<IntervalSet, "generation" | "zone" | "walked">
) =>
  sql`INSERT INTO interval_sets (id, generation, zone, state, walked_sensor, walked_to)
    SELECT COALESCE(MAX(i.id), 0) + 1, ${generation}, ${zone}, 'building', ${walked?.sensorId ?? null},
      ${walked === null ? null : database.encodeTime(walked.minute)} FROM interval_sets i`

/** Makes the set the one that is read; the one before will be deleted. */
export const makeLive = (sql: SqlClient, set: IntervalSet) =>
  Effect.zipRight(
    sql`UPDATE interval_sets SET state = 'dead' WHERE state = 'live' AND id <> ${set.id}`,
    sql`UPDATE interval_sets SET state = 'live' WHERE id = ${set.id}`
  )
