/** Who gives way on the shelf of files, and what is counted. */
import { assert, describe, it } from "@effect/vitest"
import { FileShelf, type MadeFile } from "../../../src/http/files/FileShelf.js"

const made = (bytes: number): MadeFile => ({ rows: 1, bytes, sha256: "", minTime: null, maxTime: null })

const shelfOf = (bytesMax: number) => {
  const removed: Array<string> = []
  const shelf = new FileShelf(bytesMax, (name) => removed.push(name))
  const add = (name: string, bytes: number) => {
    const isRoom = shelf.reserve(bytes)
    if (isRoom) shelf.put(name, made(bytes))
    return isRoom
  }
  return { add, removed, shelf }
}

describe("the shelf of files", () => {
  it("lets the file go that was longest not asked for", () => {
    const { add, removed, shelf } = shelfOf(100)
    for (const name of ["a", "b", "c"]) assert.isTrue(add(name, 30))
    assert.strictEqual(shelf.use("a")?.bytes, 30)
    // To look at what is known of it is not to ask for it.
    assert.strictEqual(shelf.peek("b")?.bytes, 30)
    assert.isTrue(add("d", 30))
    assert.deepStrictEqual(removed, ["b"])
    assert.isUndefined(shelf.peek("b"))
    assert.isTrue(add("e", 70))
    assert.deepStrictEqual(removed, ["b", "c", "a"])
  })

  it("has no room for what is larger than all of it, and gives back what was not finished", () => {
    const { add, shelf } = shelfOf(100)
    assert.isFalse(add("a", 101))
    assert.isTrue(shelf.reserve(60))
    assert.isFalse(shelf.reserve(60))
    shelf.release(60)
    assert.isTrue(add("a", 100))
    shelf.forget("a")
    shelf.forget("a")
    assert.isTrue(add("b", 100))
    assert.isFalse(shelf.reserve(200))
  })

  it("counts a file once that is made twice", () => {
    const { add, shelf } = shelfOf(100)
    assert.isTrue(add("a", 40))
    assert.isTrue(add("a", 40))
    assert.isTrue(shelf.reserve(60))
    assert.strictEqual(shelf.peek("a")?.bytes, 40)
  })
})
