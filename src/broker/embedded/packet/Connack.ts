/** Changes CONNACK on its way: Aedes tells a client of less than it can do here. */
import type { Duplex } from "node:stream"
import { generate, type IConnackPacket, type Packet, parser } from "mqtt-packet"

/** CONNACK is the first packet that a client is sent. Aedes writes it in pieces. */
export const changeConnack = (
  conn: Duplex,
  protocolVersion: number,
  change: (packet: IConnackPacket) => void
): void => {
  const write = conn.write
  const pieces = parser({ protocolVersion })
  pieces.on("packet", (packet: Packet) => {
    conn.write = write
    if (packet.cmd === "connack") change(packet)
    conn.write(generate(packet, { protocolVersion }))
  })
  const collect = (piece: Uint8Array | string): boolean => {
    pieces.parse(Buffer.from(piece))
    return true
  }
  conn.write = collect
}
