/** The gate of everything under `/odata`: the same keys as elsewhere, and refusals in OData's form. */
import type * as HttpApp from "@effect/platform/HttpApp"
import * as HttpServerError from "@effect/platform/HttpServerError"
import type * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import type * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import { admit } from "./Auth.js"
import { withSafeHeaders } from "./Headers.js"
import { odataRefusal } from "./ODataAnswers.js"
import type { HttpAuthService } from "./Ports.js"
import { internal, notFound } from "./Problems.js"
import { pathnameOf } from "./Routes.js"

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
        Effect.map(withSafeHeaders)
      )
}
