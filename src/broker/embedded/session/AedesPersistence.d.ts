/** The part of Aedes' persistence in memory that SessionStore builds on; the package types its callbacks alone. */
declare module "aedes-persistence/asyncPersistence.js" {
  import type { Readable } from "node:stream"
  import type { IPublishPacket } from "mqtt-packet"

  export interface StoredSubscription {
    readonly topic: string
    readonly qos: number
  }

  export interface RetainedPacket {
    readonly topic: string
    readonly payload: string | Buffer
    readonly properties?: IPublishPacket["properties"]
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
