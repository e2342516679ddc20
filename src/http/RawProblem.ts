/**
 * The answer to bytes that are no HTTP request: they reach no handler, and get a problem all the same.
 */
import type { Duplex } from "node:stream"

const KINDS: Readonly<Record<string, readonly [status: number, slug: string, title: string]>> = {
  HPE_HEADER_OVERFLOW: [431, "head-too-large", "The head of the request is too large"],
  ERR_HTTP_REQUEST_TIMEOUT: [408, "request-timeout", "The request took too long to arrive"]
}
const MALFORMED = [400, "invalid-request", "The request is not HTTP"] as const

export const rawProblem = (error: Error & { readonly code?: string }, socket: Duplex): void => {
  if (error.code === "ECONNRESET" || !socket.writable) {
    socket.destroy()
    return
  }
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
      `content-length: ${Buffer.byteLength(body)}`,
      "connection: close",
      "",
      body
    ].join("\r\n")
  )
}
