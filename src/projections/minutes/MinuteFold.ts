/**
 * The fold of minutes: from the tail of the log to rows, as of the tail's last position.
 *
 * Invariant: after a step to P, each row is the fold of the readings in force as of P.
 */
import * as Effect from "effect/Effect"
import type { Event } from "../../domain/Event.js"
import type { Position, SensorId } from "../../domain/Ids.js"
import { foldAsOf, MinuteBuilder } from "../../domain/minute/Minute.js"
import { type Micros, minuteOf } from "../../domain/Time.js"
import { type EventLogService, LogCorrupt, type LogError } from "../../eventlog/EventLog.js"
import { makeDerivedFold } from "../derived/DerivedFold.js"
import type { Checkpoint, Fold } from "../Projection.js"
import { shortTurn } from "../Turn.js"
import {
  type MinuteKey,
  type MinuteProjection,
  type MinuteStoreService,
  minuteKey,
  type StoredMinute
} from "./MinuteStore.js"

const REFOLD_CONCURRENCY = 4

interface MinuteChange extends MinuteKey {
  readonly recorded: Array<Event>
  /** A correction or deletion is among its events: only the log knows what the minute holds now. */
  refold: boolean
}

/** The minutes that these events touch. A correction or deletion has the time of its reading. */
const touchedBy = (events: ReadonlyArray<Event>): ReadonlyArray<MinuteChange> => {
  const changes: Array<MinuteChange> = []
  // By numbers: a key in words for each event would cost more than its fold.
  const bySensor = new Map<SensorId, Map<Micros, MinuteChange>>()
  for (const event of events) {
    const recorded = event.type === "ReadingRecorded"
    if (!recorded && event.type !== "ReadingCorrected" && event.type !== "ReadingDeleted") continue
    const { sensorId } = event
    const minute = minuteOf(event.occurredAt)
    const byMinute = bySensor.get(sensorId) ?? new Map<Micros, MinuteChange>()
    if (byMinute.size === 0) bySensor.set(sensorId, byMinute)
    let change = byMinute.get(minute)
    if (change === undefined) {
      change = { sensorId, minute, recorded: [], refold: false }
      byMinute.set(minute, change)
      changes.push(change)
    }
    if (recorded) change.recorded.push(event)
    else change.refold = true
  }
  return changes
}

/** Events that are folded before others have a turn: some 5 ms. */
const SLICE_EVENTS = 2_500

/** What these minutes become by their events, in slices. */
const mergedRows = (
  additions: ReadonlyArray<MinuteChange>,
  before: ReadonlyMap<string, StoredMinute>
): Effect.Effect<ReadonlyArray<StoredMinute>> =>
  Effect.gen(function* () {
    const merged: Array<StoredMinute> = []
    let events = 0
    for (const { minute, recorded, sensorId } of additions) {
      const builder = new MinuteBuilder()
      const state = before.get(minuteKey({ minute, sensorId }))?.state
      if (state !== undefined) builder.merge(state)
      for (const event of recorded) builder.add(event)
      merged.push({ sensorId, minute, state: builder.done() })
      events += recorded.length
      if (events < SLICE_EVENTS) continue
      yield* shortTurn
      events = 0
    }
    return merged
  })

/** The rows as of `asOf`, which is the position of the last of `events`. */
const foldRows = (
  store: MinuteStoreService,
  from: Checkpoint,
  events: ReadonlyArray<Event>,
  asOf: Position
): Effect.Effect<ReadonlyArray<StoredMinute>, LogError> =>
  Effect.gen(function* () {
    const changes = touchedBy(events)
    const additions = changes.filter((minute) => !minute.refold)
    const stored = yield* store.rows(from.generation, additions, from.position)
    const rows = new Map(stored.map((row) => [minuteKey(row), row]))
    const isLacking = (minute: MinuteKey) => rows.get(minuteKey(minute))?.stale === true
    const lacking = additions.filter(isLacking)
    const merged = yield* mergedRows(
      additions.filter((minute) => !isLacking(minute)),
      rows
    )
    const refolded = yield* Effect.forEach(
      [...changes.filter((minute) => minute.refold), ...lacking],
      ({ minute, sensorId }) =>
        Effect.map(
          store.touching({ sensorId, minute }, asOf),
          (all): StoredMinute => ({ sensorId, minute, state: foldAsOf(all, asOf) })
        ),
      { concurrency: REFOLD_CONCURRENCY }
    )
    return [...merged, ...refolded]
  })

/** Rows of a derived sensor that are made in one step, at most, where it is new. */
const DERIVED_ROWS_MAX = 5_000

/**
 * The fold of at most `batchMax` events at a time, told how many it is behind. `beforeCommit` sees them first: what it does must be safe to do
 * again.
 */
export const minuteFold = (
  log: EventLogService,
  store: MinuteStoreService,
  projection: MinuteProjection,
  batchMax: (behind: number) => number,
  beforeCommit: (events: ReadonlyArray<Event>) => Effect.Effect<void, LogError> = () => Effect.void
): Fold<Position, ReadonlyArray<StoredMinute>> => {
  const derived = makeDerivedFold(store, Math.min(DERIVED_ROWS_MAX, batchMax(0)))
  return {
    checkpoint: store.checkpoint(projection),
    head: Effect.map(log.head, (head) => head.position),
    next: (from, head) =>
      Effect.gen(function* () {
        const tail = log.tail(from.position, head, batchMax(head - from.position))
        const { events, page } = yield* derived.next(from, tail)
        if (page !== undefined) return page
        const last = events.at(-1)
        if (last === undefined || last.position !== from.position + events.length) {
          return yield* new LogCorrupt({ reason: `the log has a hole after position ${from.position}` })
        }
        const rows = yield* foldRows(store, from, events, last.position)
        const derivedRows = yield* derived.rows(from.generation, rows, last.position)
        yield* beforeCommit(events)
        return { to: last.position, rows: [...rows, ...derivedRows] }
      }),
    commit: (from, { rows, to }) =>
      Effect.tap(store.commit(projection, from, to, rows), (stored) =>
        stored ? Effect.sync(derived.committed) : Effect.void
      )
  }
}
