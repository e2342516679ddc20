/**
 * One data set in full: what it is, how to read it, each column, some rows, how good it was, and where it comes from.
 */
import type { CatalogColumn, CatalogDataset } from "../../domain/catalogue/CatalogueDataset.js"
import { DIMENSIONS } from "../../domain/quality/QualityChecks.js"
import type { QualityScores } from "../../domain/quality/QualityReport.js"
import type { FileColumn } from "../../domain/standards/Document.js"
import type { Micros } from "../../domain/Time.js"
import { type Html, html } from "../core/Html.js"
import { CATALOG_PATH, page, prose, scrolling, time } from "../core/Layout.js"
import { dayHref, strip } from "../quality/QualityStrip.js"
import { facts } from "./CataloguePage.js"
import { columnsSection } from "./ColumnTable.js"
import { wordsDone, wordsSection } from "./DatasetWords.js"
import type { Row } from "./Distribution.js"
import { type LineageNode, lineageSvg, lineageWords } from "./LineageSvg.js"
import { datasetLinks } from "./MetadataLinks.js"
import { useThisData } from "./UseThisData.js"
import type { DatasetWordsView } from "./WordsView.js"

export interface DatasetView {
  readonly dataset: CatalogDataset
  /** Its newest rows, as JSON values by column: the first are shown, all are taken for how values are spread. */
  readonly rows: ReadonlyArray<Row>
  /** The columns of its files and of the API; absent: nobody says. */
  readonly fileColumns?: ReadonlyArray<FileColumn>
  /** How the client reaches this server. */
  readonly origin: string
  /** Its scores day by day, oldest first; absent: nobody scores it. */
  readonly days?: ReadonlyArray<{ readonly day: Micros; readonly scores: QualityScores | undefined }>
  /** What it goes through and what is made of it, this data set among them. */
  readonly lineage: ReadonlyArray<LineageNode>
  /** What people say of it, and how they change it. */
  readonly words?: DatasetWordsView
  /** The data set as JSON-LD, where somebody makes it. */
  readonly jsonLd?: string | undefined
}

const SAMPLE_ROWS = 20

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
    : html`<p class="quiet">The newest ${Math.min(SAMPLE_ROWS, rows.length)} rows.</p>${scrolling(
        "Sample rows",
        html`<table class="sample">
<thead><tr>${dataset.columns.map(
          (column) => html`<th scope="col"${numeric(column) && html` class="number"`}>${column.name}</th>`
        )}</tr></thead>
<tbody>${rows
          .slice(0, SAMPLE_ROWS)
          .map(
            (row) => html`<tr>${dataset.columns.map((column) => cell(column, row[column.name]))}</tr>`
          )}</tbody></table>`
      )}`

const lineage = ({ dataset, lineage: nodes }: DatasetView): Html => html`<section><h2>Lineage</h2>
<p class="long">${prose(dataset.lineage)}</p>
${scrolling("Lineage", lineageSvg(nodes, dataset.dataset_name))}${lineageWords(nodes)}</section>`

const quality = ({ days = [] }: DatasetView): Html | false =>
  days.length > 0 &&
  html`<section id="days" data-renew="6"><h2>Quality over time</h2>
${strip(
  "Scores by dimension and day, in percent",
  days.map(({ day }) => day),
  DIMENSIONS.map((dimension) => ({
    label: html`${dimension}`,
    name: dimension,
    scores: days.map(({ scores }) => scores?.[dimension]),
    hrefs: days.map(({ day }) => dayHref(dimension, day))
  }))
)}
<p><a href="/quality">Sensor by sensor, with every check</a></p></section>`

/** GET /catalog/{dataset_name} */
export const renderDataset = (view: DatasetView): string => {
  const { dataset } = view
  const name = dataset.dataset_name
  return page({
    title: name,
    path: CATALOG_PATH,
    jsonLd: view.jsonLd,
    body: html`
<p class="crumbs"><a href="${CATALOG_PATH}">Catalogue</a> <span aria-hidden="true">/</span> ${name}</p>
${view.words !== undefined && wordsDone(view.words)}
<div class="title"><h1>${name}</h1>
<p class="links"><a href="/metadata/${encodeURIComponent(name)}">JSON</a>${view.words !== undefined && html` · <a href="#words">What people say of it</a>`}</p></div>
<p class="lead long">${prose(dataset.description)}</p>
${facts(dataset)}
<section><h2>Use this data</h2>${useThisData(dataset, view.origin)}</section>
${columnsSection(dataset.columns, view.rows, view.fileColumns ?? [])}
${view.words !== undefined && wordsSection(dataset, view.words)}
<section><h2>Sample</h2>${sample(view)}</section>
${quality(view)}
${lineage(view)}
${datasetLinks(name)}`
  })
}
