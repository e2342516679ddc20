/**
 * What one sensor's readings of one interval come to: what HTTP asks for.
 *
 * Invariants:
 * 1. An answer holds as of one position: rows folded up to it are read as they stand, those folded further are
 *    folded again from the log. So pages can be asked for again, later, and are the same.
 * 2. Coarser intervals are merges of minutes; of those that match, where type or unit is asked for.
 * 3. Intervals that lost all their readings are not shown.
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { type Position, position, type SensorId } from "../domain/Ids.js"
import {
  figures,
  foldAsOf,
  INTERVAL_MICROS,
  type Interval,
  intervalStart,
  type Minute,
  MinuteBuilder
} from "../domain/Minute.js"
import { MICROS_PER_MILLI, MICROS_PER_MINUTE, type Micros, micros } from "../domain/Time.js"
import { LogCorrupt, type LogError } from "../eventlog/EventLog.js"
import {
  type AggregateFilter,
  type Checkpoint,
  type MinuteKey,
  type MinuteMetadata,
  MinuteStore,
  type MinuteStoreService,
  minuteKey,
  type StoredMinute,
  versionKey
} from "./MinuteStore.js"

export interface AggregatePageRequest {
  readonly interval: Interval
  readonly limit: number
  readonly skip?: number | undefined
  /** The last (start, sensor) of the page before. */
  readonly after?: { readonly start: Micros; readonly sensorId: SensorId } | undefined
  /** That of the first page; absent: as far as the log is folded now. */
  readonly asOf?: Position | undefined
}

export interface AggregateRow {
  /** Unique among the aggregates of one interval length: the position of the first event of the interval. */
  readonly id: Position
  readonly sensorId: SensorId
  /** The start of the interval. */
  readonly timestamp: Micros
  /** The mean. */
  readonly value: number
  readonly lat: number | null
  readonly lng: number | null
  readonly unit: string | null
  readonly type: string | null
  readonly description: string | null
  readonly interval: Interval
  readonly count: number
  /** Null beyond the range of doubles. */
  readonly sum: number | null
  readonly min: number
  readonly max: number
  /** Of the population. */
  readonly stddev: number
  readonly first: number
  readonly last: number
  /** Interval / time between readings; null where the sensor's is not known. */
  readonly expected: number | null
  /** min(1, count / expected). */
  readonly completeness: number | null
  /** The interval is over, and so is the allowed lateness. Later data still fold, and show. */
  readonly final: boolean
  /** The position of the last event folded into it. */
  readonly position: Position
}

export interface AggregatePage {
  readonly asOf: Position
  /** In the order (start, sensor). */
  readonly rows: ReadonlyArray<AggregateRow>
}

export interface AggregatesService {
  readonly aggregates: (
    filter: AggregateFilter,
    page: AggregatePageRequest
  ) => Effect.Effect<AggregatePage, LogError>
}

export class Aggregates extends Context.Tag("tidemark/Aggregates")<Aggregates, AggregatesService>() {}

/** Minutes that are looked up in one statement, and so held at once: a week of one sensor. */
const MINUTES_PER_LOOKUP = 10_080
/** Intervals looked at in one go where skipped ones must be folded again to know whether they count. */
const WALK_MAX = 1_000
/** Minutes folded from the log at a time. */
const REFOLD_CONCURRENCY = 4
/** How often a read is begun again because a rebuild was put in place meanwhile. */
const GENERATION_RETRIES = 3

interface Scope {
  readonly store: MinuteStoreService
  readonly generation: number
  readonly asOf: Position
  readonly filter: AggregateFilter
  readonly interval: Interval
}

interface Merged extends MinuteKey {
  readonly state: Minute
}

const minutesIn = (interval: Interval): number => INTERVAL_MICROS[interval] / MICROS_PER_MINUTE

/** Only what was there as of the position; folded again where the row has gone further. */
const asOfMinutes = ({ asOf, store }: Scope, rows: ReadonlyArray<StoredMinute>) =>
  Effect.forEach(
    rows.filter((row) => row.state.id <= asOf),
    (row) =>
      row.state.position <= asOf
        ? Effect.succeed(row)
        : Effect.map(store.touching(row, asOf), (events) => ({ ...row, state: foldAsOf(events, asOf) })),
    { concurrency: REFOLD_CONCURRENCY }
  )

const metadataFor = ({ asOf, store }: Scope, rows: ReadonlyArray<StoredMinute>) =>
  store.metadata(
    rows.flatMap(({ sensorId, state: { last } }) => (last === null ? [] : [{ sensorId, last }])),
    asOf
  )

const metadataOf = (
  known: ReadonlyMap<string, MinuteMetadata>,
  { sensorId, state: { last } }: StoredMinute
): MinuteMetadata | undefined =>
  last === null ? undefined : known.get(versionKey(sensorId, last.sensorVersion))

/** The minutes whose metadata match. */
const matching = (scope: Scope, rows: ReadonlyArray<StoredMinute>) => {
  const { type, unit } = scope.filter
  if (type === undefined && unit === undefined) return Effect.succeed(rows)
  return Effect.map(metadataFor(scope, rows), (known) =>
    rows.filter((row) => {
      const metadata = metadataOf(known, row)
      return (
        (type === undefined || metadata?.type === type) && (unit === undefined || metadata?.unit === unit)
      )
    })
  )
}

