/** A long answer: a client never takes half of it for all, and one that takes nothing holds nothing. */
import type { HttpServerRequest } from "@effect/platform/HttpServerRequest"
import * as NodeHttpServerRequest from "@effect/platform-node/NodeHttpServerRequest"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"

/** How long a reader may take nothing before it is cut off, in milliseconds. */
const STALLED_MILLIS_MAX = 60_000

/** Breaks the connection off when the stream fails, and when its reader takes nothing for too long. */
export const guardedStream = <E>(
  stream: Stream.Stream<Uint8Array, E>,
  request: HttpServerRequest
): Stream.Stream<Uint8Array, E> =>
  Stream.suspend(() => {
    const response = NodeHttpServerRequest.toServerResponse(request)
    response.setTimeout(STALLED_MILLIS_MAX, () => response.destroy())
    return Stream.tapErrorCause(stream, (cause) =>
      Effect.zipRight(
        Effect.logError("an export was broken off", cause),
        Effect.sync(() => response.destroy())
      )
    )
  })
