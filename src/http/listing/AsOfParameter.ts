/** The log position that a request asks for, and that the log is folded up to there. */
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import type { AsOf } from "../../api/core/ListParameters.js"
import { type Position, position } from "../../domain/Ids.js"
import { formatTime, type Micros, micros } from "../../domain/Time.js"
import { type EventLogService, type LogError, LogUnavailable } from "../../eventlog/EventLog.js"
import type { AggregatesService } from "../../projections/minutes/Aggregates.js"
import { nowMicros } from "../../telemetry/Instant.js"
import { invalidField, type Refusal } from "../core/Problems.js"
import type { Standing } from "./Listing.js"

/** When the event at this position was recorded; 0 before the first. */
export const recordedAt = (log: EventLogService, at: Position): Effect.Effect<Micros, LogError> =>
  at === 0
    ? Effect.succeed(micros(0))
    : Effect.map(log.tail(position(at - 1), at, 1), ([event]) => event?.recordedAt ?? micros(0))

/** The last position recorded up to a time: times never fall as positions rise, so it is found by halving. */
const lastUpTo = (log: EventLogService, time: Micros, last: Position): Effect.Effect<Position, LogError> =>
  Effect.gen(function* () {
    let low = 0
    let high: number = last
    while (low < high) {
      const middle = Math.ceil((low + high) / 2)
      if ((yield* recordedAt(log, position(middle))) <= time) low = middle
      else high = middle - 1
    }
    return position(low)
  })

/** What is asked for must have been: as of the future, the same request would not give the same answer again. */
export const standingAsOf = (
  log: EventLogService,
  parameter: AsOf
): Effect.Effect<Standing, LogError | Refusal> =>
  Effect.gen(function* () {
    const head = yield* log.head
    if (parameter._tag === "Position") {
      if (parameter.position > head.position) {
        return yield* invalidField("as_of", `is beyond the last position of the log, ${head.position}`)
      }
      const at = position(parameter.position)
      return { position: at, asThen: yield* recordedAt(log, at) }
    }
    const now = yield* nowMicros
    if (parameter.time > now)
      return yield* invalidField("as_of", `is in the future: it is ${formatTime(now)}`)
    const at =
      parameter.time >= head.recordedAt ? head.position : yield* lastUpTo(log, parameter.time, head.position)
    return { position: at, asThen: yield* recordedAt(log, at) }
  })

/** How often, and how many times, it is looked whether the log is folded as far as was asked for. */
const FOLDING = Schedule.intersect(Schedule.spaced("100 millis"), Schedule.recurs(50))

/** Waits until the log is folded up to there: as of it, an answer from less would be another one later. */
export const foldedUpTo = (service: AggregatesService, position: Position): Effect.Effect<void, LogError> =>
  Effect.flatMap(service.standing, (standing) =>
    standing.position >= position
      ? Effect.void
      : Effect.fail(
          new LogUnavailable({
            reason: `the log is folded up to ${standing.position}, not to ${position} yet`
          })
        )
  ).pipe(Effect.retry(FOLDING))
