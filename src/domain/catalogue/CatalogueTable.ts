/** The data sets as rows: the columns of `/metadata/`, and of the set of OData. */
import { columnsOf } from "../dataset/Column.js"
import type { CatalogDataset } from "./CatalogueDataset.js"

const dataset = columnsOf<CatalogDataset>()
export const DATASETS_TABLE = {
  name: "metadata",
  columns: [
    dataset.integer("id", "Number of the data set", (row) => row.id),
    dataset.text("dataset_name", "Its name, as SQL knows it", (row) => row.dataset_name),
    dataset.text("schema_used", "The names of its columns", (row) => row.schema_used),
    dataset.text("data_types", "Each column with its type in this database", (row) => row.data_types),
    dataset.text("description", "What a row is", (row) => row.description),
    dataset.text("application", "What it is for", (row) => row.application),
    dataset.text("lineage", "What it is made from, and how", (row) => row.lineage),
    dataset.json("made_from", "The data sets that it is made from", (row) => row.made_from),
    dataset.json("columns", "Its columns, each with type, unit and meaning", (row) => row.columns),
    dataset.integer("row_count", "How many rows it has", (row) => row.row_count),
    dataset.maybeText("start_time", "The earliest time in it", (row) => row.start_time),
    dataset.maybeText("end_time", "The latest time in it", (row) => row.end_time),
    dataset.json("formats", "Where it can be had, in which formats", (row) => row.formats),
    dataset.text("title", "Its name for people", (row) => row.title),
    dataset.maybeText("owner", "Who answers for it", (row) => row.owner),
    dataset.maybeText("contact", "How to reach them", (row) => row.contact),
    dataset.maybeText("publisher", "Who makes it available", (row) => row.publisher),
    dataset.maybeText("licence", "Under which terms it may be used", (row) => row.licence),
    dataset.json("tags", "Words to find it by", (row) => row.tags),
    dataset.integer("version", "Of what people say of it, for If-Match; 0: nothing", (row) => row.version),
    dataset.maybeText("described_at", "When that was last changed, UTC", (row) => row.described_at)
  ]
}
