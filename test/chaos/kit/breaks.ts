/**
 * The ways in which a database fails, and comes back. Each is a pair: `break` answers when the fault is there, `mend`
 * when the database takes connections and statements again.
 */
import { setTimeout as sleep } from "node:timers/promises"
import mysql, { type Connection, type RowDataPacket } from "mysql2/promise"
import { until } from "../../support/tidemark.js"
import { asRoot, asRootRun, connectionsOf, killConnections, type Stack } from "./stack.js"

export interface Break {
  readonly name: string
  /** While it lasts nothing can be committed, so that nothing may be acknowledged. */
  readonly down: boolean
  /** How long it lasts, ms; `random` is from 0 to 1. */
  readonly lasts: (round: number, random: number) => number
  /** Ingest must be back within this of the mending, ms. */
  readonly backMs: number
  readonly break: (stack: Stack, round: number) => Promise<unknown>
  readonly mend: (stack: Stack) => Promise<unknown>
}

const BACK_MS = 5_000
/** A fault that needs no mending is over when it is noticed. */
const NOTICED_MS = 10_000

const nothing = async () => undefined
const lastsFor = (min: number, max: number) => (_: number, random: number) => min + random * (max - min)

/** Waits until the trap has ended a connection: a fault that hit nothing is no fault. */
const sprung = async ({ proxy }: Stack, set: () => void): Promise<void> => {
  const before = proxy.sprung
  set()
  await until("a statement to be caught", 10_000, async () => proxy.sprung > before)
}

const servers: ReadonlyArray<Break> = [
  {
    name: "kill -9 of the server",
    down: true,
    lasts: lastsFor(200, 3_000),
    backMs: BACK_MS,
    break: ({ mariadb }) => mariadb.end("SIGKILL"),
    mend: ({ mariadb }) => mariadb.start()
  },
  {
    name: "a clean restart",
    down: true,
    lasts: lastsFor(0, 2_000),
    backMs: BACK_MS,
    break: ({ mariadb }) => mariadb.end("SIGTERM"),
    mend: ({ mariadb }) => mariadb.start()
  },
  {
    name: "SIGSTOP of the server",
    down: true,
    lasts: lastsFor(1_000, 20_000),
    backMs: BACK_MS,
    break: async ({ mariadb }) => mariadb.signal("SIGSTOP"),
    mend: async ({ mariadb }) => mariadb.signal("SIGCONT")
  }
]

const LATENCIES = [2_000, 5, 1_000, 50, 500, 200, 1_500, 20, 100, 10]

const wires: ReadonlyArray<Break> = [
  {
    name: "a black hole",
    down: true,
    lasts: lastsFor(8_000, 15_000),
    backMs: BACK_MS,
    break: async ({ proxy }) => proxy.blackHole(),
    mend: ({ proxy }) => proxy.pass()
  },
  {
    name: "half-open connections",
    down: false,
    lasts: () => 0,
    backMs: NOTICED_MS,
    break: async ({ proxy }) => proxy.halfOpen(),
    mend: nothing
  },
  {
    name: "refused connections",
    down: true,
    lasts: lastsFor(200, 5_000),
    backMs: BACK_MS,
    break: ({ proxy }) => proxy.refuse(),
    mend: ({ proxy }) => proxy.pass()
  },
  {
    name: "a reset in the middle of a query",
    down: false,
    lasts: () => 0,
    backMs: BACK_MS,
    break: (stack) => sprung(stack, () => stack.proxy.resetDuringQuery()),
    mend: nothing
  },
  {
    name: "a reset in place of COMMIT's answer",
    down: false,
    lasts: () => 0,
    backMs: BACK_MS,
    break: (stack) => sprung(stack, () => stack.proxy.resetAtCommit()),
    mend: nothing
  },
  {
    name: "answers late by 5 to 2,000 ms",
    down: false,
    lasts: lastsFor(4_000, 8_000),
    backMs: BACK_MS,
    break: async ({ proxy }, round) => proxy.latency(LATENCIES[round % LATENCIES.length] ?? 0),
    mend: ({ proxy }) => proxy.pass()
  },
  {
    name: "1 kB/s",
    down: false,
    lasts: lastsFor(4_000, 12_000),
    backMs: BACK_MS,
    break: async ({ proxy }) => proxy.throttle(1_000),
    mend: ({ proxy }) => proxy.pass()
  }
]

/** What is held between `break` and `mend`: one fault is made at a time. */
let holders: Array<Connection> = []
const release = async () => {
  for (const holder of holders) holder.destroy()
  holders = []
}

/** What is on its way to being closed on the server has given its place free by then. */
const SETTLE_MS = 200

/** Takes connections for as long as the server gives any; answers how many. */
const takeAll = async (uri: string): Promise<number> => {
  for (let taken = 0; ; taken++) {
    const connection = await mysql.createConnection(uri).catch(() => undefined)
    if (connection === undefined) return taken
    connection.on("error", () => undefined)
    holders.push(connection)
  }
}

