/**
 * Where the broker hands each publish *before* it acknowledges it: the port between broker and ingest.
 */
import * as Context from "effect/Context"
import type { Span } from "effect/Tracer"
import type { Scope } from "../domain/access/Scope.js"
import type { Micros } from "../domain/Time.js"

export interface ArrivedMessage {
  readonly topic: string
  readonly payload: Uint8Array
  /** 0 promises nothing; it is stored all the same, unless the store is behind. */
  readonly qos: 0 | 1 | 2
  /** The MQTT client id: outcomes are counted by it. Null for what did not come by MQTT. */
  readonly clientId: string | null
  /** Our clock's time when it arrived. */
  readonly arrivedAt: Micros
  /** A broker elsewhere had kept it from before, and sends it because we subscribed: it did not happen now. */
  readonly retained?: boolean
  /** Whose readings the sender may say; absent: anybody's. */
  readonly scope?: Scope | undefined
  /** Where its trace is made, the span of its way until it may be acknowledged. */
  readonly span?: Span | undefined
}

export interface MessageCounts {
  readonly stored: number
  readonly repeated: number
  readonly rejected: number
}

/**
 * Why something of a message was rejected: it can't be understood, is another's to say, is one too many, or the log does
 * not take it.
 */
export interface Refusal {
  readonly kind: "Message" | "Access" | "Quota" | "Log"
  readonly reason: string
}

export interface MessageOutcome extends MessageCounts {
  readonly refusal?: Refusal | undefined
}

/** The outcomes of everything that one MQTT client has sent since it was first seen. */
export interface ClientTally extends MessageCounts {
  readonly messages: number
}

export interface MessageSinkService {
  /**
   * Hands over a message. `settled` is called once: after the commit, with the outcome; or with null when it was
   * not and will not be stored (shutdown, or a QoS 0 message that the bound on pending bytes dropped), and then
   * the message must not be acknowledged. A plain callback, as this is the hot path (about 80,000 a second).
   */
  readonly offer: (message: ArrivedMessage, settled: (outcome: MessageOutcome | null) => void) => void
  /** What a client's messages became; all zero for a client never seen. */
  readonly tally: (clientId: string) => ClientTally
  /**
   * More is pending than the bounds allow: read no more from any client until `onDrained` says so. What is offered
   * all the same is taken in at QoS 1 and 2, and dropped at QoS 0.
   */
  readonly overloaded: () => boolean
  /** Calls `listener` each time that it is no longer overloaded; gives back what takes the listener away. */
  readonly onDrained: (listener: () => void) => () => void
}

export class MessageSink extends Context.Tag("tidemark/MessageSink")<MessageSink, MessageSinkService>() {}
