/**
 * The built-in checks as a suite that Great Expectations runs on a table of the same columns. What it has no type
 * for is named in the suite's `meta`, with the check's own words.
 */

import {
  CHECKS,
  type CheckName,
  CLOCK_AHEAD_MAX,
  type Dataset,
  PLAUSIBLE_DEVIATIONS,
  TIMELY_WITHIN
} from "../quality/QualityChecks.js"
import type { Sensor } from "../Sensor.js"
import { formatTime, MICROS_PER_MILLI } from "../Time.js"
import type { Expectation, Suite } from "./ExpectationSuite.js"

const GREAT_EXPECTATIONS = "1.0.0"
/** A suite with a row for each of more sensors is of no use to anybody. */
export const SUITE_SENSORS_MAX = 300

type Kwargs = Readonly<Record<string, unknown>>

const expectation =
  (check: CheckName) =>
  (type: string, kwargs: Kwargs): Expectation => ({
    type,
    kwargs,
    meta: { check, dimension: CHECKS.find(({ name }) => name === check)?.dimension ?? null },
    id: null
  })

const ofSensor = (id: number): Kwargs => ({ row_condition: `sensor_id == ${id}`, condition_parser: "pandas" })

interface ExpectedSpan {
  readonly from: number
  readonly to: number
}

/** From when to when, µs, readings are expected of each sensor, in the order of time; absent: none are. */
export type ExpectedSpans = ReadonlyMap<number, ReadonlyArray<ExpectedSpan>>

/** How many readings a span leads to expect of a sensor, half an interval at either end left to jitter. */
const expectedOf = (intervalMs: number, { from, to }: ExpectedSpan) =>
  Math.max(0, Math.floor((to - from) / (intervalMs * MICROS_PER_MILLI)) - 1)

const received = (
  { estimatedIntervalMs, id, intervalMs }: Sensor,
  expected: ExpectedSpans
): ReadonlyArray<Expectation> => {
  const interval = intervalMs ?? estimatedIntervalMs
  const spans = expected.get(id) ?? []
  const [first, last] = [spans[0], spans.at(-1)]
  if (interval === null || first === undefined || last === undefined) return []
  const min_value = spans.reduce((sum, span) => sum + expectedOf(interval, span), 0)
  const one = expectation("received")("expect_table_row_count_to_be_between", {
    min_value,
    max_value: null,
    ...ofSensor(id)
  })
  const [expected_from, expected_to] = [formatTime(first.from), formatTime(last.to)]
  return [{ ...one, meta: { ...one.meta, expected_from, expected_to } }]
}

const ofReadings = (sensors: ReadonlyArray<Sensor>, expected: ExpectedSpans): ReadonlyArray<Expectation> => [
  ...sensors.flatMap((sensor) => {
    const { id, metadata } = sensor
    const [min_value, max_value] = [metadata.min, metadata.max]
    return [
      ...received(sensor, expected),
      ...(min_value === null && max_value === null
        ? []
        : [
            expectation("in_range")("expect_column_values_to_be_between", {
              column: "value",
              min_value,
              max_value,
              ...ofSensor(id)
            })
          ]),
      expectation("plausible")("expect_column_value_z_scores_to_be_less_than", {
        column: "value",
        threshold: PLAUSIBLE_DEVIATIONS,
        double_sided: true,
        ...ofSensor(id)
      })
    ]
  }),
  expectation("recorded_in_time")("expect_column_values_to_be_between", {
    column: "lag_ms",
    min_value: null,
    max_value: TIMELY_WITHIN / MICROS_PER_MILLI
  }),
  expectation("not_ahead")("expect_column_values_to_be_between", {
    column: "lag_ms",
    min_value: -CLOCK_AHEAD_MAX / MICROS_PER_MILLI,
    max_value: null
  }),
  expectation("clock_set")("expect_column_values_to_be_in_set", {
    column: "time_source",
    value_set: ["device"]
  }),
  expectation("one_value_a_time")("expect_compound_columns_to_be_unique", {
    column_list: ["sensor_id", "timestamp"],
    ignore_row_if: "never"
  }),
  expectation("told_once")("expect_compound_columns_to_be_unique", {
    column_list: ["sensor_id", "timestamp", "value"],
    ignore_row_if: "never"
  }),
  ...["unit", "type"].map((column) =>
    expectation("described")("expect_column_values_to_not_be_null", { column })
  ),
  expectation("version_exists")("expect_column_distinct_values_to_be_in_set", {
    column: "sensor_id",
    value_set: sensors.map(({ id }) => id)
  })
]

const atLeast = (check: CheckName, column_A: string, column_B: string) =>
  expectation(check)("expect_column_pair_values_a_to_be_greater_than_b", {
    column_A,
    column_B,
    or_equal: true
  })

const ofAggregates = (sensors: ReadonlyArray<Sensor>): ReadonlyArray<Expectation> => [
  ...sensors.flatMap(({ id, metadata: { max: max_value, min: min_value } }) =>
    min_value === null && max_value === null
      ? []
      : ["min", "max"].map((column) =>
          expectation("minutes_in_range")("expect_column_values_to_be_between", {
            column,
            min_value,
            max_value,
            ...ofSensor(id)
          })
        )
  ),
  atLeast("minutes_coherent", "max", "min"),
  atLeast("minutes_coherent", "max", "first"),
  atLeast("minutes_coherent", "first", "min"),
  atLeast("minutes_coherent", "max", "last"),
  atLeast("minutes_coherent", "last", "min"),
  expectation("minutes_coherent")("expect_column_values_to_be_between", {
    column: "stddev",
    min_value: 0,
    max_value: null
  }),
  expectation("one_row_a_minute")("expect_column_values_to_be_unique", { column: "id" }),
  expectation("one_row_a_minute")("expect_compound_columns_to_be_unique", {
    column_list: ["sensor_id", "timestamp"],
    ignore_row_if: "never"
  }),
  ...["unit", "type"].map((column) =>
    expectation("minutes_described")("expect_column_values_to_not_be_null", { column })
  )
]

/** `sensors`: those that the suite is for; `expected`: when, in the window that it is to be run over, they report. */
export const builtInSuite = (
  dataset: Dataset,
  sensors: ReadonlyArray<Sensor>,
  expected: ExpectedSpans
): Suite => {
  const subset = sensors.slice(0, SUITE_SENSORS_MAX)
  const expectations = dataset === "sensor_data" ? ofReadings(subset, expected) : ofAggregates(subset)
  const expressed = new Set(expectations.map(({ meta }) => meta.check))
  return {
    name: `tidemark.${dataset}`,
    parameters: {},
    expectations,
    meta: {
      great_expectations_version: GREAT_EXPECTATIONS,
      dataset,
      sensors_left_out: sensors.length - subset.length,
      checks_without_an_expectation_type: CHECKS.filter(
        (check) => check.dataset === dataset && !expressed.has(check.name)
      ).map(({ description, dimension, name }) => ({ check: name, dimension, description }))
    }
  }
}
