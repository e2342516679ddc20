/**
 * Sends what waits in the outbox: at least once, each channel by itself and in order, with longer and longer waits after
 * failures. What fails too often is dead: it is shown, and can be sent again.
 *
 * Invariant: a notice is `sent` only after its channel has taken it. A crash in between sends it again, with its id.
 */
import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Queue from "effect/Queue"
import * as Random from "effect/Random"
import * as Ref from "effect/Ref"
import * as Schedule from "effect/Schedule"
import type { AlertNotice } from "../domain/alert/Alert.js"
import type { Channel } from "../domain/alert/AlertRule.js"
import { MICROS_PER_DAY, MICROS_PER_MINUTE, MICROS_PER_SECOND, micros } from "../domain/Time.js"
import type { LogError } from "../eventlog/EventLog.js"
import { nowMicros } from "../telemetry/Instant.js"
import { AlertStore, type AlertStoreService, type StoredNotice } from "./AlertStore.js"

/** How long a channel may take for one notice. */
export const SEND_SECONDS_MAX = 10
/** Nobody else tries it meanwhile; after a crash it is tried again when this is over. */
export const LEASE_MICROS = (SEND_SECONDS_MAX + 1) * MICROS_PER_SECOND
/** How often it is tried: for some two hours. */
export const ATTEMPTS_MAX = 14
const FIRST_WAIT = 5 * MICROS_PER_SECOND
const LONGEST_WAIT = 15 * MICROS_PER_MINUTE
const LOOK_EVERY = "5 seconds"
/** How long notices that were sent are shown. */
const SENT_KEPT = 90 * MICROS_PER_DAY

/** Fails with why it was not taken. */
export type Send = (notice: AlertNotice) => Effect.Effect<void, string>

/** The ways out that the settings name. `keeps`: what was sent stays there until it stops, as with retained messages. */
export interface AlertChannel {
  readonly name: Channel
  readonly keeps: boolean
  readonly send: Send
}

export interface OutboxService {
  readonly channels: ReadonlyArray<Channel>
  /** There is something new. */
  readonly wake: Effect.Effect<void>
  /** Sends at once, past the database, which is away: until it is taken, or the database is back. */
  readonly tell: (notices: ReadonlyArray<AlertNotice>) => Effect.Effect<void>
  /** The database is back, and has what was told past it: what was taken is sent. */
  readonly settle: Effect.Effect<void, LogError>
}

export class Outbox extends Context.Tag("tidemark/Outbox")<Outbox, OutboxService>() {}

/** Doubled with each failure, and between a half and one and a half times that, µs. */
export const waitAfter = (attempts: number, chance: number): number =>
  Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** (attempts - 1)) * (0.5 + chance)

const bounded = ({ send }: AlertChannel, notice: AlertNotice): Effect.Effect<void, string> =>
  send(notice).pipe(
    Effect.timeoutFail({
      duration: `${SEND_SECONDS_MAX} seconds`,
      onTimeout: () => `no answer within ${SEND_SECONDS_MAX} s`
    }),
    Effect.catchAllDefect((defect) => Effect.fail(defect instanceof Error ? defect.message : String(defect)))
  )

const sendOne = (store: AlertStoreService, channel: AlertChannel, notice: StoredNotice) =>
  bounded(channel, notice).pipe(
    Effect.matchEffect({
      onSuccess: () => store.sent(notice.id),
      onFailure: (reason) =>
        Effect.gen(function* () {
          const attempts = notice.attempts + 1
          const isDead = attempts >= ATTEMPTS_MAX
          const wait = waitAfter(attempts, yield* Random.next)
          const again = isDead ? null : micros(Math.round((yield* nowMicros) + wait))
          yield* store.failed(notice.id, reason, again)
          if (isDead) yield* Effect.logError(`the notice ${notice.id} is given up: ${reason}`)
          else if (attempts === 1)
            yield* Effect.logWarning(`the notice ${notice.id} is not sent yet: ${reason}`)
        })
    })
  )

/** All that is due of a channel, one after the other. */
export const drain = (store: AlertStoreService, channel: AlertChannel): Effect.Effect<void, LogError> =>
  Effect.flatMap(store.take(channel.name, LEASE_MICROS), (notice) =>
    notice === undefined
      ? Effect.void
      : Effect.zipRight(sendOne(store, channel, notice), drain(store, channel))
  )

const make = (channels: ReadonlyArray<AlertChannel>) =>
  Effect.gen(function* () {
    const store = yield* AlertStore
    const bells = new Map<Channel, Queue.Queue<void>>()
    /** Told past the database: whether its channel has taken it. */
    const told = yield* Ref.make<ReadonlyMap<string, boolean>>(new Map())
    const scope = yield* Effect.scope

    const guarded = <A>(effect: Effect.Effect<A, LogError>) =>
      Effect.catchAllCause(effect, (cause) => Effect.logDebug(`notices wait: ${Cause.pretty(cause)}`))
    for (const channel of channels) {
      const bell = yield* Queue.sliding<void>(1)
      bells.set(channel.name, bell)
      const turn = Effect.zipRight(
        guarded(drain(store, channel)),
        Effect.timeoutOption(Queue.take(bell), LOOK_EVERY)
      )
      const first = channel.keeps ? guarded(store.renew(channel.name)) : Effect.void
      yield* Effect.forkScoped(Effect.zipRight(first, Effect.forever(turn)))
    }
    const forget = Effect.flatMap(nowMicros, (now) => store.forget(micros(Math.max(0, now - SENT_KEPT))))
    yield* Effect.forkScoped(Effect.repeat(guarded(forget), Schedule.spaced("6 hours")))

    const tellOne = (channel: AlertChannel, notice: AlertNotice) =>
      bounded(channel, notice).pipe(
        Effect.retry(
          Schedule.exponential("5 seconds").pipe(
            Schedule.jittered,
            Schedule.union(Schedule.spaced("5 minutes"))
          )
        ),
        Effect.zipRight(Ref.update(told, (all) => new Map(all).set(notice.id, true))),
        // The outbox has it by now.
        Effect.raceFirst(
          Effect.repeat(Ref.get(told), {
            until: (all) => !all.has(notice.id),
            schedule: Schedule.spaced("1 second")
          })
        )
      )
    return {
      channels: channels.map(({ name }) => name),
      wake: Effect.forEach(bells.values(), (bell) => Queue.offer(bell, undefined), { discard: true }),
      tell: (notices: ReadonlyArray<AlertNotice>) =>
        Effect.gen(function* () {
          yield* Ref.update(
            told,
            (all) => new Map([...all, ...notices.map(({ id }) => [id, false] as const)])
          )
          for (const notice of notices) {
            const channel = channels.find(({ name }) => name === notice.channel)
            if (channel !== undefined) yield* Effect.forkIn(tellOne(channel, notice), scope)
          }
        }),
      settle: Effect.gen(function* () {
        const all = yield* Ref.getAndSet(told, new Map<string, boolean>())
        yield* Effect.forEach(all, ([id, isTaken]) => (isTaken ? store.sent(id) : Effect.void), {
          discard: true
        })
      })
    } satisfies OutboxService
  })

export const layer = (channels: ReadonlyArray<AlertChannel>) => Layer.scoped(Outbox, make(channels))
