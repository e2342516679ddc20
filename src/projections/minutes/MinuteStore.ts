/**
 * The port by which one-minute aggregates are kept, beside the checkpoint that says how far the log is folded.
 *
 * Invariants, held by every implementation:
 * 1. Rows of a generation and its checkpoint change together: `commit` is all or nothing, and does nothing when
 *    the checkpoint is not where its caller saw it. So what was folded from rows read before is never stale.
 * 2. A minute whose readings were all deleted keeps its row, with a count of 0.
 */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type { Placed } from "../../domain/dataset/Place.js"
import type { Derivation } from "../../domain/derived/Derivation.js"
import type { Event } from "../../domain/Event.js"
import type { Position, SensorId } from "../../domain/Ids.js"
import type { Division } from "../../domain/minute/LocalInterval.js"
import type { LastEdge, Minute } from "../../domain/minute/Minute.js"
import type { Micros } from "../../domain/Time.js"
import type { LogError, ReadingFilter } from "../../eventlog/EventLog.js"
import type { Checkpoint, Generations } from "../Projection.js"

/** The live rows, and those that a rebuild makes beside them. */
export type MinuteProjection = "minutes" | "minutes.rebuild"
/** There while there may be rows that were folded before a version that keeps more of a minute. */
export type StaleMark = "minutes.stale"

/** A sensor's minute, or its interval: `minute` is the start. */
export interface MinuteKey {
  readonly sensorId: SensorId
  readonly minute: Micros
}

export interface StoredMinute extends MinuteKey {
  readonly state: Minute
  /** The row was folded before sketches were kept, and its state lacks one: it has to be folded again. */
  readonly stale?: true
}

/** Some rows of a generation, in the order of (sensor, minute). */
export interface StalePage {
  /** Those of them that are stale. */
  readonly stale: ReadonlyArray<MinuteKey>
  /** The last of them all; null: there are no more. */
  readonly last: MinuteKey | null
}

/**
 * `start` (inclusive) and `end` (exclusive) are for the start of the interval; type and unit for the metadata of a minute's
 * latest reading: coarser intervals are merged from the minutes that match.
 */
export type AggregateFilter = ReadingFilter

/** Which intervals come next in the order (start, sensor), ascending unless `order` says otherwise. */
export interface CandidateQuery extends Division {
  readonly generation: number
  readonly filter: AggregateFilter
  readonly asOf: Position
  /** The last (start, sensor) before these. */
  readonly after?: MinuteKey | undefined
  readonly skip: number
  readonly limit: number
  readonly order?: "asc" | "desc" | undefined
}

/** The metadata that a minute shows: those of its latest reading. */
export type MinuteMetadata = Placed

export interface LatestReading {
  readonly sensorId: SensorId
  readonly last: LastEdge
}

export const minuteKey = (key: MinuteKey): string => `${key.sensorId}/${key.minute}`
export const versionKey = (sensor: SensorId, version: number): string => `${sensor}/${version}`

/** What a fold takes of an event. */
export type FoldEvent = Pick<
  Event,
  | "position"
  | "eventId"
  | "type"
  | "sensorId"
  | "sensorVersion"
  | "occurredAt"
  | "value"
  | "lat"
  | "lng"
  | "supersededBy"
>

/** An hour or a day; `localTime`: what its zone's clocks show at its start. */
export interface IntervalRow extends StoredMinute {
  readonly end: Micros
  readonly localTime: string
}

export interface RebuiltRows {
  readonly minutes: ReadonlyArray<StoredMinute>
  /** Minutes of derived sensors: their hours are merged from them. */
  readonly derived: ReadonlyArray<StoredMinute>
  readonly hours: ReadonlyArray<IntervalRow>
  readonly days: ReadonlyArray<IntervalRow>
}

export type RebuiltTable = "minutes" | "hours" | "days"

/** Pages of the log as a fold takes them, and rows of many minutes, hours and days at once. */
export interface RebuildStore {
  /**
   * Events with `after < position <= upTo`, in order, at most `limit`; null: they are not what nearly all are (one may be
   * missing, or of an older version), so that the log's own reader is to be asked.
   */
  readonly tail: (
    after: Position,
    upTo: Position,
    limit: number
  ) => Effect.Effect<ReadonlyArray<FoldEvent> | null, LogError>

  /** On the clocks of which zone hours and days of the generation are kept; null: none are. */
  readonly zone: (generation: number) => Effect.Effect<string | null, LogError>

