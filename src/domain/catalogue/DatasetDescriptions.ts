/** The data sets as the catalogue defines them: in the order, kinds and words of the database's columns. */
import * as Schema from "effect/Schema"
import type { StoredColumn } from "../dataset/Dataset.js"
import { DATASET_NAMES, STORED_DATASETS } from "../dataset/Datasets.js"
import { lineageText, madeOf } from "./Provenance.js"

/** Where a data set can be had in a format, from this server. */
export interface DatasetFormat {
  readonly format: string
  readonly href: string
}

export interface DatasetDefinition {
  readonly id: number
  /** The table or view of the database. */
  readonly name: DatasetName
  readonly description: string
  readonly application: string
  readonly lineage: string
  /** The data sets, of these, that it is made from. */
  readonly madeFrom: ReadonlyArray<DatasetName>
  readonly columns: ReadonlyArray<StoredColumn>
  readonly formats: ReadonlyArray<DatasetFormat>
}

export { DATASET_NAMES }
export const DatasetName = Schema.Literal(...DATASET_NAMES)
export type DatasetName = typeof DatasetName.Type

const FORMATS = [
  ["JSON", null],
  ["JSON by column", "columns"],
  ["NDJSON", "ndjson"],
  ["CSV", "csv"],
  ["Parquet", "parquet"],
  ["Arrow", "arrow"]
] as const

/** What follows a path: these parts of a query, without those that are not there. */
export const queryOf = (...parts: ReadonlyArray<string | null | undefined>): string => {
  const there = parts.filter((part) => part !== null && part !== undefined)
  return there.length === 0 ? "" : `?${there.join("&")}`
}

/** All data sets, in the order of their ids. */
export const DATASETS: ReadonlyArray<DatasetDefinition> = STORED_DATASETS.map(
  ({ application, description, id, name, path, query, stored }) => ({
    id,
    name,
    description,
    application,
    columns: stored.columns,
    formats: FORMATS.map(([title, format]) => ({
      format: title,
      href: `${path}/${queryOf(query, format && `format=${format}`)}`
    })),
    lineage: lineageText(name),
    madeFrom: madeOf(name, DATASET_NAMES)
  })
)
