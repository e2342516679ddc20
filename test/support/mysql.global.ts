/**
 * Once a test run: the MySQL server for its integration suites. `TEST_MYSQL_URL` names one (its user may create
 * databases and users, and grant), or `mariadbd` is started with a private data directory on a free port of
 * loopback, and stopped at the end. Where neither is there the suites are skipped by name; with REQUIRE_MYSQL=1 the
 * run fails.
 */
import { type ChildProcess, execFileSync, spawn } from "node:child_process"
import { randomBytes, randomInt } from "node:crypto"
import { existsSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs"
import { createServer } from "node:net"
import { tmpdir, userInfo } from "node:os"
import { delimiter, join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import mysql from "mysql2/promise"
import type { TestProject } from "vitest/node"

declare module "vitest" {
  interface ProvidedContext {
    /** Empty when there is no server. */
    mysqlUrl: string
    /** The database that others are copied from (test/support/mysqlTemplate.ts). It is made when it is first needed. */
    mysqlTemplate: string
  }
}

const START_SECONDS_MAX = 60

const find = (...names: ReadonlyArray<string>): string | undefined =>
  [...(process.env.PATH ?? "").split(delimiter), "/usr/sbin", "/usr/local/sbin"]
    .flatMap((folder) => names.map((name) => join(folder, name)))
    .find(existsSync)

/** Below the ports that systems give to outgoing connections: one of those may be taken before a server listens on it. */
const [FIRST_PORT, LAST_PORT] = [20_000, 32_000]

/** A port of loopback on which nobody listens. */
export const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const port = randomInt(FIRST_PORT, LAST_PORT)
    const server = createServer()
    server.once("error", (error: NodeJS.ErrnoException) =>
      error.code === "EADDRINUSE" ? resolve(freePort()) : reject(error)
    )
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(port)))
  })

/**
 * A private server: its URL, its process, and how to end it. With a folder of its own for temporary tables: a server
 * that starts removes what others have in theirs.
 */
export const startMariaDb = async (options: ReadonlyArray<string> = []) => {
  const server = find("mariadbd", "mysqld")
  const install = find("mariadb-install-db", "mysql_install_db")
  if (server === undefined || install === undefined) return undefined
  const folder = mkdtempSync(join(tmpdir(), "tidemark-mysql-"))
  const data = join(folder, "data")
  const socket = join(folder, "s.sock")
  const user = userInfo().username
  mkdirSync(data)
  execFileSync(
    install,
    [
      "--no-defaults",
      `--user=${user}`,
      `--datadir=${data}`,
      `--tmpdir=${folder}`,
      "--auth-root-authentication-method=normal",
      "--skip-test-db"
    ],
    { stdio: "ignore" }
  )
  const port = await freePort()
  const log = openSync(join(folder, "log"), "w")
  const start = (): ChildProcess =>
    spawn(
      server,
      [
        "--no-defaults",
        `--user=${user}`,
        `--datadir=${data}`,
        `--tmpdir=${folder}`,
        `--port=${port}`,
        "--bind-address=127.0.0.1",
        `--socket=${socket}`,
        `--pid-file=${join(folder, "pid")}`,
        ...options
      ],
      { stdio: ["ignore", log, log] }
    )
  const child = start()
  for (let waited = 0; ; waited++) {
    const root = await mysql.createConnection({ socketPath: socket, user: "root" }).catch(() => undefined)
    if (root !== undefined) {
      await root.query("CREATE USER 'tidemark'@'127.0.0.1' IDENTIFIED BY 'test'")
      await root.query("GRANT ALL ON *.* TO 'tidemark'@'127.0.0.1' WITH GRANT OPTION")
      await root.end()
      break
    }
    if (waited > START_SECONDS_MAX * 5 || child.exitCode !== null) {
      throw new Error(`mariadbd did not start:\n${readFileSync(join(folder, "log"), "utf8").slice(-2_000)}`)
    }
    await sleep(200)
  }
  const stop = async () => {
    const ended = new Promise((resolve) => child.once("exit", resolve))
    if (child.exitCode === null && child.signalCode === null) {
      child.kill("SIGKILL")
      await ended
    }
    rmSync(folder, { recursive: true, force: true })
  }
  return { url: `mysql://tidemark:test@127.0.0.1:${port}`, port, process: child, start, stop }
}

const dropDatabase = async (url: string, name: string) => {
  const connection = await mysql.createConnection(url)
  await connection.query(`DROP DATABASE IF EXISTS ${name}`)
  await connection.end()
}

export default async (project: TestProject) => {
  const template = `tm_template_${randomBytes(6).toString("hex")}`
  project.provide("mysqlTemplate", template)
  const given = process.env.TEST_MYSQL_URL
  if (given !== undefined && given !== "") {
    const url = given.replace(/\/$/, "")
    project.provide("mysqlUrl", url)
    return () => dropDatabase(url, template)
  }
  const server = await startMariaDb()
  if (server === undefined && process.env.REQUIRE_MYSQL === "1") {
    throw new Error("REQUIRE_MYSQL=1, but there is neither TEST_MYSQL_URL nor mariadbd")
  }
  project.provide("mysqlUrl", server?.url ?? "")
  return server?.stop
}
