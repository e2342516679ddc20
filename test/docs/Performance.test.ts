/** The page on performance says what the newest results have. */
import { readFileSync } from "node:fs"
import { assert, describe, it } from "@effect/vitest"
import { generated, generatedPart, readAll } from "../../bench/lib/kept.mjs"

/** Without what the formatter sets: widths of tables, and ends of lines. */
const words = (text: string): string => text.replace(/-{3,}/g, "-").replace(/\s+/g, " ")

describe("docs/performance.md", () => {
  it("has the tables of the newest results", () => {
    const page = generatedPart(readFileSync("docs/performance.md", "utf8"))
    assert.strictEqual(words(page), words(generated(readAll())))
  })
})
