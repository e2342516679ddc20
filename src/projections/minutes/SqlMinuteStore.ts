/** Minutes in the database, beside the log. The checkpoint's row is locked first by everything that writes. */
import type { SqlClient } from "@effect/sql/SqlClient"
import type { SqlError } from "@effect/sql/SqlError"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { ByDialect } from "../../db/Dialect.js"
import * as Rows from "../../db/Rows.js"
import { Database, type DatabaseService } from "../../db/Transaction.js"
import { position, SENSOR_ID_MAX } from "../../domain/Ids.js"
import { ColdLog, type ColdLogService } from "../../eventlog/cold/ColdLog.js"
import { derivations } from "../../eventlog/derived/DerivationRows.js"
import { mapped } from "../../eventlog/LogFailure.js"
import * as Checkpoints from "../Checkpoints.js"
import { touchingAcross } from "../cold/ColdMinutes.js"
import { DefaultZone } from "../intervals/DefaultZone.js"
import { finishGeneration, makeFinisher } from "../intervals/IntervalFinish.js"
import { addSet, allSets, makeLive, markHours } from "../intervals/IntervalSets.js"
import { LastMinutes } from "../intervals/LastMinutes.js"
import type { Checkpoint } from "../Projection.js"
import { makeRebuildStore } from "../rebuild/SqlRebuildStore.js"
import { candidates } from "./MinuteCandidates.js"
import * as Queries from "./MinuteQueries.js"
import { type MinuteKey, MinuteStore, type MinuteStoreService } from "./MinuteStore.js"
import { upsertMinutes } from "./MinuteWrites.js"

/** From each generation to the next one, by the primary key: to look at all rows for each page would take hours. */
const GENERATIONS = `WITH RECURSIVE there (generation) AS (
    SELECT MIN(m.generation) FROM sensor_minutes m
    UNION ALL SELECT (SELECT MIN(m.generation) FROM sensor_minutes m WHERE m.generation > there.generation)
      FROM there WHERE there.generation IS NOT NULL)
  SELECT generation FROM there WHERE generation IS NOT NULL`

/** Rows deleted in one transaction: it holds the embedded database's writer for some 20 ms. */
const SWEEP_ROWS = 5_000

const SWEEP: ByDialect<(sql: SqlClient, generation: number) => Effect.Effect<unknown, SqlError>> = {
  mysql: (sql, generation) =>
    sql`DELETE FROM sensor_minutes WHERE generation = ${generation} LIMIT ${sql.literal(String(SWEEP_ROWS))}`,
  // The rows up to one, by the primary key; all, where there are no more.
  sqlite: (sql, generation) =>
    sql`DELETE FROM sensor_minutes WHERE generation = ${generation} AND (sensor_id, minute) <= (
        SELECT COALESCE(MAX(sensor_id), ${SENSOR_ID_MAX}), COALESCE(MAX(minute), 'Z') FROM (
          SELECT m.sensor_id, m.minute FROM sensor_minutes m WHERE m.generation = ${generation}
          ORDER BY m.sensor_id, m.minute LIMIT 1 OFFSET ${sql.literal(String(SWEEP_ROWS - 1))}))`
}

const both = ["minutes", "minutes.rebuild"] as const

const beginRebuild = (sql: SqlClient, database: DatabaseService, zone: string) =>
  Effect.gen(function* () {
    yield* Checkpoints.locked(sql, database, ...both)
    const top = yield* Effect.flatMap(
      sql`SELECT MAX(generation) AS generation FROM (
        SELECT MAX(generation) AS generation FROM checkpoints
        UNION ALL SELECT MAX(generation) AS generation FROM sensor_minutes) g`,
      Rows.only((row) => Rows.integer(row.generation))
    )
    const generation = top + 1
    yield* sql`REPLACE INTO checkpoints (projection, position, generation)
      VALUES ('minutes.rebuild', 0, ${generation})`
    yield* addSet(sql, database, { generation, zone, walked: null })
    return { generation, position: position(0) }
  })

const swap = (sql: SqlClient, database: DatabaseService, candidate: Checkpoint) =>
  Effect.gen(function* () {
    const locked = yield* Checkpoints.locked(sql, database, ...both)
    const live = locked("minutes")
    const rebuild = locked("minutes.rebuild")
    if (live?.generation === candidate.generation) return true
    if (live === null || rebuild === null || rebuild.generation !== candidate.generation) return false
    if (rebuild.position < live.position) return false
    yield* sql`UPDATE checkpoints SET position = ${rebuild.position}, generation = ${rebuild.generation}
      WHERE projection = 'minutes'`
    yield* sql`DELETE FROM checkpoints WHERE projection = 'minutes.rebuild'`
    const sets = yield* allSets(sql)
    const set = sets.find(({ generation }) => generation === rebuild.generation)
    if (set !== undefined) yield* makeLive(sql, set)
    return true
  })

