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
}

export interface UpgradeSlot {
  /** Takes over a connection; null while there is no broker. */
  take: ((upgrade: Upgrade) => void) | null
}

/** Of this process. */
export class MqttUpgrade extends Context.Reference<MqttUpgrade>()("tidemark/MqttUpgrade", {
  defaultValue: (): UpgradeSlot => ({ take: null })
}) {}

const isForMqtt = (request: unknown): request is IncomingMessage =>
  request instanceof IncomingMessage && request.url?.split("?")[0]?.replace(/\/$/, "") === MQTT_PATH

/** How a request is known, by whoever listens. */
export type Recognize = (request: IncomingMessage) => Pick<Upgrade, "address" | "isOwn">

/** Gives the broker what asks for MQTT, ahead of the server's own listener, which answers every upgrade. */
export const divertUpgrades = (server: Server, slot: UpgradeSlot, recognize: Recognize): void => {
  const emit = server.emit
  const diverting = (...args: Array<unknown>): boolean => {
    const [event, request, socket, head] = args
    const isDiverted =
      event === "upgrade" && isForMqtt(request) && socket instanceof Duplex && Buffer.isBuffer(head)
    if (!isDiverted || slot.take === null) return Reflect.apply(emit, server, args)
    slot.take({ request, socket, head, ...recognize(request) })
    return true
  }
  server.emit = diverting
}
