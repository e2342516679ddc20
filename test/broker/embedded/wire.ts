/** A client of packets: sends them as they are given, and has what it received packet by packet. */
import * as Effect from "effect/Effect"
import { generate, type IConnectPacket, type Packet, parser } from "mqtt-packet"
import { rawClient, until } from "../support.js"

export const talk = (port: number, connect: Partial<IConnectPacket> = {}) =>
  Effect.gen(function* () {
    const raw = yield* rawClient(port)
    const protocolVersion = connect.protocolVersion ?? 4
    const received = (): ReadonlyArray<Packet> => {
      const packets: Array<Packet> = []
      const reader = parser({ protocolVersion })
      reader.on("packet", (packet: Packet) => packets.push(packet))
      reader.parse(raw.received)
      return packets
    }
    const send = (...packets: ReadonlyArray<Packet | Buffer>) => {
      const bytes = packets.map((one) => (Buffer.isBuffer(one) ? one : generate(one, { protocolVersion })))
      raw.socket.write(Buffer.concat(bytes))
    }
    /** Waits for so many packets behind CONNACK, and gives them. */
    const next = (count: number) =>
      Effect.map(
        until(`${count} packets`, () => received().length > count || raw.closed),
        () => received().slice(1)
      )
    send({
      ...{ cmd: "connect", protocolId: protocolVersion === 3 ? "MQIsdp" : "MQTT", protocolVersion },
      ...{ clientId: "", clean: true, keepalive: 60, ...connect }
    })
    yield* until("CONNACK", () => received().length > 0 || raw.closed)
    return { raw, received, send, next, connack: received()[0] }
  })

export const publishPacket = (
  topic: string,
  payload: string,
  qos: 0 | 1 | 2 = 0,
  more: object = {}
): Packet => ({
  ...{ cmd: "publish", topic, payload, qos, dup: false, retain: false },
  ...(qos > 0 ? { messageId: 1 } : {}),
  ...more
})

export const subscribePacket = (topic: string, qos: 0 | 1 | 2 = 0, properties?: object): Packet => ({
  ...{ cmd: "subscribe", messageId: 9, subscriptions: [{ topic, qos }] },
  ...(properties === undefined ? {} : { properties })
})
