/**
 * Who runs a projection, and how often: its rounds on its schedule, for as long as a layer lives, in the process that owns
 * its name.
 */
import * as Cause from "effect/Cause"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Ref from "effect/Ref"
import * as Schedule from "effect/Schedule"
import type { LogError } from "../eventlog/EventLog.js"
import { Ownership } from "../ownership/Ownership.js"
import { type ProjectionService, reasonOf } from "./Projection.js"

/** The first wait after a failure; each that follows is twice as long. */
const BACKOFF_MIN = "250 millis"

/**
 * A log that does not answer is told of once, by whoever holds the database. A fault of ours is told of when it comes
 * up, and not again while it stays the same.
 */
const tell = (name: string, lastReason: Ref.Ref<string | null>, cause: Cause.Cause<LogError>) =>
  Effect.gen(function* () {
    const reason = reasonOf(cause)
    const before = yield* Ref.getAndSet(lastReason, reason)
    const failure = Option.getOrNull(Cause.failureOption(cause))
    if (failure?._tag === "LogUnavailable") yield* Effect.logDebug(`${name} wait for the log: ${reason}`)
    else if (before === reason) yield* Effect.logDebug(`${name} still can't be made: ${reason}`)
    else if (failure === null) yield* Effect.logError(`${name} can't be made; trying again`, cause)
    else yield* Effect.logError(`${name} can't be made; trying again: ${reason}`)
  })

const run = ({ name, round, schedule }: ProjectionService<number>, every: Duration.DurationInput) =>
  Effect.gen(function* () {
    const lastReason = yield* Ref.make<string | null>(null)
    const backoff = Schedule.exponential(BACKOFF_MIN).pipe(
      Schedule.union(Schedule.spaced(schedule.backoffMax))
    )
    return yield* round.pipe(
      Effect.zipRight(Ref.set(lastReason, null)),
      // Defects too are tried again.
      Effect.sandbox,
      Effect.tapError((cause) => tell(name, lastReason, cause)),
      Effect.retry(backoff),
      Effect.repeat(Schedule.spaced(every))
    )
  })

/** Runs it for as long as the layer lives. `lastWithin`: catches up once more at the end, and waits so long for it. */
export const scheduled = <R>(
  projection: Effect.Effect<ProjectionService<number>, never, R>,
  options: {
    readonly every?: Duration.DurationInput | undefined
    readonly lastWithin?: Duration.DurationInput
  } = {}
): Layer.Layer<never, never, R> =>
  Layer.scopedDiscard(
    Effect.gen(function* () {
      const one = yield* projection
      const { ifOwned, whileOwned } = yield* Ownership
      const { lastWithin } = options
      yield* Effect.forkScoped(whileOwned(one.name, run(one, options.every ?? one.schedule.every)))
      if (lastWithin === undefined) return
      yield* Effect.addFinalizer(() =>
        ifOwned(one.name, one.catchUp).pipe(
          Effect.disconnect,
          Effect.interruptible,
          Effect.timeout(lastWithin),
          Effect.ignoreLogged
        )
      )
    })
  )
