/**
 * Publisher → Tidemark → proxy → MariaDB, and the root of that server beside: what faults of the database are made
 * on. Tidemark's user has no rights beyond its own database, as it should be: `read_only` and `max_connections` bite.
 */
import { setTimeout as sleep } from "node:timers/promises"
import type { Connection, RowDataPacket } from "mysql2/promise"
import type { MariaDb } from "./mariadb.js"
import type { Publisher, PublisherOptions } from "./Publisher.js"
import { Proxy } from "./proxy.js"
import { newPlan, type Scene } from "./scene.js"
import type { Server } from "./server.js"
import { mysqlStore, type Store } from "./store.js"

export const PLAIN_USER = "plain"
const PASSWORD = "test"

export interface Stack {
  readonly mariadb: MariaDb
  readonly proxy: Proxy
  readonly server: Server
  readonly publisher: Publisher
  readonly store: Store
  /** The database's name on the server. */
  readonly name: string
}

/** Runs one thing with all rights, on a connection of its own. */
export const asRoot = async <A>(mariadb: MariaDb, what: (root: Connection) => Promise<A>): Promise<A> => {
  const root = await mariadb.root()
  try {
    return await what(root)
  } finally {
    root.destroy()
  }
}

export const asRootRun = (mariadb: MariaDb, ...statements: ReadonlyArray<string>): Promise<void> =>
  asRoot(mariadb, async (root) => {
    for (const statement of statements) await root.query(statement)
  })

/** Connection ids of Tidemark on the server. */
export const connectionsOf = (mariadb: MariaDb, user = PLAIN_USER): Promise<ReadonlyArray<number>> =>
  asRoot(mariadb, async (root) => {
    const [rows] = await root.query<Array<RowDataPacket>>(
      "SELECT id FROM information_schema.processlist WHERE user = ?",
      [user]
    )
    return rows.map((row) => Number(row.id))
  })

/** KILLs all of Tidemark's connections, and answers how many there were. */
export const killConnections = async (mariadb: MariaDb): Promise<number> => {
  const ids = await connectionsOf(mariadb)
  await asRoot(mariadb, async (root) => {
    // One may be gone by itself.
    for (const id of ids) await root.query(`KILL ${id}`).catch(() => undefined)
  })
  return ids.length
}

/** Everything started, and a load of so many messages/s that is being acknowledged. */
export const startStack = async (
  scene: Scene,
  mariadb: MariaDb,
  options: Pick<PublisherOptions, "rate" | "connections">
): Promise<Stack> => {
  const store = await mysqlStore(mariadb.url)
  scene.atEnd(() => store.remove())
  const name = store.url.slice(store.url.lastIndexOf("/") + 1)
  await asRootRun(
    mariadb,
    `CREATE USER IF NOT EXISTS '${PLAIN_USER}'@'127.0.0.1' IDENTIFIED BY '${PASSWORD}'`,
    `GRANT ALL ON ${name}.* TO '${PLAIN_USER}'@'127.0.0.1'`
  )
  const proxy = await Proxy.start(mariadb.port)
  scene.atEnd(() => proxy.stop())
  const url = `mysql://${PLAIN_USER}:${PASSWORD}@127.0.0.1:${proxy.port}/${name}`
  // As `npm start` and the image start it: its heap is bounded.
  const server = await scene.server(url, { NODE_OPTIONS: "--max-old-space-size=512" })
  await server.ready()
  const publisher = scene.publisher("load", { port: server.mqttPort, plan: newPlan(), ...options })
  await publisher.acknowledgedMore(options.rate, 30_000)
  return { mariadb, proxy, server, publisher, store, name }
}

export interface Health {
  readonly status: string
  readonly database: { readonly reachable: boolean; readonly reason: string | null; readonly since: string }
  readonly ingest: {
    readonly status: string
    readonly reason: string | null
    readonly pending: number
    readonly dropped: number
  }
  readonly warnings: ReadonlyArray<string>
}

export const healthOf = async (server: Server): Promise<Health> => {
  const response = await fetch(`${server.http}/health`, { signal: AbortSignal.timeout(20_000) })
  return (await response.json()) as Health
}

/** ms from now until health says that the database can't be used, or readings wait; NaN when not within `ms`. */
export const troubleIn = async (server: Server, ms: number): Promise<number> => {
  const start = performance.now()
  while (performance.now() - start < ms) {
    const health = await healthOf(server).catch(() => undefined)
    if (health !== undefined && health.status !== "ok") return performance.now() - start
    await sleep(50)
  }
  return Number.NaN
}

/** ms from now until more than `acked` messages are acknowledged. */
export const backIn = async (publisher: Publisher, acked: number, ms: number): Promise<number> => {
  const start = performance.now()
  for (;;) {
    const status = await publisher.status()
    const passed = performance.now() - start
    if (status.acked > acked) return passed
    if (passed > ms) throw new Error(`nothing was acknowledged within ${ms} ms of the database's return`)
    await sleep(10)
  }
}
