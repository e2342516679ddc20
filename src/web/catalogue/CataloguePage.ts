/**
 * The catalogue for people: the list of data sets, with search, filters and paging.
 */
import type { ParameterProblem } from "../../api/core/PageProblem.js"
import type { CatalogDataset } from "../../domain/catalogue/CatalogueDataset.js"
import { whole } from "../core/Figures.js"
import { type Html, html, query } from "../core/Html.js"
import { CATALOG_PATH, page, prose, time } from "../core/Layout.js"
import { parameterNotice } from "../core/Notices.js"
import { catalogueLinks } from "./MetadataLinks.js"

export interface CatalogView {
  readonly datasets: ReadonlyArray<CatalogDataset>
  /** How many match, on all pages. */
  readonly total: number
  readonly search: string
  /** Only those with a column of this name. */
  readonly column?: string | undefined
  /** Only those with rows. */
  readonly filled?: boolean | undefined
  /** The columns that there are to filter by. */
  readonly columns?: ReadonlyArray<string>
  readonly skip: number
  readonly limit: number
  /** Parameters that can't be followed: nothing is listed then. */
  readonly problems?: ReadonlyArray<ParameterProblem>
}

export const datasetHref = (name: string): string => `${CATALOG_PATH}/${encodeURIComponent(name)}`

const span = ({ end_time, start_time }: CatalogDataset): Html =>
  start_time === null || end_time === null
    ? html`<span class="quiet">none</span>`
    : html`${time(start_time)} <span class="quiet">to</span> ${time(end_time)}`

export const facts = (dataset: CatalogDataset): Html => html`<dl class="facts">
<div><dt>Rows</dt><dd>${whole(dataset.row_count)}</dd></div>
<div><dt>Columns</dt><dd>${dataset.columns.length}</dd></div>
<div class="wide"><dt>Time span</dt><dd>${span(dataset)}</dd></div>
</dl>`

const card = (dataset: CatalogDataset): Html => html`<li class="card">
<h2><a href="${datasetHref(dataset.dataset_name)}">${dataset.dataset_name}</a></h2>
<p class="long">${prose(dataset.description)}</p>
${facts(dataset)}
<p class="columns" aria-label="Columns">${dataset.columns.map(({ name }) => html`<code>${name}</code> `)}</p>
</li>`

const paging = (view: CatalogView): Html | false => {
  const { limit, skip, total } = view
  const to = (at: number) =>
    `${CATALOG_PATH}${query({ search: view.search, column: view.column, filled: view.filled === true ? "1" : undefined, skip: at })}`
  return (
    total > limit &&
    html`<nav class="paging" aria-label="Pages">
${skip > 0 ? html`<a rel="prev" href="${to(Math.max(0, skip - limit))}">← Previous</a>` : html`<span class="quiet">← Previous</span>`}
<span>${skip < total ? `${whole(skip + 1)}–${whole(Math.min(total, skip + limit))}` : "none"} of ${whole(total)}</span>
${skip + limit < total ? html`<a rel="next" href="${to(skip + limit)}">Next →</a>` : html`<span class="quiet">Next →</span>`}
</nav>`
  )
}

const form = ({
  column = "",
  columns = [],
  filled,
  search
}: CatalogView): Html => html`<form class="search" role="search" action="${CATALOG_PATH}" method="get" data-filter="results">
<label for="search">Search names, descriptions, columns and what is measured</label>
<div><input id="search" name="search" type="search" value="${search}" maxlength="190" autocomplete="off" placeholder="temperature, position, rejected …">
<button type="submit">Search</button></div>
<div class="filters"><label>With the column <select name="column"><option value="">any</option>${columns.map(
  (name) => html`<option value="${name}"${name === column && html` selected`}>${name}</option>`
)}</select></label>
<label class="check"><input type="checkbox" name="filled" value="1"${filled === true && html` checked`}> Only with rows</label></div>
</form>`

const nothing = ({ search }: CatalogView): Html =>
  html`<p class="empty">${
    search === "" ? "There is nothing like that." : html`No data set has “${search}”.`
  } <a href="${CATALOG_PATH}">Show all</a></p>`

/** GET /catalog and /data/catalog/ */
export const renderCatalog = (view: CatalogView): string =>
  page({
    title: "Catalogue",
    path: CATALOG_PATH,
    body: html`${parameterNotice(view.problems)}
<div class="title"><h1>Catalogue</h1>
<p class="links"><a href="/metadata/${query({ search: view.search })}">JSON</a></p></div>
<p class="lead">What can be had, what each column means, and what it is made from.</p>
${form(view)}
<div id="results" aria-live="polite">${
      (view.problems ?? []).length > 0
        ? html`<p class="empty">Nothing is listed until that is mended.</p>`
        : view.datasets.length === 0
          ? nothing(view)
          : html`<ul class="cards">${view.datasets.map(card)}</ul>`
    }
${(view.problems ?? []).length === 0 && paging(view)}</div>
${catalogueLinks()}`
  })
