/** `/derived/`: derived sensors are defined, and told about. */
import * as HttpApiBuilder from "@effect/platform/HttpApiBuilder"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type { DerivedDetail, DerivedSensor, DerivedVersion } from "../../api/catalogue/DerivedContract.js"
import type { FieldError } from "../../api/core/Problem.js"
import type { CatalogueEvent } from "../../domain/catalogue/CatalogueEdits.js"
import { type Derivation, derivationOf } from "../../domain/derived/Derivation.js"
import { type Expression, sensorsIn } from "../../domain/derived/Expression.js"
import { parse } from "../../domain/derived/ExpressionParser.js"
import { position, type SensorId, sensorId } from "../../domain/Ids.js"
import { SensorName } from "../../domain/Sensor.js"
import { formatTime, MICROS_PER_DAY, micros, minuteOf } from "../../domain/Time.js"
import { CatalogueLog, type CatalogueLogService } from "../../eventlog/CatalogueLog.js"
import { EventLog, type EventLogService, type LogError } from "../../eventlog/EventLog.js"
import { standingOf, tally } from "../../projections/derived/DerivedMinutes.js"
import { MinuteStore, type MinuteStoreService } from "../../projections/minutes/MinuteStore.js"
import { nowMicros } from "../../telemetry/Instant.js"
import { Contract } from "../core/Contract.js"
import { invalid, invalidField, notFound, Refusal } from "../core/Problems.js"
import { jsonBody } from "../writing/Body.js"
import { tagged, terms, versionOf } from "../writing/ChangeTerms.js"
import { decodeDerivedBody } from "../writing/UnknownFields.js"
import { namedSources } from "./SourceNames.js"

type Derived = Extract<CatalogueEvent, { readonly type: "SensorDerived" }>
const isDerived = (event: CatalogueEvent): event is Derived => event.type === "SensorDerived"

/** The ordinal has no part in what is told of it. */
const derivation = ({ logPosition, payload }: Derived): Derivation =>
  derivationOf(payload, position(logPosition), 0)

interface Stores {
  readonly log: EventLogService
  readonly store: MinuteStoreService
}

const versionJson = (log: EventLogService, event: Derived): Effect.Effect<DerivedVersion, LogError> => {
  const { description, expression, sources, type, unit } = event.payload
  return Effect.map(namedSources(log, sources), (list) => ({
    ...versionOf(event),
    expression,
    sources: list.map(({ name, sensor }) => ({ sensor_id: sensor, name })),
    unit,
    type,
    description
  }))
}

const derivedJson = ({ log, store }: Stores, event: Derived): Effect.Effect<DerivedSensor, LogError> =>
  Effect.gen(function* () {
    const { computedTo, kept } = yield* standingOf(store, derivation(event))
    return {
      sensor_id: event.payload.sensor,
      name: event.subject,
      ...(yield* versionJson(log, event)),
      up_to_date: kept,
      computed_to: computedTo === null ? null : formatTime(computedTo)
    }
  })

const noDerived = (name: string) => notFound(`There is no derived sensor ${JSON.stringify(name)}.`)

const history = (words: CatalogueLogService, name: string) =>
  Effect.flatMap(words.history("derivation", name), (events) => {
    const all = events.filter(isDerived)
    return all.length === 0 ? Effect.fail(noDerived(name)) : Effect.succeed(all)
  })

const detail = (stores: Stores, event: Derived): Effect.Effect<DerivedDetail, LogError> =>
  Effect.gen(function* () {
    const to = micros(minuteOf(yield* nowMicros))
    const last = yield* tally(stores.store, derivation(event), micros(Math.max(0, to - MICROS_PER_DAY)), to)
    return yield* tagged({ ...(yield* derivedJson(stores, event)), last_24h: last }, event.position)
  })

const one = (stores: Stores, words: CatalogueLogService, name: string) =>
  Effect.gen(function* () {
    const last = (yield* history(words, name)).at(-1)
    return last === undefined ? yield* Effect.fail(noDerived(name)) : yield* detail(stores, last)
  })

/** A sensor that an expression names, or what is wrong with it. */
const sourceOf = (log: EventLogService, named: number | string) =>
  Effect.gen(function* () {
    const { position: head } = yield* log.head
    const [id] = typeof named === "number" ? [sensorId(named)] : yield* log.sensorsNamed([named], head)
    const sensor = id === undefined ? undefined : Option.getOrUndefined(yield* log.sensor(id))
    const shown = typeof named === "number" ? `s${named}` : JSON.stringify(named)
    if (sensor === undefined) return `there is no sensor ${shown}`
    if (sensor.status === "derived") return `${shown} is derived itself: name what it is computed from`
    return { sensor: sensor.id, name: typeof named === "number" ? null : named }
  })

const sourcesOf = (log: EventLogService, expression: Expression) =>
  Effect.gen(function* () {
    const faults: Array<FieldError> = []
    const sources: Array<{ readonly sensor: SensorId; readonly name: string | null }> = []
    for (const named of sensorsIn(expression)) {
      const source = yield* sourceOf(log, named)
      if (typeof source === "string") faults.push({ field: "expression", message: source })
      else sources.push(source)
    }
    return faults.length === 0 ? sources : yield* Effect.fail(invalid(faults))
  })

const isName = Schema.is(SensorName)

const define = (stores: Stores, name: string, parameter: string | undefined) =>
  Effect.gen(function* () {
    const { log } = stores
    if (!isName(name) || name.trim() !== name || /\p{Cc}/u.test(name)) {
      return yield* Effect.fail(
        invalidField("name", "must be text without spaces around it or control characters")
      )
    }
    const body = yield* jsonBody
    const input = yield* Effect.mapError(decodeDerivedBody(body), invalid)
    const expression = parse(input.expression)
    if (Either.isLeft(expression)) {
      const { at, message } = expression.left
      return yield* Effect.fail(invalidField("expression", `at character ${at + 1}: ${message}`))
    }
    const sources = yield* sourcesOf(log, expression.right)
    const { description = null, type = null, unit = null } = input
    const said = { expression: input.expression, sources, unit, type, description }
    const { event } = yield* log.derive({ name, said, ...(yield* terms(parameter, body)) }).pipe(
      Effect.catchTags({
        SensorNameTaken: () => Effect.fail(invalidField("name", "is that of a sensor with readings")),
        SensorRefused: () =>
          Effect.fail(new Refusal({ kind: "unavailable", detail: "No number is left for a new sensor." }))
      })
    )
    return isDerived(event) ? yield* detail(stores, event) : yield* Effect.fail(noDerived(name))
  })

export const DerivedLive = HttpApiBuilder.group(Contract, "Derived", (handlers) =>
  Effect.gen(function* () {
    const stores: Stores = { log: yield* EventLog, store: yield* MinuteStore }
    const words = yield* CatalogueLog
    return handlers
      .handle("listDerived", () =>
        Effect.flatMap(words.current("derivation"), (events) =>
          Effect.forEach(events.filter(isDerived), (event) => derivedJson(stores, event))
        )
      )
      .handle("derived", ({ path }) => one(stores, words, path.name))
      .handleRaw("derive", ({ path, urlParams }) => define(stores, path.name, urlParams.reason))
      .handle("derivedHistory", ({ path }) =>
        Effect.flatMap(history(words, path.name), (events) =>
          Effect.flatMap(
            Effect.forEach(events, (event) => versionJson(stores.log, event)),
            (versions) => tagged(versions, events.at(-1)?.position ?? 0)
          )
        )
      )
  })
)
