/** The sockets that the broker listens on: plain, with TLS, or both. */
import { createServer, type Server, type Socket } from "node:net"
import { createServer as createSecureServer, TLSSocket } from "node:tls"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { tlsContext } from "../../tls/TlsFiles.js"
import type { MqttSettings, MqttTls } from "./MqttSettings.js"

/** The address can't be listened on. `message` is one line for people. */
export class MqttListenError extends Schema.TaggedError<MqttListenError>()("MqttListenError", {
  host: Schema.String,
  port: Schema.Int,
  reason: Schema.String
}) {
  override get message(): string {
    return `MQTT can't listen on ${this.host}:${this.port}: ${this.reason}`
  }
}

/** Connections that may wait to be taken: after an outage all devices come at once. */
const BACKLOG = 4_096
/** Idle connections are probed by TCP after this long, in ms, so that a peer that is gone is found. */
export const PROBE_MILLIS = 60_000
const SOCKET = { noDelay: true, keepAlive: true, keepAliveInitialDelay: PROBE_MILLIS }

const REASONS: Record<string, string> = {
  EADDRNOTAVAIL: "this machine has no such address; see MQTT_HOST",
  EACCES: "the port is not permitted to this user",
  ENOTFOUND: "there is no such host; see MQTT_HOST"
}

/** What makes a connection of a server, by the event that tells it, and the setting of its port. */
const PORT_SETTINGS = { connection: "MQTT_PORT", secureConnection: "MQTT_TLS_PORT" } as const
type Arrival = keyof typeof PORT_SETTINGS

/** The port, also where the setting was 0. */
const listen = (
  server: Server,
  host: string,
  port: number,
  arrival: Arrival
): Effect.Effect<number, MqttListenError> =>
  Effect.async((resume) => {
    server.once("error", (error: NodeJS.ErrnoException) => {
      const reason =
        error.code === "EADDRINUSE"
          ? `the port is taken; set ${PORT_SETTINGS[arrival]} to another one`
          : (REASONS[error.code ?? ""] ?? error.message)
      resume(Effect.fail(new MqttListenError({ host, port, reason })))
    })
    server.listen({ host, port, backlog: BACKLOG }, () => {
      const address = server.address()
      resume(Effect.succeed(typeof address === "object" && address !== null ? address.port : port))
    })
  })

export interface ListenerParts {
  readonly settings: MqttSettings
  readonly accept: (socket: Socket, address: string | undefined) => void
  readonly refused: (clientId: null, address: string | null, error: Error) => void
  readonly failed: (error: Error) => void
}

const open = (server: Server, port: number, arrival: Arrival, parts: ListenerParts) =>
  Effect.gen(function* () {
    const { accept, failed, refused, settings } = parts
    server.maxConnections = settings.connectionsMax
    server.on("drop", (data) => refused(null, data?.remoteAddress ?? null, new Error("too many connections")))
    server.on(arrival, (socket: Socket) => accept(socket, socket.remoteAddress))
    const bound = yield* listen(server, settings.host, port, arrival)
    server.removeAllListeners("error")
    server.on("error", failed)
    return { port: bound, server }
  })

/** In a few words: those of OpenSSL name its own source. */
const handshakeFault = (error: Error & { readonly code?: string; readonly reason?: string }): Error =>
  Object.assign(new Error(`TLS: ${error.reason ?? error.message}`), { code: error.code })

/** The name (CN) in the certificate of a client, where TLS has verified that; undefined: it has shown none. */
export const certifiedName = (connection: unknown): string | undefined => {
  if (!(connection instanceof TLSSocket) || !connection.authorized) return undefined
  const { CN: name } = connection.getPeerCertificate().subject ?? {}
  return typeof name === "string" && name !== "" ? name : undefined
}

/** Why a client's certificate is refused; null: it is good, or there is none. */
const certificateFault = (socket: TLSSocket): string | null => {
  if (Object.keys(socket.getPeerCertificate()).length === 0) return null
  if (!socket.authorized) return `TLS: its certificate is refused: ${socket.authorizationError}`
  return certifiedName(socket) === undefined ? "TLS: its certificate names nobody (CN)" : null
}

const openSecure = ({ files, port }: MqttTls, parts: ListenerParts) =>
  Effect.gen(function* () {
    const { context, renewing } = yield* tlsContext("MQTT", files)
    const handshakeTimeout = parts.settings.connectMillisMax
    // Who shows no certificate logs in as elsewhere; who shows a bad one is told below.
    const asking = { requestCert: files.clientCa !== undefined, rejectUnauthorized: false }
    const server = createSecureServer({ ...SOCKET, ...context, ...asking, handshakeTimeout })
    server.on("tlsClientError", (error, socket) => {
      parts.refused(null, socket.remoteAddress ?? null, handshakeFault(error))
      // When its time is over, Node tells so and leaves it open.
      socket.destroy()
    })
    yield* renewing((next) => server.setSecureContext(next))
    const accept: ListenerParts["accept"] = (socket, address) => {
      const fault = socket instanceof TLSSocket ? certificateFault(socket) : null
      if (fault === null) return parts.accept(socket, address)
      parts.refused(null, address ?? null, new Error(fault))
      socket.destroy()
    }
    return yield* open(server, port, "secureConnection", { ...parts, accept })
  })

/** Listens as the settings say; null: not in this way. */
export const listenAll = (parts: ListenerParts) => {
  const { port, tls } = parts.settings
  return Effect.all({
    plain: tls?.only === true ? Effect.succeed(null) : open(createServer(SOCKET), port, "connection", parts),
    secure: tls === undefined ? Effect.succeed(null) : openSecure(tls, parts)
  })
}
