/** The part of Aedes' persistence in memory that SessionStore builds on; the package types its callbacks alone. */
declare module "aedes-persistence/asyncPersistence.js" {
  import type { Readable } from "node:stream"

  export interface StoredSubscription {
    readonly topic: string
    readonly qos: number
  }

  export interface RetainedPacket {
    readonly topic: string
    readonly payload: string | Buffer
  }

  export default class MemoryPersistence {
    addSubscriptions(
      client: { readonly id: string },
      subscriptions: ReadonlyArray<StoredSubscription>
    ): Promise<void>
    subscriptionsByClient(client: { readonly id: string }): Promise<ReadonlyArray<StoredSubscription>>
    cleanSubscriptions(client: { readonly id: string }): Promise<void>
    storeRetained(packet: RetainedPacket): Promise<void>
    createRetainedStreamCombi(filters: ReadonlyArray<string>): Readable
  }
}
