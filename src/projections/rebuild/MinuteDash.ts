/**
 * A rebuild's way from the beginning of the log to its head: each minute, hour and day is made in memory, and stored
 * once, unless readings of it come later than others were stored.
 *
 * Invariants:
 * 1. Readings count as of the head that was read at the beginning: what was superseded up to there is not added at all,
 *    so that no correction folds its minute again.
 * 2. The checkpoint stays until all rows up to the next one are stored, and comes with the last of them. Nobody reads
 *    the rows before: a rebuild that is cut off begins anew.
 * 3. At the position where a derived sensor is defined all minutes before are stored: it is computed from those.
 */
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { type Derivation, derivationsAsOf } from "../../domain/derived/Derivation.js"
import { inForce } from "../../domain/Event.js"
import { type Position, position } from "../../domain/Ids.js"
import { type Division, zoneNamed } from "../../domain/minute/LocalInterval.js"
import { type Minute, merge } from "../../domain/minute/Minute.js"
import { localTime } from "../../domain/TimeZone.js"
import { type EventLogService, LogCorrupt, type LogError } from "../../eventlog/EventLog.js"
import { derivedFrom } from "../derived/DerivedMinutes.js"
import {
  type FoldEvent,
  type IntervalRow,
  type MinuteStoreService,
  minuteKey,
  type RebuiltTable,
  type StoredMinute
} from "../minutes/MinuteStore.js"
import * as Projection from "../Projection.js"
import { shortTurn } from "../Turn.js"
import { type IntervalPart, type OpenBounds, OpenIntervals } from "./OpenIntervals.js"

/** Rows that are looked up in one statement. */
const KEYS_MAX = 5_000
/** Of minutes, of hours and of days so many are held for each event of a page… */
const OPEN_PER_EVENT = 2
/** …and so many readings in them. */
const READINGS_PER_EVENT = 100

type Fold = Projection.Fold<Position, ReadonlyArray<StoredMinute>>

/** What is open of the log's minutes, hours and days, and how it is stored. */
class Pass {
  private readonly minutes: OpenIntervals
  private readonly hours: OpenIntervals
  private readonly days: OpenIntervals
  private written: Fiber.Fiber<boolean, LogError> | null = null

  constructor(
    private readonly store: MinuteStoreService,
    /** Where the rebuild's checkpoint is. */
    public from: Projection.Checkpoint,
    private readonly asOf: Position,
    private readonly derivations: ReadonlyArray<Derivation>,
    private readonly zone: string | null,
    bounds: OpenBounds
  ) {
    this.minutes = new OpenIntervals({ interval: "1m" }, bounds)
    this.hours = new OpenIntervals(this.division("1h"), bounds)
    this.days = new OpenIntervals(this.division("1d"), bounds)
  }

  private division(interval: Division["interval"]): Division {
    return { interval, zone: this.zone === null ? undefined : zoneNamed(this.zone) }
  }

  add(events: ReadonlyArray<FoldEvent>): void {
    for (const event of events) {
      const { type } = event
      if (type !== "ReadingRecorded" && type !== "ReadingCorrected" && type !== "ReadingDeleted") continue
      const minute = this.minutes.at(event.sensorId, event.occurredAt)
      if (inForce(event, this.asOf)) {
        minute.add(event)
        this.minutes.counted(1)
      } else minute.touch(event.position)
    }
  }

  /** Stores what is too much to be held; false: another rebuild took over. */
  flush(): Effect.Effect<boolean, LogError> {
    return Effect.gen(this, function* () {
      const parts = this.minutes.take(false)
      if (parts.length === 0) return true
      if (!(yield* this.settled)) return false
      const rows = yield* this.rowsOf(parts, false)
      this.written = yield* Effect.fork(this.store.rebuild.store(this.from, this.from.position, rows))
      return true
    })
  }

  /** Stores all there is, and moves the checkpoint. */
  finish(to: Position): Effect.Effect<boolean, LogError> {
    return Effect.gen(this, function* () {
      if (!(yield* this.settled)) return false
      const rows = yield* this.rowsOf(this.minutes.take(true), true)
      this.written = null
      if (!(yield* this.store.rebuild.store(this.from, to, rows))) return false
      this.from = { ...this.from, position: to }
      return true
    })
  }

  /** What was stored last is there: whatever is looked up sees it. */
  private get settled(): Effect.Effect<boolean, LogError> {
    return this.written === null ? Effect.succeed(true) : Fiber.join(this.written)
  }

