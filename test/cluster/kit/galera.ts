/**
 * A private Galera cluster of MariaDB on loopback, of which nodes may be killed and brought back: each with directories
 * and ports of its own.
 */
import { type ChildProcess, execFileSync, spawn, spawnSync } from "node:child_process"
import { existsSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs"
import { tmpdir, userInfo } from "node:os"
import { join } from "node:path"
import mysql, { type RowDataPacket } from "mysql2/promise"
import { find, hasMariaDb } from "../../chaos/kit/mariadb.js"
import { freePort } from "../../support/mysql.global.js"
import { until } from "../../support/tidemark.js"

const PROVIDER = "/usr/lib/galera/libgalera_smm.so"
/** Root's rsync would give the state to nobody. Debian's package makes this user. */
const USER = userInfo().uid === 0 ? "mysql" : userInfo().username
const SYNCED_MS_MAX = 90_000
const RECOVERED = /WSREP: Recovered position:? ([0-9a-f-]{36}:-?\d+)/

export const hasGalera = (): boolean =>
  hasMariaDb() && existsSync(PROVIDER) && find("rsync") !== undefined && find("wsrep_sst_rsync") !== undefined

interface Ports {
  readonly sql: number
  readonly group: number
  readonly increments: number
  readonly whole: number
}

const freePorts = async (): Promise<Ports> => ({
  sql: await freePort(),
  group: await freePort(),
  increments: await freePort(),
  whole: await freePort()
})

const own = (folder: string): void => {
  if (USER !== userInfo().username) execFileSync("chown", [USER, folder])
}

const address = (port: number): string => `127.0.0.1:${port}`

export class GaleraNode {
  private child: ChildProcess | undefined

  constructor(
    readonly name: string,
    private readonly folder: string,
    private readonly ports: Ports,
    private readonly group: ReadonlyArray<Ports>
  ) {
    mkdirSync(folder)
    own(folder)
    execFileSync(
      find("mariadb-install-db") ?? "mariadb-install-db",
      [
        "--no-defaults",
        `--user=${USER}`,
        `--datadir=${join(folder, "data")}`,
        `--tmpdir=${folder}`,
        "--auth-root-authentication-method=normal",
        "--skip-test-db"
      ],
      { stdio: "ignore" }
    )
  }

  get host(): string {
    return address(this.ports.sql)
  }

  get running(): boolean {
    return this.child !== undefined && this.child.exitCode === null && this.child.signalCode === null
  }

  private get options(): ReadonlyArray<string> {
    const { group, increments, sql, whole } = this.ports
    return [
      "--no-defaults",
      `--user=${USER}`,
      `--datadir=${join(this.folder, "data")}`,
      `--tmpdir=${this.folder}`,
      `--port=${sql}`,
      "--bind-address=127.0.0.1",
      `--socket=${join(this.folder, "s.sock")}`,
      `--pid-file=${join(this.folder, "pid")}`,
      "--binlog-format=ROW",
      "--innodb-autoinc-lock-mode=2",
      "--innodb-flush-log-at-trx-commit=1",
      "--wsrep-on=ON",
      `--wsrep-provider=${PROVIDER}`,
      "--wsrep-cluster-name=tidemark-test",
      `--wsrep-cluster-address=gcomm://${this.group.map((ports) => address(ports.group)).join(",")}`,
      `--wsrep-node-name=${this.name}`,
      `--wsrep-node-address=${address(group)}`,
      "--wsrep-sst-method=rsync",
      `--wsrep-sst-receive-address=${address(whole)}`,
      `--wsrep-provider-options=gmcast.listen_addr=tcp://${address(group)};ist.recv_addr=${address(increments)};gcache.size=256M`
    ]
  }

  /** A connection with all rights, by the server's socket. */
  private root(): Promise<mysql.Connection> {
    return mysql.createConnection({
      socketPath: join(this.folder, "s.sock"),
      user: "root",
      dateStrings: true
    })
  }

  /** With all that any node has committed; by prepared statements, whose doubles keep every bit. */
  async query(sql: string, params: ReadonlyArray<string | number> = []): Promise<Array<RowDataPacket>> {
    const root = await this.root()
    try {
      await root.query("SET SESSION wsrep_sync_wait = 15")
      const [rows] = await root.execute<Array<RowDataPacket>>(sql, [...params])
      return rows
    } finally {
      root.destroy()
    }
  }

  /** How many connections of a user it has now. */
  async connections(user: string): Promise<number> {
    const root = await this.root()
    try {
      const [rows] = await root.query<Array<RowDataPacket>>(
        "SELECT COUNT(*) AS n FROM information_schema.processlist WHERE user = ?",
        [user]
      )
      return Number(rows[0]?.n)
    } finally {
      root.destroy()
    }
  }

  /** How it stands in the cluster, and what it is at: for when something waits. */
  async told(): Promise<string> {
    const root = await this.root()
    try {
      const [status] = await root.query<Array<RowDataPacket>>(
        "SHOW STATUS WHERE variable_name REGEXP '^wsrep_(last_committed|local_state_comment|cluster_(size|status)|local_recv_queue|flow_control_(paused|active)|ready)$'"
      )
      const [running] = await root.query<Array<RowDataPacket>>(
        "SELECT user, command, time, state, LEFT(info, 100) AS info FROM information_schema.processlist WHERE command <> 'Sleep'"
      )
      const states = status.map((row) => `${row.Variable_name}=${row.Value}`)
      const at = running.map((row) => `${row.user} ${row.command} ${row.time} s ${row.state}: ${row.info}`)
      return [this.name, ...states, ...at].join("\n  ")
    } finally {
      root.destroy()
    }
  }

  /** One thing that can't be prepared, on one database or none. */
  async run(...statements: ReadonlyArray<string>): Promise<void> {
    const root = await this.root()
    try {
      for (const statement of statements) await root.query(statement)
    } finally {
      root.destroy()
    }
  }

  /** Starts it, and answers when it is in the cluster and up to date. */
  async start(first = false): Promise<void> {
    const log = openSync(join(this.folder, "log"), "a")
    const child = spawn(
      find("mariadbd") ?? "mariadbd",
      [...this.options, ...(first ? ["--wsrep-new-cluster"] : this.position())],
      { stdio: ["ignore", log, log], env: { ...process.env, PATH: `${process.env.PATH}:/usr/sbin:/usr/bin` } }
    )
    this.child = child
    await this.synced()
  }

  /** Waits until it is in the cluster, of so many nodes at least, and up to date. */
  async synced(size = 1): Promise<void> {
    await until(`${this.name} to be in the cluster`, SYNCED_MS_MAX, async () => {
      if (!this.running) return true
      return (
        (await this.status("wsrep_local_state_comment")) === "Synced" &&
        Number(await this.status("wsrep_cluster_size")) >= size
      )
    })
    if (!this.running) throw new Error(`${this.name} ended: ${this.log()}`)
  }

  /** SIGSTOP and SIGCONT: to the others it is as if the wire were cut. */
  signal(signal: "SIGCONT" | "SIGSTOP"): void {
    this.child?.kill(signal)
  }

  /** Where its own files stand, so that only what it lacks has to be sent; as galera_recovery does it. */
  private position(): ReadonlyArray<string> {
    const { stderr } = spawnSync(find("mariadbd") ?? "mariadbd", [...this.options, "--wsrep-recover"], {
      encoding: "utf8"
    })
    const position = RECOVERED.exec(stderr)?.[1]
    return position === undefined || position.endsWith(":-1") ? [] : [`--wsrep-start-position=${position}`]
  }

  async status(name: string): Promise<string> {
    const root = await this.root()
    try {
      const [rows] = await root.query<Array<RowDataPacket>>(`SHOW STATUS LIKE '${name}'`)
      return String(rows[0]?.Value)
    } finally {
      root.destroy()
    }
  }

  log(): string {
    return readFileSync(join(this.folder, "log"), "utf8").slice(-3_000)
  }

  async kill(): Promise<void> {
    const child = this.child
    if (child === undefined || !this.running) return
    const ended = new Promise((resolve) => child.once("exit", resolve))
    child.kill("SIGCONT")
    child.kill("SIGKILL")
    await ended
  }
}

export class Galera {
  private constructor(
    private readonly folder: string,
    readonly nodes: ReadonlyArray<GaleraNode>
  ) {}

  static async make(size = 3): Promise<Galera> {
    const folder = mkdtempSync(join(tmpdir(), "tidemark-galera-"))
    own(folder)
    const ports = await Promise.all(Array.from({ length: size }, freePorts))
    const nodes = ports.map(
      (own, index) => new GaleraNode(`node${index + 1}`, join(folder, `node${index + 1}`), own, ports)
    )
    const cluster = new Galera(folder, nodes)
    try {
      for (const [index, node] of nodes.entries()) await node.start(index === 0)
    } catch (error) {
      await cluster.remove()
      throw error
    }
    return cluster
  }

  /** The cluster's address, from this node on, for a user with rights on one database alone. */
  async database(name: string): Promise<(from: number) => string> {
    await this.nodes[0]?.run(
      `CREATE DATABASE ${name}`,
      "CREATE USER IF NOT EXISTS 'plain'@'127.0.0.1' IDENTIFIED BY 'test'",
      `GRANT ALL ON ${name}.* TO 'plain'@'127.0.0.1'`
    )
    return (from) => {
      const hosts = this.nodes.map((_, index) => this.nodes[(from + index) % this.nodes.length]?.host)
      return `mysql://plain:test@${hosts.join(",")}/${name}`
    }
  }

  /** The node that has most of Tidemark's connections. */
  async used(): Promise<GaleraNode> {
    const counts = await Promise.all(
      this.nodes.map(async (node) => ({ node, count: await node.connections("plain") }))
    )
    const [most] = counts.sort((one, other) => other.count - one.count)
    if (most === undefined) throw new Error("no node")
    return most.node
  }

  async remove(): Promise<void> {
    for (const node of this.nodes) await node.kill()
    rmSync(this.folder, { recursive: true, force: true })
  }
}
