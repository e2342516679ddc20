/**
 * Who may do what, in one place, before anything else is looked at: with keys set, every path but the liveness of
 * `/health` needs one, paths that don't exist included.
 */
import type * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as Option from "effect/Option"
import type { HttpAuthService, Principal } from "./Ports.js"
import { Refusal } from "./Problems.js"

const BEARER = /^bearer +([^\s]+)\s*$/i

/** The secret of a request: `X-API-Key`, or `Authorization` with the scheme Bearer and no other. */
const secretOf = (request: HttpServerRequest.HttpServerRequest): string | undefined =>
  request.headers["x-api-key"] ?? BEARER.exec(request.headers.authorization ?? "")?.[1]

export type Admission =
  | { readonly _tag: "Admitted"; readonly principal: Option.Option<Principal> }
  | { readonly _tag: "Refused"; readonly refusal: Refusal }

const EVERYBODY: Admission = { _tag: "Admitted", principal: Option.none() }

const READING_METHODS = new Set(["GET", "HEAD", "OPTIONS"])

const unauthorized = (detail: string): Admission => ({
  _tag: "Refused",
  refusal: new Refusal({
    kind: "unauthorized",
    detail,
    headers: { "www-authenticate": 'Bearer realm="tidemark"' }
  })
})

const NO_KEY = unauthorized("Send a key as Authorization: Bearer <key>, or as X-API-Key: <key>.")
const WRONG_KEY = unauthorized("The key is not known.")

/** Whether a request is let in. Which key was wrong is not told. */
export const admit = (auth: HttpAuthService, request: HttpServerRequest.HttpServerRequest): Admission => {
  if (auth.open) return EVERYBODY
  const secret = secretOf(request)
  if (secret === undefined || secret === "") return NO_KEY
  const principal = auth.verify(secret)
  if (Option.isNone(principal)) return WRONG_KEY
  if (principal.value.role !== "writer" && !READING_METHODS.has(request.method)) {
    return {
      _tag: "Refused",
      refusal: new Refusal({
        kind: "forbidden",
        detail: `The key ${principal.value.name} is a reader's: it can't write.`
      })
    }
  }
  return { _tag: "Admitted", principal }
}
