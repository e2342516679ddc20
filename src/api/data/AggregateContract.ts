/**
 * An aggregate on the wire: what one sensor's readings of one interval come to.
 */
import * as Schema from "effect/Schema"
import { AGGREGATE_GROUPS } from "../../domain/dataset/AggregateGroups.js"
import { AGGREGATES } from "../../domain/dataset/AggregatesDataset.js"
import { fieldsOf } from "../core/ColumnFields.js"
import { calibrationField } from "./ReadingContract.js"

export const Aggregate = Schema.Struct(fieldsOf(AGGREGATES.columns)).annotations({
  identifier: AGGREGATES.entity,
  description: "What one sensor's readings of one interval come to"
})
export type Aggregate = typeof Aggregate.Type

/** A row of a list, whose values are shaped as the request says: the one that the document has. */
export const ShapedAggregate = Schema.Struct({
  ...Aggregate.fields,
  calibration: calibrationField
}).annotations({
  identifier: AGGREGATES.entity,
  description:
    "What one sensor's readings of one interval come to, calibrated and converted where that was asked for"
})

export const AggregateGroup = Schema.Struct({
  ...fieldsOf(AGGREGATE_GROUPS.columns),
  calibration: calibrationField
}).annotations({
  identifier: "AggregateGroup",
  description: "What the readings of all sensors with one value of a tag come to, in one interval"
})
