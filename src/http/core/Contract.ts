/**
 * The contract as handlers see it. They answer with what it encodes, or with a response that is ready where that is worth
 * it; they fail with errors of ours, and know who asks: the gate makes the one into problems, and provides the other.
 */
import * as HttpApiMiddleware from "@effect/platform/HttpApiMiddleware"
import * as HttpApp from "@effect/platform/HttpApp"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Effect from "effect/Effect"
import { TidemarkApi } from "../../api/TidemarkApi.js"
import { CurrentPrincipal } from "./Auth.js"
import { HandlerError } from "./Problems.js"

/** The gate (Gate.ts), which stands before the router: what it refuses has no route, often enough. */
class Gatekeeper extends HttpApiMiddleware.Tag<Gatekeeper>()("tidemark/Gatekeeper", {
  provides: CurrentPrincipal
}) {}

export const Contract = TidemarkApi.addError(HandlerError).middleware(Gatekeeper)

export const answerHeaders = (headers: Readonly<Record<string, string>>): Effect.Effect<void> =>
  HttpApp.appendPreResponseHandler((_request, response) =>
    Effect.succeed(HttpServerResponse.setHeaders(response, headers))
  )

/**
 * Many rows, made by hand and not encoded: of 100 readings a schema's encoding takes 479 µs, and this 151. Tests hold such
 * answers to the contract.
 */
export const bulkAnswer = (
  rows: ReadonlyArray<object>,
  headers: Readonly<Record<string, string>>
): HttpServerResponse.HttpServerResponse => HttpServerResponse.unsafeJson(rows, { headers })
