/**
 * The answer to bytes that are no HTTP request: they reach no handler, and get a problem all the same.
 */
import type { Duplex } from "node:stream"
import { SAFE_HEADERS } from "./core/Headers.js"

const KINDS: Readonly<Record<string, readonly [status: number, slug: string, title: string]>> = {
  HPE_HEADER_OVERFLOW: [431, "head-too-large", "The head of the request is too large"],
  ERR_HTTP_REQUEST_TIMEOUT: [408, "request-timeout", "The request took too long to arrive"],
  /** Ours: CONNECT. */
  TUNNEL: [405, "method-not-allowed", "This server is no proxy"]
}
const MALFORMED = [400, "invalid-request", "The request is not HTTP"] as const

/**
 * A socket that is closed while its client still sends is reset, and the client may never read why: so many chunks are
 * dropped, each of which is one more error.
 */
const DROPPED_CHUNKS_MAX = 100
/** How long a client that was answered may take to close, in ms. */
const LINGER_MILLIS = 1_000

/** Nobody reads an answer: the client has gone, or never came to the end of its handshake. */
const UNHEARD: ReadonlySet<string | undefined> = new Set(["ECONNRESET", "ERR_TLS_HANDSHAKE_TIMEOUT"])

/** Chunks that came behind the answer. */
const dropped = new WeakMap<Duplex, number>()

type Fault = Error & { readonly code?: string }

/** Answers, and closes the connection `LINGER_MILLIS` later, whatever the client still sends. */
export const rawProblem = (
  error: Fault,
  socket: Duplex,
  after: (millis: number, act: () => void) => void
): void => {
  const chunks = dropped.get(socket)
  if (chunks !== undefined && chunks < DROPPED_CHUNKS_MAX && !UNHEARD.has(error.code)) {
    dropped.set(socket, chunks + 1)
    return
  }
  if (UNHEARD.has(error.code) || !socket.writable) {
    socket.destroy()
    return
  }
  dropped.set(socket, 0)
  after(LINGER_MILLIS, () => socket.destroy())
  const [status, slug, title] = KINDS[error.code ?? ""] ?? MALFORMED
  const body = JSON.stringify({
    type: `urn:tidemark:problem:${slug}`,
    title,
    status,
    detail: title,
    errors: []
  })
  socket.end(
    [
      `HTTP/1.1 ${status} ${title}`,
      "content-type: application/problem+json",
      ...Object.entries(SAFE_HEADERS).map(([name, value]) => `${name}: ${value}`),
      `content-length: ${Buffer.byteLength(body)}`,
      "connection: close",
      "",
      body
    ].join("\r\n")
  )
}

/** CONNECT asks for a tunnel: there is none, and Node would close without a word. */
export const tunnelFault = (): Fault => Object.assign(new Error("CONNECT"), { code: "TUNNEL" })
