/**
 * What one client sends, between the parser and Aedes.
 *
 * - A packet that MQTT does not allow ends the connection before anything comes of it.
 * - A SUBSCRIBE waits while what the client published before it is being sent on: a message is not sent to who
 *   subscribes after it, but for what is retained. What follows the SUBSCRIBE waits behind it. That takes moments: what
 *   is not stored yet is not waited for.
 */
import type { Packet } from "mqtt-packet"
import { type PacketFault, packetFault } from "./PacketFaults.js"

export interface InletParts {
  /** Gives a packet to Aedes. */
  readonly pass: (packet: Packet) => void
  readonly isAlias: (alias: number) => boolean
  readonly refuse: (fault: PacketFault) => void
}

export class PacketInlet {
  /** Messages that are being sent on. */
  private open = 0
  private readonly waiting: Array<Packet> = []
  private isStopped = false

  constructor(private readonly parts: InletParts) {}

  readonly take = (packet: Packet): void => {
    if (this.waiting.length > 0 || this.mustWait(packet)) this.waiting.push(packet)
    else this.pass(packet)
  }

  /** Nothing more is taken. */
  stop(): void {
    this.isStopped = true
  }

  /** A message of the client was stored. Call `published` when it was sent on. */
  publishing(): void {
    this.open += 1
  }

  published(): void {
    this.open -= 1
    for (let [next] = this.waiting; next !== undefined && !this.mustWait(next); [next] = this.waiting) {
      this.waiting.shift()
      this.pass(next)
    }
  }

  private mustWait({ cmd }: Packet): boolean {
    return cmd === "subscribe" && this.open > 0
  }

  private pass(packet: Packet): void {
    if (this.isStopped) return
    const fault = packetFault(packet, this.parts.isAlias)
    if (fault === null) this.parts.pass(packet)
    else {
      this.stop()
      this.parts.refuse(fault)
    }
  }
}
