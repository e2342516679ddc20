/** `tidemark mcp`: lets a model ask a running server, over standard input and output. */
import * as Command from "@effect/cli/Command"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import { mcpServer } from "../mcp/McpServer.js"
import { type HttpDoor, httpDoor, httpOptions } from "./HttpDoor.js"

const asking = ({ apiKey, url }: HttpDoor) => {
  const headers = Option.match(apiKey, {
    onNone: () => ({}),
    onSome: (key) => ({ authorization: `Bearer ${Redacted.value(key)}` })
  })
  return (path: string, signal: AbortSignal) =>
    fetch(`${url}${path}`, { headers, signal }).catch((error: unknown) => {
      throw new Error(`nothing answers at ${url}`, { cause: error })
    })
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
