/**
 * A TCP proxy between Tidemark and a MySQL server, whose wire can be made as bad as wires are.
 *
 * Bytes are never invented, reordered or lost within a connection that lives: as with TCP, a connection delivers
 * late, or breaks. Counters say what really happened, so that a test can tell a fault from a fault that missed.
 */
import { createConnection, createServer, type Server, type Socket } from "node:net"
import { setTimeout as sleep } from "node:timers/promises"

interface Wire {
  /** Milliseconds that the server's bytes are late. */
  latencyMillis: number
  /** Bytes a second, each way, of each connection; 0 is unbounded. */
  bytesPerSecond: number
}

/** What ends a connection once: with the next query on its way, or when the next COMMIT has been answered. */
type Trap = "query" | "commit"

interface Pair {
  readonly client: Socket
  readonly server: Socket
  /** The server's end is gone, and nobody tells the client. */
  deaf: boolean
  trapped: Trap | null
}

const COM_QUERY = 3
const COM_EXECUTE = 0x17
const HEADER_BYTES = 4
/** What a server says to a connection that is one too many: an ERR packet, number 0, in place of a greeting. */
const TOO_MANY = Buffer.from([23, 0, 0, 0, 0xff, 0x10, 0x04, ...Buffer.from("Too many connections")])
const COMMIT = Buffer.from([7, 0, 0, 0, COM_QUERY, ...Buffer.from("COMMIT")])
/** A slow wire takes pieces of this many milliseconds. */
const SLICE_MILLIS = 50

/** A reset, not a close: RST, as a crashed peer or a firewall sends it. */
const reset = (pair: Pair): void => {
  pair.client.resetAndDestroy()
  pair.server.destroy()
}

const isStatement = (chunk: Buffer): boolean =>
  chunk[HEADER_BYTES] === COM_QUERY || chunk[HEADER_BYTES] === COM_EXECUTE

export class Proxy {
  port = 0
  /** Connections that a trap has ended, since the start. */
  sprung = 0
  /** Connections taken since the start. */
  taken = 0
  private readonly pairs = new Set<Pair>()
  /** Clients that were told that they are too many. */
  private readonly turnedAway = new Set<Socket>()
  private full = false
  private deserted = false
  private readonly wire: Wire = { latencyMillis: 0, bytesPerSecond: 0 }
  private trap: Trap | null = null
  private listener: Server | null = null
  private hole: { readonly opened: Promise<void>; readonly open: () => void } | null = null

  private constructor(private readonly target: number) {}

  /** Listens on a free port of loopback, and passes on to `target`, a port of loopback. */
  static async start(target: number): Promise<Proxy> {
    const proxy = new Proxy(target)
    await proxy.listen()
    return proxy
  }

  get connections(): number {
    return this.pairs.size
  }

  /** Mends the wire: what was held is delivered, new connections are taken. Broken ones stay broken. */
  async pass(): Promise<void> {
    this.wire.latencyMillis = 0
    this.wire.bytesPerSecond = 0
    this.trap = null
    this.full = false
    this.deserted = false
    this.hole?.open()
    this.hole = null
    await this.listen()
  }

  /** New connections are told that they are too many, and are left open, until `pass`. */
  turnAway(): void {
    this.full = true
  }

  /** The server behind it has gone: all connections end, and new ones are taken and closed, until `pass`. */
  desert(): void {
    this.deserted = true
    for (const { server } of this.pairs) server.destroy()
  }

  /** Nothing gets through, either way, on old and new connections alike, until `pass`. */
  blackHole(): void {
    if (this.hole !== null) return
    let open = (): void => undefined
    const opened = new Promise<void>((resolve) => {
      open = resolve
    })
    this.hole = { opened, open }
  }

  /** The server's ends of all connections are gone; the clients' stay open, and silent for ever. New ones pass. */
  halfOpen(): void {
    for (const pair of this.pairs) {
      pair.deaf = true
      pair.server.destroy()
    }
  }

  resetAll(): void {
    for (const pair of this.pairs) reset(pair)
    for (const client of this.turnedAway) client.destroy()
  }

  /** The next statement reaches the server, and its connection is reset before the answer. */
  resetDuringQuery(): void {
    this.trap = "query"
  }

