/** The minutes of derived sensors, computed from the stored minutes of their sources. */
import * as Effect from "effect/Effect"
import {
  type Derivation,
  derivationsAsOf,
  derivedMinute,
  derivedValue,
  keptMinute
} from "../../domain/derived/Derivation.js"
import type { Position, SensorId } from "../../domain/Ids.js"
import type { Minute } from "../../domain/minute/Minute.js"
import { MICROS_PER_MINUTE, type Micros, micros } from "../../domain/Time.js"
import type { LogError } from "../../eventlog/EventLog.js"
import {
  type MinuteKey,
  type MinuteStoreService,
  minuteKey,
  type StoredMinute
} from "../minutes/MinuteStore.js"

/** Keys that are looked up in one statement. */
const KEYS_MAX = 10_000
/** Later than every minute. */
const END = micros(Number.MAX_SAFE_INTEGER)

type States = ReadonlyMap<string, Minute>
type Rows = ReadonlyArray<StoredMinute>

const statesOf = (rows: Rows): States => new Map(rows.map((row) => [minuteKey(row), row.state]))

/** Of the definition's sources in one minute. */
const sourcesIn = ({ sources }: Derivation, minute: Micros, states: States): ReadonlyMap<SensorId, Minute> =>
  new Map(
    sources.flatMap((sensorId) => {
      const state = states.get(minuteKey({ sensorId, minute }))
      return state === undefined ? [] : [[sensorId, state] as const]
    })
  )

interface DerivedKey extends MinuteKey {
  readonly derivation: Derivation
}

const computed = (keys: ReadonlyArray<DerivedKey>, states: States): Rows =>
  keys.flatMap(({ derivation, minute, sensorId }) => {
    const state = derivedMinute(derivation, minute, sourcesIn(derivation, minute, states))
    return state === null ? [] : [{ sensorId, minute, state }]
  })

/** The minutes of the sources of these, each once. */
const sourceKeys = (keys: ReadonlyArray<DerivedKey>): ReadonlyArray<MinuteKey> => [
  ...new Map(
    keys.flatMap(({ derivation, minute }) =>
      derivation.sources.map((sensorId) => [minuteKey({ sensorId, minute }), { sensorId, minute }] as const)
    )
  ).values()
]

const lookedUp = (store: MinuteStoreService, generation: number, keys: ReadonlyArray<MinuteKey>) =>
  Effect.gen(function* () {
    const rows: Array<StoredMinute> = []
    for (let at = 0; at < keys.length; at += KEYS_MAX) {
      rows.push(...(yield* store.rows(generation, keys.slice(at, at + KEYS_MAX))))
    }
    return rows
  })

/** Those that rows of a batch are sources of, as of the batch's end. */
export const derivedFrom = (
  store: MinuteStoreService,
  generation: number,
  derivations: Iterable<Derivation>,
  rows: Rows
): Effect.Effect<Rows, LogError> =>
  Effect.gen(function* () {
    const bySource = new Map<SensorId, Array<Derivation>>()
    for (const derivation of derivations) {
      for (const source of derivation.sources) {
        bySource.set(source, [...(bySource.get(source) ?? []), derivation])
      }
    }
    const keys = new Map<string, DerivedKey>()
    for (const { minute, sensorId } of rows) {
      for (const derivation of bySource.get(sensorId) ?? []) {
        const key = { sensorId: derivation.sensor, minute, derivation }
        keys.set(minuteKey(key), key)
      }
    }
    if (keys.size === 0) return []
    const touched = [...keys.values()]
    const states = new Map(statesOf(rows))
    const lacking = sourceKeys(touched).filter((key) => !states.has(minuteKey(key)))
    for (const row of yield* lookedUp(store, generation, lacking)) states.set(minuteKey(row), row.state)
    return computed(touched, states)
  })

