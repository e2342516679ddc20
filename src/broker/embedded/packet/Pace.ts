/**
 * How fast one connection is read: a bucket that a second's worth fits in, of packets and of bytes. Who is over it is
 * read later, and is held back by TCP; nothing is dropped.
 */

export interface PaceLimits {
  /** Packets read in a second; 0: any number. */
  readonly packetsPerSecondMax: number
  /** Bytes read in a second; 0: any number. */
  readonly bytesPerSecondMax: number
}

/** What may come at once after a silence, in ms of the rate. */
const BURST_MILLIS = 1_000

const millisOf = (count: number, perSecond: number): number =>
  perSecond === 0 ? 0 : (count / perSecond) * 1_000

export class Pace {
  readonly isLimited: boolean
  /** When all that was read would have been read at the rate, ms. */
  private due = 0

  constructor(private readonly limits: PaceLimits) {
    this.isLimited = limits.packetsPerSecondMax > 0 || limits.bytesPerSecondMax > 0
  }

  /** Counts what was read; gives how long to read no more, in ms. */
  take(packets: number, bytes: number, now: number): number {
    const { bytesPerSecondMax, packetsPerSecondMax } = this.limits
    const cost = Math.max(millisOf(packets, packetsPerSecondMax), millisOf(bytes, bytesPerSecondMax))
    this.due = Math.max(this.due, now - BURST_MILLIS) + cost
    return Math.max(0, this.due - now)
  }
}
