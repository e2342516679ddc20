/**
 * The catalogue for people: the list of data sets with search and paging, and one data set in full.
 */
import type { CatalogColumn, CatalogDataset } from "../domain/Catalog.js"
import { DATASETS } from "../domain/CatalogDatasets.js"
import { type Html, html, query } from "./Html.js"
import { page, prose, scrolling, time, whole } from "./Layout.js"

const CATALOG_PATH = "/data/catalog/"

export interface CatalogView {
  /** The data sets of this page. */
  readonly datasets: ReadonlyArray<CatalogDataset>
  /** How many match the search, on all pages. */
  readonly total: number
  readonly search: string
  readonly skip: number
  readonly limit: number
}

export interface DatasetView {
  readonly dataset: CatalogDataset
  /** Its newest rows, as JSON values by column. */
  readonly rows: ReadonlyArray<Readonly<Record<string, unknown>>>
}

const datasetHref = (name: string) => `${CATALOG_PATH}${query({ dataset: name })}`

const span = ({ end_time, start_time }: CatalogDataset): Html =>
  start_time === null || end_time === null
    ? html`<span class="quiet">none</span>`
    : html`${time(start_time)} <span class="quiet">to</span> ${time(end_time)}`

const facts = (dataset: CatalogDataset): Html => html`<dl class="facts">
<div><dt>Rows</dt><dd>${whole(dataset.row_count)}</dd></div>
<div><dt>Columns</dt><dd>${dataset.columns.length}</dd></div>
<div class="wide"><dt>Time span</dt><dd>${span(dataset)}</dd></div>
</dl>`

const card = (dataset: CatalogDataset): Html => html`<li class="card">
<h2><a href="${datasetHref(dataset.dataset_name)}">${dataset.dataset_name}</a></h2>
<p>${prose(dataset.description)}</p>
${facts(dataset)}
<p class="columns" aria-label="Columns">${dataset.columns.map(({ name }) => html`<code>${name}</code> `)}</p>
</li>`

const paging = ({ limit, search, skip, total }: CatalogView): Html | false =>
  total > 0 &&
  html`<nav class="paging" aria-label="Pages">
${
  skip > 0
    ? html`<a rel="prev" href="${CATALOG_PATH}${query({ search, skip: Math.max(0, skip - limit), limit })}">← Previous</a>`
    : html`<span class="quiet">← Previous</span>`
}
<span>${skip < total ? `${whole(skip + 1)}–${whole(Math.min(total, skip + limit))}` : "none"} of ${whole(total)}</span>
${
  skip + limit < total
    ? html`<a rel="next" href="${CATALOG_PATH}${query({ search, skip: skip + limit, limit })}">Next →</a>`
    : html`<span class="quiet">Next →</span>`
}
</nav>`

/** GET /data/catalog/ : the list. */
export const renderCatalog = (view: CatalogView): string =>
  page({
    title: "Catalogue",
    path: CATALOG_PATH,
    body: html`
<div class="title"><h1>Catalogue</h1>
<p class="links"><a href="/metadata/${query({ search: view.search })}">JSON</a></p></div>
<p class="lead">What can be had, what each column means, and what it is made from.</p>
<form class="search" role="search" action="${CATALOG_PATH}" method="get">
<label for="search">Search names, descriptions and columns</label>
<div><input id="search" name="search" type="search" value="${view.search}" maxlength="190" autocomplete="off" placeholder="temperature, position, rejected …">
<button type="submit">Search</button></div>
</form>
${
  view.datasets.length === 0
    ? html`<p class="empty">${
        view.search === "" ? "There is nothing on this page." : html`No data set has “${view.search}”.`
      } <a href="${CATALOG_PATH}">Show all</a></p>`
    : html`<ul class="cards">${view.datasets.map(card)}</ul>`
}
${paging(view)}`
  })

