/** The page on conformance says what the runs are held against. */
import { readFileSync } from "node:fs"
import { assert, describe, it } from "@effect/vitest"
import { conformance } from "../conformance/document.mjs"

/** Without what the formatter sets: widths of tables, and ends of lines. */
const words = (text: string): string => text.replace(/-{3,}/g, "-").replace(/\s+/g, " ")

describe("docs/conformance.md", () => {
  it("is made of what is expected of the suites", () => {
    assert.strictEqual(words(readFileSync("docs/conformance.md", "utf8")), words(conformance()))
  })
})
