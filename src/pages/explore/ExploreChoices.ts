/** The sensors that `/explore` can be asked for, and those that it shows where none is asked for. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { type SensorId, sensorId } from "../../domain/Ids.js"
import type { Sensor } from "../../domain/Sensor.js"
import { EventLog } from "../../eventlog/EventLog.js"
import type { PageTags } from "../core/TagFilter.js"
import { type ExploreRequest, RANGE_MICROS, sensorsIn } from "./ExploreQuery.js"
import type { Moment } from "./ExploreWindow.js"

/** Sensors that can be chosen from: a list to search in, not to read. */
const CHOICES_MAX = 5_000
const CHOSEN_BY_DEFAULT = 2

/** The sensors that have the tag; where none is chosen the first ones. One more than can be chosen from tells of others. */
const listedOf = (tags: PageTags) =>
  Effect.gen(function* () {
    const log = yield* EventLog
    const listed: Array<Sensor> = []
    for (let afterId: SensorId | undefined; ; ) {
      const page: ReadonlyArray<Sensor> = yield* log.sensors({ limit: CHOICES_MAX + 1, afterId })
      listed.push(...page.filter(tags.has))
      afterId = page.at(-1)?.id
      if (tags.tag === "" || page.length <= CHOICES_MAX || listed.length > CHOICES_MAX) return listed
    }
  })

/** All sensors that can be chosen from, and of those that are asked for the ones that nobody knows. */
export const choicesFor = (
  request: ExploreRequest,
  tags: PageTags,
  pinned: Moment["pinned"],
  only: boolean
) =>
  Effect.gen(function* () {
    const log = yield* EventLog
    // A page whose form is there already needs those that it asks for alone.
    const needed = !only || request.sensors.length === 0 || tags.tag !== ""
    const listed = pinned?.sensors.filter(tags.has) ?? (needed ? yield* listedOf(tags) : [])
    const all = listed.slice(0, CHOICES_MAX)
    const others = request.sensors.filter((id) => !all.some((one) => one.id === id))
    const answers =
      pinned === undefined
        ? yield* Effect.forEach(others, (id) => log.sensor(sensorId(id)))
        : others.map((id) => Option.fromNullable(pinned.sensors.find((one) => one.id === id)))
    const candidates = [...all, ...answers.flatMap(Option.toArray)]
    return {
      known: candidates.filter(tags.has),
      more: listed.length > CHOICES_MAX,
      unknown: others.filter((id) => !candidates.some((one) => one.id === id))
    }
  })

/**
 * Whether the page chooses by itself. A form without a sensor chosen asks for none, an address without any for some; and
 * whoever has just chosen a tag has not chosen from its sensors yet.
 */
export const isOpenChoice = (query: URLSearchParams, tag: string, chosen: number): boolean =>
  tag === ""
    ? !query.has("range") && !query.has("sensor")
    : chosen === 0 && (!query.has("sensor") || sensorsIn(query).length > 0)

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
