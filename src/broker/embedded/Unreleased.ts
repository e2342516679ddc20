/**
 * What clients published at QoS 2 and did not release: their packet ids, so that a message that comes again before
 * its release is sent on once. Bounded by `max` a client.
 */
interface Named {
  readonly id: string
}

export interface Identified {
  readonly messageId?: number | undefined
}

export class Unreleased {
  /** By client the ids; true once the message was sent on. */
  private readonly clients = new Map<string, Map<number, boolean>>()

  constructor(private readonly max: number) {}

  /** Whether a client may publish this: not when it has too many that it did not release. */
  admit({ id }: Named, { messageId = 0 }: Identified): boolean {
    const ids = this.clients.get(id) ?? new Map<number, boolean>()
    if (!ids.has(messageId)) {
      if (ids.size >= this.max) return false
      ids.set(messageId, false)
    }
    this.clients.set(id, ids)
    return true
  }

  sent({ id }: Named, { messageId = 0 }: Identified): void {
    this.clients.get(id)?.set(messageId, true)
  }

  isSent({ id }: Named, { messageId = 0 }: Identified): boolean {
    return this.clients.get(id)?.get(messageId) === true
  }

  release({ id }: Named, { messageId = 0 }: Identified): void {
    const ids = this.clients.get(id)
    ids?.delete(messageId)
    if (ids?.size === 0) this.clients.delete(id)
  }

  forget({ id }: Named): void {
    this.clients.delete(id)
  }
}
