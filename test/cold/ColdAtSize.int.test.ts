/**
 * A little of `npm run test:cold`: real processes archive, drop (killed four times), rebuild and bring back; all answers stay
 * what they were.
 */
import { spawn } from "node:child_process"
import { fileURLToPath } from "node:url"
import { assert, describe, it } from "@effect/vitest"
import { inject } from "vitest"
import { hasMysql } from "../support/databases.js"

const RUN = fileURLToPath(new URL("run.mjs", import.meta.url))
const SMALL = ["--readings", "30000", "--days", "4", "--sensors", "5"]
/** Of a machine that does much else; alone it takes a minute. */
const COLD_MILLIS = 900_000

const held = async (database: "sqlite" | "mysql") => {
  const child = spawn(process.execPath, [RUN, ...SMALL, "--database", database], {
    env: { ...process.env, TEST_MYSQL_URL: inject("mysqlUrl") }
  })
  let output = ""
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (chunk) => {
      output += chunk
    })
  }
  const code = await new Promise((resolve) => child.once("exit", resolve))
  assert.strictEqual(code, 0, output)
  assert.match(output, /all held/)
}

describe("Cold days in real processes", () => {
  it(
    "are answered as before through kills, a rebuild and a return, on SQLite",
    () => held("sqlite"),
    COLD_MILLIS
  )
  it.skipIf(!hasMysql())("are the same on MySQL", () => held("mysql"), COLD_MILLIS)
})
