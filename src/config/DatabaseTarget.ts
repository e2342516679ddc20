/** Which database: what DATABASE_URL names, or the embedded file when it names none. */
import * as Either from "effect/Either"
import * as Redacted from "effect/Redacted"

export type DatabaseTarget =
  | { readonly _tag: "Sqlite"; readonly path: string }
  | {
      readonly _tag: "Mysql"
      readonly host: string
      readonly port: number
      readonly database: string
      readonly username: string
      readonly password: Redacted.Redacted | undefined
      readonly tls: boolean
    }

const EXPECTED = "give mysql://user:password@host:3306/database, or nothing for the embedded file"

/** Left: what is wrong, without repeating the address, which may hold a password. */
export const parseDatabaseUrl = (text: string): Either.Either<DatabaseTarget, string> => {
  if (!URL.canParse(text)) return Either.left(`is not an address: ${EXPECTED}`)
  const url = new URL(text)
  const database = decodeURIComponent(url.pathname.slice(1))
  if (url.protocol === "file:")
    return Either.right({ _tag: "Sqlite", path: decodeURIComponent(url.pathname) })
  if (url.protocol !== "mysql:" && url.protocol !== "mariadb:") {
    return Either.left(`has the scheme "${url.protocol.slice(0, -1)}": ${EXPECTED}`)
  }
  if (url.hostname === "") return Either.left(`names no host: ${EXPECTED}`)
  if (url.username === "") return Either.left(`names no user: ${EXPECTED}`)
  if (!/^[^/\0]{1,64}$/.test(database)) return Either.left(`names no database: ${EXPECTED}`)
  return Either.right({
    _tag: "Mysql",
    host: url.hostname.replace(/^\[|\]$/g, ""),
    port: url.port === "" ? 3306 : Number(url.port),
    database,
    username: decodeURIComponent(url.username),
    password: url.password === "" ? undefined : Redacted.make(decodeURIComponent(url.password)),
    tls: ["true", "1", "required"].includes(url.searchParams.get("ssl") ?? "")
  })
}

/** Where it is, for messages: never the password. */
export const describeTarget = (target: DatabaseTarget): string =>
  target._tag === "Sqlite"
    ? `SQLite ${target.path}`
    : `MySQL ${target.username}@${target.host}:${target.port}/${target.database}`
