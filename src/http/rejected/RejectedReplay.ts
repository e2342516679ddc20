/** A rejected message sent through again: the same by the API and by the pages. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { RejectedMessage } from "../../domain/rejected/RejectedMessage.js"
import { reasonOf } from "../../domain/rejected/RejectionFault.js"
import type { AppendItem, AppendOutcome, EventLogService } from "../../eventlog/EventLog.js"
import {
  REPLAYS_MAX,
  type RejectedReplaysService,
  type ReplayResult
} from "../../eventlog/RejectedReplays.js"
import { DEFAULT_DECODE_LIMITS, needsPayload, replayBar, replayItems } from "../../ingest/IngestReplay.js"
import { CurrentPrincipal } from "../core/Auth.js"
import { HttpLimits, MessageLimits } from "../core/Limits.js"
import { invalidField, notFound, Refusal } from "../core/Problems.js"

export interface ReplayParts {
  readonly log: EventLogService
  readonly rejected: RejectedReplaysService
}

/** The message of this id, or 404. */
export const rejectedFound = (rejected: RejectedReplaysService, id: string) =>
  Effect.flatMap(
    rejected.find(id),
    Option.match({
      onNone: () => Effect.fail(notFound(`There is no rejected message ${id}.`)),
      onSome: (message) => Effect.succeed(message)
    })
  )

const notReplayable = (why: string) =>
  new Refusal({ kind: "not-replayable", detail: `It can't be sent through again. ${why}` })

const resultOf = ({ source }: AppendItem, outcome: AppendOutcome | undefined): ReplayResult => {
  switch (outcome?._tag) {
    case "Stored":
      return { status: "stored", reading: outcome.position, metric: source.metric, reason: null }
    case "Repeated":
      return { status: "repeated", reading: outcome.id, metric: source.metric, reason: null }
    default:
      return {
        status: "rejected",
        reading: null,
        metric: source.metric,
        reason: outcome === undefined ? null : reasonOf(outcome.faults)
      }
  }
}

/** Decodes and appends it as at its first arrival, and keeps what became of it. `payload` null: its own bytes. */
export const sendAgain = (
  { log, rejected }: ReplayParts,
  message: RejectedMessage,
  { payload, reason }: { readonly payload: Uint8Array | null; readonly reason: string | undefined }
) =>
  Effect.gen(function* () {
    const { name: actor = null } = yield* CurrentPrincipal
    const { payloadBytesMax } = yield* MessageLimits
    const { futureMicrosMax, minTime } = yield* HttpLimits
    const { id } = message
    const bar = replayBar(message, payloadBytesMax)
    if (bar !== null) return yield* Effect.fail(notReplayable(bar))
    if (payload === null && needsPayload(message)) {
      return yield* Effect.fail(
        notReplayable("It is a row of a file, not a message: give `payload`, the reading as JSON.")
      )
    }
    if ((yield* rejected.replays(id)).length >= REPLAYS_MAX) {
      return yield* Effect.fail(notReplayable(`It was sent ${REPLAYS_MAX} times already.`))
    }
    const limits = { ...DEFAULT_DECODE_LIMITS, payloadBytesMax, futureMicrosMax, minTime }
    const items = replayItems(message, payload ?? message.bytes ?? new Uint8Array(), limits)
    if (items.length === 0) {
      return yield* Effect.fail(
        invalidField("payload", `has nothing of the part that was rejected, ${message.metric ?? "all of it"}`)
      )
    }
    const outcomes = yield* log.append(items)
    return yield* rejected.keep(id, {
      actor,
      reason: reason ?? null,
      bytes: payload,
      results: items.map((item, i) => resultOf(item, outcomes[i]))
    })
  })
