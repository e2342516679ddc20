/** Bearer tokens, against a real provider of OpenID Connect. */
import { createHmac } from "node:crypto"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import { exportSPKI, generateKeyPair, SignJWT } from "jose"
import { isToken, makeTokenVerifier } from "../../../src/http/signin/TokenVerifier.js"
import { AUDIENCE, base64url, startProvider, tampered } from "./provider.js"
import { settingsFor } from "./settings.js"

const start = Effect.gen(function* () {
  const provider = yield* startProvider()
  const verify = yield* makeTokenVerifier(settingsFor(provider.issuer))
  return { ...provider, verify }
})

const refusalOf = (result: Either.Either<unknown, { readonly kind: string; readonly detail: string }>) =>
  Either.match(result, { onLeft: ({ detail, kind }) => [kind, detail], onRight: () => ["taken", ""] })

describe("a bearer token", () => {
  it.scopedLive("that the provider gave is its holder's, with the role of its claim", () =>
    Effect.gen(function* () {
      const { sign, tokenOfRobot, verify } = yield* start
      const robot = Either.getOrThrow(yield* verify(yield* tokenOfRobot))
      assert.deepInclude(robot, { name: "robot", role: "writer", source: "oidc" })
      const ann = Either.getOrThrow(yield* verify(yield* sign()))
      assert.deepInclude(ann, { name: "ann", role: "reader" })
      const both = Either.getOrThrow(yield* verify(yield* sign({ groups: ["readers", "ops", "x"] })))
      assert.strictEqual(both.role, "admin")
    })
  )

  it.scopedLive("that was tampered with is not", () =>
    Effect.gen(function* () {
      const { sign, verify } = yield* start
      const good = yield* sign()
      const [header = "", payload = "", signature = ""] = good.split(".")
      const flipped = signature.startsWith("A") ? `B${signature.slice(1)}` : `A${signature.slice(1)}`
      for (const token of [
        tampered(good, { groups: ["ops"] }),
        `${header}.${payload}.${flipped}`,
        `${header}.${payload}.`,
        `${header}.${payload}.${signature.slice(4)}`
      ]) {
        assert.isTrue(isToken(token))
        assert.strictEqual(refusalOf(yield* verify(token))[0], "unauthorized", token.slice(-20))
      }
    })
  )

  it.scopedLive("that is not in force, or for another, or of another, is not taken", () =>
    Effect.gen(function* () {
      const { issuer, sign, verify } = yield* start
      const now = Math.floor(Date.now() / 1_000)
      const cases = [
        [{ exp: now - 60 }, /has expired/],
        [{ nbf: now + 600 }, /not in force/],
        [{ exp: undefined }, /not in force/],
        [{ aud: "https://other.test" }, /another audience/],
        [{ aud: [] }, /another audience/],
        [{ aud: `${AUDIENCE}/` }, /another audience/],
        [{ iss: "https://evil.test" }, /another issuer/],
        [{ iss: `${issuer}/` }, /another issuer/],
        [{ sub: undefined }, /says no name/],
        [{ sub: "a\nb" }, /says no name/]
      ] as const
      for (const [claims, words] of cases) {
        const [kind, detail] = refusalOf(yield* verify(yield* sign(claims)))
        assert.strictEqual(kind, "unauthorized", JSON.stringify(claims))
        assert.match(detail ?? "", words)
      }
      const several = yield* sign({ aud: ["https://other.test", AUDIENCE] })
      assert.isTrue(Either.isRight(yield* verify(several)))
    })
  )

  it.scopedLive("without a signature, or with one that its own public key makes, is not taken", () =>
    Effect.gen(function* () {
      const { jwk, publicKey, sign, verify } = yield* start
      const [, payload = ""] = (yield* sign({ groups: ["ops"] })).split(".")
      const spki = yield* Effect.promise(() => exportSPKI(publicKey))
      const forged = (alg: string, secret: string | undefined) => {
        const body = `${base64url({ alg, kid: "k1" })}.${payload}`
        const hash = `sha${alg.slice(2)}`
        return `${body}.${secret === undefined ? "" : createHmac(hash, secret).update(body).digest("base64url")}`
      }
      const tokens = [
        ...["none", "None", "nOnE"].map((alg) => forged(alg, undefined)),
        ...["HS256", "HS384", "HS512"].flatMap((alg) => [
          forged(alg, spki),
          forged(alg, spki.trim()),
          forged(alg, String(jwk.n)),
          forged(alg, "")
        ])
      ]
      for (const token of tokens) {
        assert.isTrue(isToken(token))
        assert.strictEqual(refusalOf(yield* verify(token))[0], "unauthorized", token.slice(0, 30))
      }
    })
  )

  it.scopedLive(
    "of a key that is not the provider's is not taken, whatever it calls it or brings along",
    () =>
      Effect.gen(function* () {
        const { issuer, verify } = yield* start
        const other = yield* Effect.promise(() => generateKeyPair("RS256", { extractable: true }))
        const claims = { iss: issuer, aud: AUDIENCE, sub: "ann", groups: ["ops"] }
        const { exportJWK } = yield* Effect.promise(() => import("jose"))
        const jwk = yield* Effect.promise(() => exportJWK(other.publicKey))
        for (const header of [
          { kid: "k1" },
          { kid: "k2" },
          {},
          { jwk },
          { jku: "http://127.0.0.1:1/keys" }
        ]) {
          const token = yield* Effect.promise(() =>
            new SignJWT(claims)
              .setProtectedHeader({ alg: "RS256", ...header })
              .setExpirationTime("1 minute")
              .sign(other.privateKey)
          )
          assert.strictEqual(refusalOf(yield* verify(token))[0], "unauthorized", JSON.stringify(header))
        }
      })
  )

  it.scopedLive("of somebody without a role is known, and may not come in", () =>
    Effect.gen(function* () {
      const { sign, verify } = yield* start
      for (const groups of [["guests"], [], "reader s", { readers: true }, ["Readers"], undefined]) {
        const [kind] = refusalOf(yield* verify(yield* sign({ groups })))
        assert.strictEqual(kind, "forbidden", JSON.stringify(groups))
      }
      assert.isTrue(Either.isRight(yield* verify(yield* sign({ groups: "openid readers" }))))
    })
  )

  it.scopedLive("can't be judged while the provider is away, which is asked once in a while only", () =>
    Effect.gen(function* () {
      const { issuer, sign, state } = yield* startProvider()
      const token = yield* sign()
      const [wrong, gone] = [new URL(`${issuer}/elsewhere`), new URL("http://127.0.0.1:9")]
      for (const other of [wrong, gone]) {
        const verify = yield* makeTokenVerifier({ ...settingsFor(issuer), issuer: other })
        const before = state.requests
        for (let time = 0; time < 3; time += 1)
          assert.strictEqual(refusalOf(yield* verify(token))[0], "provider-away")
        assert.isAtMost(state.requests, before + 1)
      }
    })
  )

  it.scopedLive("of a key that nobody has does not make the provider be asked each time", () =>
    Effect.gen(function* () {
      const { sign, state, verify } = yield* start
      assert.isTrue(Either.isRight(yield* verify(yield* sign())))
      const before = state.requests
      for (let time = 0; time < 20; time += 1) yield* verify(yield* sign({}, { kid: `k${time + 2}` }))
      assert.isAtMost(state.requests, before + 1)
    })
  )
})
