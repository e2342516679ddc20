/** The columns of a data set: those that SQL has, with what is in them, and those of the files where they differ. */
import type { CatalogColumn } from "../../domain/catalogue/CatalogueDataset.js"
import type { ColumnKind } from "../../domain/dataset/Column.js"
import type { FileColumn } from "../../domain/standards/Document.js"
import { whole } from "../core/Figures.js"
import { type Html, html } from "../core/Html.js"
import { prose, scrolling } from "../core/Layout.js"
import { distributionCell, distributionOf, nullShare, type Row } from "./Distribution.js"

const NONE = html`<span class="quiet">–</span>`

/** What it holds, and what the database calls that. */
const typeOf = ({ data_type, kind, nullable }: CatalogColumn): Html => {
  const storedType = data_type.toLowerCase()
  return html`<span class="type">${kind}${storedType !== kind && html`, as <code>${storedType}</code>`}${!nullable && html` <span class="tag">not null</span>`}</span>`
}

const sqlRow = (column: CatalogColumn, rows: ReadonlyArray<Row>): Html => html`<tr>
<th scope="row"><code>${column.name}</code>${typeOf(column)}</th>
<td>${prose(column.description)}</td>
<td>${column.unit ?? NONE}</td>
<td class="spread">${distributionCell(column, rows)}</td>
<td class="number">${rows.length === 0 ? NONE : nullShare(distributionOf(column, rows).nulls, rows.length)}</td>
</tr>`

/** Files have doubles. */
const fileType = (kind: ColumnKind): string => (kind === "number" ? "double" : kind)

const fileRow = (column: FileColumn): Html => html`<tr>
<th scope="row"><code>${column.name}</code><span class="type">${fileType(column.kind)}${!column.nullable && html` <span class="tag">not null</span>`}</span></th>
<td>${prose(column.description)}</td>
<td>${column.unit ?? NONE}</td>
</tr>`

const sameNames = (
  a: ReadonlyArray<{ readonly name: string }>,
  b: ReadonlyArray<{ readonly name: string }>
) => a.length === b.length && a.every(({ name }) => b.some((one) => one.name === name))

const fileColumns = (sql: ReadonlyArray<CatalogColumn>, files: ReadonlyArray<FileColumn>): Html => {
  if (sameNames(sql, files)) return html`<p class="quiet">The files and the API have the same columns.</p>`
  const only = files.filter(({ name }) => !sql.some((column) => column.name === name)).map(({ name }) => name)
  const lacking = sql
    .filter(({ name }) => !files.some((column) => column.name === name))
    .map(({ name }) => name)
  const names = (list: ReadonlyArray<string>) =>
    list.map((name, index) => html`${index > 0 && ", "}<code>${name}</code>`)
  return html`<h3>Columns of the files and the API</h3>
<p class="quiet">They differ from those of SQL${only.length > 0 && html`: only here ${only.length === 1 ? "is" : "are"} ${names(only)}`}${lacking.length > 0 && html`; only in SQL ${lacking.length === 1 ? "is" : "are"} ${names(lacking)}`}.</p>
${scrolling(
  "Columns of the files and the API",
  html`<table class="meaning"><thead><tr><th scope="col">Name</th><th scope="col">Meaning</th><th scope="col">Unit</th></tr></thead><tbody>${files.map(fileRow)}</tbody></table>`
)}`
}

/** `files`: the columns of the files; empty: nobody says. */
export const columnsSection = (
  sql: ReadonlyArray<CatalogColumn>,
  rows: ReadonlyArray<Row>,
  files: ReadonlyArray<FileColumn>
): Html => html`<section><h2>Columns</h2>
${files.length > 0 && !sameNames(sql, files) && html`<h3>Columns in SQL</h3>`}
${rows.length > 0 && html`<p class="quiet">Values and nulls of the newest ${whole(rows.length)} rows.</p>`}
${scrolling(
  "Columns",
  html`<table class="meaning"><thead><tr><th scope="col">Name</th><th scope="col">Meaning</th><th scope="col">Unit</th>
<th scope="col">Values</th><th scope="col" class="number">Null</th></tr></thead><tbody>${sql.map((column) => sqlRow(column, rows))}</tbody></table>`
)}
${files.length > 0 && fileColumns(sql, files)}</section>`
