/**
 * An aggregate on the wire: what one sensor's readings of one interval come to.
 */
import * as Schema from "effect/Schema"
import { AGGREGATES } from "../../domain/dataset/AggregatesDataset.js"
import { fieldsOf } from "../core/ColumnFields.js"

export const Aggregate = Schema.Struct(fieldsOf(AGGREGATES.columns)).annotations({
  identifier: AGGREGATES.entity,
  description: "What one sensor's readings of one interval come to"
})
export type Aggregate = typeof Aggregate.Type
