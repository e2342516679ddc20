/**
 * How long requests take, by route and status: from a request's head to the last byte of its answer, so that a long
 * export counts in full. Streams that their client ends, and connections that break, are in no figure.
 */
import type { IncomingMessage, ServerResponse } from "node:http"
import type { Clock } from "effect/Clock"
import { labels, requestSeconds } from "./Metrics.js"

/** Whatever else is asked for by any other name: no client can make a series of its own. */
const OTHER = "other"
const METHODS: ReadonlySet<string> = new Set(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])

const NANOS = 1_000_000_000

/** What a request asks for, once its route is found. */
const routes = new WeakMap<object, string>()
const series = new Map<string, ReturnType<typeof labels>>()

/** The route of a request, by what it is to the server. */
export const routeTaken = (source: unknown): string | undefined =>
  source instanceof Object ? routes.get(source) : undefined
export const takeRoute = (source: unknown, path: string): void => {
  if (source instanceof Object) routes.set(source, path)
}

const seriesOf = (method: string, route: string, status: number) => {
  const key = `${method} ${route} ${status}`
  const earlier = series.get(key)
  if (earlier !== undefined) return earlier
  const fresh = labels({ method, route, status: String(status) })
  series.set(key, fresh)
  return fresh
}

/** Measures a request whose head has come. */
export const measureRequest = (clock: Clock, request: IncomingMessage, response: ServerResponse): void => {
  const started = clock.unsafeCurrentTimeNanos()
  response.once("finish", () => {
    const { method = "" } = request
    const name = METHODS.has(method) ? method : OTHER
    const seconds = Number(clock.unsafeCurrentTimeNanos() - started) / NANOS
    requestSeconds.unsafeUpdate(seconds, seriesOf(name, routeTaken(request) ?? OTHER, response.statusCode))
  })
}
