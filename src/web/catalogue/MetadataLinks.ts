/** Where the same is for programs, and in public standards. */
import { type Html, html } from "../core/Html.js"

interface Link {
  readonly href: string
  readonly label: string
  readonly what: string
}

/** What holds for all data sets. */
const COMMON: ReadonlyArray<Link> = [
  {
    href: "/catalog.jsonld",
    label: "/catalog.jsonld",
    what: "all data sets as DCAT-3 and schema.org, JSON-LD"
  },
  {
    href: "/datapackage.json",
    label: "/datapackage.json",
    what: "the files, as a Frictionless Data Package"
  },
  {
    href: "/contract.odcs.yaml",
    label: "/contract.odcs.yaml",
    what: "the tables, as an Open Data Contract (ODCS)"
  },
  { href: "/glossary/", label: "/glossary/", what: "the words of the glossary, JSON" }
]

const list = (links: ReadonlyArray<Link>): Html =>
  html`<section id="metadata"><h2>Metadata</h2><ul class="words">${links.map(
    ({ href, label, what }) => html`<li><a href="${href}"><code>${label}</code></a>: ${what}</li>`
  )}</ul></section>`

export const catalogueLinks = (): Html =>
  list([
    { href: "/metadata/", label: "/metadata/", what: "this list, JSON or any other format of rows" },
    ...COMMON,
    { href: "/lineage/", label: "/lineage/", what: "what is made from what, JSON" }
  ])

export const datasetLinks = (dataset: string): Html => {
  const name = encodeURIComponent(dataset)
  return list([
    { href: `/metadata/${name}`, label: `/metadata/${dataset}`, what: "this data set, JSON" },
    {
      href: `/metadata/${name}/history`,
      label: `/metadata/${dataset}/history`,
      what: "all that was said of it, JSON"
    },
    {
      href: `/catalog/${name}.jsonld`,
      label: `/catalog/${dataset}.jsonld`,
      what: "this data set as JSON-LD"
    },
    { href: `/lineage/?of=${name}`, label: `/lineage/?of=${dataset}`, what: "what it is made from, JSON" },
    ...COMMON
  ])
}
