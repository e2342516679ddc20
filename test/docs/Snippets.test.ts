/** The documents' code blocks are found, and each says how it is run or why not. */
import { assert, describe, it } from "@effect/vitest"
import { addressesIn, linesOf, PAGES, SNIPPETS, snippetsOf, TOOL_LINES } from "./snippets.js"

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

  it("have a line for each tool in README.md", () => {
    assert.deepStrictEqual(
      TOOL_LINES.map(({ name }) => name.replace("README.md: the line of ", "")),
      ["pandas", "polars", "DuckDB", "Excel", "Power BI", "Grafana", "R", "curl"]
    )
    assert.throws(() => linesOf("a.md", "| [Lotus](1-2-3.md) | `x` |"), "nobody says how")
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
