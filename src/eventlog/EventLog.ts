/**
 * The port of the event log: the source of truth, append only.
 *
 * Invariants, held by every implementation and checked by one contract suite (test/eventlog/contract.ts):
 * 1. `position` rises by one a committed event, without a hole; who polls `position > p` misses none that commits later.
 * 2. `recordedAt` never falls as the position rises.
 * 3. A reading that comes again, by whatever way, adds nothing and revives nothing.
 * 4. A row's facts never change; `supersededBy` is set once, by the event that supersedes it.
 * 5. As of any position, reads give exactly what they gave then.
 * 6. `append` is all or nothing; when it succeeds, the database has committed.
 */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type { Event } from "../domain/Event.js"
import { type ImportId, Position, ReadingId, type SensorId } from "../domain/Ids.js"
import type { ImportKey } from "../domain/ImportKey.js"
import type { Reading, ReadingCandidate, Replacement } from "../domain/Reading.js"
import type { MessageSource, RejectedMessage } from "../domain/rejected/RejectedMessage.js"
import { Fault, type Faults } from "../domain/rejected/RejectionFault.js"
import type { Metadata, SaidMetadata, Sensor } from "../domain/Sensor.js"
import type { Micros } from "../domain/Time.js"
import type { DerivationLog } from "./derived/Derivations.js"
import type { ImportLog } from "./ImportLog.js"

/** The store did not answer, or can't now; the same call may be made again, because keys make it safe. Or it ended the query. */
export class LogUnavailable extends Schema.TaggedError<LogUnavailable>()("LogUnavailable", {
  reason: Schema.String,
  tookTooLong: Schema.optionalWith(Schema.Boolean, { default: () => false }),
  /** What was asked for needs readings that a lake alone has: it can't be had before they are brought back. */
  archived: Schema.optionalWith(Schema.Boolean, { default: () => false })
}) {}

/** The store refused for good, or its contents contradict the invariants: a person must look. */
export class LogCorrupt extends Schema.TaggedError<LogCorrupt>()("LogCorrupt", { reason: Schema.String }) {}

export type LogError = LogUnavailable | LogCorrupt

export class ReadingNotFound extends Schema.TaggedError<ReadingNotFound>()("ReadingNotFound", {
  id: ReadingId
}) {}

/** The reading has moved on: its row in force is not at the position that the caller expected. */
export class ReadingChanged extends Schema.TaggedError<ReadingChanged>()("ReadingChanged", {
  id: ReadingId,
  position: Position
}) {}

/** A person's append that could not be stored: item `index`, and why. Nothing of the append was stored. */
export class AppendRefused extends Schema.TaggedError<AppendRefused>()("AppendRefused", {
  index: Schema.Int,
  reason: Schema.String
}) {}

/** A reading's sensor can't be registered: a device's is rejected for it, a person's refused. */
export class SensorRefused extends Schema.TaggedError<SensorRefused>()("SensorRefused", { fault: Fault }) {}

/** One thing to append: a reading, or a message that decoding refused; `importKey`: the import that brings it. */
export type AppendItem = { readonly importKey?: ImportKey | undefined } & (
  | { readonly _tag: "Reading"; readonly reading: ReadingCandidate; readonly source: MessageSource }
  | { readonly _tag: "Rejected"; readonly source: MessageSource; readonly faults: Faults }
)

/** What became of an item. `position` is the new row's; `id` the reading that it repeats, in force or not. */
export type AppendOutcome =
  | { readonly _tag: "Stored"; readonly position: Position }
  | { readonly _tag: "Repeated"; readonly id: ReadingId }
  | { readonly _tag: "Rejected"; readonly faults: Faults }

/** The reading in force after a person's append; `created` when this append made it. */
export interface RecordOutcome {
  readonly created: boolean
  readonly reading: Reading
}

/** What a person's PUT did: nothing, a correction (same id), or a move (deletion and a new reading, new id). */
export interface ReplaceOutcome {
  readonly change: "None" | "Corrected" | "Moved"
  readonly reading: Reading
}

/** What a person says of a change of theirs. */
export interface ChangeOptions {
  /** Only if the reading's row in force is at this position. */
  readonly ifPosition?: Position
  /** Why, in their words. */
  readonly reason?: string
  /** Who: the name of their key. */
  readonly actor?: string
}

