/** The HTTP server: a real socket, how it is listened on, and how it is let go. */
import { createServer, IncomingMessage, type Server, ServerResponse } from "node:http"
import { createServer as createSecureServer } from "node:https"
import type { BlockList } from "node:net"
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import type { Clock } from "effect/Clock"
import * as Data from "effect/Data"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Runtime from "effect/Runtime"
import { type LoginPace, NO_LOGIN_PACE } from "../access/LoginPace.js"
import {
  divertUpgrades,
  MqttUpgrade,
  type Recognize,
  requestsBeside,
  type UpgradeSlot
} from "../broker/MqttUpgrade.js"
import { measureRequest, routeTaken } from "../telemetry/RequestMetrics.js"
import { traceRequest } from "../telemetry/RequestTraces.js"
import { type TraceMaker, Traces } from "../telemetry/Traces.js"
import { type TlsFiles, tlsContext } from "../tls/TlsFiles.js"
import { answerCors } from "./Cors.js"
import { RequestShortcut, type ShortcutSlot } from "./core/AnswerMemory.js"
import {
  CONNECTIONS_MAX,
  DEFAULT_HTTP_LIMITS,
  DRAIN_MILLIS,
  HttpLimits,
  type HttpLimitsShape,
  NO_REQUEST_BOUNDS,
  type RequestBounds,
  SERVER_LIMITS
} from "./core/Limits.js"
import { clientAddress, isOwnOrigin, nameOf, strangeHost, takeForwarded } from "./core/Origin.js"
import { HttpAuth } from "./core/Ports.js"
import { hasSeveralHosts, hostRefusal, refuseEarly } from "./HostGuard.js"
import { rawProblem, tunnelFault } from "./RawProblem.js"
import { RequestLimits } from "./RequestLimits.js"

export interface HttpServerOptions {
  readonly host: string
  /** 0: any that is free; `HttpServer` tells which. */
  readonly port: number
  /** Absent: the defaults. */
  readonly limits?: HttpLimitsShape | undefined
  /** Whose `X-Forwarded-*` are taken; absent: nobody's. */
  readonly trustedProxies?: BlockList | undefined
  /** Connections at once. */
  readonly connectionsMax?: number | undefined
  /** What one client may ask for now; absent: anything. */
  readonly requests?: (() => RequestBounds) | undefined
  /** How logins are slowed down; absent: not at all. */
  readonly pace?: LoginPace | undefined
  /** Whose pages may read here from a browser; absent: nobody's. */
  readonly corsOrigins?: ReadonlyArray<string> | undefined
  /** Absent: HTTP without TLS. */
  readonly tls?: HttpTls | undefined
}

export interface HttpTls {
  readonly files: TlsFiles
  /** How long a browser that was here asks by https alone, in s. */
  readonly hstsSeconds: number
}

/** The address can't be listened on. The message is one line, for the person who starts it. */
export class ListenFailed extends Data.TaggedError("ListenFailed")<{
  readonly message: string
}> {}

const listenFailed = ({ host, port }: HttpServerOptions, cause: unknown): ListenFailed => {
  const code = typeof cause === "object" && cause !== null && "code" in cause ? cause.code : undefined
  const where = `HTTP can't listen on ${host}:${port}`
  const why =
    code === "EADDRINUSE"
      ? "the port is taken; set HTTP_PORT to another one"
      : code === "EACCES"
        ? "this user may not open that port"
        : code === "EADDRNOTAVAIL" || code === "ENOTFOUND"
          ? "this machine has no such address; see HTTP_HOST"
          : String(cause)
  return new ListenFailed({ message: `${where}: ${why}` })
}

/** Lets `act` see each request, ahead of all others. */
const ahead = (server: Server, act: (request: IncomingMessage, response: unknown) => void): void => {
  const emit = server.emit
  const acting = (...args: Array<unknown>): boolean => {
    const [, request, response] = args
    if (request instanceof IncomingMessage) act(request, response)
    return Reflect.apply(emit, server, args)
  }
  server.emit = acting
}

type After = (millis: number, act: () => void) => void

const makeServer = (tls: HttpTls | undefined, connectionsMax: number, upgrade: UpgradeSlot, after: After) =>
  Effect.gen(function* () {
    const base = { ...SERVER_LIMITS, IncomingMessage: requestsBeside(upgrade) }
    if (tls === undefined) return createServer(base)
    const { context, renewing } = yield* tlsContext("HTTP", tls.files)
    const server = createSecureServer({ ...base, ...context })
    yield* renewing((next) => server.setSecureContext(next))
    if (tls.hstsSeconds > 0) {
      ahead(server, (_, response) => {
        if (response instanceof ServerResponse)
          response.setHeader("strict-transport-security", `max-age=${tls.hstsSeconds}`)
      })
    }
    return server
  }).pipe(
    Effect.tap((server) =>
      Effect.sync(() => {
        server.maxConnections = connectionsMax
        server.on("clientError", (error, socket) => rawProblem(error, socket, after))
        server.on("connect", (_, socket) => rawProblem(tunnelFault(), socket, after))
      })
    )
  )