  private rowsOf(parts: ReadonlyArray<IntervalPart>, all: boolean) {
    return Effect.gen(this, function* () {
      const minutes = yield* this.merged("minutes", parts)
      const definitions = derivationsAsOf(this.derivations, this.from.position)
      const derived =
        definitions.size === 0
          ? []
          : yield* derivedFrom(this.store, this.from.generation, definitions.values(), minutes)
      if (this.zone === null) return { minutes, derived, hours: [], days: [] }
      const hourParts = this.handedOn(parts, this.hours, all)
      const dayParts = this.handedOn(hourParts, this.days, all)
      const hours = this.asIntervals(hourParts, yield* this.merged("hours", hourParts))
      const days = this.asIntervals(dayParts, yield* this.merged("days", dayParts))
      return { minutes, derived, hours, days }
    })
  }

  /** Adds parts to the intervals that they are in, and takes what is to be stored of those. */
  private handedOn(parts: ReadonlyArray<IntervalPart>, into: OpenIntervals, all: boolean) {
    for (const { minute, sensorId, state } of parts) {
      into.at(sensorId, minute).merge(state)
      into.counted(state.count)
    }
    return into.take(all)
  }

  /** Their rows, in the same order. */
  private merged(table: RebuiltTable, parts: ReadonlyArray<IntervalPart>) {
    return Effect.gen(this, function* () {
      const again = parts.filter((part) => part.again)
      const stored = new Map<string, Minute>()
      for (let at = 0; at < again.length; at += KEYS_MAX) {
        const keys = again.slice(at, at + KEYS_MAX)
        for (const row of yield* this.store.rebuild.rows(table, this.from.generation, keys)) {
          stored.set(minuteKey(row), row.state)
        }
      }
      return parts.map((part): StoredMinute => {
        const { minute, sensorId } = part
        const before = part.again ? stored.get(minuteKey(part)) : undefined
        return { sensorId, minute, state: before === undefined ? part.state : merge(before, part.state) }
      })
    })
  }

  private asIntervals(
    parts: ReadonlyArray<IntervalPart>,
    rows: ReadonlyArray<StoredMinute>
  ): ReadonlyArray<IntervalRow> {
    const { zone } = this.division("1h")
    return rows.map((row, index) => ({
      ...row,
      end: parts[index]?.end ?? row.minute,
      localTime: localTime(row.minute, zone)
    }))
  }
}

/** The fold's own steps, until it is past a definition: they compute its minutes. */
const stepPast = (fold: Fold, from: Projection.Checkpoint, stop: Position) =>
  Effect.gen(function* () {
    for (let at: number = from.position; at < stop; ) {
      const result = yield* Projection.step(fold)
      if (result._tag !== "Folded" || result.from.generation !== from.generation) return false
      at = result.to
      yield* shortTurn
    }
    return true
  })

export const minuteDash =
  (log: EventLogService, store: MinuteStoreService, fold: Fold, pageMax: number) =>
  (begun: Projection.Checkpoint, onProgress: Projection.OnProgress): Effect.Effect<boolean, LogError> => {
    const page = (after: Position, upTo: Position) =>
      Effect.gen(function* () {
        const events =
          (yield* store.rebuild.tail(after, upTo, pageMax)) ?? (yield* log.tail(after, upTo, pageMax))
        const last = events.at(-1)?.position
        return last !== undefined && last === after + events.length
          ? { events, last }
          : yield* new LogCorrupt({ reason: `the log has a hole after position ${after}` })
      })

    const cover = (pass: Pass, to: Position) =>
      Effect.gen(function* () {
        let at = pass.from.position
        let next = yield* Effect.fork(page(at, to))
        while (at < to) {
          const { events, last } = yield* Fiber.join(next)
          at = last
          // The page behind is read while this one is folded: a server of its own works meanwhile.
          if (at < to) next = yield* Effect.fork(page(at, to))
          yield* shortTurn
          pass.add(events)
          if (!(yield* pass.flush())) return false
          yield* onProgress({ position: at, head: yield* fold.head })
        }
        return yield* pass.finish(to)
      })

    const bounds = { intervalsMax: OPEN_PER_EVENT * pageMax, readingsMax: READINGS_PER_EVENT * pageMax }

    return Effect.gen(function* () {
      const head = (yield* log.head).position
      const derivations = (yield* store.derivations).filter((one) => one.position <= head)
      const zone = yield* store.rebuild.zone(begun.generation)
      const stops = [...new Set(derivations.map((one) => one.position))].sort((a, b) => a - b)
      const pass = new Pass(store, begun, head, derivations, zone, bounds)
      for (const stop of [...stops, position(head + 1)]) {
        const to = position(stop - 1)
        if (to > pass.from.position && !(yield* cover(pass, to))) return false
        if (to === head) return true
        if (!(yield* stepPast(fold, pass.from, stop))) return false
        pass.from = { ...pass.from, position: stop }
      }
      return true
    })
  }
