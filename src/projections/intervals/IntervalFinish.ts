/**
 * What is done for hours and days beside the fold, page by page, each in a transaction of its own: marked hours are
 * merged, and so are those of a set that is new. A set that nobody reads any more is deleted.
 *
 * A page holds the lock of the minutes' checkpoint: no minute changes while it is merged.
 */
import type { SqlClient } from "@effect/sql/SqlClient"
import * as Effect from "effect/Effect"
import type { ByDialect } from "../../db/Dialect.js"
import * as Rows from "../../db/Rows.js"
import type { DatabaseService } from "../../db/Transaction.js"
import { sensorId } from "../../domain/Ids.js"
import { divisionEnd, divisionStart } from "../../domain/minute/LocalInterval.js"
import { micros } from "../../domain/Time.js"
import type { LogError } from "../../eventlog/EventLog.js"
import { mapped } from "../../eventlog/LogFailure.js"
import * as Checkpoints from "../Checkpoints.js"
import { keyOf } from "../minutes/MinuteQueries.js"
import type { MinuteKey } from "../minutes/MinuteStore.js"
import type { Checkpoint } from "../Projection.js"
import { mergeHours } from "./IntervalMerge.js"
import { addSet, allSets, hoursIn, type IntervalSet, makeLive, marksOf, unmark } from "./IntervalSets.js"
import { LastMinutes } from "./LastMinutes.js"

/** Hours that are merged in one transaction: it holds the embedded database's writer for some 15 ms. */
const HOURS_PER_PAGE = 20
/** Rows deleted in one transaction. */
const SWEEP_ROWS = 2_000
/** Before every sensor. */
const BEGINNING: MinuteKey = { sensorId: sensorId(1), minute: micros(0) }

/** Merges what is marked behind a place; the place that comes next, none: there is no more behind it. */
const mergeMarked = (
  sql: SqlClient,
  database: DatabaseService,
  set: IntervalSet,
  after: MinuteKey | undefined,
  live: Checkpoint,
  last: LastMinutes
) =>
  Effect.gen(function* () {
    const hours = yield* marksOf(sql, database, set, after, HOURS_PER_PAGE)
    if (hours.length === 0) return undefined
    yield* mergeHours(sql, database, set, hours, live.position, last)
    yield* unmark(sql, database, set, hours)
    return hours.at(-1)
  })

/** The first hour that holds a minute, from a time of a sensor on, or of the sensors after it. */
const nextHour = (sql: SqlClient, database: DatabaseService, set: IntervalSet, from: MinuteKey) =>
  Effect.gen(function* () {
    const same = yield* sql`SELECT m.sensor_id, m.minute FROM sensor_minutes m
      WHERE m.generation = ${set.generation} AND m.sensor_id = ${from.sensorId}
        AND m.minute >= ${database.encodeTime(from.minute)}
      ORDER BY m.minute LIMIT 1`.pipe(Effect.flatMap(Rows.first(keyOf)))
    const key =
      same ??
      (yield* sql`SELECT m.sensor_id, m.minute FROM sensor_minutes m
        WHERE m.generation = ${set.generation} AND m.sensor_id > ${from.sensorId}
        ORDER BY m.sensor_id, m.minute LIMIT 1`.pipe(Effect.flatMap(Rows.first(keyOf))))
    return key === undefined ? undefined : { ...key, minute: divisionStart(hoursIn(set), key.minute) }
  })

/** Merges the next hours of what was there before the set. */
const walk = (
  sql: SqlClient,
  database: DatabaseService,
  set: IntervalSet,
  from: MinuteKey,
  live: Checkpoint,
  last: LastMinutes
) =>
  Effect.gen(function* () {
    const hours: Array<MinuteKey> = []
    let place: MinuteKey | undefined = from
    while (place !== undefined && hours.length < HOURS_PER_PAGE) {
      const hour: MinuteKey | undefined = yield* nextHour(sql, database, set, place)
      place = hour && { ...hour, minute: divisionEnd(hoursIn(set), hour.minute) }
      if (hour !== undefined) hours.push(hour)
    }
    yield* mergeHours(sql, database, set, hours, live.position, last)
    yield* sql`UPDATE interval_sets SET walked_sensor = ${place?.sensorId ?? null},
      walked_to = ${place === undefined ? null : database.encodeTime(place.minute)} WHERE id = ${set.id}`
  })

const SWEEPS: ByDialect<ReadonlyArray<string>> = {
  mysql: [
    `DELETE FROM sensor_hours WHERE generation = ? LIMIT ${SWEEP_ROWS}`,
    `DELETE FROM sensor_days WHERE generation = ? LIMIT ${SWEEP_ROWS}`
  ],
  sqlite: [
    `DELETE FROM sensor_hours WHERE (generation, sensor_id, minute) IN (SELECT m.generation, m.sensor_id, m.minute
      FROM sensor_hours m WHERE m.generation = ? LIMIT ${SWEEP_ROWS})`,
    `DELETE FROM sensor_days WHERE (generation, sensor_id, minute) IN (SELECT m.generation, m.sensor_id, m.minute
      FROM sensor_days m WHERE m.generation = ? LIMIT ${SWEEP_ROWS})`
  ]
}

