/** The documents' code blocks are found, and each says how it is run or why not; their links lead somewhere. */
import { existsSync, readFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { addressesIn, PAGES, SNIPPETS, snippetsOf } from "./snippets.js"

describe("the code blocks of the documents", () => {
  it("are found with their kind, or with why they are not run", () => {
    const text = "```sh\ncurl x\n```\n\n<!-- not run here: needs R -->\n\n```r\nlibrary(x)\n\n```\n"
    assert.deepStrictEqual(snippetsOf("a.md", text), [
      { page: "a.md", name: "a.md:1 (sh)", code: "curl x", run: { _tag: "Run", kind: "sh" } },
      { page: "a.md", name: "a.md:7 (r)", code: "library(x)\n", run: { _tag: "NotRun", why: "needs R" } }
    ])
  })

  it("can't be passed over in silence", () => {
    assert.throws(() => snippetsOf("a.md", "```r\nx\n```"), "does not say why")
    assert.throws(() => snippetsOf("a.md", "```sh\nx\n"), "does not end")
  })

  it("are there for each tool", () => {
    const tools = ["power-bi", "excel", "tableau", "grafana", "metabase", "superset"]
    for (const tool of [...tools, "pandas", "polars", "duckdb", "r", "python"]) {
      const page = `docs/recipes/${tool}.md`
      assert.include(PAGES, page)
      assert.isTrue(
        SNIPPETS.some((snippet) => snippet.page === page),
        page
      )
    }
  })

  it("have addresses, whole ones", () => {
    assert.deepStrictEqual(
      addressesIn(
        'f("http://127.0.0.1:8000/a?b=c(1)", "http://127.0.0.1:8000/{id}"), <http://127.0.0.1:8000/d>.'
      ),
      ["http://127.0.0.1:8000/a?b=c(1)", "http://127.0.0.1:8000/d"]
    )
  })
})

describe("the links of the recipes and of docs/sql.md", () => {
  for (const page of PAGES) {
    it(page, () => {
      for (const [, target = ""] of readFileSync(page, "utf8").matchAll(/\]\(([^)#:]+)(?:#[^)]*)?\)/g)) {
        assert.isTrue(existsSync(join(dirname(page), target)), target)
      }
    })
  }
})
