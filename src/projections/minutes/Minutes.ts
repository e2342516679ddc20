/**
 * The projection of one-minute aggregates: folds the log's tail into rows, again and again. `layer` gives the
 * service; `scheduled` also runs it.
 */
import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Ref from "effect/Ref"
import { type Position, position } from "../../domain/Ids.js"
import type { Micros } from "../../domain/Time.js"
import { EventLog, type EventLogService, type LogError } from "../../eventlog/EventLog.js"
import { nowMicros } from "../../telemetry/Instant.js"
import { makeEstimator } from "./IntervalEstimates.js"
import { type Step, step } from "./MinuteFold.js"
import { MinuteStore, type MinuteStoreService } from "./MinuteStore.js"
import { type RebuildProgress, type Rebuilt, rebuild } from "./Rebuild.js"
import { makeStaleFold } from "./StaleMinutes.js"

export interface MinutesOptions {
  /** Between two folds once it has caught up. */
  readonly interval: Duration.DurationInput
  /** Events folded in one step. */
  readonly batchMax: number
}

export const DEFAULT_MINUTES_OPTIONS: MinutesOptions = { interval: "500 millis", batchMax: 5_000 }

/** After a failure: from 250 ms, doubling, to 2 s. */
const BACKOFF_MIN = Duration.millis(250)
const BACKOFF_MAX = Duration.seconds(2)

export interface MinutesStatus {
  /** The log is folded up to here, and was there as far as `head` when that was last looked at. */
  readonly position: Position
  readonly head: Position
  /** Events not folded yet. */
  readonly behind: number
  /** When it last caught up; null before the first time. */
  readonly caughtUpAt: Micros | null
  /** Why the last step failed; null when it did not. */
  readonly lastError: string | null
}

export interface MinutesService {
  /** One step of the fold, in one transaction. */
  readonly step: Effect.Effect<Step, LogError>
  /** Steps until the head of the log is reached; answers the position. */
  readonly catchUp: Effect.Effect<Position, LogError>
  readonly status: Effect.Effect<MinutesStatus>
  /** Some of the rows that an earlier version folded, again; true while there may be more. */
  readonly foldStale: Effect.Effect<boolean, LogError>
  /** Makes all rows again from the log, and puts them in place of the live ones. */
  readonly rebuild: (
    onProgress?: (progress: RebuildProgress) => Effect.Effect<void>
  ) => Effect.Effect<Rebuilt, LogError>
}

export class Minutes extends Context.Tag("tidemark/Minutes")<Minutes, MinutesService>() {}

const NEVER: Omit<MinutesStatus, "behind"> = {
  position: position(0),
  head: position(0),
  caughtUpAt: null,
  lastError: null
}

const describe = (cause: Cause.Cause<LogError>): string =>
  Option.match(Cause.failureOption(cause), {
    onNone: () => String(Cause.squash(cause)),
    onSome: (error) => error.reason
  })

const make = (log: EventLogService, store: MinuteStoreService, options: MinutesOptions) =>
  Effect.gen(function* () {
    const status = yield* Ref.make(NEVER)
    const estimate = makeEstimator(store)
    const foldStale = yield* makeStaleFold(store)

    const seen = (result: Step) =>
      Effect.flatMap(nowMicros, (now) =>
        Ref.update(status, (was) => {
          if (result._tag === "Moved") return { ...was, lastError: null }
          const at = result._tag === "Folded" ? result.to : result.at
          const head = position(Math.max(was.head, at))
          const caughtUpAt = result._tag === "CaughtUp" ? now : was.caughtUpAt
          return { position: at, head, caughtUpAt, lastError: null }
        })
      )
    const failed = (error: string) => Ref.update(status, (was) => ({ ...was, lastError: error }))
    const watched: EventLogService = {
      ...log,
      head: Effect.tap(log.head, (head) => Ref.update(status, (was) => ({ ...was, head: head.position })))
    }
    const oneStep = step(watched, store, "minutes", options.batchMax, estimate).pipe(
      Effect.tap(seen),
      Effect.tapErrorCause((cause) =>
        Cause.isInterruptedOnly(cause) ? Effect.void : failed(describe(cause))
      )
    )
    const catchUp: Effect.Effect<Position, LogError> = Effect.flatMap(oneStep, (result) =>
      result._tag === "CaughtUp" ? Effect.succeed(result.at) : catchUp
    )
    const service: MinutesService = {
      step: oneStep,
      catchUp,
      foldStale,
      status: Effect.map(Ref.get(status), (now) => ({
        ...now,
        behind: Math.max(0, now.head - now.position)
      })),
      rebuild: (onProgress = () => Effect.void) => rebuild(log, store, options.batchMax, onProgress)
    }
    return service
  })

/** The service alone: nothing runs by itself. */
export const layer = (
  options: Partial<MinutesOptions> = {}
): Layer.Layer<Minutes, never, EventLog | MinuteStore> =>
  Layer.effect(
    Minutes,
    Effect.flatMap(Effect.all([EventLog, MinuteStore]), ([log, store]) =>
      make(log, store, { ...DEFAULT_MINUTES_OPTIONS, ...options })
    )
  )

/** A log that does not answer is said once, by whoever holds the database; what is a fault of ours, each time. */
const told = (cause: Cause.Cause<LogError>): Effect.Effect<void> =>
  Option.match(Cause.failureOption(cause), {
    onNone: () => Effect.logError("folding minutes failed; trying again", cause),
    onSome: (error) =>
      error._tag === "LogUnavailable"
        ? Effect.logDebug(`minutes wait for the log: ${error.reason}`)
        : Effect.logError(`folding minutes failed; trying again: ${error.reason}`)
  })

/** Catches up, sleeps, and catches up again for ever; what fails is tried again with backoff. */
const run = (minutes: MinutesService, interval: Duration.DurationInput): Effect.Effect<never> => {
  const loop = (backoff: Duration.Duration): Effect.Effect<never> =>
    Effect.zipRight(minutes.catchUp, minutes.foldStale).pipe(
      Effect.sandbox,
      Effect.matchEffect({
        onSuccess: () => Effect.as(Effect.sleep(interval), BACKOFF_MIN),
        onFailure: (cause) =>
          told(cause).pipe(
            Effect.zipRight(Effect.sleep(backoff)),
            Effect.as(Duration.min(Duration.times(backoff, 2), BACKOFF_MAX))
          )
      }),
      Effect.flatMap(loop)
    )
  return loop(BACKOFF_MIN)
}

/** Folds for as long as the layer lives. Give it the service by `Layer.provideMerge`. */
export const scheduled = (
  options: Partial<Pick<MinutesOptions, "interval">> = {}
): Layer.Layer<never, never, Minutes> =>
  Layer.scopedDiscard(
    Effect.flatMap(Minutes, (minutes) =>
      Effect.forkScoped(run(minutes, options.interval ?? DEFAULT_MINUTES_OPTIONS.interval))
    )
  )
