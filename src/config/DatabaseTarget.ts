/** Which database: what DATABASE_URL names, or the embedded file when it names none. */
import * as Either from "effect/Either"
import * as Redacted from "effect/Redacted"

/** Off; on, with the server's certificate verified whole; or by its authority alone, whatever name it has. */
export type Tls = boolean | "verify-ca"

export type DatabaseTarget =
  | { readonly _tag: "Sqlite"; readonly path: string }
  | {
      readonly _tag: "Mysql"
      readonly host: string
      readonly port: number
      readonly database: string
      readonly username: string
      readonly password: Redacted.Redacted | undefined
      /** Not said: on where there is DATABASE_TLS_CA. */
      readonly tls: Tls | undefined
    }

const EXPECTED = "give mysql://user:password@host:3306/database, or nothing for the embedded file"
const VALUES_HELP = "true, verify-ca or false"
const PARAMETERS_HELP = `the only one known is ssl, ${VALUES_HELP}`

const SSL_VALUES: ReadonlyMap<string, Tls> = new Map<string, Tls>([
  ...["true", "1", "yes", "on", "required", "verify-identity"].map((word) => [word, true] as const),
  ...["false", "0", "no", "off", "disabled"].map((word) => [word, false] as const),
  ["verify-ca", "verify-ca"]
])

/**
 * Whether the parameters ask for TLS. What is not known is refused: passed over, a misspelt wish for TLS would send
 * everything in clear text. Values are not repeated: with a "?" in a password they may be a part of it.
 */
const parseTls = (parameters: URLSearchParams): Either.Either<Tls | undefined, string> => {
  const names = [...parameters.keys()]
  const stranger = names.find((name) => name !== "ssl")
  if (stranger !== undefined) {
    const quotation = /^[\w.-]{1,32}$/.test(stranger) ? ` "${stranger}"` : ""
    return Either.left(`has a parameter${quotation} that is not known: ${PARAMETERS_HELP}`)
  }
  if (names.length > 1) return Either.left(`has the parameter "ssl" more than once`)
  const word = parameters.get("ssl")
  if (word === null) return Either.right(undefined)
  const tls = SSL_VALUES.get(word.toLowerCase().replace("_", "-"))
  return tls === undefined
    ? Either.left(`has a value of "ssl" that is not known: it must be ${VALUES_HELP}`)
    : Either.right(tls)
}

const MALFORMED = "has a % that no two hex digits follow: write %25 for it"

/** Percent-decoded; undefined where the text is not percent-encoded right. */
const decoded = (text: string): string | undefined =>
  Either.getOrUndefined(Either.try(() => decodeURIComponent(text)))

const mysqlTarget = (url: URL): Either.Either<DatabaseTarget, string> => {
  const [database, username, password] = [url.pathname.slice(1), url.username, url.password].map(decoded)
  if (database === undefined || username === undefined || password === undefined)
    return Either.left(MALFORMED)
  if (url.hostname === "") return Either.left(`names no host: ${EXPECTED}`)
  if (username === "") return Either.left(`names no user: ${EXPECTED}`)
  if (!/^[^/\0]{1,64}$/.test(database)) return Either.left(`names no database: ${EXPECTED}`)
  return Either.map(parseTls(url.searchParams), (tls) => ({
    _tag: "Mysql",
    host: url.hostname.replace(/^\[|\]$/g, ""),
    port: url.port === "" ? 3306 : Number(url.port),
    database,
    username,
    password: password === "" ? undefined : Redacted.make(password),
    tls
  }))
}

const fileTarget = (url: URL): Either.Either<DatabaseTarget, string> => {
  if (url.search !== "") return Either.left("has parameters: a file has none")
  const path = decoded(url.pathname)
  return path === undefined ? Either.left(MALFORMED) : Either.right({ _tag: "Sqlite", path })
}

/** Left: what is wrong, without repeating the address, which may hold a password. */
export const parseDatabaseUrl = (text: string): Either.Either<DatabaseTarget, string> => {
  if (!URL.canParse(text)) return Either.left(`is not an address: ${EXPECTED}`)
  const url = new URL(text)
  if (text.includes("#")) return Either.left(`has a "#": write %23 for one in a name or a password`)
  if (url.protocol === "file:") return fileTarget(url)
  if (url.protocol === "mysql:" || url.protocol === "mariadb:") return mysqlTarget(url)
  return Either.left(`has the scheme "${url.protocol.slice(0, -1)}": ${EXPECTED}`)
}

/** Left: what is wrong. A path would be taken for a certificate that is none. */
export const parseTlsCa = (text: string): Either.Either<string, string> =>
  text.includes("-----BEGIN CERTIFICATE-----")
    ? Either.right(text)
    : Either.left(
        "must be the certificate itself (PEM, with -----BEGIN CERTIFICATE-----), not where it is; in .env in double quotes"
      )

/** Where it is, for messages: never the password. */
export const describeTarget = (target: DatabaseTarget): string =>
  target._tag === "Sqlite"
    ? `SQLite ${target.path}`
    : `MySQL ${target.username}@${target.host}:${target.port}/${target.database}`
