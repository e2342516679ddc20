/** The heap of a process that bounds it, by a real start of Node. */
import { spawnSync } from "node:child_process"
import { resolve } from "node:path"
import { pathToFileURL } from "node:url"
import { assert, describe, it } from "@effect/vitest"

const MODULE = JSON.stringify(pathToFileURL(resolve("dist/src/launch/Heap.js")).href)

/** Holds small objects for a while, so that they are garbage of the old generation; prints the heap's peak in bytes. */
const WORK = `
  const held = Array.from({ length: 1_000_000 }, (_, n) => ({ n, next: [n] }))
  const waiting = []
  let peak = 0
  for (let n = 0; n < 8_000_000; n++) {
    waiting[n % 1_000_000] = { n, next: [n] }
    if (n % 10_000 === 0) peak = Math.max(peak, process.memoryUsage().heapUsed)
  }
  console.log(held.length && peak)`

const peakAfter = (first: string) => {
  const args = ["--input-type=module", "--eval", first + WORK]
  const { status, stderr, stdout } = spawnSync(process.execPath, args, { encoding: "utf8" })
  assert.deepStrictEqual({ status, stderr }, { status: 0, stderr: "" })
  return Number(stdout)
}

describe("a heap that is bounded", () => {
  it("holds less garbage than V8 would let it, and says nothing", () => {
    const bounded = peakAfter(`import { boundHeap } from ${MODULE}; boundHeap();`)
    assert.isBelow(bounded, 0.9 * peakAfter(""))
  })
})
