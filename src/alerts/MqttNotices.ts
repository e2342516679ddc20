/** Notices as retained messages: who subscribes later hears how each alert stands. */
import type * as Effect from "effect/Effect"
import type { AlertChannel } from "./AlertOutbox.js"

export const ALERT_TOPICS = "tidemark/alerts"

/** Publishes at QoS 1, retained; fails with why it was not taken. */
export type PublishRetained = (topic: string, payload: string) => Effect.Effect<void, string>

/** A target is one level: what has a meaning in a topic is percent-encoded, so that no two targets share one. */
export const topicOf = (rule: string, target: string): string =>
  `${ALERT_TOPICS}/${rule}/${target.replace(/[/+#%\p{Cc}]/gu, encodeURIComponent)}`

export const mqttNotices = (publish: PublishRetained): AlertChannel => ({
  name: "mqtt",
  keeps: true,
  send: ({ body }) => publish(topicOf(body.rule, body.target), JSON.stringify(body))
})
