/**
 * What this server lets a browser keep for it: encrypted, so that nobody reads or changes it, with an end. The key is made
 * of a secret that all processes have, so that any of them opens what another sealed.
 */
import { hkdfSync } from "node:crypto"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type { Claims } from "./OidcClaims.js"

/** What it is for: one does not stand in for the other. */
export type SealKind = "sign-in" | "session"

const KEY_BYTES = 32

export class Sealed {
  private readonly key: Uint8Array

  constructor(secret: string, issuer: URL) {
    this.key = new Uint8Array(hkdfSync("sha256", secret, issuer.href, "tidemark sign-in", KEY_BYTES))
  }

  seal(kind: SealKind, claims: Record<string, unknown>, seconds: number): Effect.Effect<string> {
    return Effect.flatMap(Clock.currentTimeMillis, (now) =>
      Effect.promise(async () => {
        const { EncryptJWT } = await import("jose")
        return await new EncryptJWT(claims)
          .setProtectedHeader({ alg: "dir", enc: "A256GCM" })
          .setAudience(kind)
          .setExpirationTime(Math.floor(now / 1_000) + seconds)
          .encrypt(this.key)
      })
    )
  }

  /** Null: it was not sealed here for that, or has ended. */
  open(kind: SealKind, text: string): Effect.Effect<Claims | null> {
    return Effect.flatMap(Clock.currentTimeMillis, (now) =>
      Effect.tryPromise(async () => {
        const { jwtDecrypt } = await import("jose")
        const { payload } = await jwtDecrypt(text, this.key, {
          audience: kind,
          requiredClaims: ["exp"],
          keyManagementAlgorithms: ["dir"],
          contentEncryptionAlgorithms: ["A256GCM"],
          currentDate: new Date(now)
        })
        return payload as Claims
      }).pipe(Effect.orElseSucceed(() => null))
    )
  }
}
