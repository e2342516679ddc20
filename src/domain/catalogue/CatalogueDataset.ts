/**
 * The data sets as the catalogue answers them: our definitions, under what people say of them, with what the database
 * really holds. The databases' columns are compared with the definitions by a test.
 */
import * as Schema from "effect/Schema"
import type { StoredKind } from "../dataset/Column.js"
import { field } from "../dataset/Field.js"
import type { Micros } from "../Time.js"
import { type CatalogueEvent, type DatasetEdit, NO_EDIT, withEdit } from "./CatalogueEdits.js"
import { DATASETS, type DatasetDefinition, DatasetName } from "./DatasetDescriptions.js"

export const CatalogColumn = Schema.Struct({
  name: field(Schema.String, "Name of the column"),
  data_type: field(Schema.String, "the type in this database"),
  kind: field(
    Schema.Literal("integer", "number", "text", "time", "binary", "json"),
    "What it holds, whatever the database calls it"
  ),
  nullable: field(Schema.Boolean, "It may be null"),
  unit: field(
    Schema.NullOr(Schema.String),
    "Unit of its values; `of the sensor`: each sensor has its own; null: it has none"
  ),
  description: field(Schema.String, "What it means")
}).annotations({ identifier: "CatalogColumn", description: "One column of a dataset" })
export type CatalogColumn = typeof CatalogColumn.Type

/** What people say of a data set beside its words; null: nobody has. */
const editableFields = {
  title: field(Schema.String, "Its name for people"),
  owner: field(Schema.NullOr(Schema.String), "Who answers for it; null: nobody has said"),
  contact: field(
    Schema.NullOr(Schema.String),
    "How to reach them: an address or a link; null: nobody has said"
  ),
  publisher: field(Schema.NullOr(Schema.String), "Who makes it available; null: nobody has said"),
  licence: field(
    Schema.NullOr(Schema.String),
    "Under which terms it may be used: an SPDX identifier, a link, or words; null: not stated"
  ),
  tags: field(Schema.Array(Schema.String), "Words to find it by"),
  version: field(Schema.Int, "Of what people say of it, for `If-Match`; 0: nobody has said anything"),
  described_at: field(Schema.NullOr(Schema.String), "When that was last changed, UTC; null: never")
}

export const CatalogDataset = Schema.Struct({
  id: field(Schema.Int, "Number of the data set"),
  dataset_name: field(DatasetName, "Its name, as SQL knows it"),
  schema_used: field(Schema.String, "the names of its columns"),
  data_types: field(Schema.String, "each column with its type in this database"),
  description: field(Schema.String, "What a row is"),
  application: field(Schema.String, "what it is for"),
  lineage: field(Schema.String, "what it is made from, and how"),
  made_from: field(Schema.Array(Schema.String), "The data sets that it is made from"),
  columns: field(Schema.Array(CatalogColumn), "Its columns, in their order"),
  row_count: field(Schema.Int, "How many rows it has"),
  start_time: field(Schema.NullOr(Schema.String), "the earliest time in it"),
  end_time: field(Schema.NullOr(Schema.String), "the latest time in it"),
  formats: Schema.Array(
    Schema.Struct({
      format: field(Schema.String, "Name of the format"),
      href: field(Schema.String, "Where it is, from the root of this server")
    })
  ).annotations({ description: "Where it can be had, in which formats" }),
  ...editableFields
}).annotations({
  identifier: "CatalogDataset",
  description: "A dataset, with its columns, lineage and extent, and what people say of it"
})
export type CatalogDataset = typeof CatalogDataset.Type

/** Of a data set that nobody has said anything of. */
export const UNDESCRIBED = {
  owner: null,
  contact: null,
  publisher: null,
  licence: null,
  tags: [],
  version: 0,
  described_at: null
} as const

/** A column as the database has it. */
export interface StoredColumn {
  readonly name: string
  /** Empty where SQLite does not say: a computed column of a view. */
  readonly type: string
  readonly nullable: boolean
}

const SQLITE_TYPES: Record<StoredKind, string> = {
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
  columns: ReadonlyArray<StoredColumn>
): ReadonlyArray<CatalogColumn> =>
  columns.map(({ name, nullable, type }) => {
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

/** A definition in the words that hold now, with what people say of it. */
export interface DescribedDataset {
  readonly definition: DatasetDefinition
  readonly edit: DatasetEdit
  /** Position of the last thing said; 0: none. */
  readonly version: number
  readonly describedAt: Micros | null
}

/** The data sets with the last that was said of each; what was said of one that is no more is left out. */
export const describedDatasets = (events: ReadonlyArray<CatalogueEvent>): ReadonlyArray<DescribedDataset> =>
  DATASETS.map((definition) => {
    const event = events.find((one) => one.type === "DatasetDescribed" && one.subject === definition.name)
    return event?.type === "DatasetDescribed"
      ? {
          definition: withEdit(definition, event.payload),
          edit: event.payload,
          version: event.position,
          describedAt: event.recordedAt
        }
      : { definition, edit: NO_EDIT, version: 0, describedAt: null }
  })

const ofReadings = ({ columns }: DatasetDefinition): boolean => columns.some(({ name }) => name === "unit")

/** What the search looks at, in lower case: names, descriptions, columns, owner, tags, and what was measured. */
const searchText = ({ definition, edit }: DescribedDataset, variables: ReadonlyArray<string>): string =>
  [
    definition.name,
    definition.description,
    definition.application,
    ...definition.columns.flatMap(({ description, name }) => [name, description]),
    ...[edit.title, edit.owner, edit.publisher].filter((text) => text !== null),
    ...edit.tags,
    ...(ofReadings(definition) ? variables : [])
  ]
    .join("\n")
    .toLowerCase()

/**
 * The data sets in which every word of the search occurs, whatever its case; all of them for no word. `measured`:
 * types and units of the sensors, words of each data set that holds their readings.
 */
export const searchDatasets = (
  search: string,
  datasets: ReadonlyArray<DescribedDataset> = describedDatasets([]),
  variables: ReadonlyArray<string> = []
): ReadonlyArray<DescribedDataset> => {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean)
  return datasets.filter((dataset) => {
    const text = searchText(dataset, variables)
    return words.every((word) => text.includes(word))
  })
}

export const findDataset = (name: string): DatasetDefinition | undefined =>
  DATASETS.find((definition) => definition.name === name)
