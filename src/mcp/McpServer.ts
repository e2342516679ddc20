/** A server of the Model Context Protocol: the tools, whatever carries the messages. */
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Runtime from "effect/Runtime"
import type { Json } from "../api/core/DocumentJson.js"
import { version } from "../telemetry/Version.js"
import { catalogueTools } from "./CatalogueTools.js"
import { queryTools } from "./QueryTools.js"
import { type Ask, answerOf, type Tool, ToolRefused } from "./Tool.js"

const INSTRUCTIONS =
  "Tidemark keeps the readings of sensors. Nothing can be changed here. Begin with search_catalogue to find sensors. " +
  "Each answer names its position in the log, as `as_of`, and in `repeat` the call that gives the same answer later: cite " +
  "them with what you conclude. Ask related questions with the same as_of, so that they agree with each other."

let all: ReadonlyArray<Tool> | undefined
const tools = (): ReadonlyArray<Tool> => {
  all ??= [...catalogueTools(), ...queryTools()]
  return all
}

const listed = ({ description, name, parameters, required, title }: Tool) => ({
  name,
  title,
  description,
  inputSchema: {
    type: "object" as const,
    properties: parameters as Record<string, object>,
    required: [...(required ?? [])],
    additionalProperties: false
  },
  annotations: { title, readOnlyHint: true, idempotentHint: true, openWorldHint: false }
})

const call = (ask: Ask, name: string, given: Json) => {
  const tool = tools().find((one) => one.name === name)
  return tool === undefined
    ? Effect.fail(new ToolRefused({ detail: `There is no tool ${name}.` }))
    : answerOf(tool, ask, given)
}

/** A refusal is an answer: the model reads why, and may ask in another way. */
const resultOf = (answer: Either.Either<Json, ToolRefused>) =>
  Either.match(answer, {
    onLeft: ({ detail }) => ({ isError: true, content: [{ type: "text" as const, text: detail }] }),
    onRight: (json) => ({
      content: [{ type: "text" as const, text: JSON.stringify(json) }],
      structuredContent: json
    })
  })

/** One conversation; it is connected to a transport of the SDK's. */
export const mcpServer = (ask: Ask) =>
  Effect.gen(function* () {
    const runPromise = Runtime.runPromise(yield* Effect.runtime())
    const sdk = yield* Effect.promise(() => import("./Sdk.js"))
    const server = new sdk.Server(
      { name: "tidemark", title: "Tidemark", version },
      { capabilities: { tools: {} }, instructions: INSTRUCTIONS }
    )
    server.setRequestHandler(sdk.ListToolsRequestSchema, () => ({ tools: tools().map(listed) }))
    const pending = new Set<Promise<unknown>>()
    server.setRequestHandler(sdk.CallToolRequestSchema, ({ params }, { signal }) => {
      const answer = Effect.either(call(ask, params.name, params.arguments ?? {}))
      const result = runPromise(Effect.map(answer, resultOf), { signal })
      pending.add(result)
      return result.finally(() => pending.delete(result))
    })
    /** Waits for the answers to what was asked up to now. */
    const settled = Effect.promise(() => Promise.allSettled(pending))
    return { sdk, server, settled }
  })