export interface RemovalOptions extends Pick<ChangeOptions, "reason" | "actor"> {
  /** They are deleted because this import is undone: another import may bring them again. */
  readonly importId?: ImportId | undefined
}

/** A sensor as its owner describes it (sensors.json, the API). What is absent stays as it is. */
export interface SensorDescription {
  readonly id: SensorId
  readonly name?: string | undefined
  readonly intervalMs?: number | undefined
  readonly said: SaidMetadata
}

export interface Head {
  readonly position: Position
  readonly recordedAt: Micros
}

/** Which readings: all conditions hold together; `start` is inclusive, `end` exclusive. */
export interface ReadingFilter {
  readonly sensorIds?: ReadonlyArray<SensorId> | undefined
  readonly type?: string | undefined
  readonly unit?: string | undefined
  readonly start?: Micros | undefined
  readonly end?: Micros | undefined
  /** Those whose time was stated, or those that came without a usable clock. */
  readonly clockSet?: boolean | undefined
  /** Those that an import brought, and their corrections. */
  readonly importId?: ImportId | undefined
}

/** How many rows, and how many are passed over before them. */
interface Bounds {
  readonly limit: number
  readonly skip?: number | undefined
}

/**
 * A page in the order (occurredAt, position), ascending unless `order` says otherwise. `after` is the last (occurredAt, position) of the page
 * before; `position` there is the row's own, not the reading's id.
 */
export interface ReadingPage extends Bounds {
  readonly asOf: Position
  readonly after?: { readonly occurredAt: Micros; readonly position: Position } | undefined
  readonly order?: "asc" | "desc" | undefined
}

/** The first page, as of the head. */
export type FirstPage = Omit<ReadingPage, "asOf" | "after">

export interface ReadingsNow {
  /** The head that they hold as of. */
  readonly position: Position
  readonly readings: ReadonlyArray<Reading>
}

export interface SensorPage extends Bounds {
  readonly afterId?: SensorId | undefined
}

export interface RejectedPage extends Bounds {
  /** Those alone whose topic is under this filter of MQTT. */
  readonly topic?: string | undefined
  /** The last message of the page before. */
  readonly after?: { readonly firstSeen: Micros; readonly id: string } | undefined
}

/** Who appends decides what a repeat means: a device's adds nothing; a person's restores a deleted reading. */
export interface EventLogService extends DerivationLog<LogError, SensorRefused>, ImportLog<LogError> {
  /** Appends a device's items in one transaction; the outcomes are in the items' order. */
  readonly append: (items: ReadonlyArray<AppendItem>) => Effect.Effect<ReadonlyArray<AppendOutcome>, LogError>

  /** Appends a person's readings, all or nothing. A reading that was deleted is restored, as a new reading. */
  readonly record: (
    readings: ReadonlyArray<ReadingCandidate>
  ) => Effect.Effect<ReadonlyArray<RecordOutcome>, LogError | AppendRefused>

  /** Replaces the reading in force; equal to it: no event. `ifPosition`: only if its row in force is that one. */
  readonly replace: (
    id: ReadingId,
    by: Replacement,
    options?: ChangeOptions
  ) => Effect.Effect<ReplaceOutcome, LogError | ReadingNotFound | ReadingChanged | AppendRefused>

  /** Deletes the reading in force and answers it as it was. */
  readonly remove: (
    id: ReadingId,
    options?: ChangeOptions
  ) => Effect.Effect<Reading, LogError | ReadingNotFound | ReadingChanged>

  /**
   * Deletes those of the readings that are in force still, in one transaction, and answers how many. Of one that was
   * corrected since it was read, the correction is deleted.
   */
  readonly removeAll: (
    readings: ReadonlyArray<Reading>,
    options?: RemovalOptions
  ) => Effect.Effect<number, LogError>

  /** Registers or changes sensors as their owner describes them; no event where nothing changes. */
  readonly describe: (sensors: ReadonlyArray<SensorDescription>) => Effect.Effect<void, LogError>

  /** Retires sensors that are active; a later `describe` or reading makes them active again. */
  readonly retire: (ids: ReadonlyArray<SensorId>) => Effect.Effect<void, LogError>

