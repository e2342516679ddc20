/** What one sensor's readings of one interval come to, as it is answered. */
import type { Placed } from "../dataset/Place.js"
import type { Position, SensorId } from "../Ids.js"
import type { Micros } from "../Time.js"
import type { Interval } from "./Interval.js"
import type { Figures } from "./Minute.js"

/** `mean` is its `value`. */
export interface AggregateRow extends Omit<Figures, "mean">, Placed {
  /** Unique among the aggregates of one interval length: the position of the first event of the interval. */
  readonly id: Position
  readonly sensorId: SensorId
  /** The start of the interval. */
  readonly timestamp: Micros
  /** The mean. */
  readonly value: number
  readonly interval: Interval
  /** Interval / time between readings; null where the sensor's is not known. */
  readonly expected: number | null
  /** min(1, count / expected). */
  readonly completeness: number | null
  /** The interval is over, and so is the allowed lateness. Later data still fold, and show. */
  readonly final: boolean
  /** The position of the last event folded into it. */
  readonly position: Position
}
