/**
 * Where a simulated sensor publishes: the port between the actors and MQTT. An actor knows a topic and a payload,
 * as a device does, and nothing of the log.
 */
import * as Context from "effect/Context"

export interface ReadingSinkService {
  /**
   * Publishes at QoS 1. `settle` hears once, now or later: null when the broker has acknowledged, and so when the
   * reading is stored; otherwise why it has not. Then the same message may be sent again.
   *
   * A callback, as a fiber for each message makes 8 kB of garbage: half of what 10,000 actors cost.
   */
  readonly publish: (topic: string, payload: string, settle: (refusal: string | null) => void) => void
}

export class ReadingSink extends Context.Tag("tidemark/ReadingSink")<ReadingSink, ReadingSinkService>() {}
