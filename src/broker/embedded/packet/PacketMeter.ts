/**
 * Follows MQTT's framing over the chunks of one connection, ahead of the parser, to refuse a packet by the length
 * that it declares, before any of it is kept. The parser behind has no limit of its own.
 */

export interface PacketLimits {
  /** Largest packet, in bytes after its fixed header. */
  readonly packetBytesMax: number
  /** Largest first packet (CONNECT): whoever sends it has not been let in yet. */
  readonly connectBytesMax: number
}

/** A length takes at most this many bytes (MQTT 3.1.1, 2.2.3). */
const LENGTH_BYTES_MAX = 4

export class PacketMeter {
  /** Packets that have begun. */
  packets = 0
  /** Bytes of the packet's body still to come. */
  private body = 0
  /** Bytes of the length read so far; -1 before the packet's first byte. */
  private lengthBytes = -1
  private length = 0
  private max: number

  constructor(private readonly limits: PacketLimits) {
    this.max = limits.connectBytesMax
  }

  /** Takes the next chunk; gives why the connection must be closed, or null. */
  accept(chunk: Uint8Array): string | null {
    for (let at = 0; at < chunk.length; ) {
      if (this.body > 0) {
        const step = Math.min(this.body, chunk.length - at)
        this.body -= step
        at += step
      } else {
        const fault = this.header(chunk[at] ?? 0)
        if (fault !== null) return fault
        at += 1
      }
    }
    return null
  }

  private header(byte: number): string | null {
    if (this.lengthBytes === -1) {
      this.packets += 1
      this.lengthBytes = 0
      this.length = 0
      return null
    }
    this.length += (byte & 0x7f) * 128 ** this.lengthBytes
    this.lengthBytes += 1
    if (this.length > this.max)
      return `a packet of ${this.length} bytes or more: at most ${this.max} are taken`
    if ((byte & 0x80) !== 0) {
      return this.lengthBytes < LENGTH_BYTES_MAX ? null : "a packet's length has more than 4 bytes"
    }
    this.lengthBytes = -1
    this.body = this.length
    this.max = this.limits.packetBytesMax
    return null
  }
}
