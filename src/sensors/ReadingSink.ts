/**
 * Where a simulated sensor publishes: the port between the actors and MQTT. An actor knows a topic and a payload,
 * as a device does, and nothing of the log.
 */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"

/** The message was not acknowledged (connection lost, broker stopping). The same message may be sent again. */
export class NotAcknowledged extends Schema.TaggedError<NotAcknowledged>()("NotAcknowledged", {
  reason: Schema.String
}) {}

export interface ReadingSinkService {
  /** Publishes at QoS 1; succeeds when the broker has acknowledged, and so when the reading is stored. */
  readonly publish: (topic: string, payload: string) => Effect.Effect<void, NotAcknowledged>
}

export class ReadingSink extends Context.Tag("tidemark/ReadingSink")<ReadingSink, ReadingSinkService>() {}
