/**
 * The one wrapper around every handler. Nothing leaves it but an answer of the contract: what comes in is admitted
 * and has a route, what goes wrong becomes a problem, and a defect is logged and answered without its stack.
 */
import * as HttpApiBuilder from "@effect/platform/HttpApiBuilder"
import { HttpApiDecodeError } from "@effect/platform/HttpApiError"
import type * as HttpApp from "@effect/platform/HttpApp"
import * as HttpServerError from "@effect/platform/HttpServerError"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import type * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import { forReader } from "../../pages/core/ProblemPage.js"
import { odataSegments } from "../odata/ODataAnswers.js"
import { odataGuarded } from "../odata/ODataGate.js"
import { type Admission, admit } from "./Auth.js"
import { withSafeHeaders } from "./Headers.js"
import { acceptable, settledUrl } from "./Negotiate.js"
import { HttpAuth, type HttpAuthService, Pages, type PagesService } from "./Ports.js"
import { internal, invalid, invalidField, notFound, problemResponse, Refusal } from "./Problems.js"
import { parameterErrors, strayParameters } from "./RequestDecoding.js"
import { findRoute, type Match, pathnameOf } from "./Routes.js"

type Request = HttpServerRequest.HttpServerRequest
type Response = HttpServerResponse.HttpServerResponse

const noPath = (request: Request): Refusal => notFound(`There is nothing at ${pathnameOf(request.url)}.`)

const otherMethods = (request: Request, allow: ReadonlyArray<string>): Refusal =>
  new Refusal({
    kind: "method-not-allowed",
    detail: `${request.method} is not answered here, but ${allow.join(", ")}.`,
    headers: { allow: allow.join(", ") }
  })

/** `/health` tells whoever asks that the program lives; the handler leaves the details out. */
const isLiveness = ({ route }: Match): boolean => route.name === "health"

/** Only routes that say which parameters they take are strict about others. */
const strict = (match: Match, url: string): Match | Refusal => {
  const stray = match.route.strict ? strayParameters(match, url) : []
  return stray.length === 0 ? match : invalid([...stray, ...parameterErrors(match, url)])
}

/** The route of a request that may go on, or why it may not. */
const judge = (request: Request, url: string, admission: Admission): Match | Refusal => {
  const found = findRoute(request.method, url)
  if (admission._tag === "Refused" && !(found._tag === "Found" && isLiveness(found.match))) {
    return admission.refusal
  }
  switch (found._tag) {
    case "NoPath":
      return noPath(request)
    case "OtherMethods":
      return otherMethods(request, found.allow)
    case "Found":
      return Either.match(acceptable(request, url, found.match.route), {
        onLeft: (refusal) => refusal,
        onRight: () => strict(found.match, url)
      })
  }
}

/** The platform's refusal names one field: all of them are looked for again. */
const badParameters = (error: HttpApiDecodeError, match: Match, url: string): Refusal => {
  const errors = parameterErrors(match, url)
  return errors.length > 0
    ? invalid(errors)
    : invalid(error.issues.map(({ message, path }) => ({ field: path.map(String).join("."), message })))
}

const refusalOfFailure = (failure: unknown, match: Match, request: Request): Refusal | null => {
  if (failure instanceof HttpApiDecodeError) return badParameters(failure, match, request.url)
  if (failure instanceof HttpServerError.RouteNotFound) return noPath(request)
  if (failure instanceof HttpServerError.RequestError) return invalidField("", "the request can't be read")
  return null
}

const onCause = (cause: Cause.Cause<unknown>, match: Match, request: Request): Effect.Effect<Response> => {
  // A client that went away, or a server that stops: nobody reads the answer.
  if (Cause.isInterruptedOnly(cause)) return Effect.failCause(cause as Cause.Cause<never>)
  const refusal = refusalOfFailure(Cause.squash(cause), match, request)
  return refusal === null
    ? Effect.as(
        Effect.logError(`${request.method} ${pathnameOf(request.url)} failed`, cause),
        problemResponse(internal)
      )
    : Effect.succeed(problemResponse(refusal))
}

const guarded = (app: HttpApp.Default, auth: HttpAuthService, pages: PagesService): HttpApp.Default =>
  Effect.flatMap(HttpServerRequest.HttpServerRequest, (asked) => {
    if (odataSegments(asked.url) !== undefined) return odataGuarded(app, auth, asked)
    const url = settledUrl(asked)
    const request = url === asked.url ? asked : asked.modify({ url })
    const judged = judge(request, url, admit(auth, request))
    const finished = (response: Response) => withSafeHeaders(forReader(pages, request, response))
    return judged instanceof Refusal
      ? Effect.succeed(finished(problemResponse(judged)))
      : app.pipe(
          Effect.provideService(HttpServerRequest.HttpServerRequest, request),
          Effect.catchAllCause((cause) => onCause(cause, judged, request)),
          Effect.map(finished)
        )
  })

/** To be provided to the server beside the handlers. */
export const GateLive = HttpApiBuilder.middleware(
  Effect.gen(function* () {
    const auth = yield* HttpAuth
    const pages = yield* Pages
    return (app: HttpApp.Default) => guarded(app, auth, pages)
  })
)
