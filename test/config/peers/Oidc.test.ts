import { assert, describe, it } from "@effect/vitest"
import * as Either from "effect/Either"
import * as Redacted from "effect/Redacted"
import {
  type OidcParts,
  oidcFaults,
  oidcOf,
  parseIssuer,
  parseRoles
} from "../../../src/config/peers/Oidc.js"

const NONE: OidcParts = {
  oidcIssuer: undefined,
  oidcAudience: undefined,
  oidcRoleClaim: "roles",
  oidcNameClaim: "sub",
  oidcRoles: new Map(),
  oidcClientId: undefined,
  oidcClientSecret: undefined,
  oidcScope: "openid profile"
}
const oidcIssuer = new URL("https://login.example.com/realms/plant")
const oidcRoles = Either.getOrThrow(parseRoles("ops=admin"))

describe("the settings of OpenID Connect", () => {
  it("take an issuer by https, or on loopback", () => {
    for (const text of ["https://a.test/x", "http://127.0.0.1:1/", "http://localhost", "http://[::1]:3"])
      assert.isTrue(Either.isRight(parseIssuer(text)), text)
    for (const text of [
      "a.test",
      "http://a.test",
      "ftp://a.test",
      "https://a.test/?x",
      "https://a.test/#x",
      ""
    ])
      assert.isTrue(Either.isLeft(parseIssuer(text)), text)
  })

  it("read roles, whose values may have an equals sign", () => {
    const roles = Either.getOrThrow(parseRoles("ops=admin, cn=staff=reader ,a b=writer"))
    assert.deepStrictEqual(
      [...roles],
      [
        ["ops", "admin"],
        ["cn=staff", "reader"],
        ["a b", "writer"]
      ]
    )
    for (const text of ["ops", "=admin", "ops=device", "ops=owner", "ops=admin,,"])
      assert.isTrue(Either.isLeft(parseRoles(text)), text)
  })

  it("are none, or whole", () => {
    const secret = Redacted.make("s")
    assert.deepStrictEqual(oidcFaults(NONE), [])
    assert.isUndefined(oidcOf(NONE))
    const whole = { ...NONE, oidcIssuer, oidcRoles, oidcClientId: "t", oidcClientSecret: secret }
    assert.deepStrictEqual(oidcFaults(whole), [])
    assert.deepInclude(oidcOf(whole), { audience: "t", roleClaim: "roles" })
    assert.strictEqual(oidcOf({ ...NONE, oidcIssuer, oidcRoles, oidcAudience: "a" })?.client, null)
    const faults = (parts: Partial<OidcParts>) =>
      oidcFaults({ ...NONE, ...parts }).map((fault) => fault.slice(0, 20))
    assert.deepStrictEqual(faults({ oidcAudience: "a" }), ["OIDC_ISSUER: is need"])
    assert.deepStrictEqual(faults({ oidcIssuer }), ["OIDC_ROLES: must say", "OIDC_AUDIENCE: must "])
    assert.deepStrictEqual(faults({ ...whole, oidcClientSecret: undefined }), ["OIDC_CLIENT_ID and O"])
  })
})
