/**
 * The `Host` of a request, ahead of all else: it has one at most, and where nobody needs a key, it is no name that
 * somebody else could have led here (DNS rebinding). Behind such a name is a page of theirs, which a browser takes for
 * one of this server: it may read and write all.
 */
import type { IncomingMessage, ServerResponse } from "node:http"
import { PROBLEM_TYPE } from "../api/core/Problem.js"
import { SAFE_HEADERS } from "./core/Headers.js"
import { strangeHost } from "./core/Origin.js"
import { problemBody, Refusal } from "./core/Problems.js"

const severalHosts = new Refusal({
  kind: "invalid-request",
  detail: "A request names one Host, and this one has several."
})

const strange = (host: string): Refusal =>
  new Refusal({
    kind: "forbidden",
    detail:
      `Nobody needs a key here, so that it is answered under addresses, names without a dot, and names in CORS_ORIGINS alone: ` +
      `add http://${host} to CORS_ORIGINS, or make a key with "tidemark keys create".`
  })

/** Node keeps the first of several. */
export const hasSeveralHosts = ({ rawHeaders }: IncomingMessage): boolean =>
  rawHeaders.filter((name, at) => at % 2 === 0 && name.length === 4 && name.toLowerCase() === "host").length >
  1

/** Why a request is not for this server; null: it is. */
export const hostRefusal = (
  request: IncomingMessage,
  isOpen: boolean,
  names: ReadonlySet<string>
): Refusal | null => {
  if (hasSeveralHosts(request)) return severalHosts
  const host = isOpen ? strangeHost(request, names) : undefined
  return host === undefined ? null : strange(host)
}

/** Answers a request that no handler is to see. */
export const refuseEarly = (request: IncomingMessage, response: ServerResponse, refusal: Refusal): void => {
  const body = problemBody(refusal)
  response.writeHead(body.status, {
    ...SAFE_HEADERS,
    "content-type": PROBLEM_TYPE,
    "cache-control": "no-store",
    ...refusal.headers
  })
  response.end(request.method === "HEAD" ? undefined : JSON.stringify(body))
}
