/** The real program with readings that the recipes ask for, and what runs the blocks. */
import { execFile } from "node:child_process"
import { existsSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import { DuckDBInstance } from "@duckdb/node-api"
import * as Effect from "effect/Effect"
import Sqlite from "libsql"
import mysql from "mysql2/promise"
import type { TestDatabase } from "../support/databases.js"
import { PYTHON, pythonHas } from "../support/python.js"
import { folder, startTidemark, until } from "../support/tidemark.js"
import { SERVER } from "./snippets.js"

const MINUTE = 60_000
const said = { lat: 46.05, lng: 14.51, unit: "C", type: "temperature", description: "Main Entrance" }

/** Three sensors, a reading every 30 s of the last two hours, and of an hour of 14 June 2024; and one by name. */
const readings = (now: number) => {
  const of = (sensor_id: number, from: number, count: number) =>
    Array.from({ length: count }, (_, i) => ({
      sensor_id,
      timestamp: new Date(from + (i * MINUTE) / 2).toISOString(),
      value: 20 + Math.sin(i / 10) * sensor_id,
      ...(sensor_id === 3 ? {} : said)
    }))
  const recent = now - 120 * MINUTE
  // What the README publishes first.
  const named = [{ name: "shed/temperature", timestamp: new Date(recent).toISOString(), value: 21.5 }]
  return [
    ...[of(1, recent, 240), of(2, recent, 240), of(3, recent, 20), of(1, Date.UTC(2024, 5, 14, 12), 120)],
    named
  ]
}

export interface Running {
  readonly http: string
  /** Of the database: as DATABASE_URL has it. */
  readonly url: string
}

/** Before all readings, so that no figure goes by it. */
const DOWNTIME = {
  start_time: "2020-01-01T00:00:00Z",
  end_time: "2020-01-02T00:00:00Z",
  kind: "downtime",
  text: "The hall was being built"
}

const MARKS = "SELECT COUNT(*) AS n FROM interval_marks"

/** Whether all hours and days are merged, as SQL shows them. */
const isMerged = async (url: string): Promise<boolean> => {
  if (url.startsWith("file:")) {
    const file = new Sqlite(new URL(url).pathname)
    const row: unknown = file.prepare(MARKS).get()
    file.close()
    return Object(row).n === 0
  }
  const connection = await mysql.createConnection(url)
  const [rows] = await connection.query(MARKS)
  await connection.end()
  return Object(rows)[0]?.n === 0
}

/** The program on a database, with those readings stored and folded. */
export const running = (database: TestDatabase) =>
  Effect.gen(function* () {
    const url = yield* database.url
    const tidemark = yield* startTidemark({
      DATA_DIR: yield* folder,
      DATABASE_URL: url,
      SIMULATE: "false",
      LOG_LEVEL: "none"
    })
    yield* Effect.promise(async () => {
      await tidemark.started()
      const post = async (path: string, body: unknown) => {
        const answer = await fetch(`${tidemark.http}${path}`, {
          method: "POST",
          headers: { "content-type": "application/json" },
          body: JSON.stringify(body)
        })
        if (answer.status !== 201) throw new Error(await answer.text())
      }
      await post("/annotations/", DOWNTIME)
      for (const body of readings(Date.now())) await post("/data/", body)
      await until("all minutes to be folded", 20_000, async () => {
        const { json } = await tidemark.get(
          "/odata/aggregates?$orderby=position%20desc&$top=1&$select=position"
        )
        const head = (await fetch(`${tidemark.http}/data?limit=1`)).headers.get("tidemark-position")
        return Object(json).value[0]?.position === Number(head)
      })
      await until("hours and days to be merged", 20_000, () => isMerged(url))
    })
    return { http: tidemark.http, url } satisfies Running
  })

const run = promisify(execFile)
const ROOT = fileURLToPath(new URL("../..", import.meta.url))

/** How it begins where only pip installs what a block needs. */
export const NEEDS_PIP = "needs what pip installs"

const modulesOf = (code: string): ReadonlyArray<string> =>
  [...code.matchAll(/^(?:import|from) (.+?)(?: import .*)?$/gm)].flatMap(([, names = ""]) =>
    names.split(",").map((name) => name.trim().split(" ")[0] ?? "")
  )

/** Why a block can't be run on this machine, by what it needs; none where it can. */
export const lacks = (kind: string, code: string): string | undefined => {
  if (kind === "sh") return existsSync("/usr/bin/curl") ? undefined : "curl is not installed"
  if (kind !== "python") return undefined
  if (!existsSync(PYTHON)) return `${PYTHON} is not there`
  const lacking = modulesOf(code).filter((name) => !pythonHas(name))
  if (lacking.length === 0) return undefined
  return lacking.join() === "pandas"
    ? "python3-pandas is not installed"
    : `${NEEDS_PIP}: ${lacking.join(", ")}`
}

const RUNNERS = {
  sh: (code: string) => ["/bin/bash", ["-euo", "pipefail", "-c", code]] as const,
  python: (code: string) => [PYTHON, ["-W", "error", "-c", code]] as const,
  // Its packages are found from where it lies, and its files from where it runs.
  js: (code: string, cwd: string) =>
    [
      process.execPath,
      ["--input-type=module", "-e", code.replaceAll("FROM '", `FROM '${cwd}/`)],
      ROOT
    ] as const
}

/** Runs a program in a folder; gives what it printed. Fails with what went wrong. */
export const runProgram = async (kind: keyof typeof RUNNERS, code: string, http: string, cwd: string) => {
  const [file, args, at = cwd] = RUNNERS[kind](code.replaceAll(SERVER, http), cwd)
  const { stdout } = await run(file, args, {
    cwd: at,
    timeout: 30_000,
    // polars looks for a home.
    env: { PATH: process.env.PATH ?? "", HOME: cwd }
  })
  return stdout
}

/** The statements of a block, without what is only a comment. */
export const statementsOf = (code: string): ReadonlyArray<string> =>
  code
    .replace(/^--.*$/gm, "")
    .split(";")
    .map((statement) => statement.trim())
    .filter((statement) => statement !== "")

/** Rows of each statement on the file of a server that is running. */
export const askSqlite = (code: string, path: string): ReadonlyArray<number> => {
  const db = new Sqlite(path, { readonly: true })
  try {
    return statementsOf(code).map((statement) => db.prepare(statement).all().length)
  } finally {
    db.close()
  }
}

/** What an address gives: CSV of a row or more, JSON that holds something, a file. */
export const fetched = async (address: string, http: string): Promise<string> => {
  const answer = await fetch(address.replace(SERVER, http))
  const text = await answer.text()
  if (answer.status !== 200) throw new Error(`${address}: ${answer.status} ${text.slice(0, 500)}`)
  const type = answer.headers.get("content-type") ?? ""
  const lines = type.startsWith("text/csv") ? text.trim().split("\r\n").length - 1 : 1
  const json: unknown = /json(;|$)/.test(type) ? JSON.parse(text) : [text]
  const list = Array.isArray(json) ? json : (Object(json).value ?? [json])
  if (lines < 1 || text === "" || list.length === 0) throw new Error(`${address} gives nothing`)
  return text
}

/** Rows of each statement on files of a folder. */
export const askDuckDb = async (code: string, cwd: string): Promise<ReadonlyArray<number>> => {
  const instance = await DuckDBInstance.create()
  const connection = await instance.connect()
  try {
    const counts: Array<number> = []
    for (const statement of statementsOf(code.replace(/'([\w-]+\.\w+)'/g, `'${cwd}/$1'`))) {
      counts.push((await connection.runAndReadAll(statement)).getRows().length)
    }
    return counts
  } finally {
    connection.closeSync()
    instance.closeSync()
  }
}
