/**
 * The keys as this process knows them, so that no request asks the database.
 *
 * Invariants:
 * 1. The keys' log is asked for more every `POLL_MILLIS`: what happens to a key in another process, or at the command
 *    line, holds here that much later. What happens in this one holds at once.
 * 2. While the database is away, the keys that were read hold on. Events that can't be read are told in the program's log.
 * 3. A database that ever had a key is not open again, though all of them are revoked.
 */
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import {
  foldKeys,
  type Key,
  type KeyCreation,
  type KeyId,
  keyStateAt,
  principalOfKey
} from "../domain/access/Key.js"
import type { Principal } from "../domain/access/Principal.js"
import type { LogError } from "../eventlog/EventLog.js"
import { unsafeNowMicros } from "../telemetry/Instant.js"
import { KeyLog, type KeyLogService } from "./KeyLog.js"
import { isKeyOf, keyIdOf, newSecret } from "./KeySecret.js"

/** Half of the time within which a revoked key has to stop everywhere. */
export const POLL_MILLIS = 500

export interface NewKey {
  readonly key: Key
  /** Shown once. */
  readonly secret: string
}

export interface KeyBookService {
  /** Whether there ever was a key; null: the database has not said so far. */
  readonly hasKeys: () => boolean | null
  /** Whose key it is, if it is in force. */
  readonly verify: (secret: string) => Option.Option<Principal>
  /** Whether a key that was let in may stay. */
  readonly inForce: (id: KeyId) => boolean
  /** Waits for the database's first answer, and says whether there ever was a key. */
  readonly loaded: Effect.Effect<boolean>
  /** All keys that ever were, as of now; asks the database. */
  readonly list: Effect.Effect<ReadonlyArray<Key>, LogError>
  readonly create: (
    creation: Omit<KeyCreation, "sha256">,
    actor: string | null
  ) => Effect.Effect<NewKey, LogError>
  readonly revoke: (id: KeyId, actor: string | null) => Effect.Effect<Option.Option<Key>, LogError>
}

export class KeyBook extends Context.Tag("tidemark/KeyBook")<KeyBook, KeyBookService>() {}

/** Makes a key, and stores what is to be known of it. */
export const createKey = (log: KeyLogService, creation: Omit<KeyCreation, "sha256">, actor: string | null) =>
  Effect.gen(function* () {
    const { id, key: secret, sha256 } = yield* newSecret
    return { key: yield* log.create(id, { ...creation, sha256 }, actor), secret } satisfies NewKey
  })

const make = Effect.gen(function* () {
  const log = yield* KeyLog
  const clock = yield* Effect.clock
  const first = yield* Deferred.make<boolean>()
  const permit = yield* Effect.makeSemaphore(1)
  const keys = new Map<KeyId, Key>()
  let position: number | null = null

  // One at a time: what was read before a change is not laid over it.
  const inTurn = permit.withPermits(1)
  const keep = (key: Key) => {
    keys.set(key.id, key)
  }
  const refresh = inTurn(
    Effect.gen(function* () {
      const events = yield* log.after(position ?? 0)
      foldKeys(keys, events)
      position = events.at(-1)?.position ?? position ?? 0
      yield* Deferred.succeed(first, keys.size > 0)
    })
  )
  /** Whether the last look found events that can't be read: it is said once, not at each look. */
  let isCorrupt = false
  const look = Effect.matchEffect(refresh, {
    onSuccess: () =>
      Effect.sync(() => {
        isCorrupt = false
      }),
    onFailure: (error) => {
      if (error._tag === "LogUnavailable" || isCorrupt) return Effect.void
      isCorrupt = true
      return Effect.logError(`keys that are made or revoked do not count from here on: ${error.message}`)
    }
  })
  yield* look.pipe(Effect.zipRight(Effect.sleep(POLL_MILLIS)), Effect.forever, Effect.forkScoped)

  const active = (id: KeyId): Key | undefined => {
    const key = keys.get(id)
    return key !== undefined && keyStateAt(key, unsafeNowMicros(clock)) === "active" ? key : undefined
  }

  const service: KeyBookService = {
    hasKeys: () => (position === null ? null : keys.size > 0),
    verify: (secret) => {
      const id = keyIdOf(secret)
      const key = id === undefined ? undefined : active(id)
      return key !== undefined && isKeyOf(secret, key.sha256)
        ? Option.some(principalOfKey(key))
        : Option.none()
    },
    inForce: (id) => active(id) !== undefined,
    loaded: Deferred.await(first),
    list: Effect.map(refresh, () => [...keys.values()]),
    create: (creation, actor) =>
      inTurn(Effect.tap(createKey(log, creation, actor), ({ key }) => Effect.sync(() => keep(key)))),
    revoke: (id, actor) =>
      inTurn(Effect.tap(log.revoke(id, actor), (key) => Effect.sync(() => Option.map(key, keep))))
  }
  return service
})

export const layer: Layer.Layer<KeyBook, never, KeyLog> = Layer.scoped(KeyBook, make)
