/**
 * The gate of everything under `/odata`: the same keys as elsewhere, refusals in OData's form, and answers compressed
 * for who takes them so.
 */
import type * as HttpApp from "@effect/platform/HttpApp"
import * as HttpServerError from "@effect/platform/HttpServerError"
import type * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import { admit } from "../core/Auth.js"
import { codingFor, compressed } from "../core/Compress.js"
import { withSafeHeaders } from "../core/Headers.js"
import type { HttpAuthService } from "../core/Ports.js"
import { internal, notFound } from "../core/Problems.js"
import { pathnameOf } from "../core/Routes.js"
import { odataRefusal } from "./ODataAnswers.js"

type Response = HttpServerResponse.HttpServerResponse

const onCause = (
  cause: Cause.Cause<unknown>,
  { method, url }: HttpServerRequest.HttpServerRequest
): Effect.Effect<Response> => {
  // A client that went away, or a server that stops: nobody reads the answer.
  if (Cause.isInterruptedOnly(cause)) return Effect.failCause(cause as Cause.Cause<never>)
  const path = pathnameOf(url)
  return Cause.squash(cause) instanceof HttpServerError.RouteNotFound
    ? Effect.succeed(odataRefusal(notFound(`There is nothing at ${path}.`)))
    : Effect.as(Effect.logError(`${method} ${path} failed`, cause), odataRefusal(internal))
}

/** The answer, compressed where the client takes it and its size is worth it. */
const packed = (
  response: Response,
  request: HttpServerRequest.HttpServerRequest
): Effect.Effect<Response> => {
  const plain = HttpServerResponse.setHeader(response, "vary", "accept, accept-encoding")
  const { body } = plain
  if (body._tag !== "Uint8Array") return Effect.succeed(plain)
  const { contentType } = body
  return Effect.map(compressed(body.body, codingFor(request, "json")), ({ bytes, coding }) => {
    if (coding === "identity") return plain
    const { "content-length": _, ...headers } = plain.headers
    return HttpServerResponse.uint8Array(bytes, {
      status: plain.status,
      contentType,
      headers: { ...headers, "content-encoding": coding }
    })
  })
}

export const odataGuarded = (
  app: HttpApp.Default,
  auth: HttpAuthService,
  request: HttpServerRequest.HttpServerRequest
): HttpApp.Default => {
  const admission = admit(auth, request)
  return admission._tag === "Refused"
    ? Effect.succeed(withSafeHeaders(odataRefusal(admission.refusal)))
    : app.pipe(
        Effect.catchAllCause((cause) => onCause(cause, request)),
        Effect.flatMap((response) => packed(response, request)),
        Effect.map(withSafeHeaders)
      )
}
