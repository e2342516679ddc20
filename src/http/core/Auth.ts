/** Who asks: the key of a request, looked up once, and what it allows. */
import type { Headers } from "@effect/platform/Headers"
import * as Context from "effect/Context"
import * as Either from "effect/Either"
import * as Encoding from "effect/Encoding"
import * as Option from "effect/Option"
import type { Policy } from "../../api/core/Access.js"
import { EVERYBODY, NOBODY, type Principal } from "../../domain/access/Principal.js"
import type { Role } from "../../domain/access/Roles.js"
import type { HttpAuthService } from "./Ports.js"
import { noDatabase, Refusal } from "./Problems.js"

/** Whoever sent the request at hand: the gate provides it. */
export class CurrentPrincipal extends Context.Tag("tidemark/CurrentPrincipal")<
  CurrentPrincipal,
  Principal
>() {}

// `Token` is what clients of InfluxDB say.
const BEARER = /^(?:bearer|token) +([^\s]+)\s*$/i

const BASIC = /^basic +([A-Za-z0-9+/]+=*)\s*$/i

/** The password of Basic credentials (RFC 7617), whatever the user name: a browser and Excel can send no other. */
const basicSecret = (authorization: string): string | undefined => {
  const encoded = BASIC.exec(authorization)?.[1]
  if (encoded === undefined) return undefined
  const decoded = Encoding.decodeBase64String(encoded)
  if (Either.isLeft(decoded)) return undefined
  const colon = decoded.right.indexOf(":")
  return colon === -1 ? undefined : decoded.right.slice(colon + 1)
}

/** The secret of a request: `X-API-Key`, or `Authorization` with the scheme Bearer, Token or Basic, and no other. */
export const secretOf = (headers: Headers): string | undefined => {
  const authorization = headers.authorization ?? ""
  return headers["x-api-key"] ?? BEARER.exec(authorization)?.[1] ?? basicSecret(authorization)
}

const unauthorized = (detail: string): Refusal =>
  new Refusal({
    kind: "unauthorized",
    detail,
    // Basic makes a browser ask for it: without, nobody could open the pages.
    headers: { "www-authenticate": 'Bearer realm="tidemark", Basic realm="tidemark"' }
  })

const NO_KEY = unauthorized(
  "Send a key as Authorization: Bearer <key>, as X-API-Key: <key>, or as the password of Basic."
)
const WRONG_KEY = unauthorized("The key is not known.")

/** Whose key a request has; left: it has none, or one that nobody has. Which key was wrong is not told. */
const identify = (auth: HttpAuthService, headers: Headers): Either.Either<Principal, Refusal> => {
  const open = auth.open()
  if (open === true) return Either.right(EVERYBODY)
  const secret = secretOf(headers)
  if (secret === undefined || secret === "") return Either.left(open === null ? noDatabase : NO_KEY)
  return Option.match(auth.verify(secret), {
    onNone: () => Either.left(open === null ? noDatabase : WRONG_KEY),
    onSome: Either.right
  })
}

/** Whether a request has a key at all, right or wrong. */
export const hasSecret = (headers: Headers): boolean => (secretOf(headers) ?? "") !== ""

/** Whose request it is; undefined: nobody's that is known. */
export const callerOf = (auth: HttpAuthService, headers: Headers): Principal | undefined =>
  Either.getOrUndefined(identify(auth, headers))

const OWNERS: Readonly<Record<Role, string>> = {
  device: "a device's",
  reader: "a reader's",
  writer: "a writer's",
  admin: "an admin's"
}

/** Whoever sends a request with these headers, if they may do what it asks for. */
export const admit = (
  auth: HttpAuthService,
  headers: Headers,
  { ofProgram, permission, reach }: Pick<Policy, "ofProgram" | "permission" | "reach">,
  outside: Either.Either<Principal, Refusal> | null = null
): Either.Either<Principal, Refusal> => {
  const caller = outside ?? identify(auth, headers)
  // How the program itself is doing can be seen while nobody knows whether there are keys.
  if ((ofProgram || reach === "nothing") && auth.open() === null) {
    return Either.right(Either.getOrElse(caller, () => EVERYBODY))
  }
  if (permission === "public") return Either.right(Either.getOrElse(caller, () => NOBODY))
  return Either.filterOrLeft(
    caller,
    ({ permissions }) => permissions.has(permission),
    ({ name, role }) =>
      new Refusal({
        kind: "forbidden",
        detail: `The key ${name} is ${role === null ? "nobody's" : OWNERS[role]}: it can't ${permission}.`
      })
  )
}
