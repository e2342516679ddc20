/**
 * A projection: a read model made from the log, as a value. It has a name, a fold with its checkpoint, a rebuild and
 * a schedule; the steps, the status, the rebuild and the runs of all projections are here, once.
 *
 * Invariants:
 * 1. A step folds as of its batch's end, never of what came later: the next step would count that twice.
 * 2. What a step made is stored together with the move of the checkpoint, or not at all. So a step that fails or is
 *    cut off leaves nothing, and of two processes that fold at once, one folds again.
 * 3. A checkpoint of one generation never falls.
 */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Ref from "effect/Ref"
import type { Position } from "../domain/Ids.js"
import type { Micros } from "../domain/Time.js"
import { LogCorrupt, type LogError } from "../eventlog/EventLog.js"
import { nowMicros } from "../telemetry/Instant.js"
import { othersTurn, shortTurn } from "./Turn.js"

/** Where a projection stands: all of the log up to `position` is in the rows of `generation`. */
export interface Checkpoint<At extends number = Position> {
  readonly generation: number
  readonly position: At
}

interface Batch<At extends number, Rows> {
  readonly to: At
  readonly rows: Rows
}

/** How a projection goes on. `At` is a position of the log, or a time for what follows the clock. */
export interface Fold<At extends number, Rows> {
  /** Null: there is none any more, as of a rebuild that another one has ended. */
  readonly checkpoint: Effect.Effect<Checkpoint<At> | null, LogError>
  /** How far it may go now. */
  readonly head: Effect.Effect<At, LogError>
  /** What comes next, as of its end; null: nothing yet. What it does beside reading must be safe to do again. */
  readonly next: (from: Checkpoint<At>, head: At) => Effect.Effect<Batch<At, Rows> | null, LogError>
  /** Stores the batch and moves the checkpoint; false, and nothing done, when that is not at `from`. */
  readonly commit: (from: Checkpoint<At>, batch: Batch<At, Rows>) => Effect.Effect<boolean, LogError>
}

/** The generations of a projection: a rebuild makes one while what there is is read and folded as ever. */
export interface Generations<At extends number = Position> {
  /** A new generation, empty and at the beginning, in place of any rebuild that was under way. */
  readonly begin: Effect.Effect<Checkpoint<At>, LogError>
  /** Makes the rebuilt generation the live one, if it has come as far; false when it has not. */
  readonly swap: (begun: Checkpoint<At>) => Effect.Effect<boolean, LogError>
  /** Deletes some rows of generations that are neither live nor being rebuilt; true when there may be more. */
  readonly sweep: Effect.Effect<boolean, LogError>
}

export interface Rebuild<At extends number, Rows> extends Generations<At> {
  readonly fold: Fold<At, Rows>
  /**
   * Takes a generation that has begun as far as the head is, faster than by steps; false: another rebuild took its
   * place. Absent: steps do all of it.
   */
  readonly dash?: (begun: Checkpoint<At>, onProgress: OnProgress<At>) => Effect.Effect<boolean, LogError>
}

export interface Projection<At extends number, Rows> {
  /** For logs. */
  readonly name: string
  readonly fold: Fold<At, Rows>
  /** Hears of each step that did not fail. */
  readonly onStep?: (result: Step<At>, from: Micros) => void
  /** Where it stands before its first step. */
  readonly origin: At
  /** What is done piece by piece once it has caught up; true while another piece should follow at once. */
  readonly beside?: Effect.Effect<boolean, LogError>
  /** Null: what it keeps was true of its moment, and can't be made again. */
  readonly rebuild: Rebuild<At, Rows> | null
  readonly schedule: ProjectionSchedule
}

export interface ProjectionSchedule {
  /** Between two rounds, in ms. */
  readonly every: number
  /** After failures the next round waits longer each time, up to this, in ms. */
  readonly backoffMax: number
}

/**
 * What became of a step. `head` is as it was read before the step folded: what came meanwhile lies beyond it.
 * `Moved`: another process moved the checkpoint meanwhile; nothing was done.
 */
export type Step<At extends number = Position> =
  | { readonly _tag: "Folded"; readonly from: Checkpoint<At>; readonly to: At; readonly head: At }
  | { readonly _tag: "CaughtUp"; readonly at: At }
  | { readonly _tag: "Moved" }

export interface ProjectionStatus<At extends number = Position> {
  /** It has come up to here, and could have come up to `head` when that was last looked at. */
  readonly position: At
  readonly head: At
  /** From the one to the other: events of the log, or µs for what follows the clock. */
  readonly behind: number
  /** When it last caught up; null before the first time. */
  readonly caughtUpAt: Micros | null
  /** Why the last step failed; null when it did not. */
  readonly lastError: string | null
}

export interface RebuildProgress<At extends number = Position> {
  /** It is made again up to here. */
  readonly position: At
  /** And has to be up to there, as it is now. */
  readonly head: At
}

export type OnProgress<At extends number = Position> = (progress: RebuildProgress<At>) => Effect.Effect<void>

export interface ProjectionService<At extends number = Position> {
  readonly name: string
  readonly schedule: ProjectionSchedule
  readonly step: Effect.Effect<Step<At>, LogError>
  /** Steps until what the head is by then is reached; answers how far that is. */
  readonly catchUp: Effect.Effect<At, LogError>
  /** What the schedule runs: catches up, and does what is to be done beside. */
  readonly round: Effect.Effect<void, LogError>
  readonly status: Effect.Effect<ProjectionStatus<At>>
}

