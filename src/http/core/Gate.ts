/**
 * The one wrapper around every handler, whether of the contract, of a page or of OData. It finds the route of a request,
 * looks its key up, and holds it to the route's policy; what goes wrong becomes a problem, in the form that the policy
 * says, and a defect is logged and answered without its stack.
 */
import type { Headers } from "@effect/platform/Headers"
import { HttpApiDecodeError } from "@effect/platform/HttpApiError"
import type * as HttpApp from "@effect/platform/HttpApp"
import * as HttpServerError from "@effect/platform/HttpServerError"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import { reachesReading, reachesSensor } from "../../access/Reaching.js"
import { boundsOf, type Policy } from "../../api/core/Access.js"
import type { PageReader } from "../../api/core/PageProblem.js"
import type { AuditedRequest, AuditTrail } from "../../audit/AuditTrail.js"
import type { Principal } from "../../domain/access/Principal.js"
import { reachesAll } from "../../domain/access/Scope.js"
import { ReadingId, SensorId } from "../../domain/Ids.js"
import type { EventLogService, LogError } from "../../eventlog/EventLog.js"
import { takeRoute } from "../../telemetry/RequestMetrics.js"
import { answering } from "../../telemetry/RequestTraces.js"
import type { AnswerMemory } from "./AnswerMemory.js"
import { admit, callerOf, hasSecret } from "./Auth.js"
import { withSafeHeaders } from "./Headers.js"
import { acceptable, prefersHtml, settled } from "./Negotiate.js"
import { clientAddress, isForeignPost } from "./Origin.js"
import { pageReader, themed } from "./PageAnswer.js"
import type { HttpAuthService, OutsideAuthService, PagesService } from "./Ports.js"
import {
  internal,
  invalid,
  invalidField,
  isHandlerError,
  notFound,
  problemBody,
  problemResponse,
  Refusal,
  refusalOf
} from "./Problems.js"
import { parameterErrors, type Query, strayParameters } from "./RequestDecoding.js"
import { type Lookup, type Match, pathnameOf, type Route, type RouteTable } from "./Routes.js"

type Request = HttpServerRequest.HttpServerRequest
type Response = HttpServerResponse.HttpServerResponse

export interface Admission {
  readonly request: Request
  readonly caller: Principal
  readonly pathParams: Readonly<Record<string, string>>
  readonly query: Query
}

export interface RouteAnswer {
  readonly route: Route
  readonly answer: (admitted: Admission) => HttpApp.Default<unknown>
}

export interface ErrorForm {
  /** What the gate refuses; `reader`: for whom, where people sign in. */
  readonly refused: (refusal: Refusal, request: Request, reader: PageReader | null) => Response
  /** What the handler fails with. */
  readonly failed: (refusal: Refusal, request: Request, reader: PageReader | null) => Response
}
export type ErrorForms = Readonly<Record<Policy["errors"], ErrorForm>>

/** Problems as they are; as pages for whom prefers those, with the same status and headers. */
export const problemForm = (pages: PagesService): ErrorForm => {
  const answer = (refusal: Refusal, { headers, method }: Request, reader: PageReader | null): Response => {
    const response = problemResponse(refusal)
    if (!prefersHtml(headers.accept)) return response
    const page = pages.forReader(
      pages.problem(problemBody(refusal), method === "GET" || method === "HEAD"),
      reader
    )
    return HttpServerResponse.text(themed(page, headers.cookie), {
      status: response.status,
      contentType: "text/html",
      headers: { ...refusal.headers, vary: "accept, cookie" }
    })
  }
  return { refused: answer, failed: answer }
}

const noPath = (request: Request): Refusal => notFound(`There is nothing at ${pathnameOf(request.url)}.`)

const otherMethods = (request: Request, allow: ReadonlyArray<string>): Refusal =>
  new Refusal({
    kind: "method-not-allowed",
    detail: `${request.method} is not answered here, but ${allow.join(", ")}.`,
    headers: { allow: allow.join(", ") }
  })

const fromElsewhere = new Refusal({
  kind: "forbidden",
  detail:
    "Pages of other sites can't send anything here, unless CORS_ORIGINS names them and they say its Content-Type."
})

