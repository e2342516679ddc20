/**
 * What a provider of OpenID Connect says of itself, and its keys. Asked for when they are needed, not at the start: a
 * provider that is away holds nothing up. While it fails it is asked once in a while only.
 */
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import type { JWTVerifyGetKey } from "jose"

/** How long its answer may take. */
const ANSWER_WITHIN = "5 seconds"
/** How long a failure holds, and how long a key that it does not have is not asked for again. */
const COOLDOWN_MILLIS = 30_000

const Metadata = Schema.Struct({ issuer: Schema.String, jwks_uri: Schema.String })

/** The provider can't be asked now. `message` is for the log. */
export class ProviderAway extends Schema.TaggedError<ProviderAway>()("ProviderAway", {
  reason: Schema.String
}) {
  override get message(): string {
    return `the provider of OIDC_ISSUER can't be asked: ${this.reason}`
  }
}

export const away = (cause: unknown): ProviderAway =>
  new ProviderAway({ reason: cause instanceof Error ? cause.message : String(cause) })

const described = (issuer: URL) => {
  // The issuer may have a path, and the document stands below it.
  const base = issuer.href.endsWith("/") ? issuer.href : `${issuer.href}/`
  return Effect.tryPromise({
    try: async (signal) => {
      const response = await fetch(new URL(".well-known/openid-configuration", base), {
        redirect: "error",
        signal
      })
      if (!response.ok) throw new Error(`it answers ${response.status}`)
      return Schema.decodeUnknownSync(Metadata)(await response.json())
    },
    catch: away
  }).pipe(
    Effect.timeoutFail({ duration: ANSWER_WITHIN, onTimeout: () => away("it does not answer") }),
    Effect.filterOrFail(
      (metadata) => metadata.issuer === issuer.href || metadata.issuer === issuer.href.replace(/\/$/, ""),
      (metadata) => away(`it calls itself ${metadata.issuer}`)
    )
  )
}

export interface ProviderKeys {
  /** As its tokens name it. */
  readonly issuer: string
  readonly keys: JWTVerifyGetKey
}

/** Its keys; the same from the first answer on, and themselves fetched again as they change. */
export const providerKeys = (issuer: URL): Effect.Effect<Effect.Effect<ProviderKeys, ProviderAway>> => {
  let made: ProviderKeys | undefined
  const ask = Effect.gen(function* () {
    const metadata = yield* described(issuer)
    const { createRemoteJWKSet } = yield* Effect.promise(() => import("jose"))
    const options = { cooldownDuration: COOLDOWN_MILLIS, timeoutDuration: 5_000 }
    made = { issuer: metadata.issuer, keys: createRemoteJWKSet(new URL(metadata.jwks_uri), options) }
    return made
  })
  return Effect.map(Effect.cachedWithTTL(Effect.either(ask), COOLDOWN_MILLIS), (asked) =>
    Effect.suspend(() =>
      made === undefined
        ? Effect.flatMap(asked, Either.match({ onLeft: Effect.fail, onRight: Effect.succeed }))
        : Effect.succeed(made)
    )
  )
}
