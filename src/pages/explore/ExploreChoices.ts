/** The sensors that `/explore` can be asked for, and those that it shows where none is asked for. */
import * as Effect from "effect/Effect"
import { sensorId } from "../../domain/Ids.js"
import type { Sensor } from "../../domain/Sensor.js"
import { EventLog } from "../../eventlog/EventLog.js"
import { type ExploreRequest, RANGE_MICROS } from "./ExploreQuery.js"
import type { Moment } from "./ExploreWindow.js"

/** Sensors that can be chosen from: a list to search in, not to read. */
const CHOICES_MAX = 5_000
const CHOSEN_BY_DEFAULT = 2

/** All sensors that can be chosen from, and of those that are asked for the ones that nobody knows. */
export const choicesFor = (request: ExploreRequest, pinned: Moment["pinned"], only: boolean) =>
  Effect.gen(function* () {
    const log = yield* EventLog
    // A page whose form is there already needs those that it asks for alone.
    const listed =
      pinned?.sensors ??
      (only && request.sensors.length > 0 ? [] : yield* log.sensors({ limit: CHOICES_MAX + 1 }))
    const all = listed.slice(0, CHOICES_MAX)
    const others = request.sensors.filter((id) => !all.some((one) => one.id === id))
    const answers =
      pinned === undefined ? yield* Effect.forEach(others, (id) => log.sensor(sensorId(id))) : []
    const candidates = [...all, ...answers.flatMap((one) => (one._tag === "Some" ? [one.value] : []))]
    return {
      known: candidates,
      more: listed.length > CHOICES_MAX,
      unknown: others.filter((id) => !candidates.some((one) => one.id === id))
    }
  })

/** Those that are plotted where none is asked for: the first that have spoken of late, as late goes in this log. */
export const defaultsOf = (sensors: ReadonlyArray<Sensor>) =>
  Effect.gen(function* () {
    const active = sensors.filter(({ status }) => status === "active")
    const log = yield* EventLog
    const last = yield* log.lastReadings(active.map(({ id }) => id))
    const newest = [...last.values()].reduce((most, { occurredAt }) => Math.max(most, occurredAt), 0)
    const spoke = ({ id }: Sensor) => (last.get(id)?.occurredAt ?? 0) > newest - RANGE_MICROS["24h"]
    return active.filter(spoke).slice(0, CHOSEN_BY_DEFAULT)
  })
