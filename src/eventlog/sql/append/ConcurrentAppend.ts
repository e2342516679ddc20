/**
 * A device's batch, appended beside those of other processes: its positions are reserved, and its events inserted while
 * others insert theirs (Reservations.ts).
 *
 * It is for readings that say nothing new of their sensors, and for rejected messages. What has to be decided under the
 * lock of the log (a new sensor, other metadata, an import, a cold day), and a batch that turns out to have a repeat, is
 * `OutOfTurn`: nothing of it is stored, and it is appended with the log to itself.
 */
import type { SqlClient } from "@effect/sql/SqlClient"
import type { SqlError } from "@effect/sql/SqlError"
import * as Effect from "effect/Effect"
import type { DatabaseError } from "../../../db/Failure.js"
import type { BadCell } from "../../../db/Rows.js"
import type { DatabaseService, TransactOptions } from "../../../db/Transaction.js"
import type { Event, NewEvent } from "../../../domain/Event.js"
import { type Position, position, type ReadingId, readingId } from "../../../domain/Ids.js"
import { nowMicros } from "../../../telemetry/Instant.js"
import { keyOf } from "../../EventKey.js"
import type { AppendItem, AppendOutcome, EventLogLimits } from "../../EventLog.js"
import { moveHead } from "../LogHead.js"
import type { Commit, Recent } from "../Recent.js"
import { insertRejected } from "../SqlRejected.js"
import { existingKeys, insertEvents } from "../SqlStore.js"
import { keepRejected, type Rejection } from "./KeepRejected.js"
import { NOTHING } from "./LookAhead.js"
import { isPlain, placedEvent, plainEvent } from "./ReadingEvents.js"
import { RejectedTally } from "./RejectedTally.js"
import type { RepeatWatch } from "./RepeatWatch.js"
import { claim, OUT_OF_TURN, type OutOfTurn, publishing, type Reservation, reserve } from "./Reservations.js"

/** Of one log, as this process has it open. */
export interface Appending {
  readonly database: DatabaseService
  readonly recent: Recent
  readonly repeats: RepeatWatch
  readonly limits: EventLogLimits
}

type Part = NewEvent | Rejection

const isEvent = (part: Part): part is NewEvent => "eventId" in part

interface Draft {
  readonly parts: ReadonlyArray<Part>
  /** The sensors were known as of this event. */
  readonly sensorsPosition: Position
}

/** Each item as what it is to be, from what is remembered; undefined where that does not tell. */
export const draftOf = (recent: Recent, items: ReadonlyArray<AppendItem>): Draft | undefined => {
  const { sensorsPosition } = recent
  if (sensorsPosition === undefined) return undefined
  const parts: Array<Part> = []
  for (const item of items) {
    if (item.importKey !== undefined) return undefined
    if (item._tag === "Rejected") {
      parts.push(item)
      continue
    }
    const { sensor: ref } = item.reading
    const id = ref._tag === "Numbered" ? ref.id : recent.named(ref.name, sensorsPosition)
    const sensor = id === undefined ? undefined : recent.sensor(id, sensorsPosition)
    if (sensor === undefined || !isPlain(sensor, item.reading)) return undefined
    parts.push(plainEvent(sensor, item.reading, keyOf(sensor.id, item.reading)))
  }
  return { parts, sensorsPosition }
}

/** What is to be stored, and what became of each item once it is, from the batch's first position on. */
interface Plan {
  readonly events: ReadonlyArray<NewEvent>
  readonly rejections: ReadonlyArray<Rejection>
  readonly outcomes: (first: Position) => ReadonlyArray<AppendOutcome>
}

/** `existing`: the keys that the log has, as far as they were looked up. */
const planOf = (parts: ReadonlyArray<Part>, existing: ReadonlyMap<string, ReadingId>): Plan => {
  const events: Array<NewEvent> = []
  const rejections: Array<Rejection> = []
  const numbers = new Map<string, number>()
  const outcomes = parts.map((part): ((first: Position) => AppendOutcome) => {
    if (!isEvent(part)) {
      rejections.push(part)
      return () => ({ _tag: "Rejected", faults: part.faults })
    }
    const id = existing.get(part.eventId)
    if (id !== undefined) return () => ({ _tag: "Repeated", id })
    const before = numbers.get(part.eventId)
    if (before !== undefined) return (first) => ({ _tag: "Repeated", id: readingId(first + before) })
    const number = events.push(part) - 1
    numbers.set(part.eventId, number)
    return (first) => ({ _tag: "Stored", position: position(first + number) })
  })
  return { events, rejections, outcomes: (first) => outcomes.map((outcome) => outcome(first)) }
}

/** The batch's own transaction: what it has stored, once it is committed. */
const store = (
  sql: SqlClient,
  { database, limits }: Appending,
  reservation: Reservation,
  { events, rejections }: Plan,
  sensorsPosition: Position
): Effect.Effect<Commit, BadCell | OutOfTurn | SqlError> =>
  Effect.gen(function* () {
    const { first, recordedAt } = reservation
    const placed = events.map(
      (event, number): Event => placedEvent(event, position(first + number), recordedAt)
    )
    const end = position(first + placed.length - 1)
    yield* claim(sql, reservation)
    yield* insertEvents(sql, database, placed, recordedAt)
    const head = yield* publishing(sql, reservation)
    const rejected = new RejectedTally(head.rejectedBytes, limits.rejectedBytesMax)
    yield* keepRejected({ sql, database, recordedAt, rejected }, rejections, NOTHING)
    yield* insertRejected(sql, database, rejected.rows)
    yield* moveHead(sql, database, { position: end, recordedAt, rejected, sensorsPosition })
    const sensors = { start: sensorsPosition, end: sensorsPosition, touched: [] }
    return { start: position(first - 1), end, events: placed, links: [], sensors, newest: [] }
  })

export const appendConcurrently = (
  appending: Appending,
  items: ReadonlyArray<AppendItem>,
  options: TransactOptions
): Effect.Effect<
  { readonly commit: Commit; readonly outcomes: ReadonlyArray<AppendOutcome> },
  BadCell | DatabaseError | OutOfTurn
> =>
  Effect.gen(function* () {
    const { database, recent, repeats } = appending
    const draft = draftOf(recent, items)
    if (draft === undefined) return yield* OUT_OF_TURN
    const { parts, sensorsPosition } = draft
    let existing: ReadonlyMap<string, ReadingId> = new Map()
    if (repeats.expectsRepeats) {
      const keys = parts.flatMap((part) => (isEvent(part) ? [part.eventId] : []))
      existing = yield* database.read((sql) => existingKeys(sql, database, keys))
      repeats.lookedUp(existing.size > 0)
    }
    const plan = planOf(parts, existing)
    if (plan.events.length === 0) return yield* OUT_OF_TURN
    const now = yield* nowMicros
    const reservation = yield* database.transact((sql) =>
      reserve(sql, database, plan.events.length, sensorsPosition, now)
    )
    const commit = yield* database.transact(
      (sql) => store(sql, appending, reservation, plan, sensorsPosition),
      options
    )
    return { commit, outcomes: plan.outcomes(reservation.first) }
  })
