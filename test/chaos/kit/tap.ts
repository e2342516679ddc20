/** A way to an MQTT broker that is listened to: which messages its subscribers have acknowledged. */
import { connect, createServer, type Server, type Socket } from "node:net"
import { type Packet, parser } from "mqtt-packet"

export class Tap {
  port = 0
  /** Payloads that the broker has handed out and been told to forget. */
  readonly acknowledged = new Set<string>()
  /** Handed out, whether or not more was heard of them. */
  handedOut = 0
  /** Client ids that have connected. */
  readonly clientIds = new Set<string>()
  private readonly sockets = new Set<Socket>()
  private constructor(
    private readonly server: Server,
    private readonly target: number
  ) {}

  static async start(target: number): Promise<Tap> {
    const server = createServer()
    const tap = new Tap(server, target)
    server.on("connection", (near) => tap.pass(near))
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
    const address = server.address()
    tap.port = typeof address === "object" && address !== null ? address.port : 0
    return tap
  }

  private pass(near: Socket): void {
    const far = connect(this.target, "127.0.0.1")
    const open = new Map<number, string>()
    this.listen(far, (packet) => {
      if (packet.cmd !== "publish") return
      this.handedOut += 1
      if (packet.messageId !== undefined) open.set(packet.messageId, packet.payload.toString())
    })
    this.listen(near, (packet) => {
      if (packet.cmd === "connect") this.clientIds.add(packet.clientId)
      const payload = packet.cmd === "puback" ? open.get(packet.messageId ?? 0) : undefined
      if (payload !== undefined) this.acknowledged.add(payload)
    })
    for (const [one, other] of [
      [near, far],
      [far, near]
    ] as const) {
      this.sockets.add(one)
      one.pipe(other)
      one.on("error", () => other.destroy())
      one.on("close", () => {
        this.sockets.delete(one)
        other.destroy()
      })
    }
  }

  private listen(socket: Socket, hear: (packet: Packet) => void): void {
    const reader = parser()
    reader.on("packet", hear)
    socket.on("data", (chunk) => reader.parse(chunk))
  }

  stop(): void {
    this.server.close()
    for (const socket of this.sockets) socket.destroy()
  }
}
