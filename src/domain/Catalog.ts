/**
 * The data sets that people select from, described once: what each column means, in which unit, and what the data
 * are made from. The databases' columns are compared with these by a test, so the two can't drift apart.
 */
import * as Schema from "effect/Schema"
import { type ColumnKind, DATASETS, type DatasetDefinition, DatasetName } from "./CatalogDatasets.js"

export const CatalogColumn = Schema.Struct({
  name: Schema.String.annotations({ description: "its name in the database" }),
  data_type: Schema.String.annotations({ description: "the type in this database" }),
  kind: Schema.Literal("integer", "number", "text", "time", "binary", "json").annotations({
    description: "what it holds, in every database alike"
  }),
  nullable: Schema.Boolean.annotations({ description: "it may hold nothing" }),
  unit: Schema.NullOr(Schema.String).annotations({ description: "its unit; null: it has none" }),
  description: Schema.String.annotations({ description: "what it means" })
}).annotations({ identifier: "CatalogColumn", description: "One column of a dataset" })
export type CatalogColumn = typeof CatalogColumn.Type

/** A data set as the catalogue answers it. */
export const CatalogDataset = Schema.Struct({
  id: Schema.Int.annotations({ description: "its number in the catalogue" }),
  dataset_name: DatasetName.annotations({ description: "the view or table of the database" }),
  schema_used: Schema.String.annotations({ description: "the names of its columns" }),
  data_types: Schema.String.annotations({ description: "each column with its type in this database" }),
  description: Schema.String.annotations({ description: "what it is" }),
  application: Schema.String.annotations({ description: "what it is for" }),
  lineage: Schema.String.annotations({ description: "what it is made from, and how" }),
  made_from: Schema.Array(Schema.String).annotations({ description: "the datasets that it is made from" }),
  columns: Schema.Array(CatalogColumn).annotations({ description: "its columns, in their order" }),
  row_count: Schema.Int.annotations({ description: "how many rows it has" }),
  start_time: Schema.NullOr(Schema.String).annotations({ description: "the earliest time in it" }),
  end_time: Schema.NullOr(Schema.String).annotations({ description: "the latest time in it" }),
  formats: Schema.Array(
    Schema.Struct({
      format: Schema.String.annotations({ description: "name of the format" }),
      href: Schema.String.annotations({ description: "where it is, from the server's root" })
    })
  ).annotations({ description: "what it can be had in" })
}).annotations({
  identifier: "CatalogDataset",
  description: "A dataset, with its columns, lineage and extent"
})
export type CatalogDataset = typeof CatalogDataset.Type

/** A column as the database has it. */
export interface StoredColumn {
  readonly name: string
  /** Empty where SQLite does not say: a computed column of a view. */
  readonly type: string
  readonly nullable: boolean
}

const SQLITE_TYPES: Record<ColumnKind, string> = {
  integer: "INTEGER",
  number: "REAL",
  text: "TEXT",
  time: "TEXT",
  binary: "BLOB",
  json: "TEXT"
}

/** The columns as they are stored, each with its description; a column that nobody described says so. */
export const describeColumns = (
  definition: DatasetDefinition,
  stored: ReadonlyArray<StoredColumn>
): ReadonlyArray<CatalogColumn> =>
  stored.map(({ name, nullable, type }) => {
    const described = definition.columns.find((column) => column.name === name)
    const kind = described?.kind ?? "text"
    return {
      name,
      data_type: type === "" ? SQLITE_TYPES[kind] : type.toUpperCase(),
      kind,
      nullable,
      unit: described?.unit ?? null,
      description: described?.description ?? ""
    }
  })

export const schemaUsed = (columns: ReadonlyArray<CatalogColumn>): string =>
  columns.map(({ name }) => name).join(", ")

export const dataTypes = (columns: ReadonlyArray<CatalogColumn>): string =>
  columns.map(({ data_type, name }) => `${name}: ${data_type}`).join(", ")

/** What the search looks at: name, description and columns, in lower case. */
const searchText = (definition: DatasetDefinition): string =>
  [
    definition.name,
    definition.description,
    definition.application,
    ...definition.columns.flatMap(({ description, name }) => [name, description])
  ]
    .join("\n")
    .toLowerCase()

/** The data sets in which every word of the search occurs, whatever its case; all of them for no word. */
export const searchDatasets = (search: string): ReadonlyArray<DatasetDefinition> => {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean)
  return DATASETS.filter((definition) => {
    const text = searchText(definition)
    return words.every((word) => text.includes(word))
  })
}

export const findDataset = (name: string): DatasetDefinition | undefined =>
  DATASETS.find((definition) => definition.name === name)
