/** What to do about a server that can't be used: a driver's own words name no setting. */
import { DatabaseError } from "./Failure.js"

const HOST = "see the host and the port in DATABASE_URL"
const LOGIN = "set the right user and password in DATABASE_URL"
const TLS = "see ssl in DATABASE_URL, and DATABASE_TLS_CA"

/** By the server's number, else by the driver's code. */
const ADVICE: Readonly<Record<string, string>> = {
  1044: "grant the user of DATABASE_URL all on its database",
  1045: LOGIN,
  1049: "create it (CREATE DATABASE), or name another in DATABASE_URL",
  1130: "let the server take connections from this machine",
  1142: "grant the user of DATABASE_URL all on its database",
  1698: LOGIN,
  ECONNREFUSED: `nobody listens there: start the server, or ${HOST}`,
  ENOTFOUND: HOST,
  EHOSTUNREACH: HOST,
  HANDSHAKE_NO_SSL_SUPPORT: TLS,
  HANDSHAKE_SSL_ERROR: TLS
}

/** The error, with what to do about it where that is known. */
export const advised = (error: DatabaseError): DatabaseError => {
  const advice = error.code.split(" ").flatMap((part) => ADVICE[part] ?? [])[0]
  return advice === undefined || error.reason.endsWith(advice)
    ? error
    : new DatabaseError({ kind: error.kind, code: error.code, reason: `${error.reason}: ${advice}` })
}