/** Takes every connection that the server gives, and lets Tidemark have none: nor later, by a place that comes free. */
const crowd = async ({ mariadb, store }: Stack): Promise<void> => {
  await asRootRun(
    mariadb,
    "CREATE USER IF NOT EXISTS 'crowd'@'127.0.0.1' IDENTIFIED BY 'test'",
    "SET GLOBAL max_connections = 10"
  )
  const uri = `mysql://crowd:test@127.0.0.1:${mariadb.port}`
  await until(`the connections of ${store.name} to be used up`, 20_000, async () => {
    await killConnections(mariadb)
    await takeAll(uri)
    await sleep(SETTLE_MS)
    return (await takeAll(uri)) === 0 && (await connectionsOf(mariadb)).length === 0
  })
}

const rules: ReadonlyArray<Break> = [
  {
    name: "read_only",
    down: true,
    lasts: lastsFor(500, 4_000),
    backMs: BACK_MS,
    break: ({ mariadb }) => asRootRun(mariadb, "SET GLOBAL read_only = 1"),
    mend: ({ mariadb }) => asRootRun(mariadb, "SET GLOBAL read_only = 0")
  },
  {
    name: "KILL of our connections",
    down: false,
    lasts: () => 0,
    backMs: BACK_MS,
    break: ({ mariadb }) =>
      until("a connection to kill", 5_000, async () => (await killConnections(mariadb)) > 0),
    mend: nothing
  },
  {
    name: "all connections used up (1040)",
    down: true,
    lasts: lastsFor(500, 4_000),
    backMs: BACK_MS,
    break: crowd,
    mend: async ({ mariadb }) => {
      await release()
      await asRootRun(mariadb, "SET GLOBAL max_connections = 151")
    }
  },
  {
    name: "the log's head locked by another session (1205)",
    down: true,
    lasts: lastsFor(6_000, 9_000),
    backMs: BACK_MS,
    break: async ({ mariadb, name }) => {
      const root = await mariadb.root()
      holders.push(root)
      await root.query("BEGIN")
      await root.query(`SELECT * FROM ${name}.log_head FOR UPDATE`)
    },
    mend: release
  },
  {
    name: "packets of 4 KiB at most (1153)",
    down: false,
    lasts: lastsFor(2_000, 4_000),
    backMs: BACK_MS,
    break: async ({ mariadb }) => {
      await asRootRun(mariadb, "SET GLOBAL max_allowed_packet = 4096")
      await killConnections(mariadb)
    },
    mend: async ({ mariadb }) => {
      await asRootRun(mariadb, "SET GLOBAL max_allowed_packet = 16777216")
      await killConnections(mariadb)
    }
  },
  {
    name: "wait_timeout of 1 s, and nothing to do for 3 s",
    down: false,
    lasts: () => 0,
    backMs: BACK_MS,
    break: async ({ mariadb, publisher }) => {
      await asRootRun(mariadb, "SET GLOBAL wait_timeout = 1")
      await killConnections(mariadb)
      await publisher.pause()
      await sleep(3_000)
      await publisher.resume()
    },
    mend: ({ mariadb }) => asRootRun(mariadb, "SET GLOBAL wait_timeout = 28800")
  },
  {
    name: "deadlocks (1213)",
    down: false,
    lasts: () => 0,
    backMs: BACK_MS,
    break: (stack) => until("a deadlock that Tidemark loses", 60_000, () => deadlock(stack)),
    mend: nothing
  }
]

const deadlocksOf = async (root: Connection): Promise<number> => {
  const [[row]] = await root.query<Array<RowDataPacket>>("SHOW GLOBAL STATUS LIKE 'Innodb_deadlocks'")
  return Number(row?.Value)
}

/** Locks the end of the log, then its order: the other way round. With many rows of its own it is not the victim. */
const deadlock = ({ mariadb, name }: Stack): Promise<boolean> =>
  asRoot(mariadb, async (root) => {
    await root.query(`CREATE DATABASE IF NOT EXISTS other`)
    await root.query("CREATE TABLE IF NOT EXISTS other.t (a INT) ENGINE=InnoDB")
    const before = await deadlocksOf(root)
    await root.query("BEGIN")
    await root.query("INSERT INTO other.t SELECT seq FROM other.seq_1_to_5000")
    await root.query(
      `SELECT position FROM ${name}.events WHERE position >= (SELECT MAX(position) FROM ${name}.events) FOR UPDATE`
    )
    const won = await root.query(`SELECT * FROM ${name}.log_reservations FOR UPDATE`).then(
      () => true,
      () => false
    )
    await root.query("ROLLBACK")
    return won && (await deadlocksOf(root)) > before
  })

export const BREAKS: ReadonlyArray<Break> = [...servers, ...wires, ...rules]
