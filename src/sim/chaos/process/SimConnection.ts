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

/** A statement that is written later. */
interface Kept {
  readonly text: string
  readonly params: ReadonlyArray<unknown>
}

export interface Session {
  readonly client: Client
  readonly raw: Connection
  /** In a transaction. */
  open: boolean
  /** It has the server to itself, and its transaction has begun in the file. */
  begun: boolean
  /** The server is at a statement of it. */
  busy: boolean
  /** What its transaction has written beside others, so far. */
  readonly kept: Array<Kept>
  /** The first position of the reservation that its transaction makes, and of the one that it takes off. */
  reserves: number | null
  claimed: number | null
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
  begun: false,
  busy: false,
  kept: [],
  reserves: null,
  claimed: null,
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

/** A connection whose statements run as other texts. */
export const textual = (connection: Connection, as: (text: string) => string): Connection => ({
  ...connection,
  execute: (text, params, transform) => connection.execute(as(text), params, transform),
  executeRaw: (text, params) => connection.executeRaw(as(text), params),
  executeValues: (text, params) => connection.executeValues(as(text), params),
  executeUnprepared: (text, params, transform) => connection.executeUnprepared(as(text), params, transform)
})

/** A connection with each of its statements handed to `see` before it runs. */
export const around = (connection: Connection, see: Around): Connection => ({
  ...connection,
  execute: (text, params, transform) => see(text, params, connection.execute(text, params, transform)),
  executeRaw: (text, params) => see(text, params, connection.executeRaw(text, params)),
  executeValues: (text, params) => see(text, params, connection.executeValues(text, params)),
  executeUnprepared: (text, params, transform) =>
    see(text, params, connection.executeUnprepared(text, params, transform))
})
