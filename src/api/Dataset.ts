/**
 * A dataset of the catalogue on the wire.
 */
import * as Schema from "effect/Schema"
import { field } from "./Fields.js"

export const Dataset = Schema.Struct({
  id: field(Schema.Int, "Number of the dataset", 1),
  dataset_name: field(Schema.String, "Its name: the table or view to select from", "sensor_data"),
  schema_used: field(Schema.Unknown, "Its columns"),
  data_types: field(Schema.Unknown, "The type of each column"),
  description: field(Schema.String, "What it holds"),
  application: field(Schema.Unknown, "What it is good for"),
  lineage: field(Schema.Unknown, "What it is made from")
}).annotations({ identifier: "Dataset" })
export type Dataset = typeof Dataset.Type
