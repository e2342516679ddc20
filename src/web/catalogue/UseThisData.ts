/** Lines that read a data set with the tools that people have, with this server's own address in them. */
import type { CatalogDataset } from "../../domain/catalogue/CatalogueDataset.js"
import { type DatasetName, descriptorOf } from "../../domain/dataset/Datasets.js"
import { type Html, html } from "../core/Html.js"
import { prose } from "../core/Layout.js"

export interface Snippet {
  readonly tool: string
  readonly code: string
  /** What to do with it, where it is no program. */
  readonly how?: string
}

const powerQuery = (name: DatasetName, origin: string, csv: string): string => {
  const set = descriptorOf(name).entitySet
  return set === null
    ? `= Csv.Document(Web.Contents("${csv}"), [Encoding = 65001])`
    : `= OData.Feed("${origin}/odata/", null, [Implementation = "2.0"]){[Name = "${set}"]}[Data]`
}

// Grafana puts its own range in.
const grafana = (name: DatasetName, csv: string): string =>
  descriptorOf(name).inTime ? `${csv}&start_time=\${__from:date:iso}&end_time=\${__to:date:iso}` : csv

/** `origin`: how the client reaches this server. */
export const snippetsOf = (
  { dataset_name: name, formats }: CatalogDataset,
  origin: string
): ReadonlyArray<Snippet> => {
  const url = `${origin}${formats[0]?.href ?? "/data/"}`
  const as = (format: string) => `${url}${url.includes("?") ? "&" : "?"}format=${format}`
  return [
    {
      tool: "pandas",
      code: `# read_parquet needs pyarrow: pip install pandas pyarrow\nimport pandas as pd\n\ndf = pd.read_parquet("${as("parquet")}")`
    },
    {
      tool: "polars",
      code: `from urllib.request import urlopen\nimport polars as pl\n\ndf = pl.read_ipc_stream(urlopen("${as("arrow")}").read())`
    },
    { tool: "DuckDB", code: `SET force_download = true;\nSELECT * FROM read_csv('${as("csv")}');` },
    { tool: "R", code: `df <- read.csv("${as("csv")}")` },
    {
      tool: "Power BI",
      code: powerQuery(name, origin, as("csv")),
      how: "As a blank query in Power Query, or open `/odata.pbids`."
    },
    { tool: "Excel", code: `${as("csv")}&bom=1`, how: "Data → From Web, and this address." },
    {
      tool: "Grafana",
      code: grafana(name, as("csv")),
      how: "Data source Infinity: type CSV, parser backend, and this address."
    },
    { tool: "curl", code: `curl --fail --compressed -o ${name}.csv "${as("csv")}"` }
  ]
}

const snippet = ({ code, how, tool }: Snippet): Html => html`<div class="snippet">
<div class="bar"><h3>${tool}</h3><button type="button" class="copy" data-copy hidden>Copy<span class="unseen"> the lines for ${tool}</span></button></div>
${how !== undefined && html`<p class="small quiet">${prose(how)}</p>`}
<pre tabindex="0" role="region" aria-label="${tool}"><code>${code}</code></pre></div>`

export const useThisData = (
  dataset: CatalogDataset,
  origin: string
): Html => html`<p>${prose(dataset.application)}</p>
<div class="snippets">${snippetsOf(dataset, origin).map(snippet)}</div>
<p class="formats">Or as a file: ${dataset.formats.map(({ format, href }) => html`<a href="${href}">${format}</a> `)}</p>
<p class="quiet small">In SQL it is <code>SELECT * FROM ${dataset.dataset_name}</code>. Where keys are set, send one as <code>Authorization: Bearer …</code>, or as the password of Basic. All parameters: <a href="/docs/">API</a>.</p>`
