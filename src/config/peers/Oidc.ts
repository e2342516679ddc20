/** A provider of OpenID Connect, as the settings name it: whose tokens count, and which role they give. */
import * as Either from "effect/Either"
import type * as Redacted from "effect/Redacted"
import type { Role } from "../../domain/access/Roles.js"

/** A device proves itself by a key. */
type PersonRole = Exclude<Role, "device">

export interface OidcConfig {
  readonly issuer: URL
  readonly audience: string
  readonly roleClaim: string
  readonly nameClaim: string
  readonly roles: ReadonlyMap<string, PersonRole>
  readonly client: { readonly id: string; readonly secret: Redacted.Redacted; readonly scope: string } | null
}

const LOOPBACK: ReadonlySet<string> = new Set(["127.0.0.1", "localhost", "[::1]"])

/** Its address is where its keys come from: on the way nobody may change them. */
export const parseIssuer = (text: string): Either.Either<URL, string> => {
  const url = URL.canParse(text) ? new URL(text) : null
  if (url === null || !["http:", "https:"].includes(url.protocol) || url.search !== "" || url.hash !== "")
    return Either.left('must be an address such as "https://login.example.com/realms/plant"')
  return url.protocol === "https:" || LOOPBACK.has(url.hostname)
    ? Either.right(url)
    : Either.left("must begin with https://: http:// is taken on loopback alone")
}

const isPersonRole = (text: string): text is PersonRole => ["reader", "writer", "admin"].includes(text)

/** `value=role`, comma-separated. */
export const parseRoles = (text: string): Either.Either<ReadonlyMap<string, PersonRole>, string> => {
  const roles = new Map<string, PersonRole>()
  for (const entry of text.split(",")) {
    const at = entry.lastIndexOf("=")
    const [value, role] = [entry.slice(0, Math.max(at, 0)).trim(), entry.slice(at + 1).trim()]
    if (value === "" || !isPersonRole(role))
      return Either.left("must be value=role, comma-separated; a role is reader, writer or admin")
    roles.set(value, role)
  }
  return Either.right(roles)
}

export interface OidcParts {
  readonly oidcIssuer: URL | undefined
  readonly oidcAudience: string | undefined
  readonly oidcRoleClaim: string
  readonly oidcNameClaim: string
  readonly oidcRoles: ReadonlyMap<string, PersonRole>
  readonly oidcClientId: string | undefined
  readonly oidcClientSecret: Redacted.Redacted | undefined
  readonly oidcScope: string
}

/** What is wrong between settings that are right each by itself. */
export const oidcFaults = (parts: OidcParts): ReadonlyArray<string> => {
  const { oidcAudience, oidcClientId, oidcClientSecret, oidcIssuer, oidcRoles } = parts
  const others = [oidcAudience, oidcClientId, oidcClientSecret].some((one) => one !== undefined)
  if (oidcIssuer === undefined)
    return others || oidcRoles.size > 0 ? ["OIDC_ISSUER: is needed by the other settings of OIDC_"] : []
  return [
    ...(oidcRoles.size === 0 ? ["OIDC_ROLES: must say which role a value of the claim gives"] : []),
    ...(oidcAudience === undefined && oidcClientId === undefined
      ? ["OIDC_AUDIENCE: must say for whom tokens are, or OIDC_CLIENT_ID as whom people sign in"]
      : []),
    ...((oidcClientId === undefined) === (oidcClientSecret === undefined)
      ? []
      : ["OIDC_CLIENT_ID and OIDC_CLIENT_SECRET: belong together"])
  ]
}

/** Undefined: keys alone count. */
export const oidcOf = (parts: OidcParts): OidcConfig | undefined => {
  const { oidcAudience, oidcClientId: id, oidcClientSecret: secret, oidcIssuer: issuer } = parts
  const audience = oidcAudience ?? id
  return issuer === undefined || audience === undefined
    ? undefined
    : {
        issuer,
        audience,
        roleClaim: parts.oidcRoleClaim,
        nameClaim: parts.oidcNameClaim,
        roles: parts.oidcRoles,
        client: id === undefined || secret === undefined ? null : { id, secret, scope: parts.oidcScope }
      }
}