  /** The next COMMIT is done by the server, and its connection is reset in place of the answer. */
  resetAtCommit(): void {
    this.trap = "commit"
  }

  latency(millis: number): void {
    this.wire.latencyMillis = millis
  }

  throttle(bytesPerSecond: number): void {
    this.wire.bytesPerSecond = bytesPerSecond
  }

  /** Nobody listens any more, and all connections are reset. */
  async refuse(): Promise<void> {
    const { listener } = this
    this.listener = null
    this.resetAll()
    if (listener !== null) await new Promise((resolve) => listener.close(resolve))
  }

  async stop(): Promise<void> {
    this.hole?.open()
    await this.refuse()
  }

  private async listen(): Promise<void> {
    if (this.listener !== null) return
    const listener = createServer({ allowHalfOpen: true, noDelay: true }, (client) => this.accept(client))
    await new Promise<void>((resolve, reject) => {
      listener.once("error", reject)
      listener.listen(this.port, "127.0.0.1", resolve)
    })
    const address = listener.address()
    if (typeof address === "object" && address !== null) this.port = address.port
    this.listener = listener
  }

  private accept(client: Socket): void {
    this.taken += 1
    if (this.deserted) {
      client.on("error", () => undefined)
      client.end()
    } else if (this.full) this.sayTooMany(client)
    else this.connect(client)
  }

  private connect(client: Socket): void {
    const server = createConnection({ host: "127.0.0.1", port: this.target, noDelay: true })
    const pair: Pair = { client, server, deaf: false, trapped: null }
    this.pairs.add(pair)
    client.on("error", () => undefined)
    server.on("error", () => undefined)
    client.once("close", () => {
      this.pairs.delete(pair)
      server.destroy()
    })
    // What the server closes is closed behind its last bytes; a hole holds the news back too.
    void this.forward(pair, "up").finally(() => server.end())
    void this.forward(pair, "down").finally(async () => {
      await this.hole?.opened
      if (!pair.deaf) client.end()
      if (!pair.deaf && server.errored !== null) client.resetAndDestroy()
    })
  }

  private sayTooMany(client: Socket): void {
    this.turnedAway.add(client)
    client.on("error", () => undefined)
    client.once("close", () => this.turnedAway.delete(client))
    client.write(TOO_MANY)
  }

  private async forward(pair: Pair, way: "up" | "down"): Promise<void> {
    const [from, to] = way === "up" ? [pair.client, pair.server] : [pair.server, pair.client]
    try {
      for await (const chunk of from) {
        await this.hole?.opened
        if (pair.deaf) continue
        if (way === "up") this.look(pair, chunk)
        else if (this.wire.latencyMillis > 0) await sleep(this.wire.latencyMillis)
        if (way === "down" && pair.trapped === "commit") {
          this.sprung += 1
          return reset(pair)
        }
        await this.write(pair, to, chunk)
        if (way === "up" && pair.trapped === "query") {
          this.sprung += 1
          return reset(pair)
        }
      }
    } catch {
      // A broken connection ends its forwarding.
    }
  }

  /** Springs the trap on this connection when it carries what the trap waits for. */
  private look(pair: Pair, chunk: Buffer): void {
    const caught =
      this.trap === "query" ? isStatement(chunk) : this.trap === "commit" && chunk.includes(COMMIT)
    if (!caught) return
    pair.trapped = this.trap
    this.trap = null
  }

  private async write(pair: Pair, to: Socket, chunk: Buffer): Promise<void> {
    for (let at = 0; at < chunk.length; ) {
      const { bytesPerSecond } = this.wire
      const slice = bytesPerSecond === 0 ? chunk.length : Math.ceil((bytesPerSecond * SLICE_MILLIS) / 1_000)
      if (to.destroyed || pair.deaf) return
      const piece = chunk.subarray(at, at + slice)
      const room = to.write(piece)
      at += piece.length
      if (bytesPerSecond > 0) await sleep(SLICE_MILLIS)
      else if (!room) {
        await new Promise<void>((resolve) => {
          to.once("drain", resolve)
          to.once("close", resolve)
        })
      }
    }
  }
}
