/** A broker of a few lines for one subscriber: what it is sent is kept, and what it sends is the test's. */
import { createServer, type Socket } from "node:net"
import * as Effect from "effect/Effect"
import * as MqttPacket from "mqtt-packet"

export class FakeBroker {
  /** All that came, over all connections. */
  readonly received: Array<MqttPacket.Packet> = []
  /** How many connections there were. */
  connections = 0
  /** What it answers. */
  returnCode = 0
  sessionPresent = false
  granted: (filters: number) => ReadonlyArray<number> = (filters) => Array(filters).fill(1)
  private socket: Socket | undefined

  accept(socket: Socket): void {
    this.connections += 1
    this.socket = socket
    const parser = MqttPacket.parser({ protocolVersion: 4 })
    parser.on("packet", (packet: MqttPacket.Packet) => {
      this.received.push(packet)
      if (packet.cmd === "connect") {
        this.send({ cmd: "connack", returnCode: this.returnCode, sessionPresent: this.sessionPresent })
      }
      if (packet.cmd === "subscribe") {
        const granted = [...this.granted(packet.subscriptions.length)]
        this.send({ cmd: "suback", messageId: packet.messageId ?? 0, granted })
      }
      if (packet.cmd === "disconnect") socket.end()
    })
    socket.on("data", (chunk) => parser.parse(chunk))
    socket.on("error", () => {})
  }

  send(packet: MqttPacket.Packet): void {
    this.socket?.write(MqttPacket.generate(packet))
  }

  publish(messageId: number, payload: string | Buffer = "{}", qos: 0 | 1 | 2 = 1): void {
    this.send({ cmd: "publish", topic: "sensors/1", payload, qos, messageId, retain: false, dup: false })
  }

  /** Bytes that the subscriber has not read. */
  get unread(): number {
    return this.socket?.writableLength ?? 0
  }

  cut(): void {
    this.socket?.destroy()
  }

  /** The ids that were acknowledged, in the order in which that came. */
  ids(cmd: MqttPacket.Packet["cmd"] = "puback"): ReadonlyArray<number> {
    return this.received.filter((packet) => packet.cmd === cmd).map(({ messageId }) => messageId ?? 0)
  }
}

/** Listens on a free port for the scope of a test. */
export const startFakeBroker = Effect.acquireRelease(
  Effect.async<{ readonly fake: FakeBroker; readonly port: number; readonly stop: () => void }>((resume) => {
    const fake = new FakeBroker()
    const server = createServer((socket) => fake.accept(socket))
    server.listen(0, "127.0.0.1", () => {
      const address = server.address()
      const port = typeof address === "object" && address !== null ? address.port : 0
      const stop = () => {
        server.close()
        fake.cut()
      }
      resume(Effect.succeed({ fake, port, stop }))
    })
  }),
  ({ stop }) => Effect.sync(stop)
)
