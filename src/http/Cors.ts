/**
 * Which pages of other servers may read here from a browser: those of a list, and none by default. It lets nobody in: a
 * key is needed as ever, and a browser sends none by itself.
 */
import type { IncomingMessage, ServerResponse } from "node:http"

const METHODS = "GET, HEAD, POST, PUT, PATCH, DELETE"
/** How long a browser need not ask again, in seconds. */
const MAX_AGE_SECONDS = 600

const varying = (headers: unknown): string => {
  const said = typeof headers === "object" && headers !== null && "vary" in headers ? headers.vary : undefined
  return said === undefined ? "origin" : `${said}, origin`
}

/** Answers that depend on who asks say so, beside what they say themselves. */
const varyByOrigin = (response: ServerResponse): void => {
  const writeHead = response.writeHead
  const varied = (status: number, ...rest: ReadonlyArray<unknown>): ServerResponse => {
    const headers = rest.at(-1)
    return Reflect.apply(writeHead, response, [
      status,
      { ...(typeof headers === "object" ? headers : {}), vary: varying(headers) }
    ])
  }
  response.writeHead = varied
}

/** What answers a browser's question whether it may ask; null: the request is none. Limits hold for both alike. */
export const answerCors = (
  origins: ReadonlySet<string>,
  request: IncomingMessage,
  response: ServerResponse
): (() => void) | null => {
  if (origins.size === 0) return null
  const { origin, "access-control-request-headers": asked } = request.headers
  varyByOrigin(response)
  if (origin === undefined || !origins.has(origin)) return null
  response.setHeader("access-control-allow-origin", origin)
  response.setHeader("access-control-expose-headers", "*")
  if (request.method !== "OPTIONS" || request.headers["access-control-request-method"] === undefined)
    return null
  return () => {
    response.writeHead(204, {
      "access-control-allow-methods": METHODS,
      // "*" does not cover Authorization.
      "access-control-allow-headers": asked ?? "authorization, content-type",
      "access-control-max-age": String(MAX_AGE_SECONDS)
    })
    response.end()
  }
}
