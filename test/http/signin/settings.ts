import * as Redacted from "effect/Redacted"
import type { OidcSettings } from "../../../src/http/signin/OidcClaims.js"
import { AUDIENCE, CLIENT } from "./provider.js"

export const settingsFor = (issuer: string): OidcSettings => ({
  issuer: new URL(issuer),
  audience: AUDIENCE,
  roleClaim: "groups",
  nameClaim: "sub",
  roles: new Map([
    ["ops", "admin"],
    ["importers", "writer"],
    ["readers", "reader"]
  ]),
  client: { id: CLIENT.id, secret: Redacted.make(CLIENT.secret), scope: "openid profile" }
})
