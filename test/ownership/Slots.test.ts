import { assert, describe, it } from "@effect/vitest"
import { candidate } from "../../src/ownership/Slots.js"

const lease = (number: number, remains: number) => ({ number, remains })

describe("the number that a process asks for", () => {
  it("is the first, the lowest that is free, or after a wait a new one", () => {
    assert.strictEqual(candidate([], false), 1)
    assert.strictEqual(candidate([lease(1, 5_000), lease(3, -1), lease(2, -9)], false), 2)
    assert.strictEqual(candidate([lease(1, 5_000), lease(2, 10)], false), undefined)
    assert.strictEqual(candidate([lease(1, 5_000), lease(2, 10)], true), 3)
  })
})
