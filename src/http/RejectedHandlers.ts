/** `/rejected/{id}`: a rejected message explained, and sent through again. */
import * as HttpApiBuilder from "@effect/platform/HttpApiBuilder"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { type RejectedDetail, type RejectedReplay, ReplayInput } from "../api/RejectedGroup.js"
import { TidemarkApi } from "../api/TidemarkApi.js"
import type { RejectedMessage } from "../domain/Rejected.js"
import { explainRejected } from "../domain/RejectedReasons.js"
import { formatTime } from "../domain/Time.js"
import { type AppendItem, type AppendOutcome, EventLog, type EventLogService } from "../eventlog/EventLog.js"
import {
  REPLAYS_MAX,
  RejectedReplays,
  type RejectedReplaysService,
  type Replay,
  type ReplayResult
} from "../eventlog/RejectedReplays.js"
import { DEFAULT_DECODE_LIMITS, needsPayload, replayBar, replayItems } from "../ingest/Replay.js"
import { actorOf } from "./Auth.js"
import { checkType, parseJson, readBytes } from "./Body.js"
import { answering } from "./DataHandlers.js"
import { decodeBody } from "./Decode.js"
import { HttpLimits, MessageLimits } from "./Limits.js"
import { originOf } from "./ODataAnswers.js"
import { HttpAuth, type HttpAuthService } from "./Ports.js"
import { invalid, invalidField, notFound, Refusal } from "./Problems.js"
import { reasonOf } from "./WriteHandlers.js"

const decodeInput = decodeBody(ReplayInput)

const base64 = (bytes: Uint8Array | null): string | null =>
  bytes === null ? null : Buffer.from(bytes).toString("base64")

const textOf = (bytes: Uint8Array | null): string | null => {
  if (bytes === null) return null
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return null
  }
}

const replayJson = (replay: Replay): RejectedReplay => ({
  attempt: replay.attempt,
  replayed_at: formatTime(replay.at),
  by: replay.actor,
  reason: replay.reason,
  payload_base64: base64(replay.bytes),
  results: replay.results
})

const detailJson = (
  message: RejectedMessage,
  replays: ReadonlyArray<Replay>,
  payloadBytesMax: number
): RejectedDetail => {
  const bar = replayBar(message, payloadBytesMax)
  const stored = replays.some(({ results }) => results.some(({ status }) => status !== "rejected"))
  return {
    id: message.id,
    topic: message.topic,
    metric: message.metric,
    reason: message.reason,
    faults: explainRejected(message),
    size: message.size,
    truncated: message.truncated,
    bytes_base64: base64(message.bytes),
    text: textOf(message.bytes),
    first_seen: formatTime(message.firstSeen),
    deliveries: message.deliveries,
    state: stored ? "stored" : "open",
    can_replay: bar === null,
    needs_payload: needsPayload(message),
    why_not: bar,
    replays: replays.map(replayJson)
  }
}

const found = (rejected: RejectedReplaysService, id: string) =>
  Effect.flatMap(
    rejected.find(id),
    Option.match({
      onNone: () => Effect.fail(notFound(`There is no rejected message ${id}.`)),
      onSome: (message) => Effect.succeed(message)
    })
  )

const detail = (rejected: RejectedReplaysService, id: string) =>
  Effect.gen(function* () {
    const message = yield* found(rejected, id)
    const { payloadBytesMax } = yield* MessageLimits
    const replays = yield* rejected.replays(id)
    return HttpServerResponse.unsafeJson(detailJson(message, replays, payloadBytesMax))
  })

const notReplayable = (why: string) =>
  new Refusal({ kind: "not-replayable", detail: `It can't be sent through again. ${why}` })

/** A request without a body can be made by any web page without asking; a browser says where it comes from. */
const fromElsewhere = (request: HttpServerRequest.HttpServerRequest): boolean => {
  const { origin } = request.headers
  const hostOf = (address: string) => address.split("://")[1]?.toLowerCase()
  return origin !== undefined && hostOf(origin) !== hostOf(originOf(request))
}

/** The body, which may be absent: the message then goes as it is. */
const inputOf = Effect.gen(function* () {
  const request = yield* HttpServerRequest.HttpServerRequest
  const { bodyBytesMax } = yield* HttpLimits
  const bytes = yield* readBytes(request, bodyBytesMax)
  if (bytes.length > 0) yield* checkType(request.headers["content-type"])
  else if (fromElsewhere(request)) {
    return yield* Effect.fail(
      new Refusal({ kind: "forbidden", detail: "Pages of other sites can't send it through again." })
    )
  }
  const body = bytes.length === 0 ? {} : yield* parseJson(bytes)
  const input = yield* Effect.mapError(decodeInput(body), invalid)
  if (input.payload !== undefined && input.payload_base64 !== undefined) {
    return yield* Effect.fail(invalidField("payload_base64", "can't stand beside payload"))
  }
  const payload =
    input.payload_base64 !== undefined
      ? Buffer.from(input.payload_base64, "base64")
      : input.payload !== undefined
        ? Buffer.from(JSON.stringify(input.payload))
        : null
  return { body, payload }
})

const resultOf = ({ source }: AppendItem, outcome: AppendOutcome | undefined): ReplayResult => {
  switch (outcome?._tag) {
    case "Stored":
      return { status: "stored", reading: outcome.position, metric: source.metric, reason: null }
    case "Repeated":
      return { status: "repeated", reading: outcome.id, metric: source.metric, reason: null }
    default:
      return { status: "rejected", reading: null, metric: source.metric, reason: outcome?.reason ?? null }
  }
}

const replay = (
  log: EventLogService,
  rejected: RejectedReplaysService,
  auth: HttpAuthService,
  id: string,
  parameter: string | undefined
) =>
  Effect.gen(function* () {
    const request = yield* HttpServerRequest.HttpServerRequest
    const { payloadBytesMax } = yield* MessageLimits
    const { futureMicrosMax } = yield* HttpLimits
    const message = yield* found(rejected, id)
    const { body, payload } = yield* inputOf
    const { reason } = yield* reasonOf(parameter, body)
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
    const limits = { ...DEFAULT_DECODE_LIMITS, payloadBytesMax, futureMicrosMax }
    const items = replayItems(message, payload ?? message.bytes ?? new Uint8Array(), limits)
    if (items.length === 0) {
      return yield* Effect.fail(
        invalidField("payload", `has nothing of the part that was rejected, ${message.metric ?? "all of it"}`)
      )
    }
    const outcomes = yield* log.append(items)
    const kept = yield* rejected.keep(id, {
      actor: actorOf(auth, request) ?? null,
      reason: reason ?? null,
      bytes: payload,
      results: items.map((item, i) => resultOf(item, outcomes[i]))
    })
    return HttpServerResponse.unsafeJson(replayJson(kept))
  })

export const RejectedLive = HttpApiBuilder.group(TidemarkApi, "Rejected", (handlers) =>
  Effect.gen(function* () {
    const log = yield* EventLog
    const rejected = yield* RejectedReplays
    const auth = yield* HttpAuth
    return handlers
      .handle("rejectedMessage", ({ path }) => answering(detail(rejected, path.rejected_id)))
      .handleRaw("replayRejected", ({ path, urlParams }) =>
        answering(replay(log, rejected, auth, path.rejected_id, urlParams.reason))
      )
  })
)
