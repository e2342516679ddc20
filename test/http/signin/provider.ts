/**
 * A real provider of OpenID Connect on loopback. Whoever comes to sign in is `person` at once: it asks for no password.
 * Its private key is known, so that tests can sign what no provider would.
 */
import { createServer, type Server } from "node:http"
import * as Effect from "effect/Effect"
import { exportJWK, generateKeyPair, SignJWT } from "jose"
import Provider from "oidc-provider"
import { freePort } from "../../support/mysql.global.js"

export const AUDIENCE = "https://tidemark.test"
export const CLIENT = { id: "tidemark", secret: "a secret of the provider's making" }

export const base64url = (value: object | string) =>
  Buffer.from(typeof value === "string" ? value : JSON.stringify(value)).toString("base64url")

/** The token with other claims, under the signature that it had. */
export const tampered = (token: string, more: object): string => {
  const [header = "", payload = "", signature = ""] = token.split(".")
  const claims = JSON.parse(Buffer.from(payload, "base64url").toString())
  return `${header}.${base64url({ ...claims, ...more })}.${signature}`
}

/** What the provider says of people, and of programs by the name of their client. */
const SAYS: Readonly<Record<string, object>> = {
  ann: { groups: ["staff", "readers"], preferred_username: "Ann" },
  root: { groups: ["ops"], preferred_username: "Root" },
  eve: { groups: ["guests"], preferred_username: "Eve" },
  robot: { groups: ["importers"] }
}

const listen = (server: Server, port: number) =>
  Effect.acquireRelease(
    Effect.async<void>((resume) => {
      server.listen(port, "127.0.0.1", () => resume(Effect.void))
    }),
    () =>
      Effect.async<void>((resume) => {
        server.closeAllConnections()
        server.close(() => resume(Effect.void))
      })
  )

const configurationOf = (
  key: object,
  redirectUris: ReadonlyArray<string>,
  makeGrant: (context: Context) => object
) => ({
  jwks: { keys: [key] },
  clients: [
    {
      client_id: CLIENT.id,
      client_secret: CLIENT.secret,
      redirect_uris: redirectUris,
      post_logout_redirect_uris: redirectUris.map((uri) => new URL("/", uri).href),
      grant_types: ["authorization_code"]
    },
    {
      client_id: "robot",
      client_secret: "robot's",
      redirect_uris: [],
      response_types: [],
      grant_types: ["client_credentials"]
    }
  ],
  cookies: { keys: ["of the test"] },
  claims: { openid: ["sub"], profile: ["groups", "preferred_username"] },
  conformIdTokenClaims: false,
  pkce: { required: () => true },
  findAccount: (_: unknown, accountId: string) => ({
    accountId,
    claims: async () => ({ sub: accountId, ...SAYS[accountId] })
  }),
  loadExistingGrant: makeGrant,
  interactions: { url: (_: unknown, { uid }: { readonly uid: string }) => `/interaction/${uid}` },
  extraTokenClaims: (_: unknown, { clientId }: { readonly clientId: string }) => SAYS[clientId],
  features: {
    devInteractions: { enabled: false },
    clientCredentials: { enabled: true },
    resourceIndicators: {
      enabled: true,
      defaultResource: () => AUDIENCE,
      getResourceServerInfo: () => ({
        scope: "api",
        audience: AUDIENCE,
        accessTokenTTL: 300,
        accessTokenFormat: "jwt",
        jwt: { sign: { alg: "RS256" } }
      })
    }
  }
})

interface Context {
  readonly oidc: {
    readonly client: { readonly clientId: string }
    readonly session: { readonly accountId: string }
  }
}

/** The provider, running; `redirectUris` are where it sends people back to. */
export const startProvider = (redirectUris: ReadonlyArray<string> = []) =>
  Effect.gen(function* () {
    const port = yield* Effect.promise(freePort)
    const issuer = `http://127.0.0.1:${port}`
    const { privateKey, publicKey } = yield* Effect.promise(() =>
      generateKeyPair("RS256", { extractable: true })
    )
    const jwk = yield* Effect.promise(() => exportJWK(privateKey))
    const state = { person: "ann", requests: 0 }
    const makeGrant = async ({ oidc: { client, session } }: Context) => {
      const grant = new provider.Grant({ accountId: session.accountId, clientId: client.clientId })
      grant.addOIDCScope("openid profile")
      await grant.save()
      return grant
    }
    const key = { ...jwk, kid: "k1", alg: "RS256", use: "sig" }
    const provider: Provider = new Provider(issuer, configurationOf(key, redirectUris, makeGrant))
    const answer = provider.callback()
    const server = createServer((request, response) => {
      state.requests += 1
      if (request.url?.startsWith("/interaction/") === true) {
        void provider.interactionFinished(request, response, { login: { accountId: state.person } })
      } else answer(request, response)
    })
    yield* listen(server, port)
    const claims = { iss: issuer, aud: AUDIENCE, sub: "ann", groups: ["readers"] }
    /** Signed by the provider's key, whatever it says; by default a good one of Ann's. */
    const sign = (more: object = {}, header: object = {}) =>
      Effect.promise(() =>
        new SignJWT({ ...claims, exp: Math.floor(Date.now() / 1_000) + 60, ...more })
          .setProtectedHeader({ alg: "RS256", kid: "k1", ...header })
          .sign(privateKey)
      )
    /** A token that the provider gives a program for its own. */
    const tokenOfRobot = Effect.promise(async () => {
      const response = await fetch(`${issuer}/token`, {
        method: "POST",
        headers: { authorization: `Basic ${Buffer.from("robot:robot's").toString("base64")}` },
        body: new URLSearchParams({ grant_type: "client_credentials", resource: AUDIENCE })
      })
      const { access_token: token } = (await response.json()) as { readonly access_token?: string }
      if (token === undefined) throw new Error(`no token: ${response.status}`)
      return token
    })
    return { issuer, jwk, publicKey, server, sign, state, tokenOfRobot }
  })
