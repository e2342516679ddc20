/**
 * Traces of HTTP requests, named by the conventions of OpenTelemetry: from a request's head to the last byte of its
 * answer. What its handler does, each statement of SQL among it, belongs to it.
 */
import type { IncomingMessage, ServerResponse } from "node:http"
import * as Effect from "effect/Effect"
import type * as Option from "effect/Option"
import type { AnySpan, Span } from "effect/Tracer"
import type { TraceMaker } from "./Traces.js"

/** From here on an answer is a fault of ours. */
const SERVER_ERROR = 500

class RequestTrace {
  private span: Span | undefined

  constructor(
    readonly traces: TraceMaker,
    private readonly request: IncomingMessage,
    private readonly parent: Option.Option<AnySpan>,
    private readonly from: number
  ) {}

  /** It is named by its route, which is known once it is found. */
  named(route: string | undefined): Span {
    const { method = "", url = "" } = this.request
    this.span ??= this.traces.span({
      name: route === undefined ? method : `${method} ${route}`,
      kind: "server",
      parent: this.parent,
      from: this.from,
      attributes: {
        "http.request.method": method,
        "url.path": url.split("?", 1)[0],
        ...(route === undefined ? {} : { "http.route": route })
      }
    })
    return this.span
  }
}

/** Requests that are sampled, by what they are to the server. */
const requests = new WeakMap<object, RequestTrace>()

/** Decides whether a request whose head has come is traced. `routeOf`: its route, once it is answered. */
export const traceRequest = (
  traces: TraceMaker,
  request: IncomingMessage,
  response: ServerResponse,
  routeOf: () => string | undefined
): void => {
  const { traceparent } = request.headers
  const parent = traces.sample(typeof traceparent === "string" ? traceparent : undefined)
  if (parent === null) return
  const trace = new RequestTrace(traces, request, parent, traces.now())
  requests.set(request, trace)
  response.once("close", () => {
    const span = trace.named(routeOf())
    const { statusCode, writableFinished } = response
    span.attribute("http.response.status_code", statusCode)
    const error = writableFinished ? `status ${statusCode}` : "the connection was closed before the end"
    traces.end(span, writableFinished && statusCode < SERVER_ERROR ? undefined : error)
  })
}

/** What answers a request, as a part of its trace where there is one. */
export const answering = <A, E, R>(
  source: unknown,
  route: string,
  answer: Effect.Effect<A, E, R>
): Effect.Effect<A, E, R> => {
  const trace = source instanceof Object ? requests.get(source) : undefined
  return trace === undefined
    ? answer
    : answer.pipe(
        Effect.withParentSpan(trace.named(route)),
        Effect.withTracer(trace.traces.tracer),
        Effect.withTracerEnabled(true)
      )
}
