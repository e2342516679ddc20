/** What a change by people says beside what it changes: who, why, and on which condition; and how its outcome is named. */
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as Effect from "effect/Effect"
import type { CatalogueEvent } from "../../domain/catalogue/CatalogueEdits.js"
import { formatTime } from "../../domain/Time.js"
import { CurrentPrincipal } from "../core/Auth.js"
import { answerHeaders } from "../core/Contract.js"
import { invalidField } from "../core/Problems.js"
import { parseIfMatch, reasonOf } from "./Precondition.js"

/** Who changes, why, and what must hold for it. */
export interface ChangeTerms {
  readonly reason?: string | undefined
  readonly actor?: string | undefined
  readonly ifVersions?: ReadonlyArray<number> | undefined
}

export const versionOf = ({ actor, logPosition, position, reason, recordedAt }: CatalogueEvent) => ({
  version: position,
  log_position: logPosition,
  recorded_at: formatTime(recordedAt),
  by: actor,
  reason
})

export const tagged = <A>(value: A, version: number): Effect.Effect<A> =>
  Effect.as(answerHeaders({ etag: `"${version}"` }), value)

/** Who changes, why, and what must hold for it: as with readings. */
export const terms = (parameter: string | undefined, body: unknown) =>
  Effect.gen(function* () {
    const request = yield* HttpServerRequest.HttpServerRequest
    const { name: actor } = yield* CurrentPrincipal
    const { reason } = yield* reasonOf(parameter, body)
    const header = request.headers["if-match"]
    const versions = header === undefined ? "any" : parseIfMatch(header)
    if (versions === undefined) {
      return yield* Effect.fail(invalidField("If-Match", 'must be the version in quotes, or "*"'))
    }
    return { reason, actor, ifVersions: versions === "any" ? undefined : versions }
  })
