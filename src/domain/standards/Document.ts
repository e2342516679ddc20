/** What the documents in public standards are made from, and what they share. All of it is pure. */
import type { CatalogDataset } from "../catalogue/CatalogueDataset.js"
import { isWebLink } from "../catalogue/CatalogueEdits.js"
import { type DatasetName, queryOf } from "../catalogue/DatasetDescriptions.js"
import type { Column } from "../dataset/Column.js"
import { descriptorOf } from "../dataset/Datasets.js"
import type { QualityScores } from "../quality/QualityReport.js"

/** A column as the files have it: CSV, Parquet and the rest. */
export type FileColumn = Pick<Column<never>, "name" | "kind" | "nullable" | "unit" | "description" | "rules">

/** The columns of its files in the words that hold now: those of the column of SQL that each is. */
export const fileColumnsOf = ({ columns, dataset_name }: CatalogDataset): ReadonlyArray<FileColumn> =>
  descriptorOf(dataset_name).columns.map((column) => ({
    ...column,
    description: columns.find(({ name }) => name === column.name)?.description ?? column.description
  }))

/** One kind of thing that is measured: what, in which unit, and the range that is declared for it. */
export interface MeasuredVariable {
  readonly type: string
  readonly unit: string | null
  readonly min: number | null
  readonly max: number | null
}

/** Scores of a window of device time, from 0 to 100. */
export interface MeasuredQuality {
  readonly start: string
  readonly end: string
  readonly scores: Partial<Record<DatasetName, QualityScores>>
}

export interface DocumentTerms {
  /** The address of this server as the reader has it, without a slash at its end. */
  readonly origin: string
  /** Of the program. */
  readonly version: string
  /** Where nobody has said it of a data set itself. */
  readonly licence: string | null
  readonly publisher: string | null
  /** How long after its end a minute still waits for late readings, in seconds. */
  readonly latenessSeconds: number
  readonly measured: ReadonlyArray<MeasuredVariable>
  readonly quality: MeasuredQuality | null
}

export interface DocumentDataset {
  readonly dataset: CatalogDataset
  readonly columns: ReadonlyArray<FileColumn>
}

export interface FileFormat {
  readonly id: string
  readonly title: string
  readonly mediaType: string
  readonly ending: string
}
/** Whole, without paging: these are to be downloaded. */
export const FILE_FORMATS: ReadonlyArray<FileFormat> = [
  { id: "csv", title: "CSV", mediaType: "text/csv", ending: ".csv" },
  { id: "parquet", title: "Parquet", mediaType: "application/vnd.apache.parquet", ending: ".parquet" },
  { id: "arrow", title: "Arrow", mediaType: "application/vnd.apache.arrow.stream", ending: ".arrow" },
  { id: "ndjson", title: "NDJSON", mediaType: "application/x-ndjson", ending: ".ndjson" }
]

export const fileUrl = (origin: string, name: DatasetName, { ending }: FileFormat): string => {
  const { path, query } = descriptorOf(name)
  return `${origin}${path}${ending}${queryOf(query)}`
}

/** The page of a data set: what it is known by in linked data. */
export const datasetUrl = (origin: string, name: string): string => `${origin}/catalog/${name}`

// Licences that data commonly have, by SPDX; any other text could be a word that only looks like one.
const SPDX: ReadonlySet<string> = new Set([
  ...["CC0-1.0", "CC-BY-3.0", "CC-BY-4.0", "CC-BY-SA-4.0", "CC-BY-NC-4.0", "CC-BY-ND-4.0", "CC-BY-NC-SA-4.0"],
  ...[
    "CC-BY-NC-ND-4.0",
    "ODbL-1.0",
    "ODC-By-1.0",
    "PDDL-1.0",
    "OGL-UK-3.0",
    "DL-DE-BY-2.0",
    "DL-DE-ZERO-2.0"
  ],
  ...["etalab-2.0", "CDLA-Permissive-2.0", "CDLA-Sharing-1.0", "MIT", "Apache-2.0", "BSD-3-Clause"]
])
export interface LicenceTerms {
  readonly text: string
  /** As SPDX has it; null: it is none of those that are known. */
  readonly spdx: string | null
  readonly url: string | null
}

/** The licence of a data set; null: nobody has stated one. */
export const licenceOf = (text: string | null): LicenceTerms | null => {
  if (text === null || text === "" || text === "not stated") return null
  if (SPDX.has(text)) return { text, spdx: text, url: `https://spdx.org/licenses/${text}` }
  return { text, spdx: null, url: isWebLink(text) ? text : null }
}

const MAIL = /^[^\s@<>"]+@[^\s@<>"]+\.[^\s@<>"]+$/

/** An address that reaches somebody: a mail address as `mailto:`, or a link; null: it is neither. */
export const contactUrl = (contact: string): string | null =>
  MAIL.test(contact) ? `mailto:${encodeURI(contact)}` : isWebLink(contact) ? contact : null

export const publisherOf = ({ publisher }: CatalogDataset, terms: DocumentTerms): string | null =>
  publisher ?? terms.publisher

export const licenceTermsOf = ({ licence }: CatalogDataset, terms: DocumentTerms): LicenceTerms | null =>
  licenceOf(licence ?? terms.licence)
