/**
 * A simulated sensor at work: it measures on its period, and publishes what it measured until it is acknowledged.
 *
 * - Ticks are at start + n · period, never early. After a stall the ticks that were missed are skipped: a device
 *   that slept has measured nothing.
 * - Measuring never waits for publishing: while nothing is acknowledged, readings gather in the outbox.
 * - An actor ends only by a crash (any failure or defect) or by interruption.
 */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Metric from "effect/Metric"
import type { SimulatedSensor } from "../domain/SimulatedSensor.js"
import { MICROS_PER_MILLI, type Micros } from "../domain/Time.js"
import { unsafeNowMicros } from "../telemetry/Instant.js"
import { type FaultState, INITIAL_FAULTS, type Message, misbehave } from "./Faults.js"
import { Outbox } from "./Outbox.js"
import type { ReadingSinkService } from "./ReadingSink.js"
import { type Draw, INITIAL_SIGNAL, type SignalState, type SignalStep } from "./Signal.js"

export const IN_FLIGHT_MAX = 16
/** How long a sensor waits before it publishes again what was not acknowledged. */
export const RETRY_DELAY: Duration.DurationInput = "1 second"

export const droppedMessages = Metric.counter("tidemark_sensor_messages_dropped_total", {
  description: "Messages of simulated sensors that were pushed out of a full outbox, unsent",
  incremental: true
})

/** What lives on when an actor crashes and is started again: what it owes, and what was last acknowledged. */
export class Belongings {
  readonly outbox: Outbox
  /** Device time of the last reading that was acknowledged. */
  lastReadingAt: Micros | null = null
  /** Open while the outbox may hold something to send. */
  readonly sendable = Effect.unsafeMakeLatch(false)

  constructor(outboxMax?: number) {
    this.outbox = new Outbox(outboxMax)
  }
}

/** The tick after `tick`: the next one of the period that has not passed by `now`. Times and period in µs. */
export const tickAfter = (tick: number, period: number, now: number): number =>
  tick + period * Math.max(1, Math.ceil((now - tick) / period))

// The body, for ever. Unlike `Effect.forever` it does not yield between rounds: each round of an actor waits anyway.
const always = (body: () => Effect.Effect<unknown>): Effect.Effect<never> =>
  Effect.zipRight(Effect.whileLoop({ while: () => true, body, step: () => undefined }), Effect.never)

const measure = (
  sensor: SimulatedSensor,
  { outbox, sendable }: Belongings,
  draw: Draw,
  step: SignalStep
): Effect.Effect<never> =>
  Effect.clockWith((clock) => {
    const period = sensor.interval_ms * MICROS_PER_MILLI
    let signal: SignalState = INITIAL_SIGNAL
    let faults: FaultState = INITIAL_FAULTS
    let tick: number = unsafeNowMicros(clock)
    const sleepUntil = (time: number, now: number) =>
      clock.sleep(Duration.millis((time - now) / MICROS_PER_MILLI))

    return always(() => {
      const now = unsafeNowMicros(clock)
      // The clock was set back: waiting for the old time to come again would be silence.
      if (tick - now > period) tick = now
      // A timer may fire a millisecond early.
      if (now < tick) return sleepUntil(tick, now)
      const sample = step(sensor, signal, now, draw)
      const misbehaviour = misbehave(sensor, faults, now, sample.value, draw)
      signal = sample.state
      faults = misbehaviour.state
      outbox.release(now)
      const dropped = outbox.put(misbehaviour.messages, now)
      sendable.unsafeOpen()
      tick = tickAfter(tick, period, now)
      const sleep = sleepUntil(tick, now)
      return dropped > 0 ? Effect.zipRight(Metric.incrementBy(droppedMessages, dropped), sleep) : sleep
    })
  })

const send = (belongings: Belongings, sink: ReadingSinkService): Effect.Effect<never> => {
  const { outbox, sendable } = belongings
  const sendOne = (message: Message): Effect.Effect<boolean> =>
    Effect.match(sink.publish(message.topic, message.payload), {
      onFailure: () => false,
      onSuccess: () => {
        outbox.acknowledged(message)
        if (message.measuredAt > (belongings.lastReadingAt ?? -1)) {
          belongings.lastReadingAt = message.measuredAt
        }
        return true
      }
    })
  return always(() => {
    const messages = outbox.head(IN_FLIGHT_MAX)
    const [first] = messages
    if (first === undefined) {
      sendable.unsafeClose()
      return sendable.await
    }
    const acknowledged =
      messages.length === 1
        ? sendOne(first)
        : Effect.map(
            Effect.forEach(messages, sendOne, { concurrency: "unbounded" }),
            (all) => !all.includes(false)
          )
    return Effect.flatMap(acknowledged, (all) => (all ? Effect.void : Effect.sleep(RETRY_DELAY)))
  })
}

/** Runs one sensor until it crashes or is interrupted. */
export const run = (
  sensor: SimulatedSensor,
  belongings: Belongings,
  sink: ReadingSinkService,
  draw: Draw,
  step: SignalStep
): Effect.Effect<never> =>
  Effect.all([measure(sensor, belongings, draw, step), send(belongings, sink)], {
    concurrency: "unbounded"
  }).pipe(Effect.zipRight(Effect.never))
