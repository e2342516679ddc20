/**
 * A little of `npm run test:cold`: real processes archive, drop (killed once), rebuild and bring back; all answers stay
 * what they were. A server's turn is `npm run test:cold -- --database mysql`; ColdDays.int.test.ts has both databases.
 */
import { spawn } from "node:child_process"
import { fileURLToPath } from "node:url"
import { assert, describe, it } from "@effect/vitest"

const RUN = fileURLToPath(new URL("run.mjs", import.meta.url))
const SMALL = ["--readings", "9000", "--days", "3", "--sensors", "3", "--kills", "1"]
/** Of a machine that does much else; alone it takes a minute. */
const COLD_MILLIS = 900_000

const held = async () => {
  const child = spawn(process.execPath, [RUN, ...SMALL])
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
  it("are answered as before through a kill, a rebuild and a return", held, COLD_MILLIS)
})
