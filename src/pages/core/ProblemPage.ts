/** Problems as pages, for browsers: the same status and headers, in a form for people. */
import type * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { PROBLEM_TYPE, Problem } from "../../api/core/Problem.js"
import { prefersHtml } from "../../http/core/Negotiate.js"
import type { PagesService } from "../../http/core/Ports.js"
import { themed } from "./PageAnswer.js"

type Request = HttpServerRequest.HttpServerRequest
type Response = HttpServerResponse.HttpServerResponse

const decodeProblem = Schema.decodeUnknownOption(Schema.parseJson(Problem))

const problemIn = ({ body, headers }: Response): Option.Option<Problem> =>
  headers["content-type"]?.startsWith(PROBLEM_TYPE) === true && body._tag === "Uint8Array"
    ? decodeProblem(new TextDecoder().decode(body.body))
    : Option.none()

/** The answer as it is, or, where it is a problem and a page is preferred, the page that says the same. */
export const forReader = (pages: PagesService, request: Request, response: Response): Response => {
  if (response.status < 400 || !prefersHtml(request.headers.accept)) return response
  return Option.match(problemIn(response), {
    onNone: () => response,
    onSome: (problem) => {
      const reading = request.method === "GET" || request.method === "HEAD"
      const { "content-length": _length, "content-type": _type, ...headers } = response.headers
      return HttpServerResponse.text(themed(pages.problem(problem, reading), request.headers.cookie), {
        status: response.status,
        contentType: "text/html",
        headers: { ...headers, vary: "accept, cookie" }
      })
    }
  })
}
