/**
 * The acknowledgements that one connection to a broker elsewhere is owed: held back until their messages are
 * stored, and sent in order of arrival.
 *
 * Invariants:
 * 1. An id is sent once for each time that it arrives anew, after every delivery under it was stored, and after
 *    all that arrived before it: what is acknowledged is a gapless prefix of what arrived.
 * 2. A delivery that was not stored breaks the window: it and all that came after it are not acknowledged, and
 *    the broker delivers them again on the next connection.
 * 3. After `reset` nothing that arrived before is ever sent: packet ids are used again on the next connection.
 *
 * Plain and synchronous: it knows no socket and no clock.
 */

interface Held {
  readonly packetId: number
  /** Deliveries under this id that are not settled. A broker may send one again while it is held. */
  waiting: number
  next: Held | undefined
}

export class AckWindow {
  /** Something was not stored: nothing that arrives from now on is acknowledged. Until `reset`. */
  broken = false
  private head: Held | undefined
  private tail: Held | undefined
  /** What may yet be acknowledged. */
  private held = new Map<number, Held>()

  constructor(private readonly send: (packetId: number) => void) {}

  /** Ids that arrived and may yet be sent. */
  get outstanding(): number {
    return this.held.size
  }

  /** A message has arrived. Tell the answer once whether it was stored; later calls do nothing. */
  arrived(packetId: number): (stored: boolean) => void {
    if (this.broken) return () => {}
    const held = this.held.get(packetId) ?? this.append(packetId)
    held.waiting += 1
    let settled = false
    return (stored) => {
      // Of an older connection, or behind a message that was not stored.
      if (settled || this.held.get(packetId) !== held) return
      settled = true
      if (stored) {
        held.waiting -= 1
        this.release()
      } else this.break(held)
    }
  }

  /** The connection is gone, and with it what was held for it. */
  reset(): void {
    this.broken = false
    this.head = undefined
    this.tail = undefined
    this.held = new Map()
  }

  private append(packetId: number): Held {
    const held: Held = { packetId, waiting: 0, next: undefined }
    this.held.set(packetId, held)
    if (this.tail === undefined) this.head = held
    else this.tail.next = held
    this.tail = held
    return held
  }

  private release(): void {
    // `send` may lose the connection, and so reset: the head is asked for anew each time.
    for (let first = this.head; first?.waiting === 0; first = this.head) {
      this.held.delete(first.packetId)
      this.head = first.next
      if (this.head === undefined) this.tail = undefined
      this.send(first.packetId)
    }
  }

  private break(from: Held): void {
    this.broken = true
    for (let one: Held | undefined = from; one !== undefined; one = one.next) this.held.delete(one.packetId)
  }
}
