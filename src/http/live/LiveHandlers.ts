/** `/data/stream/`: the log as Server-Sent Events; and the history of a reading. */
import * as HttpApiBuilder from "@effect/platform/HttpApiBuilder"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as NodeHttpServerRequest from "@effect/platform-node/NodeHttpServerRequest"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { reads } from "../../api/core/Access.js"
import { EVENT_STREAM_TYPE, LastEventId, type StreamParams } from "../../api/live/LiveGroup.js"
import { networkOf } from "../../domain/access/ClientNetwork.js"
import type { Principal } from "../../domain/access/Principal.js"
import type { Scope } from "../../domain/access/Scope.js"
import type { Position } from "../../domain/Ids.js"
import { EventLog } from "../../eventlog/EventLog.js"
import { admit, CurrentPrincipal } from "../core/Auth.js"
import { Contract } from "../core/Contract.js"
import { clientAddress } from "../core/Origin.js"
import { HttpAuth } from "../core/Ports.js"
import { invalidField, Refusal } from "../core/Problems.js"
import { history } from "../data/HistoryHandlers.js"
import { type LiveFilter, type LiveHub, LiveStreams } from "./LiveStream.js"

/** What a browser waits before it connects again, ms. */
const RETRY_MILLIS = 2_000
/** How long a client is asked to wait when too many read, seconds. */
const RETRY_AFTER_SECONDS = 10

const HELLO = Buffer.from(`retry: ${RETRY_MILLIS}\n: the log, as it goes on\n\n`)
const HEARTBEAT = Buffer.from(": heartbeat\n\n")

type Params = typeof StreamParams.Type

const tooMany = ({ limits }: LiveHub, which: "of all" | "of this client"): Refusal => {
  const headers = { "retry-after": String(RETRY_AFTER_SECONDS) }
  return which === "of all"
    ? new Refusal({
        kind: "too-many-streams",
        detail: `${limits.streamsMax} are reading live already; ask again later.`,
        headers
      })
    : new Refusal({
        kind: "too-many-requests",
        detail: `${limits.streamsPerClientMax} streams of yours are open already: end one of them first.`,
        headers
      })
}

/** Whose streams are counted together: those of a key, and of an address where nobody needs one. */
const clientOf = (request: HttpServerRequest.HttpServerRequest, { name, source }: Principal): string =>
  name === undefined ? networkOf(clientAddress(request) ?? "") : `${source} ${name}`

const decodeLastEventId = Schema.decodeUnknownEither(LastEventId)

/** Where to begin: the header, which a browser sends when it connects again, wins over the address. */
const beginning = (hub: LiveHub, header: string | undefined, params: Params) =>
  Effect.gen(function* () {
    const head = yield* hub.now
    // A browser that has heard no id yet sends none, or an empty one.
    const lastId =
      header === undefined || header === "" ? Either.right(params.last_event_id) : decodeLastEventId(header)
    if (Either.isLeft(lastId)) {
      return yield* Effect.fail(invalidField("Last-Event-ID", "must be the id of an event: an integer"))
    }
    const from: Position = lastId.right ?? head
    if (from <= head) return from
    return yield* Effect.fail(
      invalidField("last_event_id", `is ${from}, and the log has only come to ${head}`)
    )
  })

const filterOf = ({ sensor, sensor_id, type }: Params, scope: Scope): LiveFilter => ({
  scope,
  names: sensor === undefined ? undefined : new Set(sensor),
  sensorIds: sensor_id === undefined ? undefined : new Set(sensor_id),
  types: type === undefined ? undefined : new Set(type)
})

/** The stream of a reader, for as long as its key is in force: it enters when it is run, and leaves whichever way it ends. */
const streamOf = (
  hub: LiveHub,
  client: string,
  filter: LiveFilter,
  from: Position,
  mayStay: () => boolean,
  cut: () => void
) =>
  Stream.unwrapScoped(
    Effect.acquireRelease(
      Effect.sync(() => hub.enter(client, filter, from, cut)),
      (reader) => Effect.sync(() => (reader === null ? undefined : hub.leave(reader)))
    ).pipe(
      Effect.map((reader) => {
        if (reader === null) return Stream.empty
        const next = Effect.flatMap(hub.next(reader), (next) =>
          next._tag === "End" || !mayStay()
            ? Effect.fail(Option.none())
            : Effect.succeed(next._tag === "Heartbeat" ? HEARTBEAT : next.bytes)
        )
        return Stream.concat(Stream.make<[Uint8Array]>(HELLO), Stream.repeatEffectOption(next))
      })
    )
  )

const live = (hub: LiveHub, params: Params) =>
  Effect.gen(function* () {
    const request = yield* HttpServerRequest.HttpServerRequest
    const from = yield* beginning(hub, request.headers["last-event-id"], params)
    const caller = yield* CurrentPrincipal
    const client = clientOf(request, caller)
    const full = hub.fullFor(client)
    if (full !== null) return yield* Effect.fail(tooMany(hub, full))
    const auth = yield* HttpAuth
    const mayStay = () => Either.isRight(admit(auth, request.headers, reads("own")))
    const response = NodeHttpServerRequest.toServerResponse(request)
    return HttpServerResponse.stream(
      streamOf(hub, client, filterOf(params, caller.scope), from, mayStay, () => response.destroy()),
      // Proxies that buffer would hold the events back.
      { contentType: EVENT_STREAM_TYPE, headers: { "x-accel-buffering": "no" } }
    )
  })

export const LiveLive = HttpApiBuilder.group(Contract, "Live", (handlers) =>
  Effect.gen(function* () {
    const hub = yield* LiveStreams
    const log = yield* EventLog
    return handlers
      .handleRaw("streamReadings", ({ urlParams }) => live(hub, urlParams))
      .handle("readingHistory", ({ path }) => history(log, path.data_id))
  })
)
