/**
 * The headers that every answer carries, so that a browser does nothing unasked with it; and validators: what an answer
 * is known by before any row of it is read.
 */
import { createHash, hash } from "node:crypto"
import type { Headers } from "@effect/platform/Headers"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import { version } from "../../telemetry/Version.js"

const SAFE = {
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "x-frame-options": "DENY"
} as const

/** Of every answer that is no page. */
export const SAFE_HEADERS = {
  ...SAFE,
  "content-security-policy": "default-src 'none'; frame-ancestors 'none'"
} as const

const INLINE_SCRIPT = /<script(?![^>]*\ssrc=)[^>]*>([\s\S]*?)<\/script/gi

/**
 * The policy of a page: scripts and styles are files of ours, and what the page itself holds (the docs hold theirs);
 * nothing comes from elsewhere.
 */
export const pagePolicy = (html: string): string => {
  const hashes = [...html.matchAll(INLINE_SCRIPT)].map(
    ([, script = ""]) => `'sha256-${createHash("sha256").update(script).digest("base64")}'`
  )
  return [
    "default-src 'none'",
    `script-src 'self' ${hashes.join(" ")}`.trim(),
    html.includes("<style") ? "style-src 'self' 'unsafe-inline'" : "style-src 'self'",
    "img-src 'self' data:",
    "font-src 'self' data:",
    "connect-src 'self'",
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'"
  ].join("; ")
}

// A page that never changes (the docs, 1.7 MB) is hashed once: its body is one and the same array.
const policies = new WeakMap<Uint8Array, string>()

const policyOf = (response: HttpServerResponse.HttpServerResponse): string => {
  if (response.body._tag !== "Uint8Array") return SAFE_HEADERS["content-security-policy"]
  const { body } = response.body
  const cacheEntry = policies.get(body)
  if (cacheEntry !== undefined) return cacheEntry
  const policy = pagePolicy(new TextDecoder().decode(body))
  policies.set(body, policy)
  return policy
}

const isHtml = (response: HttpServerResponse.HttpServerResponse): boolean =>
  response.headers["content-type"]?.startsWith("text/html") ?? false

export const withSafeHeaders = (
  response: HttpServerResponse.HttpServerResponse
): HttpServerResponse.HttpServerResponse =>
  HttpServerResponse.setHeaders(
    response,
    isHtml(response)
      ? {
          ...SAFE,
          // With "no-referrer" a browser says `Origin: null` of the page's own forms.
          "referrer-policy": "same-origin",
          "content-security-policy": policyOf(response),
          "cache-control": response.headers["cache-control"] ?? "no-cache"
        }
      : { ...SAFE_HEADERS, "cache-control": response.headers["cache-control"] ?? "no-cache" }
  )

/** Equal parts, equal tag; `weak`: the bytes may differ although the answer means the same. */
export const entityTag = (parts: ReadonlyArray<unknown>, weak: boolean): string => {
  const digest = hash("sha256", JSON.stringify([version, ...parts]), "base64url")
  return `${weak ? "W/" : ""}"${digest.slice(0, 22)}"`
}

const opaque = (tag: string): string => tag.trim().replace(/^W\//, "")

/** Whether a request with these headers names the tag as one that it has. */
export const isKnown = (headers: Headers, tag: string): boolean => {
  const header = headers["if-none-match"]
  if (header === undefined) return false
  return header.trim() === "*" || header.split(",").some((one) => opaque(one) === opaque(tag))
}
