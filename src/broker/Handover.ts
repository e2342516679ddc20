/**
 * Hands what clients publish to the message sink, and says for each whether it may be acknowledged: only once the
 * sink has settled it, and never when it was not stored. Where something of it was rejected, it says that too.
 */
import type { Clock } from "effect/Clock"
import type { Span } from "effect/Tracer"
import { unsafeNowMicros } from "../telemetry/Instant.js"
import type { TraceMaker } from "../telemetry/Traces.js"
import type { ArrivedMessage, MessageOutcome, MessageSinkService } from "./MessageSink.js"

/** What its giver says of a message. `traceparent`: as a client of MQTT 5 may send it with a message. */
export interface GivenMessage extends Omit<ArrivedMessage, "arrivedAt" | "retained" | "span"> {
  readonly traceparent?: string | undefined
}

/** The span of a message that is sampled: named by the conventions of OpenTelemetry for messaging. */
const spanOf = (
  traces: TraceMaker,
  { clientId, payload, qos, topic, traceparent }: GivenMessage,
  arrivedAt: number
): Span | undefined => {
  const parent = traces.sample(traceparent)
  return parent === null
    ? undefined
    : traces.span({
        name: "receive",
        kind: "consumer",
        parent,
        from: arrivedAt,
        attributes: {
          "messaging.system": "mqtt",
          "messaging.operation.type": "receive",
          "messaging.destination.name": topic,
          "messaging.client.id": clientId ?? "",
          "messaging.message.body.size": payload.length,
          "tidemark.qos": qos
        }
      })
}

/** The message is stored, or is not: what became of it ends its span. */
const endSpan = (traces: TraceMaker, span: Span, outcome: MessageOutcome | null): void => {
  const { rejected = 0, repeated = 0, stored = 0 } = outcome ?? {}
  span.attribute("tidemark.stored", stored)
  span.attribute("tidemark.repeated", repeated)
  span.attribute("tidemark.rejected", rejected)
  traces.end(span, outcome === null ? "not stored" : outcome.refusal?.reason)
}

export class Handover {
  /** Messages handed to the sink and not settled. */
  outstanding = 0
  /** Called each time that nothing is outstanding. */
  onIdle: () => void = () => {}

  constructor(
    private readonly sink: MessageSinkService,
    private readonly clock: Clock,
    private readonly traces: TraceMaker | null = null
  ) {}

  /** `settled` is called once: with true where the message may be acknowledged. QoS 0 promises nothing. */
  give(message: GivenMessage, settled: (acknowledge: boolean, outcome: MessageOutcome | null) => void): void {
    this.outstanding += 1
    const { traces } = this
    const { clientId, payload, qos, scope, topic } = message
    const arrivedAt = unsafeNowMicros(this.clock)
    const span = traces === null ? undefined : spanOf(traces, message, arrivedAt)
    this.sink.offer({ topic, payload, qos, clientId, arrivedAt, scope, span }, (outcome) => {
      this.outstanding -= 1
      if (traces !== null && span !== undefined) endSpan(traces, span, outcome)
      settled(outcome !== null || qos === 0, outcome)
      if (this.outstanding === 0) this.onIdle()
    })
  }
}
