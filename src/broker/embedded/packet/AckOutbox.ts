/**
 * Bytes of ours for clients: what is sent to one in the same turn goes out in one write. A batch is acknowledged
 * message by message, and a write each would cost as much as to read the message.
 */
import type { Client } from "aedes"

export class AckOutbox {
  private readonly waiting = new Map<Client, Array<Buffer>>()

  /** Sends when this turn ends; nothing to who has gone by then. */
  send(client: Client, bytes: Buffer): void {
    const pieces = this.waiting.get(client)
    if (pieces !== undefined) {
      pieces.push(bytes)
      return
    }
    if (this.waiting.size === 0) process.nextTick(() => this.flushAll())
    this.waiting.set(client, [bytes])
  }

  /** Sends at once what waits for a client: ahead of the last that it hears. */
  flush(client: Client): void {
    const pieces = this.waiting.get(client)
    this.waiting.delete(client)
    if (pieces !== undefined && !client.closed) client.conn.write(Buffer.concat(pieces))
  }

  private flushAll(): void {
    for (const client of [...this.waiting.keys()]) this.flush(client)
  }
}
