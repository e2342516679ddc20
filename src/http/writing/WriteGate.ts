/**
 * What bounds bulk writing: while ingest is behind, or too many bytes are at work already, a body is refused before
 * it is read, and may be sent again.
 */
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import { BULK_BYTES_MAX } from "../../api/data/Writing.js"
import { Refusal } from "../core/Problems.js"
import { readBytes } from "./Body.js"

/** Bytes of bulk bodies that are at work at once. */
export const BULK_BYTES_AT_ONCE = 4 * BULK_BYTES_MAX
/** How long a client is asked to wait when too much is being written, in seconds. */
const RETRY_AFTER_SECONDS = 2

/** Whether ingest is behind: App.ts says how to ask. */
export class IntakePressure extends Context.Reference<IntakePressure>()("tidemark/IntakePressure", {
  defaultValue: (): { readonly overloaded: () => boolean } => ({ overloaded: () => false })
}) {}

const overloaded = new Refusal({
  kind: "overloaded",
  detail: "Too much is being written now; the same request may be made again.",
  headers: { "retry-after": String(RETRY_AFTER_SECONDS) }
})

const DIGITS = /^\d{1,15}$/

/** How many bytes a request may come to: what it says, where that can be trusted. */
const bytesOf = (request: HttpServerRequest.HttpServerRequest): number => {
  const length = request.headers["content-length"]
  const encoded = request.headers["content-encoding"] !== undefined
  return length === undefined || encoded || !DIGITS.test(length)
    ? BULK_BYTES_MAX
    : Math.min(Number(length), BULK_BYTES_MAX)
}

export interface WriteGate {
  /** Reads the body of the request at hand, plain, and has `use` work on it, within the bounds. */
  readonly withBody: <A, E, R>(
    use: (bytes: Uint8Array) => Effect.Effect<A, E, R>
  ) => Effect.Effect<A, E | Refusal, R | HttpServerRequest.HttpServerRequest>
}

/** One for all bulk routes of a server. */
export const makeWriteGate: Effect.Effect<WriteGate> = Effect.map(IntakePressure, (pressure) => {
  let atWork = 0
  return {
    withBody: (use) =>
      Effect.flatMap(HttpServerRequest.HttpServerRequest, (request) => {
        const size = bytesOf(request)
        if (pressure.overloaded() || atWork + size > BULK_BYTES_AT_ONCE) return Effect.fail(overloaded)
        return Effect.acquireUseRelease(
          Effect.sync(() => {
            atWork += size
          }),
          () => Effect.flatMap(readBytes(request, BULK_BYTES_MAX), use),
          () =>
            Effect.sync(() => {
              atWork -= size
            })
        )
      })
  }
})
