/** `/explain`: a message decoded as it would be at its arrival. */
import * as HttpApiBuilder from "@effect/platform/HttpApiBuilder"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as Effect from "effect/Effect"
import type { Explanation } from "../../api/data/ExplainGroup.js"
import { explainMessage } from "../../ingest/Explain.js"
import { nowMicros } from "../../telemetry/Instant.js"
import { Contract } from "../core/Contract.js"
import { decodeLimits, HttpLimits } from "../core/Limits.js"
import { readBytes } from "../writing/Body.js"

/** A topic that names no device. */
const NO_TOPIC = "sensors"

export const explained = (topic: string | undefined, payload: Uint8Array) =>
  Effect.gen(function* () {
    const arrivedAt = yield* nowMicros
    const limits = yield* decodeLimits
    return explainMessage({ topic: topic ?? NO_TOPIC, payload, arrivedAt }, limits) satisfies Explanation
  })

export const ExplainLive = HttpApiBuilder.group(Contract, "Explain", (handlers) =>
  Effect.succeed(
    handlers.handleRaw("explainMessage", ({ urlParams }) =>
      Effect.gen(function* () {
        const request = yield* HttpServerRequest.HttpServerRequest
        const { bodyBytesMax } = yield* HttpLimits
        return yield* explained(urlParams.topic, yield* readBytes(request, bodyBytesMax))
      })
    )
  )
)
