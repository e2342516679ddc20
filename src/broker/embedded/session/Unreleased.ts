/**
 * What clients published at QoS 2 and did not release: their packet ids, so that a message that comes again before
 * its release is stored and sent on once. Bounded by `max` a client.
 */
interface Named {
  readonly id: string
}

export interface Identified {
  readonly messageId?: number | undefined
}

export class Unreleased {
  /** By client the ids, and how often each was answered on its connection: 0 before it is stored. */
  private readonly clients = new Map<string, Map<number, number>>()

  constructor(private readonly max: number) {}

  /** Whether a client may publish this: not when it has too many that it did not release. */
  admit({ id }: Named, { messageId = 0 }: Identified): boolean {
    const ids = this.clients.get(id) ?? new Map<number, number>()
    if (!ids.has(messageId)) {
      if (ids.size >= this.max) return false
      ids.set(messageId, 0)
    }
    this.clients.set(id, ids)
    return true
  }

  answered({ id }: Named, { messageId = 0 }: Identified): void {
    const ids = this.clients.get(id)
    ids?.set(messageId, (ids.get(messageId) ?? 0) + 1)
  }

  timesAnswered({ id }: Named, { messageId = 0 }: Identified): number {
    return this.clients.get(id)?.get(messageId) ?? 0
  }

  /** On a new connection a client sends again what it does not know to be answered. */
  arrived(id: string): void {
    const ids = this.clients.get(id)
    for (const [messageId, times] of ids ?? []) ids?.set(messageId, Math.min(times, 1))
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
