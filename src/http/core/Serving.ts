/** Every route behind the gate, as one program for the server: those of the contract, and those beside it. */
import * as Etag from "@effect/platform/Etag"
import * as FileSystem from "@effect/platform/FileSystem"
import * as HttpApiBuilder from "@effect/platform/HttpApiBuilder"
import type * as HttpApp from "@effect/platform/HttpApp"
import * as HttpPlatform from "@effect/platform/HttpPlatform"
import * as HttpRouter from "@effect/platform/HttpRouter"
import * as HttpServer from "@effect/platform/HttpServer"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerRespondable from "@effect/platform/HttpServerRespondable"
import type * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Path from "@effect/platform/Path"
import * as Chunk from "effect/Chunk"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Scope from "effect/Scope"
import * as Tracer from "effect/Tracer"
import { Audit } from "../../audit/Audit.js"
import { AuditTrail } from "../../audit/AuditTrail.js"
import { EventLog } from "../../eventlog/EventLog.js"
import { AnswerMemory, givingAgain } from "./AnswerMemory.js"
import { CurrentPrincipal } from "./Auth.js"
import { type Admission, type ErrorForms, gate, type RouteAnswer } from "./Gate.js"
import { HttpAuth, OutsideAuth, ServesApi } from "./Ports.js"
import { type HandlerError, notFound } from "./Problems.js"
import { CONTRACT_ROUTES, type Route, RouteTable } from "./Routes.js"

type Request = HttpServerRequest.HttpServerRequest
type Response = HttpServerResponse.HttpServerResponse

/** A route beside the contract, with its handler, which is given the parameters of the path. */
export const answeredBy = (
  route: Route,
  handler: (
    pathParams: Readonly<Record<string, string>>
  ) => Effect.Effect<Response, HandlerError, Request | CurrentPrincipal>
): RouteAnswer => ({
  route,
  answer: ({ caller, pathParams, request }) =>
    handler(pathParams).pipe(
      Effect.interruptible,
      Effect.provide(
        Context.make(HttpServerRequest.HttpServerRequest, request).pipe(Context.add(CurrentPrincipal, caller))
      )
    )
})

type Handlers = HttpRouter.Route<unknown, HttpRouter.HttpRouter.DefaultServices>

/** What all handlers of the platform may ask for. */
const basicServices = Context.pick(
  HttpPlatform.HttpPlatform,
  Etag.Generator,
  FileSystem.FileSystem,
  Path.Path
)

/** What a handler has of its request's fiber: the scope, and the trace that it is a part of. */
const ofFiber = Context.pick(Scope.Scope, Tracer.ParentSpan)

/** What handlers of the platform are given. */
const contextOf = (route: Handlers, { caller, pathParams, query, request }: Admission) =>
  Context.make(HttpServerRequest.HttpServerRequest, request).pipe(
    Context.add(CurrentPrincipal, caller),
    Context.add(HttpServerRequest.ParsedSearchParams, query),
    Context.add(HttpRouter.RouteContext, {
      [HttpRouter.RouteContextTypeId]: HttpRouter.RouteContextTypeId,
      params: pathParams,
      route
    })
  )

/** A route whose handler the platform made; one without is a mistake of ours. */
const handled = (
  routes: ReadonlyArray<Handlers>,
  route: Route,
  services: Context.Context<HttpRouter.HttpRouter.DefaultServices>
): RouteAnswer => {
  const httpRoute = routes.find(({ method, path }) => method === route.method && path === route.path)
  if (httpRoute === undefined) throw new Error(`Nothing answers ${route.method} ${route.path}.`)
  const response = Effect.interruptible(Effect.flatMap(httpRoute.handler, HttpServerRespondable.toResponse))
  return {
    route,
    answer: (admitted) =>
      Effect.mapInputContext(response, (ambient: Context.Context<never>) =>
        Context.mergeAll(services, contextOf(httpRoute, admitted), ofFiber(ambient))
      )
  }
}

/** How a process does is asked of itself. */
const OF_PROCESS: ReadonlySet<string> = new Set(["/health", "/health/live", "/health/ready", "/metrics"])

const ELSEWHERE = notFound("This process has not the role api: ask one that has it.")

const elsewhere = (entry: RouteAnswer): RouteAnswer =>
  OF_PROCESS.has(entry.route.path) ? entry : { ...entry, answer: () => Effect.fail(ELSEWHERE) }

/** The same route, whose handler is given all services. */
const within = (services: Context.Context<never>, { answer, route }: RouteAnswer): RouteAnswer => ({
  route,
  answer: (admitted) =>
    Effect.mapInputContext(answer(admitted), (ambient) => Context.merge(services, ambient))
})

/**
 * Takes requests with next to nothing around them: each step that adds a service copies all that are there, and a request
 * has a dozen such steps. Handlers were given their services when they were made.
 */
const listen = (app: HttpApp.Default) =>
  Layer.scopedDiscard(
    Effect.flatMap(HttpServer.HttpServer, (server) =>
      Effect.mapInputContext(server.serve(app), (all: Context.Context<Scope.Scope>) => ofFiber(all))
    )
  )

export interface Serving {
  readonly answered: ReadonlyArray<RouteAnswer>
  readonly forms: ErrorForms
}

/** All that is served, behind the gate. */
export type Everything = HttpApp.Default

/** `serving` is given everything, for what asks other routes itself. */
export const serve = <R>(serving: (self: Everything) => Effect.Effect<Serving, never, R>) =>
  Effect.gen(function* () {
    const self: Everything = Effect.suspend(() => app)
    const { answered, forms } = yield* serving(self)
    const auth = yield* HttpAuth
    const outside = yield* OutsideAuth
    const log = yield* EventLog
    const services = yield* Effect.context<HttpRouter.HttpRouter.DefaultServices>()
    const basic = basicServices(services)
    const httpRoutes = Chunk.toReadonlyArray((yield* HttpApiBuilder.Router.router).routes)
    const all = [
      ...CONTRACT_ROUTES.map((route) => handled(httpRoutes, route, basic)),
      ...answered.map((one) => within(services, one))
    ]
    if (all.length !== httpRoutes.length + answered.length)
      throw new Error("A route says nothing of who may ask it.")
    const memory = new AnswerMemory()
    const trail = new AuditTrail(yield* Audit)
    const served = (yield* ServesApi) ? all : all.map(elsewhere)
    const table = new RouteTable(served, ({ route }) => route)
    const app = gate({ table, auth, outside, forms, log, memory, trail })
    return Layer.merge(listen(app), Layer.scopedDiscard(givingAgain(memory)))
  }).pipe(Layer.unwrapEffect, Layer.provide(HttpApiBuilder.Router.Live))
