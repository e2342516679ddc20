/** The texts of SQL in the program's sources: what is written for SQLite alone is left out. */
import { readdirSync, readFileSync } from "node:fs"
import { basename, join } from "node:path"
import ts from "typescript"

export interface SqlText {
  readonly file: string
  readonly text: string
}

/** Files that may have SQL in them. */
const MAY_HAVE_SQL = /@effect\/sql|\bsql[`.]|Dialect/
const isSqliteFile = (path: string): boolean => /^Sqlite/.test(basename(path))

/** A text without what is put into it; a value stands there. */
const literalText = (node: ts.Node): string | undefined => {
  if (ts.isStringLiteral(node) || ts.isNoSubstitutionTemplateLiteral(node)) return node.text
  if (!ts.isTemplateExpression(node)) return undefined
  return node.head.text + node.templateSpans.map(({ literal }) => `?${literal.text}`).join("")
}

const nameOf = (node: ts.Node): string =>
  (ts.isPropertyAssignment(node) || ts.isVariableDeclaration(node)) && ts.isIdentifier(node.name)
    ? node.name.text
    : ""

/** The branch of `dialect === "mysql" ? … : …` that is SQLite's. */
const sqliteBranch = (node: ts.Node): ts.Node | undefined => {
  if (!ts.isConditionalExpression(node)) return undefined
  const condition = node.condition.getText()
  if (!/dialect === "/.test(condition)) return undefined
  return condition.includes('"sqlite"') ? node.whenTrue : node.whenFalse
}

/** SQL: it stands behind `sql`, or has a word of SQL in it. */
const isSql = (node: ts.Node, text: string, words: ReadonlySet<string>): boolean =>
  (ts.isTaggedTemplateExpression(node.parent) && /^sql\b/.test(node.parent.tag.getText())) ||
  [...text.matchAll(/\b[A-Z][A-Z_]+\b/g)].some(([word]) => words.has(word)) ||
  /\b[A-Z][A-Z_0-9]+\(/.test(text)

const textsIn = (file: string, words: ReadonlySet<string>): ReadonlyArray<SqlText> => {
  const content = readFileSync(file, "utf8")
  if (!MAY_HAVE_SQL.test(content)) return []
  const source = ts.createSourceFile(file, content, ts.ScriptTarget.Latest, true)
  const texts: Array<SqlText> = []
  const visit = (node: ts.Node): void => {
    if (/sqlite/i.test(nameOf(node)) || ts.isImportDeclaration(node)) return
    const text = literalText(node)
    if (text !== undefined && isSql(node, text, words)) texts.push({ file, text })
    const skipped = sqliteBranch(node)
    ts.forEachChild(node, (child) => {
      if (child !== skipped) visit(child)
    })
  }
  visit(source)
  return texts
}

const filesIn = (folder: string): ReadonlyArray<string> =>
  readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".ts") && !isSqliteFile(path))
    .map((path) => join(folder, path))

/** `words`: those that tell SQL from other texts. */
export const sqlOf = (folders: ReadonlyArray<string>, words: ReadonlySet<string>): ReadonlyArray<SqlText> =>
  folders.flatMap(filesIn).flatMap((file) => textsIn(file, words))
