/**
 * The HTTP server: the contract's handlers behind the gate, on a real socket.
 */
import { createServer, type Server } from "node:http"
import * as HttpApiBuilder from "@effect/platform/HttpApiBuilder"
import * as HttpMiddleware from "@effect/platform/HttpMiddleware"
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import * as Data from "effect/Data"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import { TidemarkApi } from "../api/TidemarkApi.js"
import { divertUpgrades, MqttUpgrade } from "../broker/MqttUpgrade.js"
import { PagesLive } from "../pages/core/PageRoutes.js"
import { CatalogueLive } from "./catalogue/CatalogueHandlers.js"
import { DocumentsLive } from "./catalogue/DocumentHandlers.js"
import { MetadataLive } from "./catalogue/MetadataHandlers.js"
import { GateLive } from "./core/Gate.js"
import {
  CONNECTIONS_MAX,
  DEFAULT_HTTP_LIMITS,
  DRAIN_MILLIS,
  HttpLimits,
  type HttpLimitsShape,
  SERVER_LIMITS
} from "./core/Limits.js"
import { rawProblem } from "./core/RawProblem.js"
import { AggregatesLive } from "./data/AggregateHandlers.js"
import { DataLive } from "./data/DataHandlers.js"
import { InfluxLive } from "./data/InfluxHandlers.js"
import { LiveLive } from "./live/LiveHandlers.js"
import * as LiveStream from "./live/LiveStream.js"
import { ODataLive } from "./odata/ODataRoutes.js"
import { QualityLive } from "./quality/QualityHandlers.js"
import { SuitesLive } from "./quality/SuiteHandlers.js"
import { RejectedLive } from "./rejected/RejectedHandlers.js"
import { SensorsLive } from "./sensors/SensorHandlers.js"
import { LogLive } from "./system/LogHandlers.js"
import { SystemLive } from "./system/SystemHandlers.js"

export interface HttpServerOptions {
  readonly host: string
  /** 0: any that is free; `HttpServer` tells which. */
  readonly port: number
  /** Absent: the defaults. */
  readonly limits?: HttpLimitsShape | undefined
}

/** The address can't be listened on. The message is one line, for the person who starts it. */
export class ListenFailed extends Data.TaggedError("ListenFailed")<{
  readonly message: string
}> {}

const ApiLive = HttpApiBuilder.api(TidemarkApi).pipe(
  // Streams end with their hub, so that they hold no stop: it is closed before the server drains.
  Layer.provide([
    LiveLive.pipe(Layer.provide(LiveStream.layer)),
    InfluxLive,
    CatalogueLive,
    DocumentsLive,
    RejectedLive,
    SuitesLive
  ]),
  Layer.provide([DataLive, AggregatesLive, SensorsLive, MetadataLive, QualityLive, LogLive, SystemLive])
)

/** The handlers on whatever `HttpServer` is provided: a test's, or the one below. */
export const HttpServeLive = HttpApiBuilder.serve().pipe(
  Layer.provide(PagesLive),
  Layer.provide(ODataLive),
  Layer.provide(GateLive),
  Layer.provide(ApiLive),
  // Nobody collects traces, and a span costs as much as a small answer.
  HttpMiddleware.withTracerDisabledWhen(() => true)
)

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

const makeServer = (): Server => {
  const server = createServer(SERVER_LIMITS)
  server.maxConnections = CONNECTIONS_MAX
  server.on("clientError", rawProblem)
  server.on("request", (_, response) => {
    // While it drains, a connection that has its answer is let go.
    response.once("finish", () => {
      if (!server.listening) setImmediate(() => server.closeIdleConnections())
    })
  })
  return server
}

/**
 * Takes no more connections, and waits for the requests that are being answered, up to a bound. It runs where nothing
 * can be interrupted, so the bound is a second hand on the same latch: a timeout would wait for what it ends.
 */
const drain = (server: Server): Effect.Effect<void> =>
  Effect.gen(function* () {
    const ended = yield* Deferred.make<void>()
    const bound = yield* Effect.sleep(DRAIN_MILLIS).pipe(
      Effect.andThen(Deferred.succeed(ended, undefined)),
      Effect.interruptible,
      Effect.forkDaemon
    )
    server.close(() => Deferred.unsafeDone(ended, Effect.void))
    server.closeIdleConnections()
    yield* Deferred.await(ended)
    server.closeAllConnections()
    yield* Fiber.interruptFork(bound)
  })

/** Listens, serves the contract, and gives `HttpServer`, whose `address` says where. */
export const HttpServerLive = (options: HttpServerOptions) =>
  Layer.unwrapEffect(
    Effect.map(MqttUpgrade, (upgrade) => {
      const server = makeServer()
      divertUpgrades(server, upgrade)
      const { host, limits = DEFAULT_HTTP_LIMITS, port } = options
      const listening = NodeHttpServer.layer(() => server, { host, port }).pipe(
        Layer.mapError(({ cause }) => listenFailed(options, cause))
      )
      const draining = Layer.scopedDiscard(Effect.addFinalizer(() => drain(server)))
      return HttpServeLive.pipe(
        Layer.provide(Layer.succeed(HttpLimits, limits)),
        Layer.provideMerge(Layer.provideMerge(draining, listening))
      )
    })
  )