/** How the broker knows who leaves HTTP for MQTT. A page is this server's own under a name that is known alone. */
export const recognizing =
  (names: ReadonlySet<string>, isOpen: () => boolean): Recognize =>
  (request) => {
    const { origin } = request.headers
    const isOwn =
      origin === undefined ||
      (isOwnOrigin(request, origin) && strangeHost(request, names) === undefined && !hasSeveralHosts(request))
    return { address: clientAddress(request), isOwn, isOpen: isOpen() }
  }

/** Takes a request, or leaves it to the last of its arguments. */
type Front = (request: IncomingMessage, response: ServerResponse, pass: () => void) => void

/** Lets limits and the shortcut take each request, ahead of the server's own listener. */
const shorten = (
  server: Server,
  slot: ShortcutSlot,
  { clock, traces }: { readonly clock: Clock; readonly traces: TraceMaker | null },
  limit: Front
): void => {
  const emit = server.emit
  const shortened = (...args: Array<unknown>): boolean => {
    const [event, request, response] = args
    const pass = (): boolean => Reflect.apply(emit, server, args)
    const isRequest =
      event === "request" && request instanceof IncomingMessage && response instanceof ServerResponse
    if (!isRequest) return pass()
    measureRequest(clock, request, response)
    if (traces !== null) traceRequest(traces, request, response, () => routeTaken(request))
    // While it drains, a connection that has its answer is let go.
    response.once("finish", () => {
      if (!server.listening) setImmediate(() => server.closeIdleConnections())
    })
    limit(request, response, () => {
      if (slot.take === null) pass()
      else slot.take(request, response, pass)
    })
    return true
  }
  server.emit = shortened
}

/**
 * Takes no more connections, and waits for the requests that are being answered, up to a bound. It runs where nothing
 * can be interrupted, so the bound is a second hand on the same latch: a timeout would wait for what it ends.
 */
const drain = (server: Server): Effect.Effect<void> =>
  Effect.gen(function* () {
    const ended = yield* Deferred.make<void>()
    const drainLimit = yield* Effect.sleep(DRAIN_MILLIS).pipe(
      Effect.andThen(Deferred.succeed(ended, undefined)),
      Effect.interruptible,
      Effect.forkDaemon
    )
    server.close(() => Deferred.unsafeDone(ended, Effect.void))
    server.closeIdleConnections()
    yield* Deferred.await(ended)
    server.closeAllConnections()
    yield* Fiber.interruptFork(drainLimit)
  })

/** Listens, has `served` answer what comes, and gives `HttpServer`, whose `address` says where. */
export const listening = <E, R>(options: HttpServerOptions, served: Layer.Layer<never, E, R>) =>
  Layer.unwrapScoped(
    Effect.gen(function* () {
      const upgrade = yield* MqttUpgrade
      const clock = yield* Effect.clock
      const run = Runtime.runFork(yield* Effect.runtime<never>())
      const after: After = (millis, act) => run(Effect.delay(Effect.sync(act), millis))
      const server = yield* makeServer(options.tls, options.connectionsMax ?? CONNECTIONS_MAX, upgrade, after)
      const names = new Set([options.host, ...(options.corsOrigins ?? [])].map(nameOf))
      const { open } = yield* HttpAuth
      const isOpen = () => open() === true
      divertUpgrades(server, upgrade, recognizing(names, isOpen))
      const shortcut: ShortcutSlot = { take: null }
      const requestLimits = new RequestLimits(
        options.requests ?? (() => NO_REQUEST_BOUNDS),
        options.pace ?? NO_LOGIN_PACE,
        after
      )
      const origins = new Set(options.corsOrigins)
      shorten(server, shortcut, { clock, traces: yield* Traces }, (request, response, pass) => {
        const refusal = hostRefusal(request, isOpen(), names)
        if (refusal !== null) refuseEarly(request, response, refusal)
        else requestLimits.take(request, response, answerCors(origins, request, response) ?? pass)
      })
      const { host, limits = DEFAULT_HTTP_LIMITS, port, trustedProxies } = options
      if (trustedProxies !== undefined) ahead(server, (request) => takeForwarded(trustedProxies, request))
      const socket = NodeHttpServer.layer(() => server, { host, port }).pipe(
        Layer.mapError(({ cause }) => listenFailed(options, cause))
      )
      const draining = Layer.scopedDiscard(Effect.addFinalizer(() => drain(server)))
      return served.pipe(
        Layer.provide(Layer.succeed(HttpLimits, limits)),
        Layer.provide(Layer.succeed(RequestShortcut, shortcut)),
        Layer.provideMerge(Layer.provideMerge(draining, socket))
      )
    })
  )