  /** The rows that there are of these, in any order. */
  readonly rows: (
    table: RebuiltTable,
    generation: number,
    keys: ReadonlyArray<MinuteKey>
  ) => Effect.Effect<ReadonlyArray<StoredMinute>, LogError>

  /** As `MinuteStoreService.commit` does: all or nothing, and nothing when the rebuild's checkpoint is not at `from`. */
  readonly store: (from: Checkpoint, to: Position, rows: RebuiltRows) => Effect.Effect<boolean, LogError>
}

export interface MinuteStoreService extends Generations {
  /** What a rebuild asks beside the rest. */
  readonly rebuild: RebuildStore

  /** Null where the projection has none: there is always one of the live rows. */
  readonly checkpoint: (
    projection: MinuteProjection | StaleMark
  ) => Effect.Effect<Checkpoint | null, LogError>

  /** A sensor's rows from a minute on, before another one; in order of time, the first ones of them. */
  readonly between: (
    generation: number,
    first: MinuteKey,
    end: Micros,
    limit: number
  ) => Effect.Effect<ReadonlyArray<StoredMinute>, LogError>

  /**
   * The rows that there are of these minutes, in any order. `at`: the checkpoint that the caller goes by; what was stored
   * with it may be answered from memory.
   */
  readonly rows: (
    generation: number,
    keys: ReadonlyArray<MinuteKey>,
    at?: Position
  ) => Effect.Effect<ReadonlyArray<StoredMinute>, LogError>

  /** Every reading event up to a position that ever touched the minute: recordings, corrections, deletions. */
  readonly touching: (key: MinuteKey, asOf: Position) => Effect.Effect<ReadonlyArray<Event>, LogError>

  /** Stores rows and moves the checkpoint, in one transaction; false, and nothing done, when it is not at `from`. */
  readonly commit: (
    projection: MinuteProjection,
    from: Checkpoint,
    to: Position,
    rows: ReadonlyArray<StoredMinute>
  ) => Effect.Effect<boolean, LogError>

  /** Every definition of a derived sensor, oldest first. */
  readonly derivations: Effect.Effect<ReadonlyArray<Derivation>, LogError>

  /** The last minute of the sensor that this definition made before any event came behind it; null: none yet. */
  readonly walkedTo: (generation: number, derivation: Derivation) => Effect.Effect<Micros | null, LogError>

  /** Merges some of the hours and days whose minutes changed; true while there may be more to do. */
  readonly finishIntervals: Effect.Effect<boolean, LogError>

  /** Looks at up to `limit` rows behind `after` for such as are stale. */
  readonly stale: (
    generation: number,
    after: MinuteKey | null,
    limit: number
  ) => Effect.Effect<StalePage, LogError>

  /** Takes the mark away: no row is stale any more. */
  readonly endStale: Effect.Effect<void, LogError>

  /**
   * Intervals with a minute that is in force as of the position, or may be: a row that was folded further than
   * `asOf` is given without regard to its count and metadata, to be folded again and judged by the caller.
   */
  readonly candidates: (query: CandidateQuery) => Effect.Effect<ReadonlyArray<MinuteKey>, LogError>

  /** By `versionKey`. */
  readonly metadata: (
    latest: ReadonlyArray<LatestReading>,
    asOf: Position
  ) => Effect.Effect<ReadonlyMap<string, MinuteMetadata>, LogError>

  /** The time between readings of each sensor that has one, declared or else estimated, in ms. */
  readonly intervals: (ids: ReadonlyArray<SensorId>) => Effect.Effect<ReadonlyMap<SensorId, number>, LogError>

  /** Which of these sensors have neither a declared nor an estimated interval. */
  readonly withoutInterval: (ids: ReadonlyArray<SensorId>) => Effect.Effect<ReadonlyArray<SensorId>, LogError>

  /** The device times of the sensor's first readings in order of position, at most `limit`. */
  readonly firstTimes: (sensor: SensorId, limit: number) => Effect.Effect<ReadonlyArray<Micros>, LogError>

  /** Sets sensors' estimated intervals in ms, all or none, once each: only where a sensor has no interval yet. */
  readonly setEstimates: (estimates: ReadonlyMap<SensorId, number>) => Effect.Effect<void, LogError>
}

export class MinuteStore extends Context.Tag("tidemark/MinuteStore")<MinuteStore, MinuteStoreService>() {}
