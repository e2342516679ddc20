/**
 * The intervals of a page, merged from minutes as of one position.
 *
 * Invariants:
 * 1. Rows folded up to the position are taken as they stand; those folded further, and stale ones, are folded again
 *    from the log.
 * 2. Minutes are held for one lookup at a time, whatever the size of the page.
 */
import * as Effect from "effect/Effect"
import { isDerived } from "../../domain/derived/Derivation.js"
import type { Position, SensorId } from "../../domain/Ids.js"
import { intervalMicros } from "../../domain/minute/Interval.js"
import { type Division, divisionEnd, divisionStart } from "../../domain/minute/LocalInterval.js"
import { foldAsOf, type Minute, MinuteBuilder } from "../../domain/minute/Minute.js"
import { MICROS_PER_DAY, MICROS_PER_MINUTE, type Micros, micros } from "../../domain/Time.js"
import type { LogError } from "../../eventlog/EventLog.js"
import { derivedAsOf } from "../derived/DerivedMinutes.js"
import type { Checkpoint } from "../Projection.js"
import {
  type AggregateFilter,
  type MinuteKey,
  type MinuteMetadata,
  type MinuteStoreService,
  minuteKey,
  type StoredMinute,
  versionKey
} from "./MinuteStore.js"

export interface IntervalPage {
  readonly limit: number
  readonly skip?: number | undefined
  /** The last (start, sensor) of the page before. */
  readonly after?: { readonly start: Micros; readonly sensorId: SensorId } | undefined
  readonly order?: "asc" | "desc" | undefined
}

/** Minutes that are looked up in one statement, and so held at once: a week of one sensor. */
const MINUTES_PER_LOOKUP = 10_080
/** Intervals looked at in one go where skipped ones must be folded again to know whether they count. */
const WALK_MAX = 1_000
const REFOLD_CONCURRENCY = 4
export interface Scope extends Division {
  readonly store: MinuteStoreService
  readonly generation: number
  readonly asOf: Position
  readonly filter: AggregateFilter
}

/** An interval of a sensor; `minute` is its start. */
export interface MergedInterval extends MinuteKey {
  readonly state: Minute
}

/** The minutes of these intervals, as many at a time as are looked up. */
function* lookupsOf(division: Division, intervals: ReadonlyArray<MinuteKey>) {
  let keys: Array<MinuteKey> = []
  for (const { minute: start, sensorId } of intervals) {
    const end = divisionEnd(division, start)
    for (let minute: number = start; minute < end; minute += MICROS_PER_MINUTE) {
      keys.push({ sensorId, minute: micros(minute) })
      if (keys.length < MINUTES_PER_LOOKUP) continue
      yield keys
      keys = []
    }
  }
  if (keys.length > 0) yield keys
}

/** Only what was there as of the position; folded again where the row has gone further. */
export const asOfMinutes = (
  scope: Pick<Scope, "asOf" | "generation" | "store">,
  rows: ReadonlyArray<StoredMinute>
): Effect.Effect<ReadonlyArray<StoredMinute>, LogError> => {
  const { asOf, store } = scope
  const stands = (row: StoredMinute) => row.state.position <= asOf && row.stale === undefined
  const settled = rows.filter(stands)
  const derived = rows.filter((row) => !stands(row) && isDerived(row.state))
  const again = Effect.forEach(
    rows.filter((row) => !stands(row) && row.state.id <= asOf),
    ({ minute, sensorId }) =>
      Effect.map(store.touching({ minute, sensorId }, asOf), (events) => ({
        minute,
        sensorId,
        state: foldAsOf(events, asOf)
      })),
    { concurrency: REFOLD_CONCURRENCY }
  )
  const computed =
    derived.length === 0
      ? Effect.succeed([])
      : derivedAsOf(scope, derived, (sources) => asOfMinutes(scope, sources))
  return Effect.zipWith(again, computed, (folded, others) => [...settled, ...folded, ...others])
}

/** The metadata of the latest readings of these. */
export const metadataFor = (
  { asOf, store }: Pick<Scope, "asOf" | "store">,
  rows: ReadonlyArray<StoredMinute>
) =>
  store.metadata(
    rows.flatMap(({ sensorId, state: { last } }) => (last === null ? [] : [{ sensorId, last }])),
    asOf
  )

export const metadataOf = (
  versions: ReadonlyMap<string, MinuteMetadata>,
  { sensorId, state: { last } }: StoredMinute
): MinuteMetadata | undefined =>
  last === null ? undefined : versions.get(versionKey(sensorId, last.sensorVersion))

