/** What `/rejected/{rejected_id}` shows as a page. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { RejectedReplays } from "../../eventlog/RejectedReplays.js"
import { MessageLimits } from "../../http/core/Limits.js"
import type { PageRequest } from "../../http/core/Ports.js"
import { needsPayload, replayBar } from "../../ingest/IngestReplay.js"
import { renderRejected } from "../../web/Pages.js"

export const rejectedPage = (id: string, { form, mayWrite }: PageRequest) =>
  Effect.gen(function* () {
    const rejected = yield* RejectedReplays
    const match = yield* rejected.find(id)
    if (Option.isNone(match)) return Option.none<string>()
    const { payloadBytesMax } = yield* MessageLimits
    return Option.some(
      renderRejected({
        message: match.value,
        whyNot: replayBar(match.value, payloadBytesMax),
        needsPayload: needsPayload(match.value),
        replays: yield* rejected.replays(id),
        mayWrite,
        form
      })
    )
  })
