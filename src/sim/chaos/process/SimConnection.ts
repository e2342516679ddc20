/** Pure: what stands between a process and its simulated server: a connection whose statements are seen first. */
import type { Connection } from "@effect/sql/SqlConnection"
import { SqlError } from "@effect/sql/SqlError"
import type * as Effect from "effect/Effect"
import type { Fenced } from "../../../db/Transaction.js"
import type { Occasion } from "../SimFaults.js"

/** A driver's failure, as MySQL's and SQLite's drivers give it. */
export const failure = (code: string, errno?: number) =>
  new SqlError({ cause: Object.assign(new Error(code), { code, ...(errno === undefined ? {} : { errno }) }) })

export interface Client {
  readonly name: string
  readonly alive: boolean
  /** The process ends here and now. */
  readonly crash: (where: string) => void
  /** The way to the server; absent: its statements are there at once. */
  readonly wire?: Carrier | undefined
  /** It is stopped for so many ms; or can't reach the server. */
  readonly pause?: (millis: number) => Effect.Effect<void>
  readonly cutOff?: (millis: number) => Effect.Effect<void>
}

export interface Carrier {
  readonly isHeld: boolean
  readonly carry: <A>(
    session: Session,
    statement: Effect.Effect<A, SqlError>,
    held: Effect.Effect<void>
  ) => Effect.Effect<A, SqlError>
  readonly carryRead: <A>(statement: Effect.Effect<A, SqlError>) => Effect.Effect<A, SqlError>
}

export interface Session {
  readonly client: Client
  readonly raw: Connection
  /** Holds the lock, in a transaction. */
  open: boolean
  /** Why it can't be used any more. */
  broken: SqlError | null
  /** How many statements came over it. */
  statements: number
  /** What its transaction is held to, and what was done in it. */
  fence: Fenced | null
  readonly occasions: Set<Occasion>
}

export const newSession = (client: Client, raw: Connection): Session => ({
  client,
  raw,
  open: false,
  broken: null,
  statements: 0,
  fence: null,
  occasions: new Set()
})

type Around = <A>(
  text: string,
  params: ReadonlyArray<unknown>,
  run: Effect.Effect<A, SqlError>
) => Effect.Effect<A, SqlError>

/** A connection with each of its statements handed to `see` before it runs. */
export const around = (connection: Connection, see: Around): Connection => ({
  ...connection,
  execute: (text, params, transform) => see(text, params, connection.execute(text, params, transform)),
  executeRaw: (text, params) => see(text, params, connection.executeRaw(text, params)),
  executeValues: (text, params) => see(text, params, connection.executeValues(text, params)),
  executeUnprepared: (text, params, transform) =>
    see(text, params, connection.executeUnprepared(text, params, transform))
})
