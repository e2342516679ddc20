/** A little of `npm run test:fuzz`: requests and packets that nobody would send are answered or refused. */
import { spawn } from "node:child_process"
import { fileURLToPath } from "node:url"
import { assert, describe, it } from "@effect/vitest"
import { MAIN } from "../support/tidemark.js"

const RUN = fileURLToPath(new URL("run.mjs", import.meta.url))
const SEED = "20261130"

describe("generated and broken requests and packets", () => {
  it("are answered as the contract says, and harm nobody", async () => {
    const options = [
      "--requests",
      "1500",
      "--packets",
      "15000",
      "--connections",
      "500",
      "--seconds",
      "30",
      "--rest",
      "2",
      "--latency",
      "5000"
    ]
    const child = spawn(process.execPath, [RUN, "--seed", SEED, ...options], {
      env: { ...process.env, TIDEMARK_MAIN: MAIN }
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
  }, 120_000)
})
