/**
 * A client's Receive Maximum (MQTT 5, 3.3.4): how many messages at QoS 1 and 2 it takes before it has acknowledged
 * them. What is over it is held in its session, in order, and sent as acknowledgements come.
 */
import type { AedesPublishPacket, Client } from "aedes"
import type { Packet } from "mqtt-packet"
import { deliver } from "../AedesClient.js"
import type { SessionQueues } from "./SessionQueues.js"

/** Of who names none: as many as there are packet ids. */
const UNBOUNDED = 65_535
const ERRORS_FROM = 0x80

interface Window {
  /** Messages that were sent and are not acknowledged. */
  open: number
  /** One that was held is being sent. */
  isSending: boolean
}

const isReceipt = (packet: Packet): boolean =>
  packet.cmd === "puback" ||
  packet.cmd === "pubcomp" ||
  (packet.cmd === "pubrec" && (packet.reasonCode ?? 0) >= ERRORS_FROM)

export class ReceiveWindow {
  private readonly windows = new WeakMap<Client, Window>()

  constructor(private readonly queues: SessionQueues) {}

  /** Whether a message may be sent now; if not, it is held. */
  admit(client: Client, packet: AedesPublishPacket): boolean {
    if (client.version !== 5 || client.receiveMaximum >= UNBOUNDED || packet.qos === 0) return true
    const window = this.windows.get(client) ?? { open: 0, isSending: false }
    this.windows.set(client, window)
    // With an id it comes from the session, which gives no more than fit.
    const mayPass = window.isSending || packet.messageId !== undefined || !this.queues.isHolding(client.id)
    if (mayPass && (window.open < client.receiveMaximum || packet.messageId !== undefined)) {
      window.open += 1
      return true
    }
    this.queues.hold(client.id, packet)
    return false
  }

  /** Told of each packet of a client: a receipt lets the next message go. */
  heard(client: Client, packet: Packet): void {
    const window = this.windows.get(client)
    if (window === undefined || !isReceipt(packet)) return
    window.open = Math.max(0, window.open - 1)
    const next =
      window.open < client.receiveMaximum ? this.queues.nextHeld(client.id, client.clean) : undefined
    if (next === undefined) return
    window.isSending = true
    deliver(client, next)
    window.isSending = false
  }
}
