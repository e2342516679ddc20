/** An alert and a notice of it, as they are stored and sent. */
import * as Schema from "effect/Schema"
import type { Micros } from "../Time.js"
import type { AlertRule, Channel } from "./AlertRule.js"
import type { AlertStanding } from "./AlertState.js"

export const ALERT_PHASES = ["pending", "firing", "resolved"] as const
/** `dead`: it failed too often. */
export const NOTICE_STATES = ["waiting", "sent", "dead"] as const
export type NoticeState = (typeof NOTICE_STATES)[number]

/** An alert as it is stored. `told`: there are notices of it. */
export interface Alert extends Omit<AlertStanding, "phase"> {
  readonly id: string
  readonly rule: string
  readonly target: string
  readonly kind: AlertRule["kind"]
  readonly severity: AlertRule["severity"]
  readonly phase: (typeof ALERT_PHASES)[number]
  readonly raisedAt: Micros | null
  readonly resolvedAt: Micros | null
  readonly summary: string
  readonly told: boolean
}

/** What is sent of a change of an alert, by one channel. Its id stays the same over retries. */
export interface AlertNotice {
  readonly id: string
  readonly alertId: string
  readonly channel: Channel
  /** Of one thread notices go in order. */
  readonly thread: string
  readonly createdAt: Micros
  readonly body: NoticeBody
}

export const NOTICE_EVENTS = ["raised", "resolved"] as const

/** What is sent. Times are ISO 8601, UTC. */
export const NoticeBody = Schema.Struct({
  id: Schema.String,
  alert_id: Schema.String,
  event: Schema.Literal(...NOTICE_EVENTS),
  rule: Schema.String,
  kind: Schema.String,
  severity: Schema.String,
  target: Schema.String,
  sensor_ids: Schema.Array(Schema.Number),
  summary: Schema.String,
  description: Schema.NullOr(Schema.String),
  raised_at: Schema.NullOr(Schema.String),
  resolved_at: Schema.NullOr(Schema.String)
})
export type NoticeBody = typeof NoticeBody.Type
