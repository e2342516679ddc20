// The databases of a benchmark: a fresh one for each run, migrated as Tidemark does it.
import { execFileSync, spawn } from "node:child_process"
import { existsSync, mkdirSync, mkdtempSync, openSync, rmSync } from "node:fs"
import { createServer } from "node:net"
import { tmpdir, userInfo } from "node:os"
import { delimiter, join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import mysql from "mysql2/promise"
import { openSqlite } from "./sqlite.mjs"

/** A program by its name; undefined: there is none. */
export const find = (name) =>
  [...(process.env.PATH ?? "").split(delimiter), "/usr/sbin", "/usr/local/sbin"]
    .map((folder) => join(folder, name))
    .find(existsSync)

export const freePort = () =>
  new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address()
      server.close(() => resolve(port))
    })
  })

/** As a server of its own would have it: with the default of 128 MiB, what is timed on a large table is the disk. */
const BUFFER_POOL = "4G"
/** For a few thousand rows, beside whatever else the machine does. */
const SMALL_BUFFER_POOL = "64M"

/** A private MariaDB with its default durability (a flush at each commit); undefined where there is none. */
const startMariaDb = async (smoke) => {
  const [server, install] = [find("mariadbd"), find("mariadb-install-db")]
  if (server === undefined || install === undefined) return undefined
  const folder = mkdtempSync(join(tmpdir(), "tidemark-bench-mysql-"))
  const [data, socket, user] = [join(folder, "data"), join(folder, "s.sock"), userInfo().username]
  mkdirSync(data)
  const pool = `--innodb-buffer-pool-size=${smoke ? SMALL_BUFFER_POOL : BUFFER_POOL}`
  const common = ["--no-defaults", `--user=${user}`, `--datadir=${data}`, `--tmpdir=${folder}`, pool]
  const method = "--auth-root-authentication-method=normal"
  execFileSync(install, [...common, method, "--skip-test-db"], { stdio: "ignore" })
  const port = await freePort()
  const log = openSync(join(folder, "log"), "w")
  const listening = [`--port=${port}`, "--bind-address=127.0.0.1", `--socket=${socket}`]
  const child = spawn(server, [...common, ...listening], { stdio: ["ignore", log, log] })
  const ended = new Promise((resolve) => child.once("exit", resolve))
  const remove = () => {
    child.kill("SIGKILL")
    rmSync(folder, { recursive: true, force: true })
  }
  process.once("exit", remove)
  for (let tries = 0; ; tries++) {
    const root = await mysql.createConnection({ socketPath: socket, user: "root" }).catch(() => undefined)
    if (root !== undefined) {
      await root.query("CREATE USER 'bench'@'127.0.0.1' IDENTIFIED BY 'bench'")
      await root.query("GRANT ALL ON *.* TO 'bench'@'127.0.0.1'")
      await root.end()
      break
    }
    if (tries > 300 || child.exitCode !== null) throw new Error("mariadbd did not start")
    await sleep(200)
  }
  return {
    url: `mysql://bench:bench@127.0.0.1:${port}`,
    stop: async () => {
      child.kill("SIGKILL")
      await ended
      process.off("exit", remove)
      remove()
    }
  }
}

const COUNT = "SELECT COUNT(*) AS n FROM events WHERE type = 'ReadingRecorded'"
/** How many positions the minutes are behind the log. */
const BEHIND = `SELECT h.position - c.position AS n FROM log_head h JOIN checkpoints c ON c.projection = 'minutes'`
/** How long the fold may take to catch up with a load, ms. */
const SETTLE_MS_MAX = 120_000

/** What each database can be asked, whatever it is: `ask` gives the number `n` of one row. */
const questions = (ask) => ({
  ask,
  readings: () => ask(COUNT),
  /** Waits until the minutes are folded as far as the log goes. */
  settled: async () => {
    const started = performance.now()
    while ((await ask(BEHIND)) > 0) {
      if (performance.now() - started > SETTLE_MS_MAX) throw new Error("the fold did not catch up in time")
      await sleep(50)
    }
  }
})

/** A fresh SQLite file. `env` is for Tidemark, `args` for the bare server. */
export const sqlite = async () => {
  const folder = mkdtempSync(join(tmpdir(), "tidemark-bench-"))
  const path = join(folder, "tidemark.db")
  const remove = () => rmSync(folder, { recursive: true, force: true })
  process.once("exit", remove)
  return {
    env: { DATA_DIR: folder, DATABASE_URL: "" },
    args: ["sqlite", path],
    ...questions(async (sql) => {
      const database = openSqlite(path)
      const { n } = database.prepare(sql).get()
      database.close()
      return Number(n)
    }),
    drop: async () => {
      process.off("exit", remove)
      remove()
    }
  }
}

/** `server`: the address of one, whatever database it names. */
const mysqlDatabase = (server) => {
  let made = 0
  return async () => {
    made += 1
    const name = `bench_${process.pid}_${made}`
    const url = new URL(`/${name}`, server).href
    const query = async (uri, sql) => {
      const connection = await mysql.createConnection(uri)
      try {
        return (await connection.query(sql))[0]
      } finally {
        await connection.end()
      }
    }
    await query(server, `CREATE DATABASE ${name}`)
    return {
      env: { DATABASE_URL: url, DATA_DIR: tmpdir() },
      args: ["mysql", url],
      ...questions(async (sql) => Number((await query(url, sql))[0].n)),
      drop: () => query(server, `DROP DATABASE ${name}`)
    }
  }
}

/** Hands the databases that there are to the body, by name; what is not there is skipped by name. */
export const withDatabases = async (smoke, body) => {
  const given = process.env.TEST_MYSQL_URL
  const server = given ? { url: given, stop: async () => {} } : await startMariaDb(smoke)
  if (server === undefined) {
    console.log("MariaDB: skipped, there is no mariadbd and no TEST_MYSQL_URL")
    return body([["SQLite", sqlite]])
  }
  try {
    await body([
      ["SQLite", sqlite],
      ["MariaDB", mysqlDatabase(server.url)]
    ])
  } finally {
    await server.stop()
  }
}

/** Runs the body on a fresh database, which is dropped however that ends. */
export const onFresh = async (makeDatabase, body) => {
  const database = await makeDatabase()
  try {
    return await body(database)
  } finally {
    await database.drop()
  }
}
