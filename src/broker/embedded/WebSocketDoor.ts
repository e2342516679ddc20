/**
 * MQTT over WebSocket (MQTT 3.1.1 and 5, section 6): makes of an upgraded HTTP connection a stream like a socket's.
 *
 * A browser lets any page open a WebSocket to any address. Where no user is asked for, only pages of this server may; and
 * where HTTP needs a key, nobody may.
 */
import { type IncomingMessage, STATUS_CODES } from "node:http"
import { Socket } from "node:net"
import type { Duplex } from "node:stream"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { createWebSocketStream, WebSocketServer } from "ws"
import { MqttUpgrade, type Upgrade } from "../MqttUpgrade.js"

export interface DoorOptions {
  /** Whether a client must log in; then pages of other servers may come in too. */
  readonly hasUsers: () => boolean
  /** Bytes of a frame. */
  readonly frameBytesMax: number
  /** A connection is probed after so long without traffic, in ms. */
  readonly probeMillis: number
  readonly isFull: (address: string | undefined) => boolean
  readonly accept: (stream: Duplex, address: string | undefined) => void
}

const PROTOCOLS: ReadonlyArray<string> = ["mqtt", "mqttv3.1"]
/** WebSocket's code of a kind of data that is not taken. */
const UNSUPPORTED_DATA = 1003

const offered = ({ headers }: IncomingMessage): ReadonlyArray<string> =>
  (headers["sec-websocket-protocol"] ?? "").split(",").map((protocol) => protocol.trim())

/** Why a request is refused: a status and a line; null: it is not. */
const refusalOf = (
  { address, isOpen, isOwn, request }: Upgrade,
  options: DoorOptions
): readonly [number, string] | null => {
  if (options.isFull(address)) return [503, "too many connections"]
  if (!offered(request).some((protocol) => PROTOCOLS.includes(protocol)))
    return [400, "ask for the subprotocol mqtt"]
  if (options.hasUsers()) return null
  // The port may be reached from where MQTT's own is not.
  if (!isOpen) return [403, "HTTP needs a key here, and MQTT over it a login: set MQTT_USERS"]
  return isOwn ? null : [403, "pages of another server may not connect while MQTT_USERS is not set"]
}

/** Answers, and closes: no time-out of the server's holds for a connection that has left HTTP. */
const refuse = (socket: Duplex, status: number, line: string): void => {
  socket.once("finish", () => socket.destroy())
  const head = `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nConnection: close\r\nContent-Type: text/plain`
  socket.end(`${head}\r\nContent-Length: ${line.length}\r\n\r\n${line}`)
}

/** Takes MQTT's connections of the HTTP port for as long as its scope lives. */
export const open = (options: DoorOptions): Effect.Effect<void, never, Scope.Scope> =>
  Effect.gen(function* () {
    const slot = yield* MqttUpgrade
    const server = new WebSocketServer({
      noServer: true,
      clientTracking: false,
      perMessageDeflate: false,
      maxPayload: options.frameBytesMax,
      handleProtocols: (protocols) => PROTOCOLS.find((protocol) => protocols.has(protocol)) ?? false
    })
    const take: typeof slot.take = (upgrade) => {
      const { address, head, request, socket } = upgrade
      const refusal = refusalOf(upgrade, options)
      if (refusal !== null) {
        refuse(socket, ...refusal)
        return
      }
      server.handleUpgrade(request, socket, head, (webSocket) => {
        if (socket instanceof Socket) socket.setNoDelay(true).setKeepAlive(true, options.probeMillis)
        webSocket.on("message", (_, isBinary) => {
          if (!isBinary) webSocket.close(UNSUPPORTED_DATA)
        })
        options.accept(createWebSocketStream(webSocket), address)
      })
    }
    yield* Effect.acquireRelease(
      Effect.sync(() => {
        slot.take = take
      }),
      () =>
        Effect.sync(() => {
          if (slot.take === take) slot.take = null
        })
    )
  })
