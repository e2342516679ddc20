/**
 * A private MariaDB that may be killed, stopped and started again: its own directories, for data and for temporary
 * tables (a server that starts removes what others have there), and one fixed port of loopback for its whole life.
 */
import { type ChildProcess, execFileSync, spawn } from "node:child_process"
import { existsSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs"
import { tmpdir, userInfo } from "node:os"
import { delimiter, join } from "node:path"
import mysql from "mysql2/promise"
import { freePort } from "../../support/mysql.global.js"
import { until } from "../../support/tidemark.js"

const START_MS_MAX = 60_000

/** The first of these programs that is installed. */
export const find = (...names: ReadonlyArray<string>): string | undefined =>
  [...(process.env.PATH ?? "").split(delimiter), "/usr/sbin", "/usr/local/sbin"]
    .flatMap((folder) => names.map((name) => join(folder, name)))
    .find(existsSync)

export const hasMariaDb = (): boolean =>
  find("mariadbd", "mysqld") !== undefined && find("mariadb-install-db", "mysql_install_db") !== undefined

export class MariaDb {
  private child: ChildProcess | undefined
  private constructor(
    readonly folder: string,
    readonly port: number,
    private readonly options: ReadonlyArray<string>
  ) {}

  /** Installs and starts one. `options` are the server's, beside those that keep it private. */
  static async make(options: ReadonlyArray<string> = []): Promise<MariaDb> {
    const folder = mkdtempSync(join(tmpdir(), "tidemark-chaos-db-"))
    execFileSync(
      find("mariadb-install-db", "mysql_install_db") ?? "mariadb-install-db",
      [
        "--no-defaults",
        `--user=${userInfo().username}`,
        `--datadir=${join(folder, "data")}`,
        `--tmpdir=${folder}`,
        "--auth-root-authentication-method=normal",
        "--skip-test-db"
      ],
      { stdio: "ignore" }
    )
    const server = new MariaDb(folder, await freePort(), options)
    await server.start()
    const root = await server.root()
    await root.query("CREATE USER 'tidemark'@'127.0.0.1' IDENTIFIED BY 'test'")
    await root.query("GRANT ALL ON *.* TO 'tidemark'@'127.0.0.1'")
    await root.end()
    return server
  }

  /** The server's address for a user who may do everything but what only root may. */
  get url(): string {
    return `mysql://tidemark:test@127.0.0.1:${this.port}`
  }

  /** A connection with all rights, by the server's socket. */
  root(): Promise<mysql.Connection> {
    return mysql.createConnection({ socketPath: join(this.folder, "s.sock"), user: "root" })
  }

  /** Starts it; answers when it takes connections. */
  async start(): Promise<void> {
    const log = openSync(join(this.folder, "log"), "a")
    const child = spawn(
      find("mariadbd", "mysqld") ?? "mariadbd",
      [
        "--no-defaults",
        `--user=${userInfo().username}`,
        `--datadir=${join(this.folder, "data")}`,
        `--tmpdir=${this.folder}`,
        `--port=${this.port}`,
        "--bind-address=127.0.0.1",
        `--socket=${join(this.folder, "s.sock")}`,
        `--pid-file=${join(this.folder, "pid")}`,
        ...this.options
      ],
      { stdio: ["ignore", log, log] }
    )
    this.child = child
    await until(`MariaDB to start; ${this.log()}`, START_MS_MAX, async () => {
      const root = await this.root()
      await root.end()
      return true
    })
  }

  log(): string {
    return readFileSync(join(this.folder, "log"), "utf8").slice(-2_000)
  }

  /** Sends a signal to it: SIGSTOP and SIGCONT stall it with its sockets open. */
  signal(signal: NodeJS.Signals): void {
    this.child?.kill(signal)
  }

  /** Ends it by SIGKILL, or SIGTERM for a clean end; answers when it is gone. */
  async end(signal: "SIGKILL" | "SIGTERM"): Promise<void> {
    const child = this.child
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
    const ended = new Promise((resolve) => child.once("exit", resolve))
    child.kill("SIGCONT")
    child.kill(signal)
    await ended
  }

  /** Starts it again where it has ended by itself. */
  async startIfEnded(): Promise<void> {
    const child = this.child
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) await this.start()
  }

  async remove(): Promise<void> {
    await this.end("SIGKILL")
    rmSync(this.folder, { recursive: true, force: true })
  }
}
