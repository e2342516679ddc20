/** Where the same is for programs, and in public standards. */
import { type Html, html } from "../core/Html.js"

interface Link {
  readonly href: string
  readonly label: string
  readonly what: string
}

const link = (href: string, what: string, label = href): Link => ({ href, label, what })

const COMMON: ReadonlyArray<Link> = [
  link("/catalog.jsonld", "all data sets as DCAT-3 and schema.org, JSON-LD"),
  link("/datapackage.json", "the files, as a Frictionless Data Package"),
  link("/contract.odcs.yaml", "the tables, as an Open Data Contract (ODCS)"),
  link("/glossary/", "the words of the glossary, JSON")
]

const list = (links: ReadonlyArray<Link>): Html =>
  html`<section id="metadata"><h2>Metadata</h2><ul class="words">${links.map(
    ({ href, label, what }) => html`<li><a href="${href}"><code>${label}</code></a>: ${what}</li>`
  )}</ul></section>`

export const catalogueLinks = (): Html =>
  list([
    link("/metadata/", "this list, JSON or any other format of rows"),
    ...COMMON,
    link("/lineage/", "what is made from what, JSON")
  ])

export const datasetLinks = (dataset: string): Html => {
  const of = (address: (name: string) => string, what: string) =>
    link(address(encodeURIComponent(dataset)), what, address(dataset))
  return list([
    of((name) => `/metadata/${name}`, "this data set, JSON"),
    of((name) => `/metadata/${name}/history`, "all that was said of it, JSON"),
    of((name) => `/catalog/${name}.jsonld`, "this data set as JSON-LD"),
    of((name) => `/lineage/?of=${name}`, "what it is made from, JSON"),
    ...COMMON
  ])
}
