/**
 * Whether a server still answers, asked again and again on a connection of its own: only that tells a query that
 * takes long from a server that is gone without a word (a cut wire, a stopped process, a half-open connection).
 *
 * Invariants:
 * 1. Silence is noticed within `PERIOD` and the driver's bound on one answer; return within `PAUSE` and that bound.
 * 2. While the server is silent nobody waits for it: sockets are cut, which tells what waits; what comes is refused.
 * 3. A server that answers with an error is there: its connections are left alone.
 */
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Ref from "effect/Ref"
import { DatabaseError, hasNumber } from "./Failure.js"

/** What a driver gives to be asked whether its server is there. */
export interface Pulse {
  /** One question; fails, within a bound, where there is no answer. */
  readonly ask: Effect.Effect<void, DatabaseError>
  /** Ends all connections, and so whatever waits for an answer on them. */
  readonly cut: Effect.Effect<void>
}

export interface Heartbeat {
  /** Fails while the server is silent. */
  readonly gate: Effect.Effect<void, DatabaseError>
  /** Asks for ever. */
  readonly listen: (pulse: Pulse) => Effect.Effect<never>
}

/** Between two questions while the server answers. */
const PERIOD = "2 seconds"
/** Between two while it does not. */
const PAUSE = "250 millis"

/** `report` is told after each question whether the server can be used, and why not. */
export const makeHeartbeat = (
  report: (reachable: boolean, reason: string | null) => Effect.Effect<void>
): Effect.Effect<Heartbeat> =>
  Effect.gen(function* () {
    const loss = yield* Ref.make(yield* Deferred.make<never, DatabaseError>())
    const isLost = Effect.flatMap(Ref.get(loss), Deferred.isDone)

    const onAnswer = Effect.gen(function* () {
      if (!(yield* isLost)) return
      yield* Ref.set(loss, yield* Deferred.make<never, DatabaseError>())
      yield* Effect.logInfo("the database answers again")
    })
    const onSilence = (pulse: Pulse, { message }: DatabaseError) =>
      Effect.gen(function* () {
        if (!(yield* isLost)) yield* Effect.logWarning(`the database does not answer: ${message}`)
        const error = new DatabaseError({ kind: "Transient", code: "", reason: message })
        yield* Effect.flatMap(Ref.get(loss), Deferred.fail(error))
        yield* pulse.cut
      })
    const beat = (pulse: Pulse) =>
      Effect.matchEffect(pulse.ask, {
        onSuccess: () =>
          onAnswer.pipe(Effect.zipRight(report(true, null)), Effect.zipRight(Effect.sleep(PERIOD))),
        onFailure: (error) =>
          (hasNumber(error) ? onAnswer : onSilence(pulse, error)).pipe(
            Effect.zipRight(report(false, error.message)),
            Effect.zipRight(Effect.sleep(PAUSE))
          )
      })
    return {
      gate: Effect.whenEffect(Effect.flatMap(Ref.get(loss), Deferred.await), isLost),
      listen: (pulse) => Effect.forever(beat(pulse))
    }
  })
