/**
 * Who may do what, in one place, before anything else is looked at: with keys set, every path but the liveness of
 * `/health` needs one, paths that don't exist included.
 */
import type * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as Either from "effect/Either"
import * as Encoding from "effect/Encoding"
import * as Option from "effect/Option"
import type { HttpAuthService, Principal } from "./Ports.js"
import { Refusal } from "./Problems.js"

// `Token` is what clients of InfluxDB say.
const BEARER = /^(?:bearer|token) +([^\s]+)\s*$/i

const BASIC = /^basic +([A-Za-z0-9+/]+=*)\s*$/i

/** The password of Basic credentials (RFC 7617), whatever the user name: a browser and Excel can send no other. */
const basicSecret = (authorization: string): string | undefined => {
  const encoded = BASIC.exec(authorization)?.[1]
  if (encoded === undefined) return undefined
  const decoded = Encoding.decodeBase64String(encoded)
  if (Either.isLeft(decoded)) return undefined
  const colon = decoded.right.indexOf(":")
  return colon === -1 ? undefined : decoded.right.slice(colon + 1)
}

/** The secret of a request: `X-API-Key`, or `Authorization` with the scheme Bearer, Token or Basic, and no other. */
const secretOf = (request: HttpServerRequest.HttpServerRequest): string | undefined => {
  const authorization = request.headers.authorization ?? ""
  return request.headers["x-api-key"] ?? BEARER.exec(authorization)?.[1] ?? basicSecret(authorization)
}

export type Admission =
  | { readonly _tag: "Admitted"; readonly principal: Option.Option<Principal> }
  | { readonly _tag: "Refused"; readonly refusal: Refusal }

/** The name of the key of a request, for what it changes; none where no keys are set. */
export const actorOf = (
  auth: HttpAuthService,
  request: HttpServerRequest.HttpServerRequest
): string | undefined => {
  const admission = admit(auth, request)
  return admission._tag === "Admitted"
    ? Option.getOrUndefined(Option.map(admission.principal, ({ name }) => name))
    : undefined
}

const EVERYBODY: Admission = { _tag: "Admitted", principal: Option.none() }

const READING_METHODS = new Set(["GET", "HEAD", "OPTIONS"])

const unauthorized = (detail: string): Admission => ({
  _tag: "Refused",
  refusal: new Refusal({
    kind: "unauthorized",
    detail,
    // Basic makes a browser ask for it: without, nobody could open the pages.
    headers: { "www-authenticate": 'Bearer realm="tidemark", Basic realm="tidemark"' }
  })
})

const NO_KEY = unauthorized(
  "Send a key as Authorization: Bearer <key>, as X-API-Key: <key>, or as the password of Basic."
)
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

/** Whether whoever sends a request that was let in may change things, too. */
export const mayWrite = (auth: HttpAuthService, request: HttpServerRequest.HttpServerRequest): boolean => {
  if (auth.open) return true
  const principal = auth.verify(secretOf(request) ?? "")
  return Option.isSome(principal) && principal.value.role === "writer"
}
