/** Which database: what DATABASE_URL names, or the embedded file when it names none. */
import * as Either from "effect/Either"
import * as Redacted from "effect/Redacted"

/** Off; on, with the server's certificate verified whole; or by its authority alone, whatever name it has. */
export type Tls = boolean | "verify-ca"

/** Where a server listens: a name or an address, without brackets, and a TCP port. */
export interface DatabaseHost {
  readonly host: string
  readonly port: number
}

export type DatabaseTarget =
  | { readonly _tag: "Sqlite"; readonly path: string }
  | {
      readonly _tag: "Mysql"
      /** At least one; of several, each holds the same database. */
      readonly hosts: ReadonlyArray<DatabaseHost>
      readonly database: string
      readonly username: string
      readonly password: Redacted.Redacted | undefined
      /** Not said: on where there is DATABASE_TLS_CA. */
      readonly tls: Tls | undefined
    }

type MysqlAddress = Extract<DatabaseTarget, { _tag: "Mysql" }>

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

const mysqlTarget = (url: URL): Either.Either<MysqlAddress, string> => {
  const [database, username, password] = [url.pathname.slice(1), url.username, url.password].map(decoded)
  if (database === undefined || username === undefined || password === undefined)
    return Either.left(MALFORMED)
  if (url.hostname === "") return Either.left(`names no host: ${EXPECTED}`)
  if (username === "") return Either.left(`names no user: ${EXPECTED}`)
  if (!/^[^/\0]{1,64}$/.test(database)) return Either.left(`names no database: ${EXPECTED}`)
  return Either.map(parseTls(url.searchParams), (tls) => ({
    _tag: "Mysql",
    hosts: [{ host: url.hostname.replace(/^\[|\]$/g, ""), port: url.port === "" ? 3306 : Number(url.port) }],
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

/** What is before the hosts, the hosts, and what is behind them. User and password end at the last @ before the path. */
const SEVERAL = /^((?:mysql|mariadb):\/\/(?:[^/?#]*@)?)([^/?#@]*,[^/?#@]*)((?:[/?#].*)?)$/is

/** `h1:3306,h2:3306`: each is read as if it stood alone. */
const severalTargets = (
  before: string,
  hosts: string,
  behind: string
): Either.Either<DatabaseTarget, string> =>
  Either.flatMap(
    Either.all(hosts.split(",").map((host) => parseDatabaseUrl(`${before}${host.trim()}${behind}`))),
    (targets) => {
      const servers = targets.filter((target) => target._tag === "Mysql")
      const [first] = servers
      return first === undefined
        ? Either.left(`names no host: ${EXPECTED}`)
        : Either.right({ ...first, hosts: servers.flatMap((server) => server.hosts) })
    }
  )

/** Left: what is wrong, without repeating the address, which may hold a password. */
export const parseDatabaseUrl = (text: string): Either.Either<DatabaseTarget, string> => {
  const several = SEVERAL.exec(text)
  if (several !== null) return severalTargets(several[1] ?? "", several[2] ?? "", several[3] ?? "")
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

export const describeHost = ({ host, port }: DatabaseHost): string => `${host}:${port}`

/** Where it is, for messages: never the password. */
export const describeTarget = (target: DatabaseTarget): string =>
  target._tag === "Sqlite"
    ? `SQLite ${target.path}`
    : `MySQL ${target.username}@${target.hosts.map(describeHost).join(",")}/${target.database}`
