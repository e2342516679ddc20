/** Events where some days are cold: by position, by reading, and by sensor and time. */
import type { SqlClient } from "@effect/sql/SqlClient"
import type { SqlError } from "@effect/sql/SqlError"
import * as Effect from "effect/Effect"
import type * as Rows from "../../db/Rows.js"
import type { DatabaseService } from "../../db/Transaction.js"
import { dayStart } from "../../domain/dataset/DayFile.js"
import { type Event, inForce } from "../../domain/Event.js"
import { type Position, position, type ReadingId, type SensorId } from "../../domain/Ids.js"
import type { Micros } from "../../domain/Time.js"
import type { LogError } from "../EventLog.js"
import * as Reads from "../sql/SqlReads.js"
import { type ColdDay, coldDays, coldDaysWithin, steady } from "./ColdDays.js"
import type { ColdLogService } from "./ColdLog.js"
import { unlessCold } from "./ColdTold.js"

type Failure = SqlError | Rows.BadCell | LogError

/** Events of cold days with `after < position <= upTo`, in order, at most `limit`. */
const tailOfDays = (
  lake: ColdLogService,
  days: ReadonlyArray<ColdDay>,
  after: Position,
  upTo: Position,
  limit: number
) =>
  Effect.gen(function* () {
    const events: Array<Event> = []
    // The nearest first: days that begin behind what there is already have nothing for the page.
    for (const day of days.toSorted((a, b) => a.first - b.first)) {
      const last = events.length < limit ? undefined : events[limit - 1]
      if (last !== undefined && day.first > last.position) break
      events.push(...(yield* lake.rows(day)).tail(after, upTo, limit))
      events.sort((a, b) => a.position - b.position)
    }
    return events.slice(0, limit)
  })

/** Two runs of events in order as one; where both have an event, it is one. */
const mergedBy = (log: ReadonlyArray<Event>, files: ReadonlyArray<Event>): ReadonlyArray<Event> => {
  const byPosition = new Map<Position, Event>()
  for (const event of files) byPosition.set(event.position, event)
  for (const event of log) byPosition.set(event.position, event)
  return [...byPosition.values()].sort((a, b) => a.position - b.position)
}

/** Events in order of position; from the lake where the log has holes. */
export const tailAcross = (
  sql: SqlClient,
  lake: ColdLogService,
  after: Position,
  upTo: Position,
  limit: number
): Effect.Effect<ReadonlyArray<Event>, Failure> =>
  Effect.gen(function* () {
    const end = position(Math.min(upTo, after + limit))
    const found = yield* Reads.tail(sql, after, end, limit)
    if (found.length >= end - after) return found
    return yield* steady(coldDaysWithin(sql, after, end), (days) =>
      Effect.gen(function* () {
        if (days.length === 0) return yield* Reads.tail(sql, after, upTo, limit)
        const log = yield* Reads.tail(sql, after, end, limit)
        return mergedBy(log, yield* tailOfDays(lake, days, after, end, limit))
      })
    )
  })

/** The events of one reading, in order of position. */
export const historyAcross = (
  sql: SqlClient,
  lake: ColdLogService,
  id: ReadingId
): Effect.Effect<ReadonlyArray<Event>, Failure> =>
  Effect.gen(function* () {
    const chain = yield* Reads.history(sql, id)
    // All of it is there: nothing is changed of a cold day, so its file says the same.
    if (chain.at(-1)?.supersededBy === null) return chain
    return yield* steady(coldDaysWithin(sql, id - 1, id), (days) =>
      Effect.gen(function* () {
        for (const day of days) {
          const events = (yield* lake.rows(day)).ofReading(id)
          if (events.length > 0) return events
        }
        return yield* Reads.history(sql, id)
      })
    )
  })

/** Where `touching` and `inForce` look: one sensor and a span of time. */
interface SensorSpan {
  readonly sensor: SensorId
  readonly start: Micros
  readonly end: Micros
  readonly asOf: Position
}

const byKey = (a: Event, b: Event): number =>
  a.occurredAt - b.occurredAt || (a.eventId < b.eventId ? -1 : a.eventId > b.eventId ? 1 : 0)

/** All events about readings of cold days in a span, up to a position. */
export const touchingCold = (
  lake: ColdLogService,
  days: ReadonlyArray<ColdDay>,
  { asOf, end, sensor, start }: SensorSpan
) =>
  Effect.gen(function* () {
    const events: Array<Event> = []
    for (const cold of days) {
      for (const event of (yield* lake.rows(cold)).ofSensor(sensor, start, end)) {
        if (event.position <= asOf) events.push(event)
      }
    }
    return events
  })

/** The rows in force as of a position of one sensor and a span, ordered by (time, event id). */
export const inForceAcross = (
  sql: SqlClient,
  database: DatabaseService,
  lake: ColdLogService,
  span: SensorSpan
): Effect.Effect<ReadonlyArray<Event>, Failure> =>
  Effect.suspend(() => {
    const { asOf, end, sensor, start } = span
    const ofLog = Reads.inForceOf(sql, database, sensor, start, end, asOf)
    return unlessCold(ofLog, coldDays(sql, database, span), (days) =>
      Effect.gen(function* () {
        const log = (yield* ofLog).answer
        const cold = new Set(days.map(({ day }) => day))
        const hot = log.filter(({ occurredAt }) => !cold.has(dayStart(occurredAt)))
        const files = (yield* touchingCold(lake, days, span)).filter((event) => inForce(event, asOf))
        return [...hot, ...files].sort(byKey)
      })
    )
  })
