/** `tidemark simulate --faults` as a person runs it, in one process and shared among several. */
import { execFile } from "node:child_process"
import { promisify } from "node:util"
import { assert, describe, it } from "@effect/vitest"
import { MAIN } from "../../support/tidemark.js"

const run = promisify(execFile)

/** What it told of each seed, by seed: all but how long it took. */
const simulate = async (...args: ReadonlyArray<string>) => {
  const { stdout } = await run(process.execPath, [
    ...[MAIN, "simulate", "--faults", "all", "--hours", "0.5", "--seed", "3", "--seeds", "3"],
    ...args
  ])
  return stdout.trimEnd().split("\n")
}

const seedsIn = (lines: ReadonlyArray<string>) =>
  lines
    .filter((line) => line.startsWith("seed "))
    .map((line) => line.slice(0, line.lastIndexOf(",")))
    .sort()

describe("simulate --faults", () => {
  it("comes to the same with its seeds shared among processes", async () => {
    const [alone, shared] = await Promise.all([simulate(), simulate("--jobs", "2")])
    assert.lengthOf(seedsIn(alone), 3)
    assert.deepStrictEqual(seedsIn(shared), seedsIn(alone))
    const markers = (lines: ReadonlyArray<string>) =>
      lines.slice(lines.findIndex((one) => / seeds of /.test(one)))
    assert.deepStrictEqual(markers(shared).sort(), markers(alone).sort())
    assert.strictEqual(alone.at(-1), "0 violations")
  })

  it("tells each seed as a line of JSON", async () => {
    const lines = (await simulate("--json")).map((line) => JSON.parse(line))
    assert.deepStrictEqual(
      lines.map(({ seed }) => seed),
      [3, 4, 5]
    )
    for (const { trace, violated } of lines) {
      assert.match(trace, /^[0-9a-f]{64}$/)
      assert.strictEqual(violated, 0)
    }
  })
})
