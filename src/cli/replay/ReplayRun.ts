/**
 * Publishes recorded messages at their pace, and counts. A message that is not acknowledged (the connection was
 * lost, say) is sent again: whoever stores it knows repeats. It ends when one stays unacknowledged.
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import { type ReplayMessage, timeOf } from "./ReplayFile.js"

/** As fast as acknowledged, or so many times as fast as recorded. */
export type Speed = "max" | number

export interface ReplayCounts {
  sent: number
  acknowledged: number
}

export interface ReplayPlan<E> {
  readonly speed: Speed
  /** Messages that wait for their acknowledgement at a time. */
  readonly inFlight: number
  readonly publish: (topic: string, payload: string) => Effect.Effect<void, E>
  readonly counts: ReplayCounts
}

/** How often, and how long after the last time, a message that was not acknowledged is sent again. */
const AGAIN_MAX = 30
const again = Schedule.intersect(Schedule.spaced("1 second"), Schedule.recurs(AGAIN_MAX))

/** Waits until a message is due: the first at once, a later one by its device time. Never for what says none. */
const pacer = (speed: number): ((payload: string) => Effect.Effect<void>) => {
  let origin: { readonly device: number; readonly clock: number } | undefined
  return (payload) =>
    Effect.flatMap(Clock.currentTimeMillis, (now) => {
      const time = timeOf(payload)
      if (Option.isNone(time)) return Effect.void
      origin ??= { device: time.value, clock: now }
      const wait = origin.clock + (time.value - origin.device) / 1_000 / speed - now
      return wait > 0 ? Effect.sleep(wait) : Effect.void
    })
}

/** Publishes all of them; fails with why one was not acknowledged, with the counts as they are then. */
export const replayAll = <E, E2, R>(
  messages: Stream.Stream<ReplayMessage, E2, R>,
  { counts, inFlight, publish, speed }: ReplayPlan<E>
): Effect.Effect<void, E | E2, R> => {
  const wait = speed === "max" ? undefined : pacer(speed)
  const paced = wait === undefined ? messages : Stream.tap(messages, ({ payload }) => wait(payload))
  const send = ({ payload, topic }: ReplayMessage) =>
    Effect.suspend(() => {
      counts.sent += 1
      return Effect.tap(Effect.retry(publish(topic, payload), again), () => {
        counts.acknowledged += 1
      })
    })
  return paced.pipe(Stream.mapEffect(send, { concurrency: inFlight, unordered: true }), Stream.runDrain)
}
