/**
 * Rejected messages one by one, and what became of them when they were sent through again. A rejected message is kept
 * as it is; each try stands beside it.
 */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type { RejectedMessage } from "../domain/rejected/RejectedMessage.js"
import type { Micros } from "../domain/Time.js"
import type { LogError } from "./EventLog.js"

/** How often a message may be sent through again. */
export const REPLAYS_MAX = 100

/** What became of one reading of a replay. `reading`: its number, new or repeated; null: rejected. */
export const ReplayResult = Schema.Struct({
  status: Schema.Literal("stored", "repeated", "rejected"),
  reading: Schema.NullOr(Schema.Int),
  metric: Schema.NullOr(Schema.String),
  reason: Schema.NullOr(Schema.String)
})
export type ReplayResult = typeof ReplayResult.Type

export interface Replay {
  /** From 1, in the order of time. */
  readonly attempt: number
  readonly at: Micros
  readonly actor: string | null
  readonly reason: string | null
  /** What was sent in place of the message's own bytes; null: those. */
  readonly bytes: Uint8Array | null
  readonly results: ReadonlyArray<ReplayResult>
}

export interface RejectedReplaysService {
  /** `id` as the list of rejected messages has it: 32 hex digits. */
  readonly find: (id: string) => Effect.Effect<Option.Option<RejectedMessage>, LogError>
  /** Every try, oldest first. */
  readonly replays: (id: string) => Effect.Effect<ReadonlyArray<Replay>, LogError>
  readonly keep: (id: string, replay: Omit<Replay, "attempt" | "at">) => Effect.Effect<Replay, LogError>
}

export class RejectedReplays extends Context.Tag("tidemark/RejectedReplays")<
  RejectedReplays,
  RejectedReplaysService
>() {}