const sweep = (sql: SqlClient, database: DatabaseService) =>
  Effect.gen(function* () {
    const checkpoints = both.map(yield* Checkpoints.locked(sql, database, ...both))
    const there = yield* Effect.flatMap(
      sql.unsafe<Rows.Row>(GENERATIONS),
      Rows.every((row) => Rows.integer(row.generation))
    )
    const dead = there.find((generation) =>
      checkpoints.every((checkpoint) => checkpoint?.generation !== generation)
    )
    if (dead === undefined) return false
    yield* SWEEP[database.dialect](sql, dead)
    return true
  })

const make = (database: DatabaseService, lake: ColdLogService, zone: string): MinuteStoreService => {
  const last = new LastMinutes()
  const rowsOf = (generation: number, keys: ReadonlyArray<MinuteKey>) =>
    keys.length === 0
      ? Effect.succeed([])
      : mapped(database.read((sql) => Queries.rowsOf(sql, database, generation, keys)))
  const store: MinuteStoreService = {
    checkpoint: (projection) => Checkpoints.read(database, projection),
    between: (generation, first, end, limit) =>
      mapped(database.read((sql) => Queries.between(sql, database, generation, first, end, limit))),
    rows: (generation, keys, at) => {
      if (at === undefined) return rowsOf(generation, keys)
      const { known, unknown } = last.split({ generation, position: at }, keys)
      return Effect.map(rowsOf(generation, unknown), (rows) => [...known, ...rows])
    },
    touching: (key, asOf) => mapped(database.read((sql) => touchingAcross(sql, database, lake, key, asOf))),
    commit: (projection, from, to, rows) =>
      Checkpoints.moveFrom(database, projection, from, to, (sql) =>
        Effect.zipRight(
          upsertMinutes(sql, database, from.generation, rows),
          markHours(sql, database, from.generation, rows)
        )
      ),
    derivations: mapped(database.read(derivations)),
    walkedTo: (generation, derivation) =>
      mapped(database.read((sql) => Queries.walkedTo(sql, generation, derivation))),
    finishIntervals: makeFinisher(database, zone, last),
    rebuild: makeRebuildStore(database),
    stale: (generation, after, limit) =>
      mapped(database.read((sql) => Queries.stale(sql, database, generation, after, limit))),
    endStale: mapped(
      database.transact((sql) => sql`DELETE FROM checkpoints WHERE projection = 'minutes.stale'`)
    ).pipe(Effect.asVoid),
    begin: mapped(database.transact((sql) => beginRebuild(sql, database, zone))),
    swap: (candidate) =>
      Effect.zipRight(
        finishGeneration(database, candidate.generation),
        mapped(database.transact((sql) => swap(sql, database, candidate)))
      ),
    sweep: mapped(database.transact((sql) => sweep(sql, database))),
    candidates: (query) => mapped(database.read((sql) => candidates(sql, database, query))),
    metadata: (latest, asOf) =>
      latest.length === 0
        ? Effect.succeed(new Map())
        : mapped(database.read((sql) => Queries.metadata(sql, database, latest, asOf))),
    intervals: (ids) => mapped(database.read((sql) => Queries.intervals(sql, database, ids))),
    withoutInterval: (ids) => mapped(database.read((sql) => Queries.withoutInterval(sql, database, ids))),
    firstTimes: (sensor, limit) => mapped(database.read((sql) => Queries.firstTimes(sql, sensor, limit))),
    setEstimates: (estimates) =>
      mapped(
        database.transact((sql) =>
          Effect.forEach(
            estimates,
            ([sensor, intervalMs]) => sql`UPDATE sensors SET estimated_interval_ms = ${intervalMs}
              WHERE id = ${sensor} AND interval_ms IS NULL AND estimated_interval_ms IS NULL`,
            { discard: true }
          )
        )
      )
  }
  return {
    ...store,
    commit: (projection, from, to, rows) =>
      Effect.tap(store.commit(projection, from, to, rows), (stored) =>
        // A rebuild beside them would drive out the live ones.
        stored && projection === "minutes" ? Effect.sync(() => last.stored(from, to, rows)) : Effect.void
      )
  }
}

export const layer: Layer.Layer<MinuteStore, never, Database> = Layer.effect(
  MinuteStore,
  Effect.map(Effect.all([Database, ColdLog, DefaultZone]), ([database, lake, { name }]) =>
    make(database, lake, name)
  )
)
