/**
 * Keys as events: created once, revoked at most once. A key is `tm_<id>_<secret>`; the id is no secret and finds it, and
 * of the secret only the SHA-256 is kept, which is right for 256 random bits.
 */
import * as Schema from "effect/Schema"
import { Micros } from "../Time.js"
import { type Principal, principalOf, scopeOfDevice } from "./Principal.js"
import { Role } from "./Roles.js"
import { EVERYTHING, type Scope } from "./Scope.js"

/** 48 random bits in hex. */
export const KeyId = Schema.String.pipe(Schema.pattern(/^[0-9a-f]{12}$/), Schema.brand("KeyId"))
export type KeyId = typeof KeyId.Type

/** Longest name of a key, in UTF-16 code units. */
export const KEY_NAME_LENGTH_MAX = 190

const KeyScope = Schema.Struct({
  sensors: Schema.NullOr(
    Schema.Struct({
      ranges: Schema.Array(Schema.Struct({ first: Schema.Int, last: Schema.Int })),
      names: Schema.Array(Schema.String)
    })
  ),
  datasets: Schema.NullOr(Schema.Array(Schema.String))
})

/** All that is said of a key when it is created. */
export const KeyCreation = Schema.Struct({
  name: Schema.String,
  role: Role,
  scope: KeyScope,
  expiresAt: Schema.NullOr(Micros),
  /** SHA-256 of the secret, in hex. */
  sha256: Schema.String.pipe(Schema.pattern(/^[0-9a-f]{64}$/))
})
export type KeyCreation = typeof KeyCreation.Type

interface KeyEventFacts {
  readonly position: number
  readonly id: KeyId
  readonly recordedAt: Micros
  /** Whose key did it; null: the command line. */
  readonly actor: string | null
}

export type KeyEvent = KeyEventFacts &
  (
    | { readonly type: "KeyCreated"; readonly creation: KeyCreation }
    | { readonly type: "KeyRevoked"; readonly creation: null }
  )

export interface Key extends KeyCreation {
  readonly id: KeyId
  readonly createdAt: Micros
  readonly createdBy: string | null
  readonly revokedAt: Micros | null
  readonly revokedBy: string | null
}

/** The keys that the events tell of, in the order in which they were created. */
export const foldKeys = (keys: Map<KeyId, Key>, events: ReadonlyArray<KeyEvent>): void => {
  for (const { actor, creation, id, recordedAt } of events) {
    const key = keys.get(id)
    if (creation !== null) {
      keys.set(id, {
        ...creation,
        id,
        createdAt: recordedAt,
        createdBy: actor,
        revokedAt: null,
        revokedBy: null
      })
    } else if (key !== undefined) keys.set(id, { ...key, revokedAt: recordedAt, revokedBy: actor })
  }
}

export type KeyState = "active" | "expired" | "revoked"

export const keyStateAt = ({ expiresAt, revokedAt }: Key, now: Micros): KeyState =>
  revokedAt !== null ? "revoked" : expiresAt !== null && expiresAt <= now ? "expired" : "active"

/** Who has this key. A device that is given no sensors says those of its own name. */
export const principalOfKey = ({ name, role, scope }: KeyCreation): Principal =>
  principalOf(
    name,
    role,
    "database",
    role === "device" && scope.sensors === null ? { ...scope, sensors: scopeOfDevice(name).sensors } : scope
  )

/** What is wrong with a key that somebody would make; null: nothing. A name stands between colons and commas. */
export const keyFault = (name: string, role: Role, scope: Scope = EVERYTHING): string | null => {
  if (
    name.length > KEY_NAME_LENGTH_MAX ||
    !/^[^\s:,\p{Cc}][^:,\p{Cc}]*$/u.test(name) ||
    !name.isWellFormed()
  ) {
    return `a name has 1 to ${KEY_NAME_LENGTH_MAX} characters, and no colon or comma`
  }
  return role === "device" && scope.sensors === null && name.includes("*")
    ? "the name of a device that is given no sensors has no star"
    : null
}
