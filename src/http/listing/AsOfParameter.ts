/** The log position that a request asks for. */
import * as Effect from "effect/Effect"
import type { AsOf } from "../../api/core/ListParameters.js"
import { type Position, position } from "../../domain/Ids.js"
import { formatTime, type Micros, micros } from "../../domain/Time.js"
import type { EventLogService, LogError } from "../../eventlog/EventLog.js"
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