const columnRow = (column: CatalogColumn): Html => html`<tr>
<th scope="row"><code>${column.name}</code></th>
<td>${prose(column.description)}</td>
<td>${column.unit ?? html`<span class="quiet">–</span>`}</td>
<td class="type"><code>${column.data_type}</code>${!column.nullable && html` <span class="tag">not null</span>`}</td>
</tr>`

const numeric = (column: CatalogColumn) => column.kind === "integer" || column.kind === "number"

const cell = (column: CatalogColumn, value: unknown): Html => {
  if (value === null || value === undefined) return html`<td class="quiet">null</td>`
  if (column.kind === "time") return html`<td class="time">${time(String(value))}</td>`
  const text = typeof value === "object" ? JSON.stringify(value) : String(value)
  return html`<td class="${numeric(column) ? "number" : column.kind}">${text}</td>`
}

const sample = ({ dataset, rows }: DatasetView): Html =>
  rows.length === 0
    ? html`<p class="empty">It has no rows yet.</p>`
    : scrolling(
        "Sample rows",
        html`<table class="sample">
<thead><tr>${dataset.columns.map(
          (column) => html`<th scope="col"${numeric(column) && html` class="number"`}>${column.name}</th>`
        )}</tr></thead>
<tbody>${rows.map(
          (row) => html`<tr>${dataset.columns.map((column) => cell(column, row[column.name]))}</tr>`
        )}</tbody></table>`
      )

const lineage = (dataset: CatalogDataset): Html => {
  const feeds = DATASETS.filter(({ madeFrom }) => madeFrom.includes(dataset.dataset_name)).map(
    ({ name }) => name
  )
  const names = (list: ReadonlyArray<string>) =>
    list.map((name) => html`<a class="node" href="${datasetHref(name)}">${name}</a>`)
  const sources =
    dataset.made_from.length === 0
      ? html`<span class="node">devices and people</span>`
      : names(dataset.made_from)
  return html`<p>${prose(dataset.lineage)}</p>
<div class="lineage"><div><span class="label">made from</span>${sources}</div><span class="arrow" aria-hidden="true">→</span>
<div><span class="label">this</span><strong class="node">${dataset.dataset_name}</strong></div>
${
  feeds.length > 0 &&
  html`<span class="arrow" aria-hidden="true">→</span><div><span class="label">feeds</span>${names(feeds)}</div>`
}</div>`
}

const uses = (dataset: CatalogDataset): Html => html`<dl class="use">
${dataset.formats.map(
  ({ format, href }) =>
    html`<div><dt>${format}</dt><dd><a href="${href}"><code>GET ${href}</code></a></dd></div>`
)}
<div><dt>SQL</dt><dd><code>SELECT * FROM ${dataset.dataset_name}</code></dd></div>
<div><dt>Reference</dt><dd><a href="/docs/">API documentation</a></dd></div>
</dl>`

/** GET /data/catalog/?dataset=name : one data set in full. */
export const renderDataset = (view: DatasetView): string => {
  const { dataset } = view
  return page({
    title: dataset.dataset_name,
    path: CATALOG_PATH,
    body: html`
<p class="crumbs"><a href="${CATALOG_PATH}">Catalogue</a> <span aria-hidden="true">/</span> ${dataset.dataset_name}</p>
<div class="title"><h1>${dataset.dataset_name}</h1>
<p class="links"><a href="/metadata/${query({ search: dataset.dataset_name })}">JSON</a></p></div>
<p class="lead">${prose(dataset.description)}</p>
${facts(dataset)}
<section><h2>Use it</h2><p>${prose(dataset.application)}</p>${uses(dataset)}</section>
<section><h2>Columns</h2>${scrolling(
      "Columns",
      html`<table class="meaning"><thead><tr><th scope="col">Name</th><th scope="col">Meaning</th><th scope="col">Unit</th>
<th scope="col">Type</th></tr></thead><tbody>${dataset.columns.map(columnRow)}</tbody></table>`
    )}</section>
<section><h2>Sample</h2><p class="quiet">The newest ${view.rows.length} rows.</p>${sample(view)}</section>
<section><h2>Lineage</h2>${lineage(dataset)}</section>`
  })
}
