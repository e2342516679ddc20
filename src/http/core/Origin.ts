/** Where a request came to, as its client has the address, and whether a page at that address sent it. */
import type { HttpServerRequest } from "@effect/platform/HttpServerRequest"

const HOST = /^(?:[a-z0-9._-]+|\[[0-9a-f:.]+\])(?::\d{1,5})?$/i

/** Each proxy adds itself at the end of a list: the first is whom the client asked. Passed over where it is no address. */
const forwarded = (request: HttpServerRequest, name: string, pattern: RegExp): string | undefined => {
  const first = request.headers[name]?.split(",")[0]?.trim()
  return first !== undefined && pattern.test(first) ? first : undefined
}

/** The address of this server as the client has it; "" where it can't be told, so that links are relative. */
export const originOf = (request: HttpServerRequest): string => {
  const host = forwarded(request, "x-forwarded-host", HOST) ?? forwarded(request, "host", HOST)
  const scheme = forwarded(request, "x-forwarded-proto", /^https?$/i) ?? "http"
  return host === undefined ? "" : `${scheme.toLowerCase()}://${host}`
}

const hostOf = (address: string): string | undefined => address.split("://")[1]?.toLowerCase()

/** Whether `Origin`, which no script of another site can write, names this server. */
export const isOwnOrigin = (request: HttpServerRequest, origin: string): boolean =>
  hostOf(origin) !== undefined && hostOf(origin) === hostOf(originOf(request))
