/**
 * Where a request came from, and the address that it came to, as its client has it; and whether a page there sent it.
 *
 * What `X-Forwarded-*` say counts only where the connection is that of a proxy that is trusted: anybody can send them.
 * `Forwarded` is not read: a proxy that writes the one kind passes on what its client wrote of the other.
 */
import { IncomingMessage } from "node:http"
import { type BlockList, isIP } from "node:net"
import { TLSSocket } from "node:tls"
import type { HttpServerRequest } from "@effect/platform/HttpServerRequest"

/** What trusted proxies said of a request; what they did not say is undefined. */
interface Forwarded {
  readonly address: string
  readonly host: string | undefined
  readonly scheme: string | undefined
}

const forwarded = new WeakMap<IncomingMessage, Forwarded>()

const HOST = /^(?:[a-z0-9._-]+|\[[0-9a-f:.]+\])(?::\d{1,5})?$/i
const SCHEME = /^https?$/i
const PORT = /^(?:\[([^\]]+)\](?::\d+)?|([\d.]+):\d+)$/
/** How a socket that takes both kinds has an address of IPv4. */
const MAPPED = /^::ffff:(?=\d+\.)/i

/** The address alone: some proxies add the port. */
const bare = (address: string): string => {
  const [, bracketed, dotted] = PORT.exec(address) ?? []
  return (bracketed ?? dotted ?? address).replace(MAPPED, "")
}

const isIn = (list: BlockList, address: string): boolean => {
  const version = isIP(address)
  return version !== 0 && list.check(address, version === 4 ? "ipv4" : "ipv6")
}

const listOf = (header: string | ReadonlyArray<string> | undefined): ReadonlyArray<string> =>
  header === undefined
    ? []
    : String(header)
        .split(",")
        .map((one) => one.trim())

/**
 * Takes what trusted proxies say of a request. Each adds at the end of a list whom it got the request from: the client
 * is the last one that is no proxy of ours, and what stands before it is its own word.
 */
export const takeForwarded = (proxies: BlockList, request: IncomingMessage): void => {
  const { headers, socket } = request
  let address = bare(socket.remoteAddress ?? "")
  if (!isIn(proxies, address)) return
  const chain = listOf(headers["x-forwarded-for"]).map(bare)
  let passed = 0
  for (
    let previous = chain.at(-1);
    previous !== undefined && isIP(previous) !== 0;
    previous = chain.at(-passed - 1)
  ) {
    address = previous
    passed += 1
    if (!isIn(proxies, address)) break
  }
  /** What the outermost of our proxies wrote; one that replaces a list leaves it shorter. */
  const outermost = (name: string, pattern: RegExp): string | undefined => {
    const list = listOf(headers[name])
    const word = list[Math.max(0, list.length - Math.max(1, passed))]
    return word !== undefined && pattern.test(word) ? word.toLowerCase() : undefined
  }
  const host = outermost("x-forwarded-host", HOST)
  forwarded.set(request, { address, host, scheme: outermost("x-forwarded-proto", SCHEME) })
}

type Request = HttpServerRequest | IncomingMessage

/** The request as the server has it; undefined: this process asks itself. */
const messageOf = (request: Request): IncomingMessage | undefined => {
  const source = request instanceof IncomingMessage ? request : request.source
  return source instanceof IncomingMessage ? source : undefined
}

const saidOf = (message: IncomingMessage | undefined): Forwarded | undefined =>
  message === undefined ? undefined : forwarded.get(message)

/**
 * The client's address, by which it is counted and named in the log: that of its connection, or the one that a trusted
 * proxy says. Undefined: it has gone, or this process asks itself.
 */
export const clientAddress = (request: Request): string | undefined => {
  const message = messageOf(request)
  return saidOf(message)?.address ?? message?.socket.remoteAddress?.replace(MAPPED, "")
}

/** The address of this server as the client has it; "" where it can't be told, so that links are relative. */
export const originOf = (request: Request): string => {
  const message = messageOf(request)
  const said = saidOf(message)
  const scheme = said?.scheme ?? (message?.socket instanceof TLSSocket ? "https" : "http")
  const host = said?.host ?? request.headers.host
  return host === undefined || !HOST.test(host) ? "" : `${scheme}://${host}`
}

const hostOf = (address: string): string | undefined => address.split("://")[1]?.toLowerCase()

/** Whether `Origin`, which no script of another site can write, names this server. */
export const isOwnOrigin = (request: Request, origin: string): boolean =>
  hostOf(origin) !== undefined && hostOf(origin) === hostOf(originOf(request))

/** Addresses, and names without a dot, which are of this machine or its network: no foreign name server leads them here. */
const UNLED = /^(?:[\w-]+|[\d.]+|\[[\da-f:.]+\])$/i
const OF_PORT = /:\d+$/

/** The name alone, as of `http://name:port` or `name:port`. */
export const nameOf = (address: string): string =>
  (hostOf(address) ?? address).replace(OF_PORT, "").toLowerCase()

/**
 * A name that a request came under and that is not known here; undefined: it came under none. A browser writes the `Host`
 * of the page that it shows. Behind a proxy that writes another, the page's `Origin` tells it, where there is one.
 */
export const strangeHost = (request: IncomingMessage, known: ReadonlySet<string>): string | undefined => {
  const { host, origin } = request.headers
  const before = forwarded.get(request)?.host
  const isPage = origin !== undefined && before !== undefined && hostOf(origin) === before.toLowerCase()
  return [host, isPage ? before : undefined].find((said) => {
    if (said === undefined || said === "") return false
    const name = nameOf(said)
    return !UNLED.test(name) && !known.has(name)
  })
}

/** What a script may send to another site without asking first, besides a body without a type, as of a `Blob`. */
const SIMPLE_TYPE = /^(?:text\/plain|application\/x-www-form-urlencoded|multipart\/form-data)\s*(?:;|$)/i
/** A key in a header of its own is none that a browser sends by itself. */
const OWN_KEY = /^(?:bearer|token) /i

/**
 * A page of another site sends something that it need not ask for first (https://fetch.spec.whatwg.org/#cors-safelisted),
 * with whatever the browser keeps for this server. What it has to ask for, CORS has allowed.
 */
export const isForeignPost = (request: HttpServerRequest): boolean => {
  const { authorization = "", "content-type": type, origin, "x-api-key": key } = request.headers
  return (
    request.method === "POST" &&
    origin !== undefined &&
    !isOwnOrigin(request, origin) &&
    (type === undefined || SIMPLE_TYPE.test(type.trim())) &&
    key === undefined &&
    !OWN_KEY.test(authorization)
  )
}
