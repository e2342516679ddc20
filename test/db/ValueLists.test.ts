/** Rows and keys in groups of a few sizes: none is lost, and few texts are prepared. */
import { assert, describe, it } from "@effect/vitest"
import * as FastCheck from "effect/FastCheck"
import { cut, filled, lists, literalLists, placeholders, SIZES } from "../../src/db/ValueLists.js"

const sizes: ReadonlySet<number> = new Set(SIZES)
const anyList = FastCheck.array(FastCheck.integer(), { maxLength: 2_000, size: "max" })

describe("Lists of values", () => {
  it("are texts of so many parameters", () => {
    assert.strictEqual(placeholders(1), "(?)")
    assert.strictEqual(lists(placeholders(2), 3), "(?, ?), (?, ?), (?, ?)")
    assert.strictEqual(lists("(?, 0)", 1), "(?, 0)")
  })

  it("hold each row once, in order, in groups of the sizes", () => {
    FastCheck.assert(
      FastCheck.property(anyList, (rows) => {
        const groups = cut(rows)
        assert.deepStrictEqual(groups.flat(), rows)
        assert.isTrue(groups.every(({ length }) => sizes.has(length)))
      })
    )
    assert.deepStrictEqual(
      cut(Array(1_000).fill(0)).map(({ length }) => length),
      [512, 256, 128, 64, 32, 8]
    )
    assert.deepStrictEqual(cut([1, 2, 3], [2, 1]), [[1, 2], [3]])
  })

  it("hold each key, and the last one again where a group is not full", () => {
    FastCheck.assert(
      FastCheck.property(anyList, (keys) => {
        const groups = filled(keys)
        assert.strictEqual(groups.length, Math.ceil(keys.length / SIZES[0]))
        assert.isTrue(groups.every(({ length }) => sizes.has(length)))
        const all = groups.flat()
        assert.deepStrictEqual(all.slice(0, keys.length), keys)
        assert.isTrue(all.slice(keys.length).every((key) => key === keys.at(-1)))
      })
    )
    assert.deepStrictEqual(filled([1, 2, 3]), [[1, 2, 3, 3]])
    assert.deepStrictEqual(filled([]), [])
  })

  it("are text of ours where no value needs escaping", () => {
    const row = "(?, ?, 1, ?)"
    const key = new Uint8Array([0, 255])
    assert.deepStrictEqual(
      literalLists(row, [
        [1, "2026-01-01 00:00:00.000000", key],
        [-0.1, null, new Uint8Array()],
        [1e300, "-1a3p-48", 9_007_199_254_740_991]
      ]),
      [
        "(1, '2026-01-01 00:00:00.000000', 1, x'00ff'), ('-0.1', NULL, 1, x''), ('1e+300', '-1a3p-48', 1, 9007199254740991)"
      ]
    )
    for (const text of ["it's", "a\\b", '"', "?", "é", "a;b", "--/*", "\n\0"]) {
      assert.isUndefined(literalLists("(?)", [["plain"], [text]]), text)
    }
    assert.deepStrictEqual(literalLists(row, []), [])
    const statements = (rows: number) =>
      literalLists("(?)", Array(rows).fill([7]))?.map((text) => text.split(",").length)
    // A batch of a thousand rows, of which the last message has seven.
    assert.deepStrictEqual(statements(1_006), [1_006])
    assert.deepStrictEqual(statements(4_500), [2_000, 2_000, 500])
  })
})