/** These intervals as of the position, in their order, without those that hold nothing. */
const resolve = (scope: Scope, keys: ReadonlyArray<MinuteKey>) => {
  const { generation, interval, store } = scope
  const size = minutesIn(interval)
  const chunk = Math.max(1, Math.floor(MINUTES_PER_LOOKUP / size))
  return Effect.gen(function* () {
    const found: Array<Merged> = []
    for (let at = 0; at < keys.length; at += chunk) {
      const part = keys.slice(at, at + chunk)
      const minutes = part.flatMap(({ minute, sensorId }) =>
        Array.from({ length: size }, (_, index) => ({
          sensorId,
          minute: micros(minute + index * MICROS_PER_MINUTE)
        }))
      )
      const rows = yield* asOfMinutes(scope, yield* store.rows(generation, minutes))
      const merged = new Map<string, MinuteBuilder>()
      for (const row of yield* matching(scope, rows)) {
        const key = minuteKey({ sensorId: row.sensorId, minute: intervalStart(interval, row.minute) })
        const builder = merged.get(key) ?? new MinuteBuilder()
        builder.merge(row.state)
        merged.set(key, builder)
      }
      for (const key of part) {
        // An emptied minute still counts for id and position, so that an interval keeps its id.
        const state = merged.get(minuteKey(key))?.done()
        if (state !== undefined && state.count > 0) found.push({ ...key, state })
      }
    }
    return found
  })
}

/** The page's intervals. Candidates that hold nothing as of the position are made up for by the next ones. */
const collect = (scope: Scope, request: AggregatePageRequest, checkpoint: Checkpoint) =>
  Effect.gen(function* () {
    const { filter, generation, interval, store } = scope
    const collected: Array<Merged> = []
    let after =
      request.after === undefined
        ? undefined
        : { minute: request.after.start, sensorId: request.after.sensorId }
    let skip = request.skip ?? 0
    // The database skips only where it knows which rows count: where none was folded further than `asOf`.
    const walks = scope.asOf < checkpoint.position
    while (collected.length < request.limit) {
      const limit = walks && skip > 0 ? WALK_MAX : request.limit - collected.length
      const skipped = walks ? 0 : skip
      const query = { generation, interval, filter, asOf: scope.asOf, after, skip: skipped, limit }
      const keys = yield* store.candidates(query)
      const found = yield* resolve(scope, keys)
      const dropped = walks ? Math.min(skip, found.length) : 0
      collected.push(...found.slice(dropped, dropped + request.limit - collected.length))
      skip = walks ? skip - dropped : 0
      after = keys.at(-1)
      if (keys.length < limit) break
    }
    return collected
  })

const present = (
  merged: Merged,
  interval: Interval,
  metadata: MinuteMetadata | undefined,
  intervalMs: number | undefined,
  finalBefore: number
): AggregateRow => {
  const { minute, sensorId, state } = merged
  const { count, first, last, max, mean, min, stddev, sum } = figures(state)
  const length = INTERVAL_MICROS[interval]
  const expected = intervalMs === undefined ? null : length / (intervalMs * MICROS_PER_MILLI)
  return {
    id: state.id,
    sensorId,
    timestamp: minute,
    value: mean ?? 0,
    lat: state.last?.lat ?? metadata?.lat ?? null,
    lng: state.last?.lng ?? metadata?.lng ?? null,
    unit: metadata?.unit ?? null,
    type: metadata?.type ?? null,
    description: metadata?.description ?? null,
    interval,
    count,
    sum,
    min: min ?? 0,
    max: max ?? 0,
    stddev: stddev ?? 0,
    first: first ?? 0,
    last: last ?? 0,
    expected,
    completeness: expected === null ? null : Math.min(1, count / expected),
    final: minute + length <= finalBefore,
    position: state.position
  }
}

const readOnce = (
  store: MinuteStoreService,
  filter: AggregateFilter,
  request: AggregatePageRequest,
  latenessMicros: number
) =>
  Effect.gen(function* () {
    const checkpoint = yield* liveCheckpoint(store)
    const asOf = position(Math.min(request.asOf ?? checkpoint.position, checkpoint.position))
    const { interval } = request
    const scope: Scope = { store, generation: checkpoint.generation, asOf, filter, interval }
    const merged = yield* collect(scope, request, checkpoint)
    const known = yield* metadataFor(scope, merged)
    const intervals = yield* store.intervals([...new Set(merged.map((row) => row.sensorId))])
    const finalBefore = (yield* Clock.currentTimeMillis) * MICROS_PER_MILLI - latenessMicros
    const rows = merged.map((row) =>
      present(row, interval, metadataOf(known, row), intervals.get(row.sensorId), finalBefore)
    )
    return { page: { asOf, rows }, generation: checkpoint.generation }
  })

const liveCheckpoint = (store: MinuteStoreService) =>
  Effect.flatMap(store.checkpoint("minutes"), (checkpoint) =>
    checkpoint === null
      ? Effect.fail(new LogCorrupt({ reason: "the checkpoint of minutes is gone" }))
      : Effect.succeed(checkpoint)
  )

/** A rebuild that was put in place in the middle of a read takes its rows away: such a read is begun again. */
const make =
  (store: MinuteStoreService, latenessMicros: number): AggregatesService["aggregates"] =>
  (filter, request) => {
    const attempt = (retries: number): Effect.Effect<AggregatePage, LogError> =>
      Effect.gen(function* () {
        const { generation, page } = yield* readOnce(store, filter, request, latenessMicros)
        const now = yield* liveCheckpoint(store)
        return now.generation === generation || retries === 0 ? page : yield* attempt(retries - 1)
      })
    return attempt(GENERATION_RETRIES)
  }

/** `allowedLateness`: how long after its end an interval is still waited for. */
export const layer = (options: {
  readonly allowedLateness: Duration.DurationInput
}): Layer.Layer<Aggregates, never, MinuteStore> =>
  Layer.effect(
    Aggregates,
    Effect.map(MinuteStore, (store) => ({
      aggregates: make(store, Duration.toMillis(options.allowedLateness) * MICROS_PER_MILLI)
    }))
  )
