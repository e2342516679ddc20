/**
 * The code blocks of the documents. Each is either of a kind that can be run, or says before itself why it is not:
 * `<!-- not run here: needs R -->`. A block that is neither is an error, so that none is passed over in silence.
 */
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"

/** What a block is run by: the words behind its fence. */
export const KINDS = ["sh", "python", "js", "url", "sql", "sql mysql", "sql duckdb"] as const
export type Kind = (typeof KINDS)[number]

export interface Snippet {
  readonly page: string
  /** Page, line of the fence, and language: what a test is called by. */
  readonly name: string
  readonly code: string
  readonly run:
    | { readonly _tag: "Run"; readonly kind: Kind }
    | { readonly _tag: "NotRun"; readonly why: string }
}

const FENCE = /^```(.*)$/
const NOT_RUN = /^<!-- not run here: (.+) -->$/

const isKind = (text: string): text is Kind => (KINDS as ReadonlyArray<string>).includes(text)

const runOf = (name: string, language: string, before: string): Snippet["run"] => {
  const why = NOT_RUN.exec(before)?.[1]
  if (why !== undefined) return { _tag: "NotRun", why }
  if (!isKind(language)) throw new Error(`${name} can't be run, and does not say why not`)
  return { _tag: "Run", kind: language }
}

/** The blocks of a page, in order. */
export const snippetsOf = (page: string, text: string): ReadonlyArray<Snippet> => {
  const found: Array<Snippet> = []
  const lines = text.split("\n")
  for (let at = 0; at < lines.length; at++) {
    const language = FENCE.exec(lines[at] ?? "")?.[1]
    if (language === undefined) continue
    const end = lines.indexOf("```", at + 1)
    if (end === -1) throw new Error(`${page}:${at + 1}: the block does not end`)
    const name = `${page}:${at + 1} (${language})`
    const before = lines.slice(0, at).findLast((line) => line.trim() !== "") ?? ""
    found.push({ page, name, code: lines.slice(at + 1, end).join("\n"), run: runOf(name, language, before) })
    at = end
  }
  return found
}

const FOLDER = "docs/recipes"

/** README.md, the recipes, docs/sql.md and the dbt package: the pages whose blocks are accounted for. */
export const PAGES: ReadonlyArray<string> = [
  "README.md",
  ...readdirSync(FOLDER)
    .filter((name) => name.endsWith(".md"))
    .map((name) => join(FOLDER, name)),
  "docs/sql.md",
  "docs/dbt/README.md"
]

/** What makes a program of a tool's one line in README.md; why it is not run otherwise. */
const TOOLS: Readonly<Record<string, readonly [Kind, (line: string) => string] | { readonly why: string }>> =
  {
    pandas: ["python", (line) => `import pandas as pd\nimport pyarrow\nprint(${line})`],
    polars: ["python", (line) => `import polars as pl\nprint(${line})`],
    DuckDB: { why: "DuckDB's extension httpfs has to be fetched from its site" },
    Excel: ["url", (line) => line],
    "Power BI": ["url", (line) => line],
    Grafana: ["url", (line) => line],
    R: { why: "needs R" },
    curl: ["sh", (line) => line]
  }

/** The one line of each tool: a row of a table, `| [tool](page) | `line` … |`. */
export const linesOf = (page: string, text: string): ReadonlyArray<Snippet> =>
  [...text.matchAll(/^\| \[([^\]]+)\]\([^)]+\) +\| `([^`]+)`/gm)].map(([, tool = "", line = ""]) => {
    const how = TOOLS[tool]
    if (how === undefined) throw new Error(`${page}: nobody says how the line of ${tool} is run`)
    const name = `${page}: the line of ${tool}`
    if ("why" in how) return { page, name, code: line, run: { _tag: "NotRun", why: how.why } }
    const [kind, program] = how
    return { page, name, code: program(line), run: { _tag: "Run", kind } }
  })

const README = readFileSync("README.md", "utf8")

export const TOOL_LINES: ReadonlyArray<Snippet> = linesOf("README.md", README)

export const SNIPPETS: ReadonlyArray<Snippet> = [
  ...PAGES.flatMap((page) => snippetsOf(page, readFileSync(page, "utf8"))),
  ...TOOL_LINES
]

/** The address that the documents say. */
export const SERVER = "http://127.0.0.1:8000"

/** The addresses of the server in a text, whole ones: not those that a program puts together. */
export const addressesIn = (text: string): ReadonlyArray<string> =>
  [...text.matchAll(/http:\/\/127\.0\.0\.1:8000[^\s"'<>`()\]]*(?:\([^\s"'<>`()]*\)[^\s"'<>`()\]]*)*/g)]
    .map(([address]) => address.replace(/[.,:;]+$/, ""))
    .filter((address) => !address.includes("{"))
