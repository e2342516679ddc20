/**
 * Where connections go that leave HTTP for MQTT: the port between the HTTP server and the broker.
 */
import { IncomingMessage, type Server } from "node:http"
import { Duplex } from "node:stream"
import * as Context from "effect/Context"

/** On the HTTP port. */
export const MQTT_PATH = "/mqtt"

export interface Upgrade {
  readonly request: IncomingMessage
  readonly socket: Duplex
  readonly head: Buffer
  /** The client's; undefined: it has gone. */
  readonly address: string | undefined
  /** A page of this server sent it, or no page at all. */
  readonly isOwn: boolean
  /** Nobody needs a key on this port. */
  readonly isOpen: boolean
}

export interface UpgradeSlot {
  /** Takes over a connection; null while there is no broker. */
  take: ((upgrade: Upgrade) => void) | null
}

/** Of this process. */
export class MqttUpgrade extends Context.Reference<MqttUpgrade>()("tidemark/MqttUpgrade", {
  defaultValue: (): UpgradeSlot => ({ take: null })
}) {}

const isForMqtt = (request: IncomingMessage): boolean =>
  request.url?.split("?")[0]?.replace(/\/$/, "") === MQTT_PATH

/**
 * The requests of a server whose upgrades are for the broker alone. Node asks each whether it leaves HTTP. One that asks
 * for anything else is a request like any other, with its body, and under the same limits (RFC 9110, section 7.8).
 */
export const requestsBeside = (slot: UpgradeSlot): typeof IncomingMessage =>
  class extends IncomingMessage {
    private asksToLeave = false

    set upgrade(asks: boolean | null) {
      this.asksToLeave = asks === true
    }

    get upgrade(): boolean {
      // CONNECT has an event of its own.
      return this.asksToLeave && (this.method === "CONNECT" || (slot.take !== null && isForMqtt(this)))
    }
  }

/** How a request is known, by whoever listens. */
export type Recognize = (request: IncomingMessage) => Pick<Upgrade, "address" | "isOpen" | "isOwn">

/**
 * Gives the broker what asks for MQTT, ahead of the server's own listener. Node takes its hands off a socket that leaves
 * HTTP: without a listener of ours a client that resets the connection would end the process.
 */
export const divertUpgrades = (server: Server, slot: UpgradeSlot, recognize: Recognize): void => {
  const emit = server.emit
  const diverting = (...args: Array<unknown>): boolean => {
    const [event, request, socket, head] = args
    const leaves = (event === "upgrade" || event === "connect") && socket instanceof Duplex
    if (leaves) socket.on("error", () => socket.destroy())
    const isDiverted =
      event === "upgrade" &&
      leaves &&
      request instanceof IncomingMessage &&
      isForMqtt(request) &&
      Buffer.isBuffer(head)
    if (!isDiverted || slot.take === null) return Reflect.apply(emit, server, args)
    slot.take({ request, socket, head, ...recognize(request) })
    return true
  }
  server.emit = diverting
}
