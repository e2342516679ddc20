/**
 * Answers that may be given again as they are: who asks the same while the log's head has not moved gets the same
 * bytes, before any handler is asked.
 *
 * Invariants:
 * 1. An answer is given again only while the head is the position that it holds as of. The head is asked for when a
 *    request is there, so that processes on one database answer alike; once for those that came in one turn.
 * 2. Two requests are the same where their addresses and what they accept are. Who asks is judged each time; what is
 *    narrowed to the sensors that somebody reaches is neither remembered nor given again.
 * 3. All answers together hold at most `BYTES_MAX`: the one that was made first gives way first.
 */
import type { IncomingMessage, ServerResponse } from "node:http"
import type { Headers } from "@effect/platform/Headers"
import type * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import type * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Exit from "effect/Exit"
import * as Runtime from "effect/Runtime"
import type { Policy } from "../../api/core/Access.js"
import type { Principal } from "../../domain/access/Principal.js"
import { reachesAll } from "../../domain/access/Scope.js"
import type { Position } from "../../domain/Ids.js"
import { EventLog } from "../../eventlog/EventLog.js"
import { routeTaken, takeRoute } from "../../telemetry/RequestMetrics.js"
import { admit } from "./Auth.js"
import { isKnown } from "./Headers.js"
import { HttpAuth } from "./Ports.js"

type Response = HttpServerResponse.HttpServerResponse

const BYTES_MAX = 16_777_216
/** A longer answer would drive too many others out. */
const ANSWER_BYTES_MAX = 1_048_576

/** Of the body alone: a 304 has the others. */
const BODY_HEADERS: ReadonlySet<string> = new Set([
  ...["content-type", "content-length", "content-encoding", "link"]
])

interface Entry {
  readonly route: string
  readonly policy: Policy
  readonly position: Position
  readonly etag: string
  readonly headers: Headers
  readonly bytes: Uint8Array
  /** The headers of a 304, once there was one. */
  bodiless?: Record<string, string>
}

const positions = new WeakMap<Response, Position>()

/** Says of an answer that it is the same for all who ask while the head is at this position. */
export const sameAt = (position: Position, response: Response): Response => {
  positions.set(response, position)
  return response
}

const keyOf = (url: string | undefined, { accept, "accept-encoding": coding }: IncomingMessage["headers"]) =>
  `${url}\n${accept ?? ""}\n${coding ?? ""}`

export class AnswerMemory {
  private readonly entries = new Map<string, Entry>()
  private bytes = 0

  /** `response` is what is sent of the handler's `original`. */
  remember(
    { headers, method, originalUrl, source }: HttpServerRequest.HttpServerRequest,
    policy: Policy,
    caller: Principal,
    original: Response,
    response: Response
  ): void {
    const position = positions.get(original)
    const { etag } = response.headers
    if (position === undefined || etag === undefined || method !== "GET") return
    if (!reachesAll(caller.scope)) return
    if (response.body._tag !== "Uint8Array" || response.body.body.length > ANSWER_BYTES_MAX) return
    const key = keyOf(originalUrl, headers)
    this.forget(key)
    const route = routeTaken(source) ?? ""
    const entry = { route, policy, position, etag, headers: response.headers, bytes: response.body.body }
    this.entries.set(key, entry)
    this.bytes += entry.bytes.length
    for (const oldest of this.entries.keys()) {
      if (this.bytes <= BYTES_MAX) break
      this.forget(oldest)
    }
  }

  find({ headers, method, url }: IncomingMessage): Entry | undefined {
    return method === "GET" ? this.entries.get(keyOf(url, headers)) : undefined
  }

  private forget(key: string): void {
    this.bytes -= this.entries.get(key)?.bytes.length ?? 0
    this.entries.delete(key)
  }
}

const withoutBody = (headers: Headers): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => !BODY_HEADERS.has(name)))

const give = (entry: Entry, asked: Headers, response: ServerResponse): void => {
  if (isKnown(asked, entry.etag)) {
    entry.bodiless ??= withoutBody(entry.headers)
    response.writeHead(304, entry.bodiless).end()
  } else response.writeHead(200, entry.headers).end(entry.bytes)
}

/** Takes a request, or leaves it to `otherwise`, which answers any. */
export type Shortcut = (request: IncomingMessage, response: ServerResponse, otherwise: () => void) => void

/** Ahead of the server's own listener; null until there are routes. */
export interface ShortcutSlot {
  take: Shortcut | null
}
export class RequestShortcut extends Context.Tag("tidemark/RequestShortcut")<
  RequestShortcut,
  ShortcutSlot
>() {}

/** Takes the requests of a server whose answers are in the memory, for as long as the scope lasts. */
export const givingAgain = (memory: AnswerMemory) =>
  Effect.gen(function* () {
    const auth = yield* HttpAuth
    const { head } = yield* EventLog
    const runFork = Runtime.runFork(yield* Effect.runtime())
    let waiting: Array<(position: Position | null) => void> = []
    const askHead = () => {
      const asked = waiting
      waiting = []
      runFork(head).addObserver((exit) => {
        const position = Exit.isSuccess(exit) ? exit.value.position : null
        for (const answer of asked) answer(position)
      })
    }
    const take: Shortcut = (request, response, otherwise) => {
      const entry = memory.find(request)
      // As the platform takes them: node joins what comes twice.
      const headers = request.headers as Headers
      if (entry === undefined) return otherwise()
      const caller = admit(auth, headers, entry.policy)
      if (Either.isLeft(caller) || !reachesAll(caller.right.scope)) return otherwise()
      waiting.push((position) => {
        if (position !== entry.position) return otherwise()
        takeRoute(request, entry.route)
        give(entry, headers, response)
      })
      if (waiting.length === 1) setImmediate(askHead)
    }
    const slot = yield* RequestShortcut
    yield* Effect.acquireRelease(
      Effect.sync(() => {
        slot.take = take
      }),
      () =>
        Effect.sync(() => {
          slot.take = null
        })
    )
  })
