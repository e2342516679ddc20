/**
 * Signs people in by a provider of OpenID Connect: authorization code with PKCE. A browser keeps its session itself, in
 * a cookie that only this server opens; so any process knows it, and it ends by itself.
 */
import type { HttpServerRequest } from "@effect/platform/HttpServerRequest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import type { Configuration } from "openid-client"
import type { Principal } from "../../domain/access/Principal.js"
import { isOwnOrigin } from "../core/Origin.js"
import { OutsideAuth, type OutsideAuthService } from "../core/Ports.js"
import { invalidField, Refusal } from "../core/Problems.js"
import {
  type Claims,
  type OidcClient,
  type OidcSettings,
  principalOfClaims,
  roleValues
} from "./OidcClaims.js"
import { away } from "./Provider.js"
import { Sealed } from "./Sealed.js"
import { isToken, makeTokenVerifier, PROVIDER_AWAY } from "./TokenVerifier.js"

export const SIGN_IN_PATH = "/sign-in"
export const CALLBACK_PATH = "/sign-in/callback"
export const SESSION_COOKIE = "tidemark_session"
export const PENDING_COOKIE = "tidemark_sign_in"

/** How long a session lasts, and how long somebody may take to sign in, in s. */
export const SESSION_SECONDS = 28_800
export const PENDING_SECONDS = 600

/** What a browser keeps, and where it goes next. */
export interface Step {
  readonly cookie: string
  readonly location: string
}

export interface SignInService {
  /** Where the provider asks who somebody is, who then goes on to `to`. */
  readonly begin: (origin: string, to: string) => Effect.Effect<Step, Refusal>
  /** They came back by this address, with what they kept. */
  readonly finish: (address: URL, kept: string | undefined) => Effect.Effect<Step, Refusal>
  /** Whose session it is; null: there is none. */
  readonly sessionOf: (cookie: string | undefined) => Effect.Effect<Principal | null>
}

/** Null: nobody is signed in here. */
export class SignIn extends Context.Reference<SignIn>()("tidemark/SignIn", {
  defaultValue: (): SignInService | null => null
}) {}

/** A place on this server, whatever somebody says: never another's. */
export const placeOf = (to: string | null): string =>
  to !== null && /^\/(?![/\\])[^\\\p{Cc}]*$/u.test(to) && URL.canParse(to, "http://x") ? to : "/"

export const cookieOf = (cookies: string | undefined, name: string): string | undefined =>
  new RegExp(`(?:^|;\\s*)${name}=([\\w.-]+)`).exec(cookies ?? "")?.[1]

const CAME_WRONG = invalidField(
  "",
  "nobody began to sign in like this in this browser, or too long ago: begin again at /sign-in"
)

const text = (claims: Claims | null, name: string): string => {
  const value = claims?.[name]
  return typeof value === "string" ? value : ""
}

const configured = (issuer: URL, { id, secret }: OidcClient) =>
  Effect.tryPromise({
    try: async (): Promise<Configuration> => {
      const client = await import("openid-client")
      return await client.discovery(issuer, id, undefined, client.ClientSecretBasic(Redacted.value(secret)), {
        execute: [
          client.enableNonRepudiationChecks,
          // The settings allow it on loopback alone.
          ...(issuer.protocol === "http:" ? [client.allowInsecureRequests] : [])
        ]
      })
    },
    catch: away
  })

