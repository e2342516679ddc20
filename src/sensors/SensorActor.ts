/**
 * A simulated sensor at work, from a start to a crash: it measures on its period, and puts into its outbox what it
 * has measured.
 *
 * - Ticks are at start + n · period, never early. After a stall the ticks that were missed are skipped: a device
 *   that slept has measured nothing.
 * - Measuring never waits for publishing: while nothing is acknowledged, readings gather in the outbox.
 * - Whatever it throws is its crash. What it owes outlives it.
 */
import type { SimulatedSensor } from "../domain/SimulatedSensor.js"
import { MICROS_PER_MILLI, type Micros } from "../domain/Time.js"
import { actorMessagesDroppedTotal } from "../telemetry/Metrics.js"
import { type FaultState, INITIAL_FAULTS, type Message, misbehave } from "./Faults.js"
import { Outbox } from "./Outbox.js"
import { type Draw, INITIAL_SIGNAL, type SignalState, type SignalStep } from "./Signal.js"

/** What lives on when an actor crashes and is started again: what it owes, and what was last acknowledged. */
export class Belongings {
  readonly outbox: Outbox
  /** Device time of the last reading that was acknowledged. */
  lastReadingAt: Micros | null = null

  constructor(outboxMax?: number) {
    this.outbox = new Outbox(outboxMax)
  }

  acknowledged(message: Message): void {
    this.outbox.acknowledged(message)
    if (message.measuredAt > (this.lastReadingAt ?? -1)) this.lastReadingAt = message.measuredAt
  }
}

/** The tick after `tick`: the next one of the period that has not passed by `now`. Times and period in µs. */
export const tickAfter = (tick: number, period: number, now: number): number =>
  tick + period * Math.max(1, Math.ceil((now - tick) / period))

export class SensorActor {
  private signal: SignalState = INITIAL_SIGNAL
  private faults: FaultState = INITIAL_FAULTS

  constructor(
    private readonly sensor: SimulatedSensor,
    private readonly outbox: Outbox,
    readonly draw: Draw,
    /** When it measures next, in µs. */
    public tick: number
  ) {}

  /** Measures, if its tick has come. */
  measure(step: SignalStep, now: Micros): void {
    const { draw, outbox, sensor } = this
    const period = sensor.interval_ms * MICROS_PER_MILLI
    // The clock was set back: waiting for the old time to come again would be silence.
    if (this.tick - now > period) this.tick = now
    if (now < this.tick) return
    const sample = step(sensor, this.signal, now, draw)
    const misbehaviour = misbehave(sensor, this.faults, now, sample.value, draw)
    this.signal = sample.state
    this.faults = misbehaviour.state
    outbox.release(now)
    const dropped = outbox.put(misbehaviour.messages, now)
    if (dropped > 0) actorMessagesDroppedTotal.unsafeUpdate(dropped, [])
    this.tick = tickAfter(this.tick, period, now)
  }
}
