/**
 * Minutes in memory, over any event log: for tests and simulations. One map a generation; a commit is one
 * synchronous step, and so all or nothing. It estimates no intervals.
 */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { isDerived } from "../../domain/derived/Derivation.js"
import { type Position, position, type SensorId } from "../../domain/Ids.js"
import { divisionStart } from "../../domain/minute/LocalInterval.js"
import { micros, minuteOf } from "../../domain/Time.js"
import { EventLog, type EventLogService } from "../../eventlog/EventLog.js"
import type { Checkpoint } from "../Projection.js"
import {
  type CandidateQuery,
  type LatestReading,
  type MinuteKey,
  type MinuteMetadata,
  type MinuteProjection,
  MinuteStore,
  type MinuteStoreService,
  minuteKey,
  type StoredMinute,
  versionKey
} from "./MinuteStore.js"

class Tables {
  readonly checkpoints = new Map<MinuteProjection, Checkpoint>([
    ["minutes", { generation: 1, position: position(0) }]
  ])
  private readonly generations = new Map<number, Map<string, StoredMinute>>()

  rows(generation: number): Map<string, StoredMinute> {
    const rows = this.generations.get(generation) ?? new Map<string, StoredMinute>()
    this.generations.set(generation, rows)
    return rows
  }

  commit(projection: MinuteProjection, from: Checkpoint, to: Position, rows: ReadonlyArray<StoredMinute>) {
    const now = this.checkpoints.get(projection)
    if (now?.generation !== from.generation || now.position !== from.position) return false
    const table = this.rows(from.generation)
    for (const row of rows) table.set(minuteKey(row), row)
    this.checkpoints.set(projection, { ...from, position: to })
    return true
  }

  beginRebuild(): Checkpoint {
    const numbers = [...this.generations.keys(), ...[...this.checkpoints.values()].map((c) => c.generation)]
    const rebuild = { generation: Math.max(...numbers) + 1, position: position(0) }
    this.checkpoints.set("minutes.rebuild", rebuild)
    return rebuild
  }

  swap(candidate: Checkpoint): boolean {
    const live = this.checkpoints.get("minutes")
    const rebuild = this.checkpoints.get("minutes.rebuild")
    if (live === undefined || rebuild?.generation !== candidate.generation) return false
    if (rebuild.position < live.position) return false
    this.checkpoints.set("minutes", rebuild)
    this.checkpoints.delete("minutes.rebuild")
    return true
  }

  sweep(): boolean {
    const inUse = new Set([...this.checkpoints.values()].map((checkpoint) => checkpoint.generation))
    for (const generation of [...this.generations.keys()]) {
      if (!inUse.has(generation)) this.generations.delete(generation)
    }
    return false
  }
}

const metadataOf = (log: EventLogService, { last, sensorId }: LatestReading) =>
  Effect.map(log.metadata(sensorId, last.sensorVersion), Option.getOrUndefined)

const matches = (log: EventLogService, row: StoredMinute, { asOf, filter }: CandidateQuery) => {
  const { count, id, last, position: at } = row.state
  if (at > asOf) return Effect.succeed(id <= asOf || isDerived(row.state))
  if (count === 0 || last === null) return Effect.succeed(false)
  if (filter.type === undefined && filter.unit === undefined) return Effect.succeed(true)
  return Effect.map(
    metadataOf(log, { sensorId: row.sensorId, last }),
    (metadata) =>
      (filter.type === undefined || metadata?.type === filter.type) &&
      (filter.unit === undefined || metadata?.unit === filter.unit)
  )
}

const order = (a: MinuteKey, b: MinuteKey): number => a.minute - b.minute || a.sensorId - b.sensorId

const candidates = (tables: Tables, log: EventLogService, query: CandidateQuery) => {
  const { after, filter } = query
  const turned = query.order === "desc" ? -1 : 1
  const inRange = ({ minute, sensorId }: MinuteKey): boolean => {
    const start = divisionStart(query, minute)
    return (
      (filter.sensorIds === undefined || filter.sensorIds.includes(sensorId)) &&
      start >= (filter.start ?? 0) &&
      start < (filter.end ?? Number.POSITIVE_INFINITY) &&
      (after === undefined || order({ sensorId, minute: start }, after) * turned > 0)
    )
  }
  return Effect.gen(function* () {
    const keys = new Map<string, MinuteKey>()
    for (const row of tables.rows(query.generation).values()) {
      if (!inRange(row) || !(yield* matches(log, row, query))) continue
      const key = { sensorId: row.sensorId, minute: divisionStart(query, row.minute) }
      keys.set(minuteKey(key), key)
    }
    return [...keys.values()].sort((a, b) => order(a, b) * turned).slice(query.skip, query.skip + query.limit)
  })
}

