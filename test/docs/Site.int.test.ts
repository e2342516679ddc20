/**
 * `npm run docs` makes a site of all documents, with a search that needs no other server. A dead link ends it. Skipped where
 * its generator is not installed (`npm ci --prefix docs --ignore-scripts`).
 */
import { execFile } from "node:child_process"
import { existsSync, readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { promisify } from "node:util"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { folder } from "../support/tidemark.js"

const GENERATOR = "docs/node_modules/vitepress/bin/vitepress.js"
const isInstalled = existsSync(GENERATOR)
if (!isInstalled) console.log("Not run here: the site of the documents needs npm ci --prefix docs")

describe("the site of the documents", () => {
  it.scopedLive.skipIf(!isInstalled)(
    "has each page, a local search, and links that lead to pages",
    () =>
      Effect.gen(function* () {
        const there = yield* folder
        yield* Effect.promise(() =>
          promisify(execFile)("npm", ["run", "--prefix", "docs", "build", "--", "--outDir", there])
        )
        const files = readdirSync(there, { recursive: true, encoding: "utf8" })
        for (const page of [
          "index",
          "sql",
          "recipes/index",
          "dbt/index",
          "CONTRIBUTING",
          "decisions/0019-rooms"
        ])
          assert.include(files, `${page}.html`)
        assert.isTrue(files.some((name) => /assets\/chunks\/@localSearchIndex.*\.js$/.test(name)))
        assert.lengthOf(
          files.filter((name) => name.endsWith(".webp")),
          4
        )
        for (const page of files.filter((name) => name.endsWith(".html"))) {
          const links = readFileSync(join(there, page), "utf8").matchAll(/<a[^>]* href="\/([^"#?]*)/g)
          for (const [, link = ""] of links) {
            const file = link === "" || link.endsWith("/") ? `${link}index.html` : `${link}.html`
            assert.isTrue(files.includes(file) || files.includes(link), `${page}: /${link}`)
          }
        }
      }),
    { timeout: 400_000 }
  )
})