/** The minutes whose metadata match. */
const matching = (scope: Scope, rows: ReadonlyArray<StoredMinute>) => {
  const { type, unit } = scope.filter
  if (type === undefined && unit === undefined) return Effect.succeed(rows)
  return Effect.map(metadataFor(scope, rows), (versions) =>
    rows.filter((row) => {
      const metadata = metadataOf(versions, row)
      return (
        (type === undefined || metadata?.type === type) && (unit === undefined || metadata?.unit === unit)
      )
    })
  )
}

/**
 * The stored minutes of these intervals, some at a time. Those of intervals longer than a day are read as ranges: of a
 * quiet sensor most are not there.
 */
const eachOf = <E>(
  scope: Scope,
  intervals: ReadonlyArray<MinuteKey>,
  take: (rows: ReadonlyArray<StoredMinute>) => Effect.Effect<void, E>
): Effect.Effect<void, E | LogError> =>
  Effect.gen(function* () {
    const { generation, store } = scope
    if (intervalMicros(scope.interval) <= MICROS_PER_DAY) {
      for (const keys of lookupsOf(scope, intervals)) yield* take(yield* store.rows(generation, keys))
      return
    }
    for (const interval of intervals) {
      const end = divisionEnd(scope, interval.minute)
      let first: MinuteKey | undefined = interval
      while (first !== undefined) {
        const rows: ReadonlyArray<StoredMinute> = yield* store.between(
          generation,
          first,
          end,
          MINUTES_PER_LOOKUP
        )
        yield* take(rows)
        const last = rows.length < MINUTES_PER_LOOKUP ? undefined : rows.at(-1)
        first = last && { ...interval, minute: micros(last.minute + MICROS_PER_MINUTE) }
      }
    }
  })

/** What else is made of the minutes of the intervals, as they are as of the position. */
export type LookAt<E> = (scope: Scope, rows: ReadonlyArray<StoredMinute>) => Effect.Effect<void, E>

/** These intervals as of the position, in their order; those that lost all their readings too. */
export const mergedAsOf = <E = never>(
  scope: Scope,
  keys: ReadonlyArray<MinuteKey>,
  look: LookAt<E> = () => Effect.void
) => {
  const { interval } = scope
  const chunk = Math.max(1, Math.floor((MINUTES_PER_LOOKUP * MICROS_PER_MINUTE) / intervalMicros(interval)))
  return Effect.gen(function* () {
    const intervals: Array<MergedInterval> = []
    for (let at = 0; at < keys.length; at += chunk) {
      const part = keys.slice(at, at + chunk)
      const merged = new Map<string, MinuteBuilder>()
      yield* eachOf(scope, part, (stored) =>
        Effect.gen(function* () {
          const rows = yield* matching(scope, yield* asOfMinutes(scope, stored))
          yield* look(scope, rows)
          for (const row of rows) {
            const key = minuteKey({ sensorId: row.sensorId, minute: divisionStart(scope, row.minute) })
            const builder = merged.get(key) ?? new MinuteBuilder()
            builder.merge(row.state)
            merged.set(key, builder)
          }
        })
      )
      for (const key of part) {
        // An emptied minute still counts for id and position, so that an interval keeps its id.
        const state = merged.get(minuteKey(key))?.done()
        if (state !== undefined) intervals.push({ ...key, state })
      }
    }
    return intervals
  })
}

/** The page's intervals. Candidates that hold nothing as of the position are made up for by the next ones. */
export const collect = <E = never>(
  scope: Scope,
  request: IntervalPage,
  checkpoint: Checkpoint,
  look?: LookAt<E>
) =>
  Effect.gen(function* () {
    const { filter, generation, interval, store, zone } = scope
    const collected: Array<MergedInterval> = []
    let after =
      request.after === undefined
        ? undefined
        : { minute: request.after.start, sensorId: request.after.sensorId }
    let skip = request.skip ?? 0
    // The database skips only where it knows which rows count: where none was folded further than `asOf`.
    const walks =
      scope.asOf < checkpoint.position ||
      (skip > 0 && (yield* store.derivations).some(({ position }) => position > scope.asOf))
    while (collected.length < request.limit) {
      const limit = walks && skip > 0 ? WALK_MAX : request.limit - collected.length
      const skipped = walks ? 0 : skip
      const query = {
        generation,
        interval,
        zone,
        filter,
        asOf: scope.asOf,
        after,
        skip: skipped,
        limit,
        order: request.order
      }
      const keys = yield* store.candidates(query)
      const batch = (yield* mergedAsOf(scope, keys, look)).filter(({ state }) => state.count > 0)
      const dropped = walks ? Math.min(skip, batch.length) : 0
      collected.push(...batch.slice(dropped, dropped + request.limit - collected.length))
      skip = walks ? skip - dropped : 0
      after = keys.at(-1)
      if (keys.length < limit) break
    }
    return collected
  })