  /** The last position given out, committed. */
  readonly head: Effect.Effect<Head, LogError>

  /** Events with `after < position <= upTo`, in order, at most `limit`. */
  readonly tail: (
    after: Position,
    upTo: Position,
    limit: number
  ) => Effect.Effect<ReadonlyArray<Event>, LogError>

  /** The reading with this id, in force as of a position; none when deleted or never there. */
  readonly reading: (id: ReadingId, asOf: Position) => Effect.Effect<Option.Option<Reading>, LogError>

  /** Every event of the reading with this id, in order of position: its recording, corrections, deletion. */
  readonly history: (id: ReadingId) => Effect.Effect<ReadonlyArray<Event>, LogError>

  readonly readings: (
    filter: ReadingFilter,
    page: ReadingPage
  ) => Effect.Effect<ReadonlyArray<Reading>, LogError>

  /** The same as of the head, and the head, by one look. */
  readonly readingsNow: (filter: ReadingFilter, page: FirstPage) => Effect.Effect<ReadingsNow, LogError>

  /** How many readings match, as of a position. */
  readonly countReadings: (filter: ReadingFilter, asOf: Position) => Effect.Effect<number, LogError>

  /** All rows in force as of `asOf` of one sensor with `start <= occurredAt < end`, ordered by (time, event id). */
  readonly inForce: (
    sensor: SensorId,
    start: Micros,
    end: Micros,
    asOf: Position
  ) => Effect.Effect<ReadonlyArray<Event>, LogError>

  /** A version of a sensor's metadata: it never changes. */
  readonly metadata: (sensor: SensorId, version: number) => Effect.Effect<Option.Option<Metadata>, LogError>

  /** Sensors in order of id. */
  readonly sensors: (page: SensorPage) => Effect.Effect<ReadonlyArray<Sensor>, LogError>

  readonly sensor: (id: SensorId) => Effect.Effect<Option.Option<Sensor>, LogError>

  /** The sensors that had one of these names as of a position, in any order. */
  readonly sensorsNamed: (
    names: ReadonlyArray<string>,
    asOf: Position
  ) => Effect.Effect<ReadonlyArray<SensorId>, LogError>

  /**
   * Every sensor as it was as of a position, in order of id: from the log's events alone, so it is the same
   * whenever it is asked for. `estimatedIntervalMs` is what the first readings up to there show.
   */
  readonly sensorsAsOf: (asOf: Position) => Effect.Effect<ReadonlyArray<Sensor>, LogError>

  /** The last reading in force by device time, now or as of a position, of each of these sensors that has one. */
  readonly lastReadings: (
    ids: ReadonlyArray<SensorId>,
    asOf?: Position
  ) => Effect.Effect<ReadonlyMap<SensorId, Reading>, LogError>

  /**
   * Waits until this process has made more commits than so many, and gives their count. Others are not heard: it
   * shortens a wait, and never replaces asking.
   */
  readonly committed: (more: number) => Effect.Effect<number>

  /** Rejected messages, newest first. */
  readonly rejected: (page: RejectedPage) => Effect.Effect<ReadonlyArray<RejectedMessage>, LogError>

  /** How many messages were rejected, and how many of their bytes are kept. */
  readonly rejectedTotals: Effect.Effect<{ readonly messages: number; readonly bytes: number }, LogError>
}

export class EventLog extends Context.Tag("tidemark/EventLog")<EventLog, EventLogService>() {}

/** The limits of the log, each with its unit; App.ts takes them from the settings. */
export interface EventLogLimits {
  /** How many sensors may be registered a minute; the rest is rejected with that reason. */
  readonly newSensorsPerMinuteMax: number
  /** How many versions a sensor may have an hour; over it a reading keeps its own metadata in `payload`. */
  readonly versionsPerHourMax: number
  /** Bytes of rejected messages kept; over it only hash, reason and count. */
  readonly rejectedBytesMax: number
}

export const DEFAULT_LOG_LIMITS: EventLogLimits = {
  newSensorsPerMinuteMax: 1_000,
  versionsPerHourMax: 60,
  rejectedBytesMax: 1_073_741_824
}
