/**
 * What a tool is: a question that a model may ask, answered by requests to the HTTP API alone. So keys, limits and the
 * meaning of each parameter are those of the endpoints, and nothing is decided here again.
 *
 * Invariants:
 * 1. A question is asked as of one position of the log, by every request that answers it. The answer names the
 *    position, and the arguments with which the same question gives the same answer later.
 * 2. An answer is bounded: at most ROWS_MAX rows of a list, and `next` says how to go on.
 */
import * as OpenApi from "@effect/platform/OpenApi"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { isRelativeTime, window } from "../api/core/ContractParameters.js"
import { isObject, type Json } from "../api/core/DocumentJson.js"
import { TidemarkApi } from "../api/TidemarkApi.js"

/** Rows of an answer: the most, and how many when nobody says. A model reads every one. */
export const ROWS_MAX = 200
export const ROWS_DEFAULT = 50

/** Asks the HTTP API by GET, as whoever asks the tool. `path` begins with "/". */
export type Ask = (path: string, signal: AbortSignal) => Promise<Response>

/** Why there is no answer, in words that a model can act on. */
export class ToolRefused extends Schema.TaggedError<ToolRefused>()("ToolRefused", {
  detail: Schema.String
}) {
  override get message(): string {
    return this.detail
  }
}

/** The arguments of a question; by its position, and with times that stand still. */
export interface Question {
  readonly ask: Ask
  readonly position: number
  readonly given: Json
}

export interface ToolAnswer {
  readonly answer: Json
  /** Arguments that the server chose: they belong to those of the same question. */
  readonly settled?: Json
  /** Arguments that ask for what follows; absent: nothing does. */
  readonly next?: Json
}

export interface Tool {
  readonly name: string
  readonly title: string
  readonly description: string
  /** Each argument as JSON Schema. */
  readonly parameters: Json
  readonly required?: ReadonlyArray<string>
  readonly answer: (question: Question) => Effect.Effect<ToolAnswer, ToolRefused>
}

const refused = (detail: string) => new ToolRefused({ detail })

const queryOf = (query: Json): Effect.Effect<URLSearchParams, ToolRefused> =>
  Effect.gen(function* () {
    const search = new URLSearchParams()
    for (const [name, value] of Object.entries(query)) {
      for (const one of Array.isArray(value) ? value : [value]) {
        if (one === undefined || one === null) continue
        if (isObject(one) || Array.isArray(one)) return yield* refused(`${name} must be a text or a number`)
        search.append(name, String(one))
      }
    }
    return search
  })

export interface Reply {
  readonly body: unknown
  readonly headers: Headers
}

/** The answer of an endpoint; its problem, in its own words. */
export const get = (ask: Ask, path: string, query: Json): Effect.Effect<Reply, ToolRefused> =>
  Effect.gen(function* () {
    const search = yield* queryOf(query)
    const { body, headers, status } = yield* Effect.tryPromise({
      try: async (signal) => {
        const response = await ask(`${path}?${search}`, signal)
        return { body: await response.json(), headers: response.headers, status: response.status }
      },
      catch: (error) =>
        refused(`The server can't be asked: ${error instanceof Error ? error.message : error}`)
    })
    if (status < 400) return { body, headers }
    const detail = isObject(body) && typeof body.detail === "string" ? body.detail : "It gave no reason."
    return yield* refused(`The server answered ${status}: ${detail}`)
  })

export const rowsOf = ({ body }: Reply): ReadonlyArray<Json> =>
  Array.isArray(body) ? body.filter(isObject) : []

/** A parameter of the next page, as the `Link` header has it. */
export const nextOf = ({ headers }: Reply, name: string): string | undefined =>
  new URLSearchParams(/<[^>?]*\?([^>]*)>\s*;\s*rel="next"/.exec(headers.get("link") ?? "")?.[1]).get(name) ??
  undefined

/** The position that is meant, whether it is said, a time stands for it, or the present does. */
const positionOf = (ask: Ask, asOf: unknown): Effect.Effect<number, ToolRefused> =>
  Effect.map(get(ask, "/data/", { limit: 1, fields: "id", as_of: asOf }), ({ headers }) =>
    Number(headers.get("tidemark-position"))
  )

const Window = Schema.partial(Schema.Struct(window))

/** "-24h" as the time that it stands for now: in an hour it would be another one. */
const standing = (given: Json): Effect.Effect<Json> =>
  Effect.gen(function* () {
    const moving = Object.entries(given).filter(
      ([name, value]) =>
        ["start_time", "end_time"].includes(name) && typeof value === "string" && isRelativeTime(value)
    )
    const times = yield* Schema.decodeUnknown(Window)(Object.fromEntries(moving)).pipe(
      Effect.flatMap(Schema.encode(Window)),
      Effect.orDie
    )
    return { ...given, ...times }
  })

/** The answer to a question, with what it takes to cite it and to ask it again. */
export const answerOf = (tool: Tool, ask: Ask, asked: Json): Effect.Effect<Json, ToolRefused> =>
  Effect.gen(function* () {
    const strangers = Object.keys(asked).filter((name) => !(name in tool.parameters))
    if (strangers.length > 0) {
      const names = Object.keys(tool.parameters).join(", ")
      return yield* refused(`${tool.name} has no argument ${strangers.join(", ")}. It has ${names}.`)
    }
    const missing = (tool.required ?? []).filter((name) => asked[name] === undefined)
    if (missing.length > 0) return yield* refused(`${tool.name} needs ${missing.join(", ")}.`)
    const position = yield* positionOf(ask, asked.as_of)
    const given = { ...(yield* standing(asked)), as_of: String(position) }
    const { answer, next, settled } = yield* tool.answer({ ask, position, given })
    const same = { ...given, ...settled }
    return {
      position,
      as_of: given.as_of,
      repeat: { tool: tool.name, arguments: same },
      ...answer,
      ...(next === undefined ? {} : { next: { tool: tool.name, arguments: { ...same, ...next } } })
    }
  })

let parameters: ReadonlyMap<string, Json> | undefined

const contractParameters = (): ReadonlyMap<string, Json> => {
  parameters ??= new Map(
    Object.entries(OpenApi.fromApi(TidemarkApi).paths).flatMap(([path, { get: operation }]) =>
      (operation?.parameters ?? []).map(({ description, name, schema }) => {
        const { "x-unit": _unit, ...rest }: Json = { ...schema, description }
        return [`${path} ${name}`, rest] as const
      })
    )
  )
  return parameters
}

/** Parameters of an endpoint as arguments, in the words of the contract. */
export const fromContract = (path: string, names: ReadonlyArray<string>): Json =>
  Object.fromEntries(names.map((name) => [name, contractParameters().get(`${path} ${name}`)]))

/** What all tools take alike, or in other words than an endpoint. */
export const AS_OF = () => fromContract("/data", ["as_of"])
export const LIMIT = {
  type: "integer",
  minimum: 1,
  maximum: ROWS_MAX,
  default: ROWS_DEFAULT,
  description: `Rows of the answer, at most. Where there are more, \`next\` of the answer has the arguments to go on.`
}

/** How many rows are asked for, within the bound. */
export const limitOf = ({ limit = ROWS_DEFAULT }: Json): Effect.Effect<number, ToolRefused> => {
  const rows = Number(limit)
  return Number.isInteger(rows) && rows >= 1 && rows <= ROWS_MAX
    ? Effect.succeed(rows)
    : Effect.fail(refused(`limit must be an integer from 1 to ${ROWS_MAX}`))
}
