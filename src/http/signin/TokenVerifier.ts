/**
 * Bearer tokens of a provider of OpenID Connect: whose one is, if it was made by this provider, for this server, and is
 * in force. Only signatures by a private key count: none, and none by a secret, which a public key could be taken for.
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import type { Principal } from "../../domain/access/Principal.js"
import { Refusal } from "../core/Problems.js"
import { type OidcSettings, principalOfClaims } from "./OidcClaims.js"
import { away, type ProviderAway, providerKeys } from "./Provider.js"

export const ALGORITHMS: ReadonlyArray<string> = [
  ...["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"],
  ...["ES256", "ES384", "ES512", "EdDSA", "Ed25519"]
]

/** How far the provider's clock may be from ours, in s. */
const TOLERANCE_SECONDS = 5

const JWT = /^eyJ[\w-]*\.[\w-]*\.[\w-]*$/

/** Whether a secret has the form of a token; no key of ours has. */
export const isToken = (secret: string): boolean => JWT.test(secret)

export const invalidToken = (detail: string): Refusal =>
  new Refusal({
    kind: "unauthorized",
    detail,
    headers: { "www-authenticate": 'Bearer realm="tidemark", error="invalid_token"' }
  })

export const PROVIDER_AWAY = new Refusal({
  kind: "provider-away",
  detail: "Who signed this token can't be asked for its keys now; the same request may be made again.",
  headers: { "retry-after": "30" }
})

/** jose's codes of what is wrong with a token itself: all else is the provider's failure. */
const WORDS = new Map([
  ["ERR_JWT_EXPIRED", "The token has expired."],
  [
    "ERR_JWT_CLAIM_VALIDATION_FAILED",
    "The token is of another issuer, for another audience, or not in force."
  ],
  ["ERR_JWS_SIGNATURE_VERIFICATION_FAILED", "The token's signature is not its issuer's."],
  ["ERR_JOSE_ALG_NOT_ALLOWED", "The token is signed by an algorithm that is not taken."],
  ["ERR_JWKS_NO_MATCHING_KEY", "The token's key is none of its issuer's."],
  ["ERR_JWKS_MULTIPLE_MATCHING_KEYS", "The token does not say which key it is signed by."],
  ["ERR_JOSE_NOT_SUPPORTED", "The token is of a kind that is not taken."],
  ["ERR_JWS_INVALID", "The token is malformed."],
  ["ERR_JWT_INVALID", "The token is malformed."]
])

const codeOf = (error: unknown): string =>
  error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : ""

export type TokenVerifier = (token: string) => Effect.Effect<Either.Either<Principal, Refusal>>

export const makeTokenVerifier = (settings: OidcSettings): Effect.Effect<TokenVerifier> =>
  Effect.map(providerKeys(settings.issuer), (provider) => {
    const claimsOf = (token: string) =>
      Effect.gen(function* () {
        const { issuer, keys } = yield* provider
        const { jwtVerify } = yield* Effect.promise(() => import("jose"))
        const now = yield* Clock.currentTimeMillis
        return yield* Effect.tryPromise({
          try: () =>
            jwtVerify(token, keys, {
              issuer,
              audience: settings.audience,
              algorithms: [...ALGORITHMS],
              requiredClaims: ["exp"],
              clockTolerance: TOLERANCE_SECONDS,
              currentDate: new Date(now)
            }),
          catch: (error): Refusal | ProviderAway => {
            const words = WORDS.get(codeOf(error))
            return words === undefined ? away(error) : invalidToken(words)
          }
        })
      })
    return (token) =>
      Effect.map(claimsOf(token), ({ payload }) =>
        Either.mapLeft(principalOfClaims(payload, settings), ({ detail, kind }) =>
          kind === "unauthorized" ? invalidToken(detail) : new Refusal({ kind, detail })
        )
      ).pipe(
        Effect.catchTags({
          Refusal: (refusal) => Effect.succeed(Either.left(refusal)),
          ProviderAway: (error) => Effect.as(Effect.logWarning(error.message), Either.left(PROVIDER_AWAY))
        })
      )
  })
