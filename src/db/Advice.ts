/** What to do about a server that can't be used: a driver's own words name no setting. */
import { DatabaseError } from "./Failure.js"

const HOST = "see the host and the port in DATABASE_URL"
// MariaDB says no more to whom it wants TLS of.
const LOGIN =
  "add ?ssl=true where the server requires TLS, else set the right user and password in DATABASE_URL"
const TLS = "see ssl in DATABASE_URL, and DATABASE_TLS_CA"
const NO_TLS = "add ?ssl=true to DATABASE_URL, and DATABASE_TLS_CA where the authority is your own"
const AUTHORITY =
  "its certificate is of no authority that is trusted here: give the authority's certificate in DATABASE_TLS_CA"
const NAME =
  "its certificate is another host's: name in DATABASE_URL the host that it is for, or trust its authority alone by ?ssl=verify-ca"

/** By the server's number, else by the driver's code. */
const ADVICE: Readonly<Record<string, string>> = {
  1044: "grant the user of DATABASE_URL all on its database",
  1045: LOGIN,
  1049: "create it (CREATE DATABASE), or name another in DATABASE_URL",
  1130: "let the server take connections from this machine",
  1142: "grant the user of DATABASE_URL all on its database",
  1698: LOGIN,
  3159: NO_TLS,
  4031: NO_TLS,
  ECONNREFUSED: `nobody listens there: start the server, or ${HOST}`,
  ENOTFOUND: HOST,
  EHOSTUNREACH: HOST,
  HANDSHAKE_NO_SSL_SUPPORT: TLS,
  HANDSHAKE_SSL_ERROR: TLS
}

/** What the driver has one code for, by Node's words. */
const HANDSHAKES: ReadonlyArray<readonly [RegExp, string]> = [
  [/altnames|Cert is empty/, NAME],
  [/self[- ]signed|unable to (?:get|verify)|signature failure/, AUTHORITY],
  [/has expired/, "renew the server's certificate"]
]

const adviceOn = ({ code, reason }: DatabaseError): string | undefined => {
  const handshake = HANDSHAKES.find(([words]) => code === "HANDSHAKE_SSL_ERROR" && words.test(reason))
  return handshake?.[1] ?? code.split(" ").flatMap((part) => ADVICE[part] ?? [])[0]
}

/** The error, with what to do about it where that is known. */
export const advised = (error: DatabaseError): DatabaseError => {
  const advice = adviceOn(error)
  return advice === undefined || error.reason.endsWith(advice)
    ? error
    : new DatabaseError({ kind: error.kind, code: error.code, reason: `${error.reason}: ${advice}` })
}