export const step = <At extends number, Rows>(fold: Fold<At, Rows>): Effect.Effect<Step<At>, LogError> =>
  Effect.gen(function* () {
    const from = yield* fold.checkpoint
    if (from === null) return yield* new LogCorrupt({ reason: "its checkpoint is gone" })
    const head = yield* fold.head
    const batch = head <= from.position ? null : yield* fold.next(from, head)
    if (batch === null) return { _tag: "CaughtUp", at: from.position } as const
    // To make a batch and to store it take some 10 ms each.
    yield* batch.to < head ? shortTurn : othersTurn
    return (yield* fold.commit(from, batch))
      ? ({ _tag: "Folded", from, to: batch.to, head } as const)
      : ({ _tag: "Moved" } as const)
  })

const takenOver = () => new LogCorrupt({ reason: "another rebuild took over" })

/**
 * Makes everything again from the beginning: ends when that is live and the old rows are gone. A rebuild that was
 * cut off leaves what is live as it was, and the next one begins anew and clears away what it left. Fails when
 * another rebuild took its place.
 */
export const rebuild = <At extends number, Rows>(
  { begin, dash, fold, swap, sweep }: Rebuild<At, Rows>,
  onProgress: OnProgress<At> = () => Effect.void
): Effect.Effect<Checkpoint<At>, LogError> =>
  Effect.gen(function* () {
    const sweepAll = Effect.repeat(sweep, { while: (more) => more })
    const checkpoint = yield* begin
    yield* sweepAll
    if (dash !== undefined && !(yield* dash(checkpoint, onProgress))) return yield* takenOver()
    while (true) {
      const result = yield* step(fold)
      const ours = result._tag !== "Folded" || result.from.generation === checkpoint.generation
      if (result._tag === "Moved" || !ours) return yield* takenOver()
      if (result._tag === "Folded") {
        yield* onProgress({ position: result.to, head: yield* fold.head })
        yield* shortTurn
      } else if (yield* swap(checkpoint)) {
        yield* sweepAll
        return { generation: checkpoint.generation, position: result.at }
      }
    }
  }).pipe(Effect.withSpan("Projection.rebuild"))

const isCaughtUp = <At extends number>(
  result: Step<At>
): result is Exclude<Step<At>, { readonly _tag: "Moved" }> =>
  result._tag === "CaughtUp" || (result._tag === "Folded" && result.to >= result.head)

/** Why, in one line. */
export const reasonOf = (cause: Cause.Cause<LogError>): string =>
  Option.match(Cause.failureOption(cause), {
    onNone: () => String(Cause.squash(cause)),
    onSome: ({ reason }) => reason
  })

export const make = <At extends number, Rows>({
  beside = Effect.succeed(false),
  fold,
  name,
  onStep,
  origin,
  schedule
}: Projection<At, Rows>): Effect.Effect<ProjectionService<At>> =>
  Effect.gen(function* () {
    const status = yield* Ref.make<Omit<ProjectionStatus<At>, "behind">>({
      position: origin,
      head: origin,
      caughtUpAt: null,
      lastError: null
    })
    const record = (result: Step<At>) =>
      Effect.flatMap(nowMicros, (now) =>
        Ref.update(status, (was) => {
          if (result._tag === "Moved") return { ...was, lastError: null }
          const at = result._tag === "Folded" ? result.to : result.at
          const further = at > was.head
          const caughtUpAt = isCaughtUp(result) ? now : was.caughtUpAt
          return { position: at, head: further ? at : was.head, caughtUpAt, lastError: null }
        })
      )
    const watched: Fold<At, Rows> = {
      ...fold,
      head: Effect.tap(fold.head, (head) => Ref.update(status, (was) => ({ ...was, head })))
    }
    const told = Effect.flatMap(nowMicros, (from) =>
      Effect.tap(step(watched), (result) => Effect.sync(() => onStep?.(result, from)))
    )
    const oneStep = (onStep === undefined ? step(watched) : told).pipe(
      Effect.tap(record),
      Effect.tapErrorCause((cause) =>
        Cause.isInterruptedOnly(cause)
          ? Effect.void
          : Ref.update(status, (was) => ({ ...was, lastError: reasonOf(cause) }))
      )
    )
    // As far as the head was: to follow each message that has come meanwhile costs a transaction for a few of them.
    const catchUp: Effect.Effect<At, LogError> = Effect.flatMap(oneStep, (result) =>
      isCaughtUp(result)
        ? Effect.succeed(result._tag === "Folded" ? result.to : result.at)
        : Effect.zipRight(shortTurn, catchUp)
    )
    return {
      name,
      schedule,
      step: oneStep,
      catchUp,
      round: catchUp.pipe(
        Effect.zipRight(othersTurn),
        Effect.zipRight(beside),
        Effect.repeat({ while: (more) => more }),
        Effect.asVoid,
        Effect.withSpan(`Projection.${name}`)
      ),
      status: Effect.map(Ref.get(status), (now) => ({ ...now, behind: Math.max(0, now.head - now.position) }))
    }
  })
