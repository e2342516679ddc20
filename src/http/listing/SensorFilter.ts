/** Sensors that a request names, as their numbers. */
import * as Effect from "effect/Effect"
import { reachable, reachesSensor } from "../../access/Reaching.js"
import { EVERYTHING, type Scope } from "../../domain/access/Scope.js"
import { type Position, type SensorId, sensorId } from "../../domain/Ids.js"
import { hasTags, type TagCondition, type TaggedSensors, type Tags } from "../../domain/shaping/Tags.js"
import type { CatalogueLogService } from "../../eventlog/CatalogueLog.js"
import type { EventLogService, LogError } from "../../eventlog/EventLog.js"
import { CurrentPrincipal } from "../core/Auth.js"
import { invalidField, notFound, Refusal } from "../core/Problems.js"
import { standingAsOf } from "./AsOfParameter.js"
import type { ListQuery } from "./Listing.js"

/** Sensors that a query is narrowed to: a statement names each of them. */
const REACHED_MAX = 10_000

interface SensorsQuery extends Pick<ListQuery, "as_of" | "identity"> {
  readonly sensor_id?: ReadonlyArray<SensorId> | undefined
  readonly sensor?: ReadonlyArray<string> | undefined
  readonly tag?: ReadonlyArray<TagCondition> | undefined
}

/** The tags of each sensor that has some, as of a position. */
export const tagsAt = (words: CatalogueLogService, at: Position) =>
  Effect.map(
    words.current("tags", at),
    (events) =>
      new Map<SensorId, Tags>(
        events.flatMap(({ payload, subject, type }) =>
          type === "SensorTagged" ? [[sensorId(Number(subject)), payload] as const] : []
        )
      )
  )

const KEYS_NAMED = 10

/** A key that no sensor has is a mistake; a value that none has is an answer: there are none. */
export const mustBeKeys = (
  parameter: "tag" | "group_by",
  keys: ReadonlyArray<string>,
  tags: ReadonlyMap<SensorId, Tags>
): Effect.Effect<void, Refusal> => {
  const used = new Set([...tags.values()].flatMap(({ tags: own }) => Object.keys(own)))
  const unknown = keys.find((key) => !used.has(key))
  if (unknown === undefined) return Effect.void
  const names = `${[...used].sort().slice(0, KEYS_NAMED).join(", ")}${used.size > KEYS_NAMED ? ", …" : ""}`
  const there = used.size === 0 ? "none has any tag" : `the keys in use are ${names}`
  return Effect.fail(invalidField(parameter, `names the key ${unknown}, which no sensor has: ${there}`))
}

/** 400 where a tag is asked for by a key that no sensor had as of then. */
export const mustBeTags = (
  log: EventLogService,
  words: CatalogueLogService,
  { as_of: asOf, tag }: SensorsQuery
): Effect.Effect<void, LogError | Refusal> =>
  Effect.gen(function* () {
    if (tag === undefined) return
    const { position } = yield* asOf === undefined ? log.head : standingAsOf(log, asOf)
    yield* mustBeKeys(
      "tag",
      tag.map(({ key }) => key),
      yield* tagsAt(words, position)
    )
  })

/** The sensors that are named in all of these ways, as of a position; undefined: none of them is used. */
export const chosenAt = (
  log: EventLogService,
  words: CatalogueLogService,
  { sensor: names, sensor_id: ids, tag: conditions }: SensorsQuery,
  at: Position
): Effect.Effect<ReadonlyArray<SensorId> | undefined, LogError> =>
  Effect.gen(function* () {
    const named = names === undefined ? undefined : yield* log.sensorsNamed(names, at)
    const tagged =
      conditions === undefined
        ? undefined
        : [...(yield* tagsAt(words, at))].flatMap(([id, tags]) => (hasTags(tags, conditions) ? [id] : []))
    const [first, ...others] = [ids, named, tagged].filter((some) => some !== undefined)
    const sets = others.map((some) => new Set(some))
    return first?.filter((id) => sets.every((set) => set.has(id)))
  })