/** The match of a request that may go on, or why it may not. */
const judge = (
  request: Request,
  lookup: Lookup<RouteAnswer>,
  query: Query
): Either.Either<Match<RouteAnswer>, Refusal> => {
  if (isForeignPost(request)) return Either.left(fromElsewhere)
  switch (lookup._tag) {
    case "NoPath":
      return Either.left(noPath(request))
    case "OtherMethods":
      return Either.left(otherMethods(request, lookup.allow))
    case "Match": {
      const { entry, pathParams } = lookup
      const accepted = acceptable(request, query, entry.route)
      if (Either.isLeft(accepted)) return Either.left(accepted.left)
      // Every page shows its times by the clocks that its address names.
      const asPage = entry.route.policy.alsoPage && prefersHtml(request.headers.accept)
      const stray = strayParameters(entry.route, query).filter(({ field }) => !asPage || field !== "tz")
      return stray.length === 0
        ? Either.right(lookup)
        : Either.left(invalid([...stray, ...parameterErrors(entry.route, pathParams, query)]))
    }
  }
}

/** The platform's refusal names one bad field: all of them are looked for again. None is bad: our answer was. */
const badParameters = (route: Route, { pathParams, query }: Admission): Refusal | null => {
  const errors = parameterErrors(route, pathParams, query)
  return errors.length > 0 ? invalid(errors) : null
}

/** What a failure of a handler is for a client; null: it is a defect of ours. */
const refusalOfFailure = (failure: unknown, route: Route, admitted: Admission): Refusal | null => {
  if (isHandlerError(failure)) return refusalOf(failure)
  if (failure instanceof HttpApiDecodeError) return badParameters(route, admitted)
  if (failure instanceof HttpServerError.RequestError) return invalidField("", "the request can't be read")
  return null
}

/** All that can go wrong in a handler, as an answer: here alone. */
const onCause = (
  cause: Cause.Cause<unknown>,
  route: Route,
  admitted: Admission,
  forms: ErrorForms,
  reader: () => PageReader | null
): Effect.Effect<Response> => {
  // A client that went away, or a server that stops: nobody reads the answer.
  if (Cause.isInterruptedOnly(cause)) return Effect.failCause(cause as Cause.Cause<never>)
  const { request } = admitted
  const refusal = refusalOfFailure(Cause.squash(cause), route, admitted)
  const response = forms[route.policy.errors].failed(refusal ?? internal, request, reader())
  return refusal !== null && refusal !== internal
    ? Effect.succeed(response)
    : Effect.as(Effect.logError(`${request.method} ${pathnameOf(request.url)} failed`, cause), response)
}

const unreached = (name: string | undefined): Refusal =>
  new Refusal({
    kind: "forbidden",
    detail: `The key ${name} does not reach everything, and this can't be narrowed to what it reaches.`
  })

const isSensorId = Schema.is(SensorId)
const isReadingId = Schema.is(ReadingId)

/**
 * Holds a caller to the scope of their key. What is out of reach and what is not there are answered alike, here and
 * before a body is read; a parameter that names nothing is left to the handler, which says so.
 */
const withinScope = (
  log: EventLogService,
  { caller, pathParams }: Admission,
  { policy }: Route
): Effect.Effect<void, LogError | Refusal> => {
  const mustReach = (known: Effect.Effect<boolean, LogError>, detail: string) =>
    Effect.flatMap(known, (reached) => (reached ? Effect.void : Effect.fail(notFound(detail))))
  switch (boundsOf(caller.scope, policy, pathParams)) {
    case "none":
      return Effect.void
    case "forbidden":
      return Effect.fail(unreached(caller.name))
    case "absent":
      return Effect.fail(notFound(`There is no data set ${pathParams.dataset_name}.`))
    case "sensor": {
      const id = Number(pathParams.sensor_id)
      return isSensorId(id)
        ? mustReach(reachesSensor(log, caller.scope, id), `There is no sensor ${id}.`)
        : Effect.void
    }
    case "reading": {
      const id = Number(pathParams.data_id)
      return isReadingId(id)
        ? mustReach(reachesReading(log, caller.scope, id), `There is no reading ${id}, or it was deleted.`)
        : Effect.void
    }
  }
}

