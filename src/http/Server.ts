/**
 * The HTTP server: the contract's handlers behind the gate, on a real socket.
 */
import { createServer, type Server } from "node:http"
import * as HttpApiBuilder from "@effect/platform/HttpApiBuilder"
import * as HttpMiddleware from "@effect/platform/HttpMiddleware"
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { TidemarkApi } from "../api/TidemarkApi.js"
import { AggregatesLive } from "./AggregateHandlers.js"
import { MetadataLive, QualityLive } from "./CatalogHandlers.js"
import { DataLive } from "./DataHandlers.js"
import { GateLive } from "./Gate.js"
import {
  CONNECTIONS_MAX,
  DEFAULT_HTTP_LIMITS,
  DRAIN_MILLIS,
  HttpLimits,
  type HttpLimitsShape,
  SERVER_LIMITS
} from "./Limits.js"
import { PagesLive } from "./PageRoutes.js"
import { rawProblem } from "./RawProblem.js"
import { SensorsLive } from "./SensorHandlers.js"
import { SystemLive } from "./SystemHandlers.js"

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
  Layer.provide([DataLive, AggregatesLive, SensorsLive, MetadataLive, QualityLive, SystemLive])
)

/** The handlers on whatever `HttpServer` is provided: a test's, or the one below. */
export const HttpServeLive = HttpApiBuilder.serve().pipe(
  Layer.provide(PagesLive),
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

/** Takes no more connections, and waits for the requests that are being answered, up to a bound. */
const drain = (server: Server): Effect.Effect<void> =>
  Effect.async<void>((resume) => {
    server.close(() => resume(Effect.void))
    server.closeIdleConnections()
  }).pipe(
    Effect.interruptible,
    Effect.disconnect,
    Effect.timeoutOption(DRAIN_MILLIS),
    Effect.andThen(Effect.sync(() => server.closeAllConnections()))
  )

/** Listens, serves the contract, and gives `HttpServer`, whose `address` says where. */
export const HttpServerLive = (options: HttpServerOptions) =>
  Layer.unwrapEffect(
    Effect.sync(() => {
      const server = makeServer()
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
