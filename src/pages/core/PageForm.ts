/**
 * Forms that pages send: only those of our own pages, and bounded.
 *
 * A browser sends a form to anybody, with the credentials that it keeps for them. So a form counts only where the
 * browser says that it comes from a page of this server; what says nothing of where it comes from is no browser, and
 * has the API.
 */
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as Effect from "effect/Effect"
import { HttpLimits } from "../../http/core/Limits.js"
import { isOwnOrigin } from "../../http/core/Origin.js"
import { invalidField, Refusal } from "../../http/core/Problems.js"
import { readBytes } from "../../http/writing/Body.js"

type Request = HttpServerRequest.HttpServerRequest

const FORM_TYPE = /^application\/x-www-form-urlencoded\s*(?:;|$)/i
/** Fields of one form: the largest that there is has one a column. */
const FIELDS_MAX = 1_000

/** Where a page can't say it, neither header can be written by a script of another site. */
export const isOwnPage = (request: Request): boolean => {
  const { origin, "sec-fetch-site": site } = request.headers
  // Browsers say it to addresses that are secure: HTTPS, and this machine. "none": typed, or loaded again.
  if (site !== undefined) return site === "same-origin" || site === "none"
  return origin !== undefined && isOwnOrigin(request, origin)
}

const foreign = new Refusal({
  kind: "forbidden",
  detail: "Only this server's own pages can send its forms; programs use the API."
})

const notAForm = new Refusal({
  kind: "unsupported-media-type",
  detail: "Send the form as Content-Type: application/x-www-form-urlencoded."
})

const parsed = (bytes: Uint8Array) =>
  Effect.try({
    try: () => new URLSearchParams(new TextDecoder("utf-8", { fatal: true }).decode(bytes)),
    catch: () => invalidField("", "the form is not valid UTF-8")
  })

/** The form of the request at hand, with lines ended by LF, as everywhere else. */
export const pageForm: Effect.Effect<URLSearchParams, Refusal, Request> = Effect.gen(function* () {
  const request = yield* HttpServerRequest.HttpServerRequest
  if (!FORM_TYPE.test(request.headers["content-type"] ?? "")) return yield* Effect.fail(notAForm)
  if (!isOwnPage(request)) return yield* Effect.fail(foreign)
  const { bodyBytesMax } = yield* HttpLimits
  const form = yield* parsed(yield* readBytes(request, bodyBytesMax))
  if (form.size > FIELDS_MAX) return yield* Effect.fail(invalidField("", `more than ${FIELDS_MAX} fields`))
  return new URLSearchParams(
    [...form].map(([name, text]): [string, string] => [name, text.replace(/\r\n?/g, "\n")])
  )
})
