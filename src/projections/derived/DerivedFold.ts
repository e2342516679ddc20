/**
 * How the fold of minutes keeps those of derived sensors: with the minutes of their sources, in the same step; and all
 * of them, page by page, where the fold comes to the position of a definition. It goes on behind that when the last page
 * is stored. So a row is always what its definition makes of its sources as of one position, and a fold that is cut off
 * goes on where it was.
 */
import * as Effect from "effect/Effect"
import { type Derivation, derivationsAsOf } from "../../domain/derived/Derivation.js"
import type { Event } from "../../domain/Event.js"
import type { Position } from "../../domain/Ids.js"
import type { Micros } from "../../domain/Time.js"
import type { LogError } from "../../eventlog/EventLog.js"
import type { MinuteStoreService, StoredMinute } from "../minutes/MinuteStore.js"
import type { Checkpoint } from "../Projection.js"
import { derivedFrom, walk } from "./DerivedMinutes.js"

interface Place {
  readonly generation: number
  readonly position: Position
  readonly upTo: Micros
}

const defines = ({ payload, type }: Event): boolean =>
  (type === "SensorRegistered" || type === "SensorChanged") && payload?.derived === true

/** Asks for the definitions once, and again where another process has folded or the tail has one. */
export const makeDerivedFold = (store: MinuteStoreService, rowsMax: number) => {
  let all: ReadonlyArray<Derivation> = []
  /** They are known up to here. */
  let knownTo: Position | undefined
  let place: Place | null = null
  let nextPlace: Place | null = null

  const load = (to: Position): Effect.Effect<void, LogError> =>
    Effect.map(store.derivations, (derivations) => {
      all = derivations
      knownTo = to
    })

  const pageAt = (from: Checkpoint, derivation: Derivation) =>
    Effect.gen(function* () {
      const { generation } = from
      const { position } = derivation
      const after =
        place?.generation === generation && place.position === position
          ? place.upTo
          : yield* store.walkedTo(generation, derivation)
      const { rows, upTo } = yield* walk(store, generation, derivation, after, rowsMax)
      nextPlace = upTo === null ? null : { generation, position, upTo }
      return { to: upTo === null ? position : from.position, rows }
    })

  /** The events before the next definition; where that comes first, a page of its minutes. */
  const next = (from: Checkpoint, tail: Effect.Effect<ReadonlyArray<Event>, LogError>) =>
    Effect.gen(function* () {
      const isDue = ({ position }: { readonly position: Position }) => position === from.position + 1
      if (knownTo !== from.position) yield* load(from.position)
      let due = all.find(isDue)
      if (due === undefined) {
        const events = yield* tail
        if (!events.some(defines)) return { events }
        yield* load(from.position)
        const positions = new Set<number>(all.map(({ position }) => position))
        const at = events.findIndex(({ position }) => positions.has(position))
        due = all.find(isDue)
        if (due === undefined) return { events: at === -1 ? events : events.slice(0, at) }
      }
      return { events: [], page: yield* pageAt(from, due) }
    })

  return {
    next,

    /** The minutes of derived sensors that these are sources of. */
    rows: (generation: number, rows: ReadonlyArray<StoredMinute>, asOf: Position) => {
      knownTo = asOf
      return all.length === 0
        ? Effect.succeed([])
        : derivedFrom(store, generation, derivationsAsOf(all, asOf).values(), rows)
    },

    /** What came last is stored. */
    committed: () => {
      place = nextPlace
    }
  }
}