/** Deletes some rows of a set that nobody reads, and the set after the last of them. */
const sweep = (sql: SqlClient, { dialect }: DatabaseService, { id }: IntervalSet) =>
  Effect.gen(function* () {
    for (const statement of SWEEPS[dialect]) yield* sql.unsafe(statement, [id])
    const left = yield* sql`SELECT 1 AS one FROM sensor_hours m WHERE m.generation = ${id}
      UNION ALL SELECT 1 AS one FROM sensor_days m WHERE m.generation = ${id} LIMIT 1`
    if (left.length > 0) return
    yield* sql`DELETE FROM interval_marks WHERE set_id = ${id}`
    yield* sql`DELETE FROM interval_sets WHERE id = ${id}`
  })

type Work =
  | { readonly _tag: "Add" }
  | { readonly _tag: "Bury" | "Sweep" | "Promote" | "Merge"; readonly set: IntervalSet }
  | { readonly _tag: "Walk"; readonly set: IntervalSet; readonly from: MinuteKey }

/**
 * What there is to do. The zone's set of the live minutes is the one to be read; until what there was before it is
 * merged, one of another zone may be.
 */
const workOf = (
  sets: ReadonlyArray<IntervalSet>,
  marked: ReadonlySet<number>,
  zone: string,
  live: Checkpoint,
  rebuild: Checkpoint | null
): ReadonlyArray<Work> => {
  const alive = sets.filter(({ state }) => state !== "dead")
  const target = alive.find((set) => set.generation === live.generation && set.zone === zone)
  if (target === undefined) return [{ _tag: "Add" }]
  const useless = alive.filter(
    (set) =>
      set !== target &&
      set.generation !== rebuild?.generation &&
      (set.generation !== live.generation || set.state !== "live")
  )
  const work: Array<Work> = useless.map((set) => ({ _tag: "Bury", set }))
  for (const set of alive) {
    // The rebuild's are merged by itself, before it is put in place.
    if (marked.has(set.id) && set.generation === live.generation) work.push({ _tag: "Merge", set })
  }
  if (target.walked !== null) work.push({ _tag: "Walk", set: target, from: target.walked })
  else if (target.state !== "live") work.push({ _tag: "Promote", set: target })
  return [
    ...work,
    ...sets.filter(({ state }) => state === "dead").map((set) => ({ _tag: "Sweep", set }) as const)
  ]
}

const markedSets = (sql: SqlClient, sets: ReadonlyArray<IntervalSet>) =>
  Effect.map(
    Effect.filter(sets, ({ id }) =>
      Effect.map(
        sql`SELECT 1 AS one FROM interval_marks WHERE set_id = ${id} LIMIT 1`,
        (rows) => rows.length > 0
      )
    ),
    (some) => new Set(some.map(({ id }) => id))
  )

const work = (sql: SqlClient, database: DatabaseService, zone: string) =>
  Effect.gen(function* () {
    const checkpoints = yield* Checkpoints.locked(sql, database, "minutes", "minutes.rebuild")
    const live = checkpoints("minutes")
    if (live === null) return []
    const sets = yield* allSets(sql)
    const marked = yield* markedSets(sql, sets)
    return workOf(sets, marked, zone, live, checkpoints("minutes.rebuild")).map((next) => ({ live, next }))
  })

/** Does a page of what there is to do; true while there may be more. */
export const makeFinisher = (
  database: DatabaseService,
  zone: string,
  last: LastMinutes
): Effect.Effect<boolean, LogError> => {
  // Where merging goes on in each set: hours that are marked again and again keep none of the others from their turn.
  const places = new Map<number, MinuteKey | undefined>()
  // Of several things to do each has its turn.
  let turn = 0
  const page = (sql: SqlClient) =>
    Effect.gen(function* () {
      const all = yield* work(sql, database, zone)
      const found = all[turn++ % all.length]
      if (found === undefined) return false
      const { live, next } = found
      switch (next._tag) {
        case "Add":
          yield* addSet(sql, database, { generation: live.generation, zone, walked: BEGINNING })
          break
        case "Bury":
          yield* sql`UPDATE interval_sets SET state = 'dead' WHERE id = ${next.set.id}`
          break
        case "Merge": {
          const place = yield* mergeMarked(sql, database, next.set, places.get(next.set.id), live, last)
          places.set(next.set.id, place)
          break
        }
        case "Walk":
          yield* walk(sql, database, next.set, next.from, live, last)
          break
        case "Promote":
          yield* makeLive(sql, next.set)
          break
        case "Sweep":
          yield* sweep(sql, database, next.set)
      }
      return true
    })
  // Most often there is nothing: no transaction is begun for that.
  const idle = (sql: SqlClient) => Effect.map(work(sql, database, zone), (all) => all.length === 0)
  return mapped(
    Effect.flatMap(database.read(idle), (nothing) =>
      nothing ? Effect.succeed(false) : database.transact(page)
    )
  )
}

/** Merges all that is marked in the sets of a generation that is being rebuilt. */
export const finishGeneration = (database: DatabaseService, generation: number) => {
  const none = new LastMinutes()
  return mapped(
    database.transact((sql) =>
      Effect.gen(function* () {
        const checkpoints = yield* Checkpoints.locked(sql, database, "minutes", "minutes.rebuild")
        const rebuild = checkpoints("minutes.rebuild")
        if (rebuild?.generation !== generation) return false
        for (const set of yield* allSets(sql)) {
          if (set.generation !== generation) continue
          if ((yield* mergeMarked(sql, database, set, undefined, rebuild, none)) !== undefined) return true
        }
        return false
      })
    )
  ).pipe(Effect.repeat({ while: (more) => more }))
}