/** The sensors that the caller reaches; undefined: all of them. */
export const reached = (
  log: EventLogService
): Effect.Effect<ReadonlyArray<SensorId> | undefined, LogError | Refusal, CurrentPrincipal> =>
  Effect.gen(function* () {
    const { name, scope } = yield* CurrentPrincipal
    const own = yield* reachable(log, scope)
    if (own === undefined || own.length <= REACHED_MAX) return own
    return yield* new Refusal({
      kind: "forbidden",
      detail: `The key ${name} reaches more than ${REACHED_MAX} sensors, and not all of them: give it a narrower scope.`
    })
  })

/**
 * The query by numbers alone: those that it names, of them those whose names and tags it names as of then; and of all of
 * these the ones that the caller reaches.
 */
export const byNumber = <Query extends SensorsQuery>(
  log: EventLogService,
  words: CatalogueLogService,
  query: Query
): Effect.Effect<Query, LogError | Refusal, CurrentPrincipal> =>
  Effect.gen(function* () {
    const { as_of: asOf, sensor, sensor_id: ids, tag } = query
    const own = yield* reached(log)
    const chosen =
      sensor === undefined && tag === undefined
        ? ids
        : yield* Effect.gen(function* () {
            yield* mustBeTags(log, words, query)
            const { position } = yield* asOf === undefined ? log.head : standingAsOf(log, asOf)
            return (yield* chosenAt(log, words, query, position)) ?? []
          })
    if (own === undefined) return chosen === ids ? query : { ...query, sensor_id: chosen }
    const { scope } = yield* CurrentPrincipal
    const set = new Set(own)
    return {
      ...query,
      sensor_id: chosen?.filter((id) => set.has(id)) ?? own,
      identity: { chosen, reach: scope.sensors }
    }
  })

interface SensorQuery extends Pick<ListQuery, "as_of"> {
  readonly sensor_id?: SensorId | undefined
  readonly sensor?: string | undefined
}

/** The one sensor that is asked for, if any; fails where there is none such. */
export const sensorAsked = (
  log: EventLogService,
  { as_of: asOf, sensor: name, sensor_id: id }: SensorQuery
): Effect.Effect<SensorId | undefined, LogError | Refusal, CurrentPrincipal> =>
  Effect.gen(function* () {
    const { name: caller, scope } = yield* CurrentPrincipal
    if (id !== undefined) yield* mustBeReached(log, scope, id)
    if (name === undefined) {
      return id !== undefined || scope.sensors === null ? id : yield* oneOfOwn(caller)
    }
    const { position } = yield* asOf === undefined ? log.head : standingAsOf(log, asOf)
    const [named] = yield* log.sensorsNamed([name], position)
    return named !== undefined &&
      (id === undefined || id === named) &&
      (yield* reachesSensor(log, scope, named))
      ? named
      : yield* notFound(
          `There is no sensor ${id === undefined ? "" : `${id} `}named ${JSON.stringify(name)}.`
        )
  })

/** The sensors that are asked for: one, those of some tags, or both; fails where there is no such one, or no such key. */
export const sensorsAsked = (
  log: EventLogService,
  words: CatalogueLogService,
  { tag, ...query }: SensorQuery & Pick<SensorsQuery, "tag">
) =>
  Effect.gen(function* () {
    if (tag === undefined) return { sensorId: yield* sensorAsked(log, query), tagged: undefined }
    const isNamed = query.sensor_id !== undefined || query.sensor !== undefined
    const chosen: SensorsQuery = { as_of: query.as_of, tag }
    const { sensor_id: ids = [] } = yield* byNumber(log, words, chosen)
    return {
      sensorId: isNamed ? yield* sensorAsked(log, query) : undefined,
      tagged: { conditions: tag, sensors: new Set<number>(ids) } satisfies TaggedSensors
    }
  })

const oneOfOwn = (caller: string | undefined): Refusal =>
  new Refusal({
    kind: "forbidden",
    detail: `The key ${caller} does not reach all sensors: name one that it reaches, by sensor_id or sensor.`
  })

const mustBeReached = (log: EventLogService, scope: Scope, id: SensorId) =>
  Effect.flatMap(reachesSensor(log, scope, id), (known) =>
    known ? Effect.void : Effect.fail(notFound(`There is no sensor ${id}.`))
  )

/** 404 unless the log knows the sensor. */
export const mustBeKnown = (log: EventLogService, id: SensorId) => mustBeReached(log, EVERYTHING, id)
