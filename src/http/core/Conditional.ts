/** Validators of answers: what an answer is known by before any row of it is read. */
import { createHash } from "node:crypto"
import type { HttpServerRequest } from "@effect/platform/HttpServerRequest"
import { version } from "../../telemetry/Version.js"

/** Equal parts, equal tag; `weak`: the bytes may differ although the answer means the same. */
export const entityTag = (parts: ReadonlyArray<unknown>, weak: boolean): string => {
  const hash = createHash("sha256")
    .update(JSON.stringify([version, ...parts]))
    .digest("base64url")
  return `${weak ? "W/" : ""}"${hash.slice(0, 22)}"`
}

const opaque = (tag: string): string => tag.trim().replace(/^W\//, "")

export const isKnown = (request: HttpServerRequest, tag: string): boolean => {
  const header = request.headers["if-none-match"]
  if (header === undefined) return false
  return header.trim() === "*" || header.split(",").some((one) => opaque(one) === opaque(tag))
}
