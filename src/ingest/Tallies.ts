/**
 * What became of each MQTT client's messages. Bounded: of more clients than `clientsMax`, the one that has not
 * been heard of for longest is forgotten, and counts from zero when it comes back.
 */
import type { ClientTally, MessageCounts } from "../broker/MessageSink.js"

/** Clients whose counts are kept. */
export const TALLIED_CLIENTS_MAX = 10_000

type Counts = { -readonly [K in keyof ClientTally]: ClientTally[K] }

const NOTHING: ClientTally = { messages: 0, stored: 0, repeated: 0, rejected: 0 }

export class Tallies {
  // In order of last use: a map keeps the order of insertion.
  private readonly clients = new Map<string, Counts>()
  private last: { readonly clientId: string; readonly counts: Counts } | null = null

  constructor(private readonly clientsMax: number = TALLIED_CLIENTS_MAX) {}

  add(clientId: string, outcome: MessageCounts): void {
    const counts = this.use(clientId)
    counts.messages += 1
    counts.stored += outcome.stored
    counts.repeated += outcome.repeated
    counts.rejected += outcome.rejected
  }

  get(clientId: string): ClientTally {
    return { ...(this.clients.get(clientId) ?? NOTHING) }
  }

  // Messages come in runs of one client, so that most calls find it in `last`.
  private use(clientId: string): Counts {
    if (this.last?.clientId === clientId) return this.last.counts
    const counts = this.clients.get(clientId) ?? { ...NOTHING }
    this.clients.delete(clientId)
    this.clients.set(clientId, counts)
    if (this.clients.size > this.clientsMax) {
      for (const oldest of this.clients.keys()) {
        this.clients.delete(oldest)
        break
      }
    }
    this.last = { clientId, counts }
    return counts
  }
}
