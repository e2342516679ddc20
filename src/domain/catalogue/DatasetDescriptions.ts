/** The data sets as the catalogue defines them: in the order, kinds and words of the database's columns. */
import * as Schema from "effect/Schema"
import type { StoredColumn } from "../dataset/Dataset.js"
import { DATASET_NAMES, STORED_DATASETS } from "../dataset/Datasets.js"
import { lineageText, madeOf } from "./Pipeline.js"

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
  ["JSON", ""],
  ["JSON by column", "?format=columns"],
  ["NDJSON", "?format=ndjson"],
  ["CSV", "?format=csv"],
  ["Parquet", "?format=parquet"],
  ["Arrow", "?format=arrow"]
] as const

/** All data sets, in the order of their ids. */
export const DATASETS: ReadonlyArray<DatasetDefinition> = STORED_DATASETS.map(
  ({ application, description, id, name, path, stored }) => ({
    id,
    name,
    description,
    application,
    columns: stored.columns,
    formats: FORMATS.map(([format, query]) => ({ format, href: `${path}/${query}` })),
    lineage: lineageText(name),
    madeFrom: madeOf(name, DATASET_NAMES)
  })
)
