/**
 * Where connections go that leave HTTP for MQTT: the port between the HTTP server and the broker.
 */
import { IncomingMessage, type Server } from "node:http"
import { Duplex } from "node:stream"
import * as Context from "effect/Context"

/** On the HTTP port. */
export const MQTT_PATH = "/mqtt"

export interface UpgradeSlot {
  /** Takes over a connection; null while there is no broker. */
  take: ((request: IncomingMessage, socket: Duplex, head: Buffer) => void) | null
}

/** Of this process. */
export class MqttUpgrade extends Context.Reference<MqttUpgrade>()("tidemark/MqttUpgrade", {
  defaultValue: (): UpgradeSlot => ({ take: null })
}) {}

const isForMqtt = (request: unknown): request is IncomingMessage =>
  request instanceof IncomingMessage && request.url?.split("?")[0]?.replace(/\/$/, "") === MQTT_PATH

/** Gives the broker what asks for MQTT, ahead of the server's own listener, which answers every upgrade. */
export const divertUpgrades = (server: Server, slot: UpgradeSlot): void => {
  const emit = server.emit
  const diverting = (...args: Array<unknown>): boolean => {
    const [event, request, socket, head] = args
    const isDiverted =
      event === "upgrade" && isForMqtt(request) && socket instanceof Duplex && Buffer.isBuffer(head)
    if (!isDiverted || slot.take === null) return Reflect.apply(emit, server, args)
    slot.take(request, socket, head)
    return true
  }
  server.emit = diverting
}
