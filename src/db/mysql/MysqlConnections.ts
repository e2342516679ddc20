/**
 * The connections of mysql2's pools: each is told what it is told first, and none that ends is waited for.
 *
 * mysql2 hands a pool's connection out when the server has greeted it; what comes before that is done here.
 */
import type { EventEmitter } from "node:events"
import type { Socket } from "node:net"
import { classify, hasNumber } from "../Failure.js"

export interface PoolConnection extends EventEmitter {
  readonly config: object
  readonly stream: Socket
  query(text: string, done: (error: Error | null, rows?: unknown) => void): unknown
}

/** What a socket is asked for with, as far as we look: mysql2 keeps the pool in each connection's own configuration. */
export interface SocketRequest {
  readonly config: {
    /** TLS holds the certificate to it. */
    host: string
    port: number
    readonly pool: {
      readonly _allConnections: { readonly length: number; get(index: number): PoolConnection | undefined }
    }
  }
}

/** What each connection of a pool is told. */
export interface Greeting {
  /** First. One that refuses is not used. */
  readonly first: ReadonlyArray<string>
  /** Next, and may be refused. */
  readonly asked: ReadonlyArray<string>
}

/**
 * mysql2 tells of a lost connection as "error" events, at times of two (the server turns it away, later its socket is
 * cut), and its pool listens for the first alone: one that nobody listens for ends the process. Whoever waits for an
 * answer has been told by then.
 */
export const hearErrors = ({ config }: SocketRequest): PoolConnection | undefined => {
  const { _allConnections } = config.pool
  for (let index = _allConnections.length - 1; index >= 0; index--) {
    const connection = _allConnections.get(index)
    if (connection?.config !== config) continue
    connection.on("error", () => undefined)
    return connection
  }
  return undefined
}

/**
 * Ahead of what the pool's user asks: that is told of the connection only when it is there.
 *
 * A socket that is closed before the server has greeted it takes its connection out of the pool. What is asked here is
 * told of that, and then mysql2 tells nobody else: whoever waits for the connection would wait for ever.
 */
export const begin = (connection: PoolConnection, { asked, first }: Greeting): void => {
  const isLost = (error: Error) => !hasNumber(classify(error))
  for (const text of first) {
    connection.query(text, (error) => {
      if (error === null) return
      if (isLost(error)) connection.emit("error", error)
      connection.stream.destroy(error)
    })
  }
  for (const text of asked) {
    connection.query(text, (error) => {
      if (error !== null && isLost(error)) connection.emit("error", error)
    })
  }
}
