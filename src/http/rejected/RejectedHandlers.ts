/** `/rejected/{id}`: a rejected message explained, and sent through again. */

import * as HttpApiBuilder from "@effect/platform/HttpApiBuilder"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as Effect from "effect/Effect"
import type { FormState } from "../../api/core/PageProblem.js"
import { type RejectedDetail, type RejectedReplay, ReplayInput } from "../../api/rejected/RejectedGroup.js"
import type { RejectedMessage } from "../../domain/rejected/RejectedMessage.js"
import { explainRejected } from "../../domain/rejected/RejectedReasons.js"
import { formatTime } from "../../domain/Time.js"
import { EventLog } from "../../eventlog/EventLog.js"
import { RejectedReplays, type RejectedReplaysService, type Replay } from "../../eventlog/RejectedReplays.js"
import { needsPayload, replayBar } from "../../ingest/IngestReplay.js"
import { Contract } from "../core/Contract.js"
import { HttpLimits, MessageLimits } from "../core/Limits.js"
import { prefersHtml } from "../core/Negotiate.js"
import { isOwnOrigin } from "../core/Origin.js"
import { pageFound, pageRequest } from "../core/PageAnswer.js"
import { Pages, type PagesService } from "../core/Ports.js"
import { invalid, invalidField, Refusal } from "../core/Problems.js"
import { decodeBody } from "../core/RequestDecoding.js"
import { checkType, parseJson, readBytes } from "../writing/Body.js"
import { reasonOf } from "../writing/Precondition.js"
import { type ReplayParts, rejectedFound, sendAgain } from "./RejectedReplay.js"

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
  const isStored = replays.some(({ results }) => results.some(({ status }) => status !== "rejected"))
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
    state: isStored ? "stored" : "open",
    can_replay: bar === null,
    needs_payload: needsPayload(message),
    why_not: bar,
    replays: replays.map(replayJson)
  }
}

const detail = (rejected: RejectedReplaysService, id: string) =>
  Effect.gen(function* () {
    const message = yield* rejectedFound(rejected, id)
    const { payloadBytesMax } = yield* MessageLimits
    const replays = yield* rejected.replays(id)
    return detailJson(message, replays, payloadBytesMax)
  })

/** The message as a page; `form`: what was sent of it, and refused. */
export const rejectedPageAnswer = (pages: PagesService, id: string, form?: FormState, status = 200) =>
  Effect.flatMap(pageRequest, (request) =>
    pageFound(pages, pages.rejected(id, { ...request, form }), `There is no rejected message ${id}.`, status)
  )

/** A request without a body can be made by any web page without asking; a browser says where it comes from. */
const fromElsewhere = (request: HttpServerRequest.HttpServerRequest): boolean => {
  const { origin } = request.headers
  return origin !== undefined && !isOwnOrigin(request, origin)
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

const replay = (parts: ReplayParts, id: string, parameter: string | undefined) =>
  Effect.gen(function* () {
    const message = yield* rejectedFound(parts.rejected, id)
    const { body, payload } = yield* inputOf
    const { reason } = yield* reasonOf(parameter, body)
    return replayJson(yield* sendAgain(parts, message, { payload, reason }))
  })

export const RejectedLive = HttpApiBuilder.group(Contract, "Rejected", (handlers) =>
  Effect.gen(function* () {
    const log = yield* EventLog
    const rejected = yield* RejectedReplays
    const pages = yield* Pages
    return handlers
      .handle("rejectedMessage", ({ path, request }) =>
        prefersHtml(request.headers.accept)
          ? rejectedPageAnswer(pages, path.rejected_id)
          : detail(rejected, path.rejected_id)
      )
      .handleRaw("replayRejected", ({ path, urlParams }) =>
        replay({ log, rejected }, path.rejected_id, urlParams.reason)
      )
  })
)
