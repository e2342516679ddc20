/** Every planted bug still fits: a hunt takes hours, and would else stop at the first patch whose place has moved. */
import { readFileSync } from "node:fs"
import { assert, describe, it } from "@effect/vitest"
import { mutants } from "./mutants.mjs"

describe("the mutants", () => {
  it("stand exactly once in the file that each names", () => {
    assert.isAbove(mutants.length, 60)
    assert.deepStrictEqual(
      mutants.flatMap(({ file, find, name }) => {
        const times = readFileSync(file, "utf8").split(find).length - 1
        return times === 1 ? [] : [`${name}: ${times} times in ${file}`]
      }),
      []
    )
  })
})
