/**
 * `Idempotency-Key`: a request that is sent again with its key and its body gets the answer that the first one got,
 * and does nothing. Only answers of success are kept; what was refused is tried again.
 */
import { createHash } from "node:crypto"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Effect from "effect/Effect"
import { IDEMPOTENCY_KEY_LENGTH_MAX } from "../../api/data/Writing.js"
import { type Answer, Answers, type KeyedRequest } from "../../eventlog/Answers.js"
import type { LogError } from "../../eventlog/EventLog.js"
import { invalidField, Refusal } from "../core/Problems.js"

export interface OnceRequest {
  /** The header; absent: `run` is simply run. */
  readonly key: string | undefined
  /** Whose key it is, and where it was sent: the same text from somebody else is another key. */
  readonly scope: ReadonlyArray<string>
  /** What must be the same when it comes again: body, and what says how to read it. */
  readonly body: ReadonlyArray<string | Uint8Array>
}

export type Once = <E, R>(
  request: OnceRequest,
  run: Effect.Effect<Answer, E, R>
) => Effect.Effect<HttpServerResponse.HttpServerResponse, E | Refusal | LogError, R>

const sha256 = (parts: ReadonlyArray<string | Uint8Array>): Buffer => {
  const hash = createHash("sha256")
  // The length before each part, so that no two lists run together.
  for (const part of parts) hash.update(`${Buffer.byteLength(part)}:`).update(part)
  return hash.digest()
}

const VISIBLE = new RegExp(`^[\\x21-\\x7e]{1,${IDEMPOTENCY_KEY_LENGTH_MAX}}$`)

const responseOf = ({ body, headers, status }: Answer, replayed: boolean) =>
  HttpServerResponse.text(body, {
    status,
    contentType: "application/json",
    headers: replayed ? { ...headers, "idempotency-replayed": "true" } : headers
  })

const reused = new Refusal({
  kind: "key-reused",
  detail: "This Idempotency-Key was used with another body. Choose a new key for each new request."
})
const atWork = new Refusal({
  kind: "conflict",
  detail: "A request with this Idempotency-Key is at work; ask again for its answer.",
  headers: { "retry-after": "1" }
})

/** One for a server: it knows which requests are at work in it. */
export const makeOnce: Effect.Effect<Once, never, Answers> = Effect.map(Answers, (answers): Once => {
  const working = new Set<string>()
  const keyed = <E, R>(request: KeyedRequest, run: Effect.Effect<Answer, E, R>) =>
    Effect.gen(function* () {
      const match = yield* answers.find(request)
      if (match._tag === "Other") return yield* Effect.fail(reused)
      if (match._tag === "Same") return responseOf(match.answer, true)
      const answer = yield* run
      // Not kept, it would be another answer next time: then the client must hear that it can't be relied on.
      yield* answers.keep(request, answer)
      return responseOf(answer, false)
    })
  return (request, run) => {
    const { body, key, scope } = request
    if (key === undefined) return Effect.map(run, (answer) => responseOf(answer, false))
    if (!VISIBLE.test(key)) {
      return Effect.fail(
        invalidField("Idempotency-Key", `must have 1 to ${IDEMPOTENCY_KEY_LENGTH_MAX} visible characters`)
      )
    }
    const keyedRequest = { id: sha256([...scope, key]), request: sha256(body) }
    const name = keyedRequest.id.toString("hex")
    return Effect.suspend(() => {
      if (working.has(name)) return Effect.fail(atWork)
      working.add(name)
      return Effect.ensuring(
        keyed(keyedRequest, run),
        Effect.sync(() => working.delete(name))
      )
    })
  }
})
