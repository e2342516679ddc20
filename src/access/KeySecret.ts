/** What a key looks like, and how one is made and recognised. */
import { createHash, randomBytes, timingSafeEqual } from "node:crypto"
import * as Effect from "effect/Effect"
import { KeyId } from "../domain/access/Key.js"

const ID_BYTES = 6
const SECRET_BYTES = 32

const FORM = /^tm_([0-9a-f]{12})_[\w-]{43}$/

/** The id within a key; undefined: it is none of ours. */
export const keyIdOf = (text: string): KeyId | undefined => {
  const id = FORM.exec(text)?.[1]
  return id === undefined ? undefined : KeyId.make(id, { disableValidation: true })
}

const digest = (text: string): Buffer => createHash("sha256").update(text).digest()

/** Whether this is the key of this hash: takes the same time wherever they differ. */
export const isKeyOf = (text: string, sha256: string): boolean =>
  timingSafeEqual(digest(text), Buffer.from(sha256, "hex"))

export interface NewSecret {
  readonly id: KeyId
  /** Shown once. */
  readonly key: string
  readonly sha256: string
}

/** Chance that nobody may repeat: never from a seeded service. */
export const newSecret: Effect.Effect<NewSecret> = Effect.sync(() => {
  const id = KeyId.make(randomBytes(ID_BYTES).toString("hex"))
  const key = `tm_${id}_${randomBytes(SECRET_BYTES).toString("base64url")}`
  return { id, key, sha256: digest(key).toString("hex") }
})
