/** The tables of columns in docs/sql.md, as they are written. */
import { readFileSync } from "node:fs"

export interface DocumentedColumn {
  readonly name: string
  /** The type in MySQL, in small letters. */
  readonly type: string
  readonly unit: string
  readonly nullable: boolean
  readonly meaning: string
}

const codeOf = (cell: string): string => /^`([^`]+)`$/.exec(cell)?.[1] ?? ""

const columnOf = (line: string): DocumentedColumn => {
  const [, name = "", type = "", unit = "", nullable = "", meaning = ""] = line
    .split("|")
    .map((cell) => cell.trim())
  if (nullable !== "may" && nullable !== "never") throw new Error(`${line} says nothing of null`)
  return { name: codeOf(name), type: codeOf(type).toLowerCase(), unit, nullable: nullable === "may", meaning }
}

/** The columns by the name of their view or table, in the order of the page. */
export const documentedColumns = (): ReadonlyMap<string, ReadonlyArray<DocumentedColumn>> => {
  const found = new Map<string, ReadonlyArray<DocumentedColumn>>()
  const [, ...sections] = readFileSync("docs/sql.md", "utf8").split(/^## /m)
  for (const section of sections) {
    const [title = "", ...lines] = section.split("\n")
    const rows = lines.filter((line) => line.startsWith("| `"))
    if (rows.length > 0) found.set(title.trim(), rows.map(columnOf))
  }
  return found
}
