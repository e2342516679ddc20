/** Who somebody is by the claims of a provider of OpenID Connect, and which role they have by them. */
import * as Either from "effect/Either"
import type * as Redacted from "effect/Redacted"
import { type Principal, principalOf } from "../../domain/access/Principal.js"
import type { Role } from "../../domain/access/Roles.js"

/** What people may be: a device proves itself by a key. */
export type PersonRole = Exclude<Role, "device">
/** The one that may most stands first. */
export const PERSON_ROLES: ReadonlyArray<PersonRole> = ["admin", "writer", "reader"]

export interface OidcSettings {
  readonly issuer: URL
  /** Whom a bearer token must be for. */
  readonly audience: string
  /** The claim that says which roles somebody has: its name, or a path with points in it. */
  readonly roleClaim: string
  readonly nameClaim: string
  /** Which value of that claim gives which role. */
  readonly roles: ReadonlyMap<string, PersonRole>
  /** By which this server signs people in; null: it does not. */
  readonly client: OidcClient | null
}

export interface OidcClient {
  readonly id: string
  readonly secret: Redacted.Redacted
  readonly scope: string
}

export type Claims = Readonly<Record<string, unknown>>

/** Longest name of a person, in UTF-16 code units. */
const NAME_LENGTH_MAX = 190

const isObject = (value: unknown): value is Claims => typeof value === "object" && value !== null

const own = (claims: unknown, name: string): unknown =>
  isObject(claims) && Object.hasOwn(claims, name) ? claims[name] : undefined

/** A claim by its name, which may have points in it, else by its path. */
const claimAt = (claims: Claims, name: string): unknown =>
  own(claims, name) ?? name.split(".").reduce<unknown>(own, claims)

/** The values of the claim that count. One text holds several with spaces between them, as `scope` does. */
export const roleValues = (claims: Claims, { roleClaim, roles }: OidcSettings): ReadonlyArray<string> => {
  const claim = claimAt(claims, roleClaim)
  const values = Array.isArray(claim) ? claim : typeof claim === "string" ? [claim, ...claim.split(" ")] : []
  return [...roles.keys()].filter((value) => values.includes(value))
}

const isName = (name: unknown): name is string =>
  typeof name === "string" &&
  name.length <= NAME_LENGTH_MAX &&
  name.isWellFormed() &&
  /^[^\p{Cc}]+$/u.test(name)

/** Who has these claims. Left: why nobody has, in words for who sent them. */
export const principalOfClaims = (
  claims: Claims,
  settings: OidcSettings
): Either.Either<Principal, { readonly kind: "unauthorized" | "forbidden"; readonly detail: string }> => {
  const name = claimAt(claims, settings.nameClaim)
  if (!isName(name)) {
    const detail = `The token says no name: its claim ${settings.nameClaim} is no text that can be one.`
    return Either.left({ kind: "unauthorized", detail })
  }
  const values = roleValues(claims, settings)
  const role = PERSON_ROLES.find((one) => values.some((value) => settings.roles.get(value) === one))
  return role === undefined
    ? Either.left({ kind: "forbidden", detail: `${name} has none of the roles that may come in here.` })
    : Either.right(principalOf(name, role, "oidc"))
}
