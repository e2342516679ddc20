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
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import { type Position, position, type SensorId } from "../../domain/Ids.js"
import type { AggregateRow } from "../../domain/minute/AggregateRow.js"
import { type Division, divisionEnd } from "../../domain/minute/LocalInterval.js"
import { figuresOf } from "../../domain/minute/Minute.js"
import {
  calibrationOfParts,
  type Part,
  type PartsBuilder,
  shapedFigures,
  unitOfParts
} from "../../domain/shaping/ShapedFigures.js"
import type { ShapeRefused, Shaping } from "../../domain/shaping/Shaping.js"
import { MICROS_PER_MILLI, type Micros, minuteOf } from "../../domain/Time.js"
import { LogCorrupt, type LogError } from "../../eventlog/EventLog.js"
import {
  collect,
  type IntervalPage,
  type MergedInterval,
  metadataFor,
  metadataOf,
  type Scope
} from "./AggregateIntervals.js"
import {
  type AggregateFilter,
  type MinuteMetadata,
  MinuteStore,
  type MinuteStoreService,
  minuteKey
} from "./MinuteStore.js"
import { intoParts } from "./ShapedIntervals.js"

export type { AggregateRow }

export interface AggregatePageRequest extends IntervalPage, Division {
  /** That of the first page; absent: as far as the log is folded now. */
  readonly asOf?: Position | undefined
  /** Intervals that end by then are final; absent: by now, less the allowed lateness. */
  readonly finalBefore?: Micros | undefined
  /** The time between readings of each sensor that has one, ms; absent: as it is known now. */
  readonly sensorIntervals?: ReadonlyMap<SensorId, number> | undefined
}

export interface AggregateStanding {
  /** The log is folded up to here. */
  readonly position: Position
  /** The whole minutes that end by then are final. */
  readonly finalBefore: Micros
  /** How long after its end an interval is waited for, µs. */
  readonly latenessMicros: number
}

export interface AggregatePage {
  readonly asOf: Position
  /** In the order (start, sensor). */
  readonly rows: ReadonlyArray<AggregateRow>
}

/** With what its figures are made of. */
export interface ShapedAggregate extends AggregateRow {
  readonly parts: ReadonlyArray<Part>
}

export interface ShapedPage {
  readonly asOf: Position
  readonly rows: ReadonlyArray<ShapedAggregate>
}

export interface AggregatesService {
  readonly aggregates: (
    filter: AggregateFilter,
    page: AggregatePageRequest
  ) => Effect.Effect<AggregatePage, LogError>
  /** The same with values calibrated and converted, exactly. */
  readonly shaped: (
    filter: AggregateFilter,
    page: AggregatePageRequest,
    shaping: Shaping
  ) => Effect.Effect<ShapedPage, LogError | ShapeRefused>
  readonly standing: Effect.Effect<AggregateStanding, LogError>
}

export class Aggregates extends Context.Tag("tidemark/Aggregates")<Aggregates, AggregatesService>() {}

/** How often a read is begun again because a rebuild was put in place meanwhile. */
const GENERATION_RETRIES = 3

export const present = (
  merged: MergedInterval,
  division: Division,
  metadata: MinuteMetadata | undefined,
  intervalMs: number | undefined,
  finalBefore: number
): AggregateRow => {
  const { minute, sensorId, state } = merged
  const { mean, ...figures } = figuresOf(state)
  const end = divisionEnd(division, minute)
  const expected = intervalMs === undefined ? null : (end - minute) / (intervalMs * MICROS_PER_MILLI)
  return {
    id: state.id,
    sensorId,
    timestamp: minute,
    value: mean,
    lat: state.last?.lat ?? metadata?.lat ?? null,
    lng: state.last?.lng ?? metadata?.lng ?? null,
    unit: metadata?.unit ?? null,
    type: metadata?.type ?? null,
    description: metadata?.description ?? null,
    name: metadata?.name ?? null,
    interval: division.interval,
    ...figures,
    expected,
    completeness: expected === null ? null : Math.min(1, figures.count / expected),
    final: end <= finalBefore,
    position: state.position
  }
}

