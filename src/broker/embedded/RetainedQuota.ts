import type { PublishPacket } from "aedes"
import { bytesOf } from "./session/KeptMessage.js"

/**
 * Bounds what the broker keeps as retained messages, which live in memory: a publish that would go over is
 * delivered and stored in the log like any other, and not retained.
 */
export class RetainedQuota {
  private readonly sizes = new Map<string, number>()
  private bytes = 0

  constructor(
    /** Topics with a retained message. */
    private readonly topicsMax: number,
    /** Bytes of their topics, payloads and properties together. */
    private readonly bytesMax: number
  ) {}

  /** Whether this message may be retained; counts it when it may. An empty payload takes the retained one away. */
  admit(packet: PublishPacket): boolean {
    const { payload, topic } = packet
    const old = this.sizes.get(topic)
    const size = payload.length === 0 ? 0 : bytesOf(packet)
    const bytes = this.bytes - (old ?? 0) + size
    const topics = this.sizes.size + (old === undefined ? 1 : 0)
    if (size > 0 && (topics > this.topicsMax || bytes > this.bytesMax)) return false
    this.bytes = bytes
    if (size === 0) this.sizes.delete(topic)
    else this.sizes.set(topic, size)
    return true
  }
}