/** What the audit is told of a request. */
const askedOf = (
  request: Request,
  found: Lookup<RouteAnswer>,
  { permission }: Pick<Policy, "permission">
) => {
  const path = pathnameOf(request.url)
  return {
    address: clientAddress(request),
    action: `${request.method} ${found._tag === "Match" ? found.entry.route.path : path}`,
    path,
    permission
  }
}

/** To bring no key is no login that failed. */
const tellRefused = (
  trail: AuditTrail,
  headers: Headers,
  asked: AuditedRequest,
  caller: () => Principal | undefined,
  { detail, kind }: Refusal
): void => {
  if (kind === "unauthorized" && hasSecret(headers)) trail.loginRefused(asked, detail)
  else if (kind === "forbidden") trail.callRefused(asked, caller()?.name, detail)
}

export interface GateParts {
  readonly log: EventLogService
  readonly table: RouteTable<RouteAnswer>
  readonly auth: HttpAuthService
  readonly outside: OutsideAuthService | null
  readonly forms: ErrorForms
  readonly memory: AnswerMemory
  readonly trail: AuditTrail
}

/** Who has no session yet, and looks at a page. */
const maySignIn = ({ headers, method }: Request, { kind }: Refusal): boolean =>
  kind === "unauthorized" &&
  method === "GET" &&
  headers.authorization === undefined &&
  prefersHtml(headers.accept)

export const gate = ({ auth, forms, log, memory, outside, table, trail }: GateParts): HttpApp.Default =>
  Effect.flatMap(HttpServerRequest.HttpServerRequest, (original) => {
    const { found, query, url } = settled(table, original)
    const request = url === original.url ? original : original.modify({ url })
    if (found._tag === "Match") takeRoute(original.source, found.entry.route.path)
    const policy = found._tag === "Match" ? found.entry.route.policy : found.policy
    const asked = askedOf(request, found, policy)
    const answer = (proof: Either.Either<Principal, Refusal> | null) => {
      const judged = Either.flatMap(admit(auth, request.headers, policy, proof), (caller) =>
        Either.map(judge(request, found, query), ({ entry, pathParams }) => ({
          entry,
          admitted: { request, caller, pathParams, query }
        }))
      )
      // Asked for where something is refused: to look a key up costs a hash.
      const knownCaller = () =>
        proof === null ? callerOf(auth, request.headers) : Either.getOrUndefined(proof)
      const reader = () => (outside?.signsIn === true ? pageReader(request, knownCaller()) : null)
      if (Either.isLeft(judged)) {
        if (outside?.signsIn === true && maySignIn(request, judged.left)) {
          const location = `/sign-in?${new URLSearchParams({ to: request.url })}`
          return Effect.succeed(
            withSafeHeaders(HttpServerResponse.empty({ status: 303, headers: { location } }))
          )
        }
        tellRefused(trail, request.headers, asked, knownCaller, judged.left)
        return Effect.succeed(withSafeHeaders(forms[policy.errors].refused(judged.left, request, reader())))
      }
      const { admitted, entry } = judged.right
      const { caller } = admitted
      const { path } = entry.route
      trail.entered(asked, caller.name)
      const answered = reachesAll(caller.scope)
        ? entry.answer(admitted)
        : Effect.zipRight(withinScope(log, admitted, entry.route), entry.answer(admitted))
      const response = answered.pipe(
        Effect.catchAllCause((cause) => onCause(cause, entry.route, admitted, forms, reader)),
        Effect.tap(({ status }) => trail.answered(asked, caller.name, status))
      )
      return answering(original.source, path, response).pipe(
        Effect.map((response) => {
          const safe = withSafeHeaders(response)
          memory.remember(request, policy, caller, response, safe)
          return safe
        })
      )
    }
    const proof = outside?.identify(request) ?? null
    return proof === null ? answer(null) : Effect.flatMap(proof, answer)
  })