const finalNow = (latenessMicros: number) =>
  Effect.map(Clock.currentTimeMillis, (now) => minuteOf(Math.max(0, now * MICROS_PER_MILLI - latenessMicros)))

interface MergedPage extends AggregatePage {
  /** Of each row, where its values are shaped. */
  readonly parts: ReadonlyArray<ReadonlyArray<Part>>
}

const readOnce = (
  store: MinuteStoreService,
  filter: AggregateFilter,
  request: AggregatePageRequest,
  latenessMicros: number,
  shaping?: Shaping
): Effect.Effect<{ readonly page: MergedPage; readonly generation: number }, LogError | ShapeRefused> =>
  Effect.gen(function* () {
    const checkpoint = yield* liveCheckpoint(store)
    const asOf = position(Math.min(request.asOf ?? checkpoint.position, checkpoint.position))
    const { interval, zone } = request
    const scope: Scope = { store, generation: checkpoint.generation, asOf, filter, interval, zone }
    const parts = new Map<string, PartsBuilder>()
    const look = shaping === undefined ? undefined : intoParts(shaping, parts)
    const merged = yield* collect(scope, request, checkpoint, look)
    const versions = yield* metadataFor(scope, merged)
    const intervals =
      request.sensorIntervals ?? (yield* store.intervals([...new Set(merged.map((row) => row.sensorId))]))
    const finalBefore = request.finalBefore ?? (yield* finalNow(latenessMicros))
    const rows = merged.map((row) =>
      present(row, scope, metadataOf(versions, row), intervals.get(row.sensorId), finalBefore)
    )
    const partsOf = merged.map((row) => parts.get(minuteKey(row))?.done() ?? [])
    return { page: { asOf, rows, parts: partsOf }, generation: checkpoint.generation }
  })

const liveCheckpoint = (store: MinuteStoreService) =>
  Effect.flatMap(store.checkpoint("minutes"), (checkpoint) =>
    checkpoint === null
      ? Effect.fail(new LogCorrupt({ reason: "the checkpoint of minutes is gone" }))
      : Effect.succeed(checkpoint)
  )

const shapedRow = (row: AggregateRow, parts: ReadonlyArray<Part>) =>
  Either.map(unitOfParts(row.sensorId, parts), (unit): ShapedAggregate => {
    const { mean, ...figures } = shapedFigures(parts)
    return { ...row, ...figures, value: mean, unit, calibration: calibrationOfParts(parts), parts }
  })

/** A rebuild that was put in place in the middle of a read takes its rows away: such a read is begun again. */
const settled = <Page, E>(
  store: MinuteStoreService,
  read: Effect.Effect<{ readonly page: Page; readonly generation: number }, E>,
  retries = GENERATION_RETRIES
): Effect.Effect<Page, E | LogError> =>
  Effect.gen(function* () {
    const { generation, page } = yield* read
    const now = yield* liveCheckpoint(store)
    return now.generation === generation || retries === 0 ? page : yield* settled(store, read, retries - 1)
  })

/** `allowedLateness`: how long after its end an interval is still waited for. */
export const layer = (options: {
  readonly allowedLateness: Duration.DurationInput
}): Layer.Layer<Aggregates, never, MinuteStore> =>
  Layer.effect(
    Aggregates,
    Effect.map(MinuteStore, (store) => {
      const latenessMicros = Duration.toMillis(options.allowedLateness) * MICROS_PER_MILLI
      return {
        // Without a shaping nothing is refused.
        aggregates: (filter, request) =>
          Effect.catchTag(
            settled(store, readOnce(store, filter, request, latenessMicros)),
            "ShapeRefused",
            Effect.die
          ),
        shaped: (filter, request, shaping) =>
          Effect.flatMap(
            settled(store, readOnce(store, filter, request, latenessMicros, shaping)),
            ({ asOf, parts, rows }) =>
              Effect.map(
                Either.all(rows.map((row, index) => shapedRow(row, parts[index] ?? []))),
                (shaped) => ({ asOf, rows: shaped })
              )
          ),
        standing: Effect.zipWith(
          liveCheckpoint(store),
          finalNow(latenessMicros),
          ({ position }, finalBefore) => ({ position, finalBefore, latenessMicros })
        )
      }
    })
  )