const makeSignIn = (settings: OidcSettings, oidc: OidcClient) =>
  Effect.gen(function* () {
    const sealed = new Sealed(Redacted.value(oidc.secret), settings.issuer)
    const asked = yield* Effect.cachedWithTTL(Effect.either(configured(settings.issuer, oidc)), "30 seconds")
    const client = Effect.promise(() => import("openid-client"))
    const provider = Effect.flatMap(asked, (made) =>
      Either.isRight(made)
        ? Effect.succeed(made.right)
        : Effect.zipRight(Effect.logWarning(made.left.message), Effect.fail(PROVIDER_AWAY))
    )
    const service: SignInService = {
      begin: (origin, to) =>
        Effect.gen(function* () {
          const config = yield* provider
          const { buildAuthorizationUrl, calculatePKCECodeChallenge, ...random } = yield* client
          const verifier = random.randomPKCECodeVerifier()
          const [state, nonce] = [random.randomState(), random.randomNonce()]
          const challenge = yield* Effect.promise(() => calculatePKCECodeChallenge(verifier))
          const location = buildAuthorizationUrl(config, {
            redirect_uri: origin + CALLBACK_PATH,
            scope: oidc.scope,
            code_challenge: challenge,
            code_challenge_method: "S256",
            state,
            nonce
          })
          const cookie = yield* sealed.seal("sign-in", { verifier, state, nonce, to }, PENDING_SECONDS)
          return { cookie, location: location.href }
        }),
      finish: (address, kept) =>
        Effect.gen(function* () {
          const pending = kept === undefined ? null : yield* sealed.open("sign-in", kept)
          if (pending === null) return yield* CAME_WRONG
          const config = yield* provider
          const { authorizationCodeGrant } = yield* client
          const tokens = yield* Effect.tryPromise({
            try: () =>
              authorizationCodeGrant(config, address, {
                pkceCodeVerifier: text(pending, "verifier"),
                expectedState: text(pending, "state"),
                expectedNonce: text(pending, "nonce"),
                idTokenExpected: true
              }),
            catch: (error) => error
          }).pipe(
            Effect.tapError((error) => Effect.logWarning(`A sign-in failed: ${String(error)}`)),
            Effect.mapError(() => CAME_WRONG)
          )
          const claims: Claims = { ...tokens.claims() }
          const principal = principalOfClaims(claims, settings)
          if (Either.isLeft(principal)) return yield* new Refusal(principal.left)
          const who = {
            [settings.nameClaim]: principal.right.name,
            [settings.roleClaim]: roleValues(claims, settings)
          }
          const cookie = yield* sealed.seal("session", { who }, SESSION_SECONDS)
          return { cookie, location: placeOf(text(pending, "to")) }
        }),
      // What the values mean is looked up each time: the settings may say something else by now.
      sessionOf: (cookie) =>
        cookie === undefined
          ? Effect.succeed(null)
          : Effect.map(sealed.open("session", cookie), (session) =>
              session === null
                ? null
                : Either.getOrElse(principalOfClaims(session.who as Claims, settings), () => null)
            )
    }
    return service
  })

const BEARER = /^bearer +(\S+)\s*$/i
const SAFE_METHODS: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS"])

const FOREIGN = new Refusal({
  kind: "forbidden",
  detail: "A page of another site may not change anything here by your session."
})

/** Judges tokens and sessions; all else is judged by its key. */
const outsideAuth = (
  verify: (token: string) => Effect.Effect<Either.Either<Principal, Refusal>>,
  signIn: SignInService | null
): OutsideAuthService => ({
  signsIn: signIn !== null,
  identify: (request: HttpServerRequest) => {
    const { authorization, cookie, origin, "x-api-key": key } = request.headers
    if (key !== undefined) return null
    if (authorization !== undefined) {
      const token = BEARER.exec(authorization)?.[1]
      return token !== undefined && isToken(token) ? verify(token) : null
    }
    const session = cookieOf(cookie, SESSION_COOKIE)
    if (signIn === null || session === undefined) return null
    return Effect.map(signIn.sessionOf(session), (principal) => {
      if (principal === null) return null
      const isForeign = origin !== undefined && !isOwnOrigin(request, origin)
      return isForeign && !SAFE_METHODS.has(request.method) ? Either.left(FOREIGN) : Either.right(principal)
    })
  }
})

/** By these settings; undefined: by keys alone. */
export const layer = (settings: OidcSettings | undefined): Layer.Layer<never> =>
  settings === undefined
    ? Layer.empty
    : Layer.effectContext(
        Effect.gen(function* () {
          const verify = yield* makeTokenVerifier(settings)
          const signIn = settings.client === null ? null : yield* makeSignIn(settings, settings.client)
          return Context.make(SignIn, signIn).pipe(Context.add(OutsideAuth, outsideAuth(verify, signIn)))
        })
      )
