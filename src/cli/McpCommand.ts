/** `tidemark mcp`: lets a model ask a running server, over standard input and output. */
import * as Command from "@effect/cli/Command"
import * as HttpClient from "@effect/platform/HttpClient"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import { mcpServer } from "../mcp/McpServer.js"
import type { Ask } from "../mcp/Tool.js"
import { type HttpDoor, httpDoor, httpOptions, namingOutage } from "./HttpDoor.js"

const asking = ({ apiKey, client, url }: HttpDoor): Ask => {
  const headers = Option.match(apiKey, {
    onNone: () => ({}),
    onSome: (key) => ({ authorization: `Bearer ${Redacted.value(key)}` })
  })
  return (path, signal) =>
    HttpClient.get(`${url}${path}`, { headers }).pipe(
      Effect.flatMap((response) =>
        Effect.map(response.text, (text) => {
          const { headers, status } = response
          return new Response(text, { status, headers })
        })
      ),
      namingOutage(url),
      Effect.provide(client),
      (answer) => Effect.runPromise(answer, { signal })
    )
}

/** Until nobody speaks any more. */
const stdinEnd = Effect.async<void>((resume) => {
  process.stdin.once("end", () => resume(Effect.void))
})

export const mcp = Command.make("mcp", httpOptions, (given) =>
  Effect.gen(function* () {
    const { sdk, server, settled } = yield* mcpServer(asking(yield* httpDoor(given)))
    yield* Effect.promise(() => server.connect(new sdk.StdioServerTransport()))
    yield* stdinEnd
    yield* settled
    // The last answer is written in the next turn.
    yield* Effect.sleep(0)
    yield* Effect.promise(() => server.close())
  })
).pipe(
  Command.withDescription(
    "Lets a model ask a running server: the Model Context Protocol over standard input and output"
  )
)
