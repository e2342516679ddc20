/**
 * Hands what clients publish to the message sink, and says for each whether it may be acknowledged: only once the
 * sink has settled it, and never when it was not stored. Where something of it was rejected, it says that too.
 */
import type { Clock } from "effect/Clock"
import { unsafeNowMicros } from "../telemetry/Instant.js"
import type { ArrivedMessage, MessageOutcome, MessageSinkService } from "./MessageSink.js"

export class Handover {
  /** Messages handed to the sink and not settled. */
  outstanding = 0
  /** Called each time that nothing is outstanding. */
  onIdle: () => void = () => {}

  constructor(
    private readonly sink: MessageSinkService,
    private readonly clock: Clock
  ) {}

  /** `settled` is called once: with true where the message may be acknowledged. QoS 0 promises nothing. */
  give(
    message: Omit<ArrivedMessage, "arrivedAt" | "retained">,
    settled: (acknowledge: boolean, outcome: MessageOutcome | null) => void
  ): void {
    this.outstanding += 1
    const { clientId, payload, qos, scope, topic } = message
    const arrivedAt = unsafeNowMicros(this.clock)
    this.sink.offer({ topic, payload, qos, clientId, arrivedAt, scope }, (outcome) => {
      this.outstanding -= 1
      settled(outcome !== null || qos === 0, outcome)
      if (this.outstanding === 0) this.onIdle()
    })
  }
}
