// MQTT 3.1.1 over raw sockets: packets that are encoded beforehand, so that the server is the limit.
import { connect } from "node:net"

const field = (text) => {
  const bytes = Buffer.from(text)
  return Buffer.concat([Buffer.from([bytes.length >> 8, bytes.length & 255]), bytes])
}

const packet = (type, body) => {
  const length = []
  for (let rest = body.length; rest > 0 || length.length === 0; rest >>= 7) {
    length.push(rest > 127 ? (rest & 127) | 128 : rest)
  }
  return Buffer.concat([Buffer.from([type, ...length]), body])
}

const CONNACK = 0x20
const PUBACK = 0x40
/** Packet ids begin anew after so many messages of a connection. */
const IDS = 65_535

/** QoS 1, as the `n`th message of its connection. */
export const publishPacket = ({ payload, topic }, n) => {
  const id = idOf(n)
  return packet(0x32, Buffer.concat([field(topic), Buffer.from([id >> 8, id & 255]), Buffer.from(payload)]))
}

export const idOf = (n) => (n % IDS) + 1

/** A connection: `send` takes packets, `onAck` is called with each id that is acknowledged. */
export const connectClient = async (port, name) => {
  const socket = connect({ port, host: "127.0.0.1", noDelay: true })
  await new Promise((resolve, reject) => socket.once("connect", resolve).once("error", reject))
  socket.write(packet(0x10, Buffer.concat([field("MQTT"), Buffer.from([4, 2, 0, 0]), field(name)])))
  const answer = await new Promise((resolve, reject) => socket.once("data", resolve).once("close", reject))
  if (answer[0] !== CONNACK || answer[3] !== 0) throw new Error("the broker refused the connection")
  const client = { onAck: () => {}, onClose: () => {} }
  let rest = Buffer.alloc(0)
  socket.on("data", (chunk) => {
    const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
    let at = 0
    for (; at + 4 <= bytes.length; at += 4) {
      if (bytes[at] !== PUBACK) return socket.destroy(new Error(`the broker sent a packet ${bytes[at]}`))
      client.onAck((bytes[at + 2] << 8) | bytes[at + 3])
    }
    rest = bytes.subarray(at)
  })
  socket.on("error", (error) => client.onClose(error))
  socket.on("close", () => client.onClose(new Error("the broker closed the connection")))
  return Object.assign(client, {
    send: (packets) => socket.write(packets.length === 1 ? packets[0] : Buffer.concat(packets)),
    close: () => socket.removeAllListeners("close").destroy()
  })
}
