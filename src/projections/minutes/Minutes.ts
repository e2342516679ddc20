/**
 * The projection of one-minute aggregates: folds the log's tail into rows, again and again. `layer` gives the
 * service; `scheduled` also runs it.
 */
import * as Context from "effect/Context"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { position } from "../../domain/Ids.js"
import type { Micros } from "../../domain/Time.js"
import { EventLog, type EventLogService, type LogError } from "../../eventlog/EventLog.js"
import { type TraceMaker, Traces } from "../../telemetry/Traces.js"
import * as Projection from "../Projection.js"
import * as ProjectionRunner from "../ProjectionRunner.js"
import { minuteDash } from "../rebuild/MinuteDash.js"
import { othersTurn } from "../Turn.js"
import { makeEstimator } from "./IntervalEstimates.js"
import { minuteFold } from "./MinuteFold.js"
import { MinuteStore, type MinuteStoreService } from "./MinuteStore.js"
import { makeStaleFold } from "./StaleMinutes.js"

export interface MinutesService extends Projection.ProjectionService {
  /** Some of the rows that an earlier version folded, again; true while there may be more. */
  readonly foldStale: Effect.Effect<boolean, LogError>
  /** Makes all rows again from the log, and puts them in place of the live ones. */
  readonly rebuild: (
    onProgress?: (progress: Projection.RebuildProgress) => Effect.Effect<void>
  ) => Effect.Effect<Projection.Checkpoint, LogError>
}

export class Minutes extends Context.Tag("tidemark/Minutes")<Minutes, MinutesService>() {}

/** Events folded in one step: read back from the database, so many hold the event loop for 20 ms. */
const BATCH_MAX = 5_000
/** So near the end of the log what is folded was appended a moment ago, and is remembered… */
const NEAR_EVENTS = 40_000
/** …so a step takes more of it: a row that many events change is written once. */
const NEAR_BATCH_MAX = 15_000
/** Pages of hours and days that are merged in one round, at most: new readings come first. */
const INTERVAL_PAGES = 2
/** A round that folded so many events is a busy one… */
const BUSY_EVENTS = 1_000
/** …which so much later is followed by the next: the running minutes change all the time meanwhile… */
const BUSY_PAUSE = "250 millis"
/** …and so do the running hours: one round in so many merges them. */
const BUSY_ROUNDS = 4
/** How long stopping waits for the last minutes to be folded: the next start folds the rest. */
const LAST_FOLD = "1 second"

const batchOf = (behind: number): number => (behind > NEAR_EVENTS ? BATCH_MAX : NEAR_BATCH_MAX)

const make = (log: EventLogService, store: MinuteStoreService, batchMax: number | undefined) =>
  Effect.gen(function* () {
    const foldStale = yield* makeStaleFold(store)
    const finishSome = Effect.tap(store.finishIntervals, (more) => Effect.when(othersTurn, () => more))
    const someIntervals = Effect.iterate(0, {
      while: (pages) => pages < INTERVAL_PAGES,
      body: (pages) => Effect.map(finishSome, (more) => (more ? pages + 1 : INTERVAL_PAGES))
    })
    const estimate = makeEstimator(store)
    const traces = yield* Traces
    let folded = 0
    let busyRounds = 0
    const intervalsInTurn = Effect.suspend(() => {
      busyRounds = folded >= BUSY_EVENTS ? busyRounds + 1 : 0
      folded = 0
      const merged = busyRounds % BUSY_ROUNDS === 0 ? someIntervals : Effect.void
      return Effect.zipLeft(
        merged,
        Effect.when(Effect.sleep(BUSY_PAUSE), () => busyRounds > 0)
      )
    })
    const rebuildMax = batchMax ?? BATCH_MAX
    const again = minuteFold(log, store, "minutes.rebuild", () => rebuildMax)
    const rebuild = { ...store, fold: again, dash: minuteDash(log, store, again, rebuildMax) }
    const service = yield* Projection.make({
      name: "minutes",
      fold: minuteFold(log, store, "minutes", batchMax === undefined ? batchOf : () => batchMax, (events) => {
        folded += events.length
        return estimate(events)
      }),
      ...(traces === null ? {} : { onStep: tellTraces(traces) }),
      origin: position(0),
      // A page a round: new readings come first.
      beside: Effect.as(Effect.zipRight(foldStale, intervalsInTurn), false),
      rebuild,
      // Often, so that a round is short: on a file it holds up everything else.
      schedule: { every: 250, backoffMax: 2_000 }
    })
    return Minutes.of({
      ...service,
      catchUp: Effect.zipLeft(service.catchUp, Effect.repeat(finishSome, { while: (more) => more })),
      foldStale,
      rebuild: (onProgress) => Projection.rebuild(rebuild, onProgress)
    })
  })

/** What is folded belongs to the traces of its messages, also where another process folded it. */
const tellTraces =
  (traces: TraceMaker) =>
  (result: Projection.Step, from: Micros): void => {
    if (result._tag === "Folded") traces.folded(result.to, from, true)
    else if (result._tag === "CaughtUp") traces.folded(result.at, from, false)
  }

/** The service alone: nothing runs by itself. `batchMax`: events folded in one step, instead of what is usual. */
export const layer = ({
  batchMax
}: {
  readonly batchMax?: number
} = {}): Layer.Layer<Minutes, never, EventLog | MinuteStore> =>
  Layer.effect(
    Minutes,
    Effect.flatMap(Effect.all([EventLog, MinuteStore]), ([log, store]) => make(log, store, batchMax))
  )

/** Folds for as long as the layer lives, and once more when it ends. Give it the service by `Layer.provideMerge`. */
export const scheduled = ({ interval }: { readonly interval?: Duration.DurationInput } = {}) =>
  ProjectionRunner.scheduled(Minutes, { every: interval, lastWithin: LAST_FOLD })