/** The reading events of the minute up to `asOf`: none lies before the row's id. */
const touching = (log: EventLogService, tables: Tables, key: MinuteKey, asOf: Position) => {
  const live = tables.checkpoints.get("minutes")
  const row = live === undefined ? undefined : tables.rows(live.generation).get(minuteKey(key))
  const before = position(row === undefined ? 0 : row.state.id - 1)
  return Effect.map(log.tail(before, asOf, Number.MAX_SAFE_INTEGER), (events) =>
    events.filter(
      (event) =>
        event.sensorId === key.sensorId &&
        minuteOf(event.occurredAt) === key.minute &&
        event.type.startsWith("Reading")
    )
  )
}

const make = (log: EventLogService): MinuteStoreService => {
  const tables = new Tables()
  const rowsOf = (generation: number, keys: ReadonlyArray<MinuteKey>) =>
    keys.flatMap((key) => tables.rows(generation).get(minuteKey(key)) ?? [])
  return {
    checkpoint: (projection) =>
      Effect.sync(() =>
        projection === "minutes.stale" ? null : (tables.checkpoints.get(projection) ?? null)
      ),
    between: (generation, { minute, sensorId }, end, limit) =>
      Effect.sync(() =>
        [...tables.rows(generation).values()]
          .filter((row) => row.sensorId === sensorId && row.minute >= minute && row.minute < end)
          .sort(order)
          .slice(0, limit)
      ),
    rows: (generation, keys) => Effect.sync(() => rowsOf(generation, keys)),
    touching: (key, asOf) => touching(log, tables, key, asOf),
    commit: (projection, from, to, rows) => Effect.sync(() => tables.commit(projection, from, to, rows)),
    derivations: log.derivations,
    walkedTo: (generation, { position: at, sensor }) =>
      Effect.sync(() => {
        const walked = [...tables.rows(generation).values()].filter(
          ({ sensorId, state }) => sensorId === sensor && state.position === at
        )
        return walked.length === 0 ? null : micros(Math.max(...walked.map(({ minute }) => minute)))
      }),
    // Hours and days are there for who reads the database.
    finishIntervals: Effect.succeed(false),
    rebuild: {
      tail: log.tail,
      zone: () => Effect.succeed(null),
      rows: (_, generation, keys) => Effect.sync(() => rowsOf(generation, keys)),
      store: (from, to, { derived, minutes }) =>
        Effect.sync(() => tables.commit("minutes.rebuild", from, to, [...minutes, ...derived]))
    },
    begin: Effect.sync(() => tables.beginRebuild()),
    swap: (candidate) => Effect.sync(() => tables.swap(candidate)),
    stale: () => Effect.succeed({ stale: [], last: null }),
    endStale: Effect.void,
    sweep: Effect.sync(() => tables.sweep()),
    candidates: (query) => candidates(tables, log, query),
    metadata: (latest, asOf) =>
      Effect.gen(function* () {
        const named = yield* log.lastReadings(
          latest.map(({ sensorId }) => sensorId),
          asOf
        )
        const versions = new Map<string, MinuteMetadata>()
        for (const one of latest) {
          const metadata = yield* metadataOf(log, one)
          if (metadata === undefined) continue
          // A derived sensor has no readings, and one name for good.
          const sensor = named.get(one.sensorId) ?? Option.getOrUndefined(yield* log.sensor(one.sensorId))
          const name = sensor?.name ?? null
          versions.set(versionKey(one.sensorId, one.last.sensorVersion), { ...metadata, name })
        }
        return versions
      }),
    intervals: (ids) =>
      Effect.forEach(ids, (id) => log.sensor(id)).pipe(
        Effect.map((sensors) => {
          const intervals = new Map<SensorId, number>()
          for (const sensor of sensors.flatMap(Option.toArray)) {
            const interval = sensor.intervalMs ?? sensor.estimatedIntervalMs
            if (interval !== null) intervals.set(sensor.id, interval)
          }
          return intervals
        })
      ),
    withoutInterval: () => Effect.succeed([]),
    firstTimes: () => Effect.succeed([]),
    setEstimates: () => Effect.void
  }
}

export const layer: Layer.Layer<MinuteStore, never, EventLog> = Layer.effect(
  MinuteStore,
  Effect.map(EventLog, make)
)
