/** Aggregates of all sensors that have one value of a tag: merged from those of each, exactly. */
import type { AggregateRow } from "../minute/AggregateRow.js"
import { AGGREGATES } from "./AggregatesDataset.js"
import { columnsOf } from "./Column.js"

/** The figures are those of the group; what else an aggregate says is of its first sensor, and is not answered. */
export interface AggregateGroupRow extends AggregateRow {
  readonly group: string
  readonly sensors: number
  /** Its place among the groups, from 0. */
  readonly rank: number
}

const column = columnsOf<AggregateGroupRow>()

const SHARED = [
  ...(["timestamp", "value", "unit", "interval", "count", "sum", "min", "max", "stddev"] as const),
  ...(["p50", "p95", "p99"] as const)
]
type Shared = Extract<(typeof AGGREGATES.columns)[number], { readonly name: (typeof SHARED)[number] }>
const isShared = (one: { readonly name: string }): one is Shared => SHARED.some((name) => name === one.name)

const [timestamp, ...figures] = AGGREGATES.columns.filter(isShared)

export const AGGREGATE_GROUPS = {
  name: "aggregated_sensor_data_by_tag",
  columns: [
    ...(timestamp === undefined ? [] : [timestamp]),
    column.text("group", "Value of the tag that `group_by` names", (row) => row.group, {
      example: "berlin"
    }),
    column.integer("sensors", "Sensors with readings in the interval", (row) => row.sensors, {
      counts: "sensors",
      example: 3,
      rules: { minimum: 1 }
    }),
    ...figures
  ]
} as const