/** These as of a position; `asOfRows` gives sources' rows as they were then. */
export const derivedAsOf = <E>(
  {
    asOf,
    generation,
    store
  }: { readonly store: MinuteStoreService; readonly generation: number; readonly asOf: Position },
  keys: ReadonlyArray<MinuteKey>,
  asOfRows: (rows: Rows) => Effect.Effect<Rows, E>
): Effect.Effect<Rows, E | LogError> =>
  Effect.gen(function* () {
    const definitions = derivationsAsOf(yield* store.derivations, asOf)
    const derived = keys.flatMap(({ minute, sensorId }) => {
      const derivation = definitions.get(sensorId)
      return derivation === undefined ? [] : [{ sensorId, minute, derivation }]
    })
    const rows = yield* lookedUp(store, generation, sourceKeys(derived))
    return computed(derived, statesOf(yield* asOfRows(rows)))
  })

export interface WalkedPage {
  readonly rows: Rows
  /** All minutes up to here are computed; null: all that there are. */
  readonly upTo: Micros | null
}

/**
 * Some of the minutes that a definition makes of what is stored already, behind `after`, in order of time. Minutes that
 * an earlier definition made stay, emptied where this one has no value for them.
 */
export const walk = (
  store: MinuteStoreService,
  generation: number,
  derivation: Derivation,
  after: Micros | null,
  rowsMax: number
): Effect.Effect<WalkedPage, LogError> =>
  Effect.gen(function* () {
    const sensors = [derivation.sensor, ...derivation.sources]
    const limit = Math.max(1, Math.floor(rowsMax / sensors.length))
    const minute = micros(after === null ? 0 : after + MICROS_PER_MINUTE)
    const [own = [], ...sources] = yield* Effect.forEach(sensors, (sensorId) =>
      store.between(generation, { sensorId, minute }, END, limit)
    )
    const ends = [own, ...sources].flatMap((rows) => (rows.length < limit ? [] : (rows.at(-1)?.minute ?? [])))
    const upTo = ends.length === 0 ? null : micros(Math.min(...ends))
    const within = (row: StoredMinute) => upTo === null || row.minute <= upTo
    const states = statesOf(sources.flat().filter(within))
    const before = new Set(own.filter(within).map((row) => row.minute))
    const minutes = new Set([
      ...before,
      ...sources.flatMap((rows) => rows.filter(within).map((row) => row.minute))
    ])
    const rows = [...minutes].flatMap((at): Rows => {
      const inMinute = sourcesIn(derivation, at, states)
      const state = before.has(at)
        ? keptMinute(derivation, at, inMinute)
        : derivedMinute(derivation, at, inMinute)
      return state === null ? [] : [{ sensorId: derivation.sensor, minute: at, state }]
    })
    return { rows, upTo }
  })

/** What a definition makes of a spell of at most a day, as far as minutes are folded; by minutes. */
export interface DerivedTally {
  readonly values: number
  /** A source has the minute, and not all of them do. */
  readonly missing: number
  /** All of them do, and the expression has no finite value. */
  readonly undefined: number
}

export const tally = (store: MinuteStoreService, derivation: Derivation, from: Micros, to: Micros) =>
  Effect.gen(function* () {
    const checkpoint = yield* store.checkpoint("minutes")
    const rows = yield* Effect.forEach(derivation.sources, (sensorId) =>
      store.between(checkpoint?.generation ?? 0, { sensorId, minute: from }, to, KEYS_MAX)
    )
    const held = rows.flat().filter(({ state }) => state.count > 0)
    const states = statesOf(held)
    const counts = { values: 0, missing: 0, undefined: 0 }
    for (const minute of new Set(held.map((row) => row.minute))) {
      const value = derivedValue(derivation, sourcesIn(derivation, minute, states))
      counts[typeof value === "number" ? "values" : value] += 1
    }
    return counts satisfies DerivedTally
  })

/** How far the definition has got: its minutes are kept, or computed up to a time. */
export const standingOf = (store: MinuteStoreService, derivation: Derivation) =>
  Effect.gen(function* () {
    const checkpoint = yield* store.checkpoint("minutes")
    const kept = checkpoint !== null && checkpoint.position >= derivation.position
    const computedTo =
      kept || checkpoint === null ? null : yield* store.walkedTo(checkpoint.generation, derivation)
    return { kept, computedTo }
  })
