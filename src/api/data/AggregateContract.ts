/**
 * An aggregate on the wire: what one sensor's readings of one interval come to.
 */
import * as Schema from "effect/Schema"
import { INTERVALS } from "../../domain/minute/Minute.js"
import { RELATIVE_ERROR } from "../../domain/minute/Sketch.js"
import {
  descriptionField,
  field,
  latField,
  lngField,
  SensorNumber,
  TimeText,
  typeField,
  unitField,
  Whole
} from "../core/ContractFields.js"

/** Null by OData alone: JSON and files fold such a minute again. */
const percentile = (meaning: string, percent: number, example: number) =>
  field(
    Schema.NullOr(Schema.Finite),
    `${meaning}: of the n readings in rising order the one at ⌊0.${percent} × (n - 1)⌋, counted from 0 (lower nearest ` +
      `rank), with a relative error of at most ${RELATIVE_ERROR * 100} %; null, in OData alone: folded by a version ` +
      "that had no percentiles, and not again yet",
    example
  )

export const Aggregate = Schema.Struct({
  id: field(Whole, "A number that no other aggregate of this interval has", 4711),
  sensor_id: field(SensorNumber, "Number of the sensor", 1),
  timestamp: field(TimeText, "Start of the interval, UTC; its end belongs to the next one"),
  value: field(Schema.Finite, "Mean of the readings in force", 21.5),
  lat: latField,
  lng: lngField,
  unit: unitField,
  type: typeField,
  description: descriptionField,
  interval: field(Schema.Literal(...INTERVALS), "Length of the interval", "1m"),
  count: field(Whole, "How many readings are in force", 60),
  sum: field(
    Schema.NullOr(Schema.Finite),
    "Their sum, exact and rounded once; null: beyond the range of doubles",
    1290
  ),
  min: field(Schema.Finite, "The smallest", 20.9),
  max: field(Schema.Finite, "The largest", 22.1),
  stddev: field(Schema.Finite, "Their population standard deviation", 0.3),
  first: field(Schema.Finite, "The first by device time", 21),
  last: field(Schema.Finite, "The last by device time", 22),
  expected: field(
    Schema.NullOr(Schema.Finite),
    "How many readings the sensor's interval lets expect; null: the interval is not known",
    60
  ),
  completeness: field(Schema.NullOr(Schema.Finite), "count / expected; null: not known", 1),
  final: field(
    Schema.Boolean,
    "The interval is over, and so is the time allowed for late readings; later ones still count",
    true
  ),
  position: field(Whole, "The position of the log up to which it is folded", 4770),
  p50: percentile("The median", 50, 21.4),
  p95: percentile("95 % of the readings are not above it", 95, 22),
  p99: percentile("99 % of the readings are not above it", 99, 22.1)
}).annotations({
  identifier: "Aggregate",
  description: "What one sensor's readings of one interval come to"
})
export type Aggregate = typeof Aggregate.Type
