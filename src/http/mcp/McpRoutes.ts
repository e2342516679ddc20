/**
 * `/mcp`: the Model Context Protocol as streamable HTTP, without sessions. Each POST is a conversation of its own, and
 * asks the endpoints through the gate, with the key that it came with.
 */
import * as HttpApp from "@effect/platform/HttpApp"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Effect from "effect/Effect"
import { reads } from "../../api/core/Access.js"
import { mcpServer } from "../../mcp/McpServer.js"
import type { Ask } from "../../mcp/Tool.js"
import { isOwnOrigin } from "../core/Origin.js"
import { invalidField, Refusal } from "../core/Problems.js"
import { routeBeside } from "../core/Routes.js"
import { answeredBy, type Everything } from "../core/Serving.js"
import { jsonBody } from "../writing/Body.js"

type Request = HttpServerRequest.HttpServerRequest

const MCP = routeBeside("POST", "/mcp", reads("nothing"), "application/json")
export const MCP_ROUTES = [MCP]

/** The requests never leave the process: this is no address. */
const HERE = "http://tidemark"

const CREDENTIALS = ["authorization", "x-api-key"]
const OF_PROTOCOL = ["content-type", "mcp-protocol-version"]
/** The protocol wants a client to take both, and the answer is JSON: whoever takes that is answered. */
const ACCEPT = ["accept", "application/json, text/event-stream"] as const

const picked = ({ headers }: Request, names: ReadonlyArray<string>) =>
  names.flatMap((name): Array<[string, string]> => {
    const value = headers[name]
    return value === undefined ? [] : [[name, value]]
  })

const foreign = new Refusal({
  kind: "forbidden",
  detail: "Pages of other sites may not ask here: the Origin of the request is not this server's."
})

const answer = (ask: (request: Request) => Ask) =>
  Effect.gen(function* () {
    const request = yield* HttpServerRequest.HttpServerRequest
    const { origin } = request.headers
    if (origin !== undefined && !isOwnOrigin(request, origin)) return yield* foreign
    const message = yield* jsonBody
    if (Array.isArray(message)) return yield* invalidField("", "must be one message, not a batch of them")
    const { sdk, server } = yield* mcpServer(ask(request))
    // No id of a session: none is kept, and any process can answer what comes next.
    const transport = new sdk.WebStandardStreamableHTTPServerTransport({ enableJsonResponse: true })
    const asked = new globalThis.Request(`${HERE}/mcp`, {
      method: "POST",
      headers: [...picked(request, OF_PROTOCOL), [...ACCEPT]]
    })
    const response = yield* Effect.promise(async () => {
      await server.connect(transport)
      return transport.handleRequest(asked, { parsedBody: message })
    }).pipe(Effect.ensuring(Effect.promise(() => server.close())))
    const text = yield* Effect.promise(() => response.text())
    return HttpServerResponse.text(text, { status: response.status, contentType: "application/json" })
  })

/** `self` answers every other route, as the gate has it. */
export const mcpAnswers = (self: Everything) =>
  Effect.gen(function* () {
    const handle = HttpApp.toWebHandlerRuntime(yield* Effect.runtime<never>())(self)
    const ask =
      (request: Request): Ask =>
      (path, signal) =>
        handle(new globalThis.Request(`${HERE}${path}`, { headers: picked(request, CREDENTIALS), signal }))
    return [answeredBy(MCP, () => answer(ask))]
  })
