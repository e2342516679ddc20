/** The part of Aedes' persistence in memory that SessionStore builds on; the package types its callbacks alone. */
declare module "aedes-persistence/asyncPersistence.js" {
  export interface StoredSubscription {
    readonly topic: string
    readonly qos: number
  }

  export default class MemoryPersistence {
    addSubscriptions(
      client: { readonly id: string },
      subscriptions: ReadonlyArray<StoredSubscription>
    ): Promise<void>
    subscriptionsByClient(client: { readonly id: string }): Promise<ReadonlyArray<StoredSubscription>>
    cleanSubscriptions(client: { readonly id: string }): Promise<void>
    storeRetained(packet: { readonly topic: string; readonly payload: string | Buffer }): Promise<void>
  }
}
