/**
 * What is told of a device's batch before the log's head is locked: the keys of its readings, and which of those that may
 * be repeats, and of its rejected messages, the log has. One batch is looked up while the one before holds the lock.
 *
 * Invariants:
 * 1. A key that is found stays taken. One that is not found may have come since: it counts only together with the events
 *    since, and where those are not remembered, it is looked up under the lock.
 * 2. An event leaves the log only with its day, which is cold then: that is asked under the lock, and before the keys. A day
 *    that was cold and has come back is one whose keys were not found and are there: their index is the judge.
 * 3. A rejected message that was not there may have come since too: its unique id is the judge.
 * 4. Where no repeat is expected (RepeatWatch.ts), nothing is asked, and all counts as new: unique keys are the judge.
 */
import type { SqlClient } from "@effect/sql/SqlClient"
import * as Effect from "effect/Effect"
import type { DatabaseService } from "../../../db/Transaction.js"
import type { Event } from "../../../domain/Event.js"
import { type EventId, type Position, type ReadingId, readingId, type SensorId } from "../../../domain/Ids.js"
import { type ReadingCandidate, readingKeyMillis } from "../../../domain/Reading.js"
import type { MessageSource } from "../../../domain/rejected/RejectedMessage.js"
import type { Micros } from "../../../domain/Time.js"
import { keyOf, millisOf, rejectedId } from "../../EventKey.js"
import type { AppendItem } from "../../EventLog.js"
import type { Recent } from "../Recent.js"
import { keptOf } from "../SqlRejected.js"
import { existingKeys } from "../SqlStore.js"
import type { RepeatWatch } from "./RepeatWatch.js"

/**
 * Whether the log may have the reading already. It has not where the reading is later than every event of its sensor:
 * a repeat has the time of what it repeats.
 */
export const mayBeRepeat = (reading: ReadingCandidate, newest: Micros | undefined): boolean =>
  newest === undefined || readingKeyMillis(reading) <= millisOf(newest)

export interface LookAhead {
  /** All events up to here were seen; undefined: none were. */
  readonly asOf: Position | undefined
  /** By the batch's items, where the sensor was known. */
  readonly keys: ReadonlyArray<{ readonly sensor: SensorId; readonly key: EventId } | undefined>
  readonly asked: ReadonlySet<EventId>
  readonly found: ReadonlyMap<string, ReadingId>
  /** The ids of the rejected messages. */
  readonly rejected: ReadonlyMap<MessageSource, string>
  /** Those of them that are kept; undefined: nothing is known of that. */
  readonly kept: ReadonlySet<string> | undefined
}

export const NOTHING: LookAhead = {
  asOf: undefined,
  keys: [],
  asked: new Set(),
  found: new Map(),
  rejected: new Map(),
  kept: undefined
}

/** Within the transaction that will append the batch, before it locks the head. */
export const lookAhead = (
  sql: SqlClient,
  database: DatabaseService,
  recent: Recent,
  watch: RepeatWatch,
  items: ReadonlyArray<AppendItem>
) => {
  // As they are now: whatever comes later is asked for under the lock.
  const asOf = recent.head
  const asked = new Set<EventId>()
  const rejected = new Map<MessageSource, string>()
  const keys = items.map((item) => {
    if (item._tag === "Rejected") {
      rejected.set(item.source, rejectedId(item.source))
      return undefined
    }
    const newest = recent.newestOf(item.reading.sensor)
    if (newest === undefined) return undefined
    const key = keyOf(newest.id, item.reading)
    if (mayBeRepeat(item.reading, newest.at)) asked.add(key)
    return { sensor: newest.id, key }
  })
  const ahead: LookAhead = { ...NOTHING, asOf, keys, asked, rejected, kept: new Set() }
  if ((asked.size === 0 && rejected.size === 0) || !watch.expectsRepeats) return Effect.succeed(ahead)
  return Effect.zipWith(
    existingKeys(sql, database, [...asked]),
    keptOf(sql, database, new Set(rejected.values())),
    (found, kept): LookAhead => {
      watch.lookedUp(found.size > 0 || kept.size > 0)
      return { ...ahead, found, kept }
    }
  )
}

/**
 * Which of these keys the log has, as far as that is known of it and of the events since, and which ones are to be looked
 * up. `since`: what came behind `asOf`; undefined: not all of it is remembered.
 */
export const knownOf = (
  { asked, found }: LookAhead,
  since: ReadonlyArray<Event> | undefined,
  keys: ReadonlyArray<EventId>
) => {
  const existing = new Map(found)
  if (since === undefined) return { existing, open: keys }
  for (const { eventId, position } of since) {
    if (asked.has(eventId)) existing.set(eventId, readingId(position))
  }
  return { existing, open: keys.filter((key) => !asked.has(key)) }
}
