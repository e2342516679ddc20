/** Pure: what stands between a process and its simulated server: a connection whose statements are seen first. */
import type { Connection } from "@effect/sql/SqlConnection"
import { SqlError } from "@effect/sql/SqlError"
import type * as Effect from "effect/Effect"

/** A driver's failure, as MySQL's and SQLite's drivers give it. */
export const failure = (code: string, errno?: number) =>
  new SqlError({ cause: Object.assign(new Error(code), { code, ...(errno === undefined ? {} : { errno }) }) })

export interface Client {
  readonly name: string
  readonly alive: boolean
  /** The process ends here and now. */
  readonly crash: (where: string) => void
}

export interface Session {
  readonly client: Client
  readonly raw: Connection
  /** Holds the lock, in a transaction. */
  open: boolean
  /** Why it can't be used any more. */
  broken: SqlError | null
}

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
