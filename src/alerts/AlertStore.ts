/**
 * Alerts and the outbox of their notices, as they are stored: the port.
 *
 * Invariants:
 * 1. What changes of alerts, and the notices of it, are stored together or not at all, by one process at a time.
 * 2. A notice is sent at least once: it waits until its channel has taken it. Its id is the same however often it is
 *    tried, and of one thread (rule and target) notices go in order.
 */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type { Alert, AlertNotice, NoticeState } from "../domain/alert/Alert.js"
import type { AlertChange } from "../domain/alert/AlertLook.js"
import type { Channel } from "../domain/alert/AlertRule.js"
import type { Micros } from "../domain/Time.js"
import type { LogError } from "../eventlog/EventLog.js"

export interface StoredNotice extends AlertNotice {
  readonly state: NoticeState
  readonly nextAt: Micros
  /** How often it failed. */
  readonly attempts: number
  readonly lastError: string | null
  readonly sentAt: Micros | null
}

export interface StoredAlert extends Alert {
  readonly acknowledgedAt: Micros | null
  readonly acknowledgedBy: string | null
  readonly note: string | null
}

export interface AlertPage {
  readonly phase?: Alert["phase"] | undefined
  readonly rule?: string | undefined
  readonly limit: number
  readonly skip: number
}

export interface NoticePage {
  readonly state?: NoticeState | undefined
  readonly limit: number
  readonly skip: number
}

export interface AlertCounts {
  readonly firing: number
  readonly waiting: number
  readonly dead: number
}

export interface AlertStoreService {
  /** Those that are pending or firing. */
  readonly open: Effect.Effect<ReadonlyArray<Alert>, LogError>
  /** Stores what is decided of the alerts that are open then. It may be asked again. */
  readonly commit: (
    decide: (open: ReadonlyArray<Alert>) => ReadonlyArray<AlertChange>
  ) => Effect.Effect<ReadonlyArray<AlertChange>, LogError>
  /** Raised alerts and those that are pending, the newest first. */
  readonly alerts: (page: AlertPage) => Effect.Effect<ReadonlyArray<StoredAlert>, LogError>
  /** The first acknowledgement counts. Undefined: there is no such alert that was raised. */
  readonly acknowledge: (
    id: string,
    by: string | null,
    note: string | null
  ) => Effect.Effect<StoredAlert | undefined, LogError>
  /** The newest first. */
  readonly notices: (page: NoticePage) => Effect.Effect<ReadonlyArray<StoredNotice>, LogError>
  /** The next that is due; for `leaseMicros` no other process takes it. */
  readonly take: (channel: Channel, leaseMicros: number) => Effect.Effect<StoredNotice | undefined, LogError>
  readonly sent: (id: string) => Effect.Effect<void, LogError>
  /** `again`: when it is tried next; null: it is dead. */
  readonly failed: (id: string, reason: string, again: Micros | null) => Effect.Effect<void, LogError>
  /** One that is dead, or waits: it is tried at once. Undefined: there is none such. */
  readonly sendAgain: (id: string) => Effect.Effect<StoredNotice | undefined, LogError>
  /** What a channel keeps for others, and lost: of alerts that fire, all is sent again. */
  readonly renew: (channel: Channel) => Effect.Effect<void, LogError>
  /** Forgets notices that were sent before. */
  readonly forget: (before: Micros) => Effect.Effect<void, LogError>
  readonly counts: Effect.Effect<AlertCounts, LogError>
}

export class AlertStore extends Context.Tag("tidemark/AlertStore")<AlertStore, AlertStoreService>() {}
