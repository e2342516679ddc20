import { assert, describe, it } from "@effect/vitest"
import * as Either from "effect/Either"
import { sensorId } from "../../../src/domain/Ids.js"
import { type Sensor, UNKNOWN_METADATA } from "../../../src/domain/Sensor.js"
import { builtInSuite } from "../../../src/domain/suite/BuiltInSuite.js"
import { type Columns, READING_COLUMNS, type Row } from "../../../src/domain/suite/ExpectationRows.js"
import { runSuite } from "../../../src/domain/suite/ExpectationRun.js"
import { parseSuite, suiteResult } from "../../../src/domain/suite/ExpectationSuite.js"
import { EXPECTATION_TYPES } from "../../../src/domain/suite/ExpectationTypes.js"
import { parseCondition } from "../../../src/domain/suite/RowCondition.js"
import { micros } from "../../../src/domain/Time.js"

const NOW = micros(Date.parse("2026-01-05T12:00:00Z") * 1_000)
const COLUMNS: Columns = { n: "integer", x: "number", y: "number", name: "text", at: "time" }
const ROWS: ReadonlyArray<Row> = [
  { n: 1, x: 1, y: 0, name: "alpha", at: "2026-01-01T00:00:00.000000Z" },
  { n: 2, x: 2, y: 2, name: "beta", at: "2026-01-02T00:00:00.000000Z" },
  { n: 3, x: 3, y: 4, name: null, at: "2026-01-03T00:00:00.000000Z" },
  { n: 3, x: null, y: 1, name: "gamma", at: "2026-01-04T00:00:00.000000Z" }
]

const results = (
  expectations: ReadonlyArray<readonly [type: string, kwargs: object]>,
  rows = ROWS,
  columns = COLUMNS
) => {
  const suite = Either.getOrThrow(
    parseSuite({ name: "s", expectations: expectations.map(([type, kwargs]) => ({ type, kwargs })) })
  )
  const run = runSuite(suite, columns, NOW)
  for (const row of rows) run.take(row)
  const ended = run.end({ other: 4 })
  return { ...ended, suite, result: suiteResult(suite, ended.results, {}, ended.unknownTypes) }
}

/** Type, kwargs that hold, kwargs that don't. */
const CASES: ReadonlyArray<readonly [type: string, holds: object, fails: object]> = [
  ["expect_table_row_count_to_be_between", { min_value: 4, max_value: null }, { max_value: 3 }],
  ["expect_table_row_count_to_equal", { value: 4 }, { value: 5 }],
  [
    "expect_table_row_count_to_equal_other_table",
    { other_table_name: "other" },
    { other_table_name: "none" }
  ],
  ["expect_table_column_count_to_equal", { value: 5 }, { value: 4 }],
  ["expect_table_column_count_to_be_between", { min_value: 1 }, { min_value: 6 }],
  [
    "expect_table_columns_to_match_ordered_list",
    { column_list: ["n", "x", "y", "name", "at"] },
    { column_list: ["x", "n", "y", "name", "at"] }
  ],
  [
    "expect_table_columns_to_match_set",
    { column_set: ["x", "n"], exact_match: false },
    { column_set: ["x"] }
  ],
  ["expect_column_to_exist", { column: "x" }, { column: "z" }],
  ["expect_column_values_to_not_be_null", { column: "n" }, { column: "x" }],
  ["expect_column_values_to_be_null", { column: "x", mostly: 0.25 }, { column: "x" }],
  [
    "expect_column_proportion_of_non_null_values_to_be_between",
    { column: "x", min_value: 0.75 },
    { column: "x", min_value: 0.8 }
  ],
  [
    "expect_column_values_to_be_between",
    { column: "x", min_value: 1, max_value: 3 },
    { column: "x", min_value: 1, strict_min: true }
  ],
  [
    "expect_column_values_to_be_between",
    { column: "at", min_value: "2026-01-01" },
    { column: "at", max_value: "2026-01-03T12:00:00+02:00" }
  ],
  [
    "expect_column_values_to_be_in_set",
    { column: "n", value_set: [1, 2, 3] },
    { column: "n", value_set: [1, 2] }
  ],
  ["expect_column_values_to_not_be_in_set", { column: "n", value_set: [4] }, { column: "n", value_set: [1] }],
  ["expect_column_values_to_be_of_type", { column: "x", type_: "float64" }, { column: "x", type_: "TEXT" }],
  [
    "expect_column_values_to_be_in_type_list",
    { column: "name", type_list: ["VARCHAR(10)"] },
    { column: "name", type_list: ["INT"] }
  ],
  [
    "expect_column_values_to_match_regex",
    { column: "name", regex: "[a-z]+$" },
    { column: "name", regex: "a" }
  ],
  ["expect_column_values_to_not_match_regex", { column: "name", regex: "z" }, { column: "name", regex: "b" }],
  [
    "expect_column_value_lengths_to_be_between",
    { column: "name", min_value: 4 },
    { column: "name", max_value: 4 }
  ],
  ["expect_column_values_to_be_unique", { column: "x" }, { column: "n" }],
  ["expect_compound_columns_to_be_unique", { column_list: ["n", "y"] }, { column_list: ["n"] }],
  [
    "expect_column_value_z_scores_to_be_less_than",
    { column: "x", threshold: 1.1 },
    { column: "x", threshold: 0.9 }
  ],
  [
    "expect_column_pair_values_a_to_be_greater_than_b",
    { column_A: "x", column_B: "y", or_equal: true, mostly: 0.5 },
    { column_A: "x", column_B: "y" }
  ],
  [
    "expect_column_pair_values_to_be_equal",
    { column_A: "x", column_B: "x" },
    { column_A: "x", column_B: "y" }
  ],
  [
    "expect_multicolumn_sum_to_equal",
    { column_list: ["x", "y"], sum_total: 1, mostly: 0.5 },
    { column_list: ["x", "y"], sum_total: 1 }
  ],
  [
    "expect_column_max_to_be_between",
    { column: "x", min_value: 3, max_value: 3 },
    { column: "x", max_value: 2 }
  ],
  [
    "expect_column_min_to_be_between",
    { column: "at", max_value: "2026-01-01" },
    { column: "x", min_value: 2 }
  ],
  [
    "expect_column_mean_to_be_between",
    { column: "x", min_value: 2, max_value: 2 },
    { column: "x", min_value: 3 }
  ],
  [
    "expect_column_median_to_be_between",
    { column: "y", min_value: 1.5, max_value: 1.5 },
    { column: "y", max_value: 1 }
  ],
  [
    "expect_column_stdev_to_be_between",
    { column: "x", min_value: 1, max_value: 1 },
    { column: "x", max_value: 0.5 }
  ],
  [
    "expect_column_sum_to_be_between",
    { column: "y", min_value: 7, max_value: 7 },
    { column: "y", max_value: 6 }
  ],
  [
    "expect_column_quantile_values_to_be_between",
    {
      column: "x",
      quantile_ranges: {
        quantiles: [0, 0.5, 1],
        value_ranges: [
          [1, 1],
          [2, 2],
          [null, 3]
        ]
      }
    },
    { column: "x", quantile_ranges: { quantiles: [0.5], value_ranges: [[3, 4]] } }
  ],
  [
    "expect_column_unique_value_count_to_be_between",
    { column: "n", min_value: 3, max_value: 3 },
    { column: "n", min_value: 4 }
  ],
  [
    "expect_column_proportion_of_unique_values_to_be_between",
    { column: "n", max_value: 0.75 },
    { column: "n", min_value: 0.9 }
  ],
  [
    "expect_column_distinct_values_to_be_in_set",
    { column: "n", value_set: [1, 2, 3, 9] },
    { column: "n", value_set: [1] }
  ],
  [
    "expect_column_distinct_values_to_contain_set",
    { column: "n", value_set: [1] },
    { column: "n", value_set: [9] }
  ],
  [
    "expect_column_distinct_values_to_equal_set",
    { column: "n", value_set: [3, 2, 1] },
    { column: "n", value_set: [1] }
  ],
  [
    "unexpected_rows_expectation",
    { unexpected_rows_query: "SELECT * FROM {batch} WHERE x > 3 OR name = 'delta'" },
    { unexpected_rows_query: "select * from {batch} where not (x < 3) and y between 4 and 5;" }
  ]
]

describe("each type of expectation", () => {
  it("holds where it should, and fails where it should", () => {
    assert.isTrue(Object.keys(EXPECTATION_TYPES).every((type) => CASES.some(([known]) => known === type)))
    const holding = results(CASES.map(([type, holds]) => [type, holds]))
    assert.deepStrictEqual(
      holding.results
        .filter(({ success }) => !success)
        .map((one) => [one.expectation_config.type, one.exception_info]),
      []
    )
    const failing = results(CASES.map(([type, , fails]) => [type, fails]))
    assert.deepStrictEqual(
      failing.results.filter(({ success }) => success).map((one) => one.expectation_config.type),
      []
    )
    assert.deepStrictEqual(failing.unknownTypes, [])
  })

  it("says what it observed, in their form", () => {
    const [one] = results([
      ["expect_column_values_to_be_between", { column: "x", max_value: 2, mostly: 0.6 }]
    ]).results
    assert.deepStrictEqual(one?.result, {
      element_count: 4,
      unexpected_count: 1,
      unexpected_percent: 100 / 3,
      missing_count: 1,
      missing_percent: 25,
      partial_unexpected_list: [3]
    })
    assert.isTrue(one?.success)
  })
})

describe("a suite", () => {
  it("is read in the forms of 0.x and 1.x, with its parameters", () => {
    const old = Either.getOrThrow(
      parseSuite({
        expectation_suite_name: "old",
        data_asset_type: "Dataset",
        evaluation_parameters: { top: 3 },
        expectations: [
          {
            expectation_type: "expect_column_max_to_be_between",
            kwargs: { column: "x", max_value: { $PARAMETER: "top" } }
          }
        ],
        ge_cloud_id: null,
        meta: { great_expectations_version: "0.18.22" }
      })
    )
    assert.strictEqual(old.name, "old")
    const run = runSuite(old, COLUMNS, NOW)
    for (const row of ROWS) run.take(row)
    assert.isTrue(run.end({}).results[0]?.success)
    const bad = parseSuite({ name: "s", expectations: [{ kwargs: {} }, 5] })
    assert.isTrue(Either.isLeft(bad))
  })

  it("calculates with its parameters, with now() and with lengths of time", () => {
    const parameters = {
      lo: 1.5,
      one: 1,
      start: "2026-01-01",
      words: ["alpha"],
      top: { a: 1 },
      "my list": [1]
    }
    const outcome = (type: string, kwargs: object) => {
      const suite = parseSuite({ expectations: [{ type, kwargs }], suite_parameters: parameters })
      const run = runSuite(Either.getOrThrow(suite), COLUMNS, NOW)
      for (const row of ROWS) run.take(row)
      const [one] = run.end({}).results
      return one?.exception_info.exception_message ?? one?.success
    }
    const max = (text: string, column = "x") =>
      outcome("expect_column_max_to_be_between", {
        column,
        min_value: { $PARAMETER: text },
        max_value: { $PARAMETER: text }
      })
    for (const text of [
      "lo * 2",
      "lo+lo",
      "(lo + 1.5) * 1",
      "-lo * -2",
      "12 / 2 / 2",
      "2 + lo - .5",
      "3",
      "+3e0"
    ])
      assert.isTrue(max(text), text)
    for (const text of ["lo * 3", "lo - lo", "1 - 4"]) assert.isFalse(max(text), text)
    const newest = (text: string) => max(text, "at")
    for (const text of [
      "now() - timedelta(days=1, hours=12)",
      "now()-timedelta(1.5)",
      "now() - timedelta(weeks=1) + timedelta(5, 43200)",
      "now() - 3 * timedelta(hours=12)",
      "start + timedelta(days=3)",
      "timedelta(hours = 48 + 24) + start",
      "now() - (now() - start) + timedelta(minutes=4320)"
    ])
      assert.isTrue(newest(text), text)
    const recent = (text: string) =>
      outcome("expect_column_max_to_be_between", { column: "at", min_value: { $PARAMETER: text } })
    assert.isTrue(recent("now() - timedelta(days=2)"))
    assert.isFalse(recent("now() - timedelta(days=1)"))
    const isIn = (value_set: unknown) =>
      outcome("expect_column_distinct_values_to_contain_set", { column: "x", value_set })
    assert.isTrue(isIn([{ $PARAMETER: "one" }, 2, { $PARAMETER: "lo * 2" }]))
    assert.isTrue(isIn({ $PARAMETER: "my list" }))
    const refused: ReadonlyArray<readonly [text: string, why: RegExp]> = [
      ["hi * 2", /^there is no suite parameter "hi"$/],
      ["lo ** 2", /can't be read/],
      ["lo * ", /can't be read/],
      ["", /can't be read/],
      ["lo lo", /can't be read/],
      ["lo; DROP", /can't be read/],
      ["sqrt(2)", /^the function "sqrt" is not known in parameters: now and timedelta are$/],
      ["constructor", /^there is no suite parameter "constructor"$/],
      ["now(1)", /can't be read/],
      ["now() + lo", /mixes numbers and times/],
      ["now() * 2", /mixes numbers and times/],
      ["timedelta(days=1)", /is a length of time/],
      ["timedelta(months=1)", /^timedelta knows no months: days, /],
      ["now() - timedelta(weeks=4000)", /before 1970/],
      ["words + 1", /^the suite parameter "words" is no number and no time/],
      ["1 / 0", /divided by 0/],
      ["(".repeat(60), /can't be read/],
      ["1+".repeat(600), /longer than 1000 characters/]
    ]
    for (const [text, why] of refused) assert.match(String(max(text)), why, text)
  })

  it("names what it can't run, and counts it as failed", () => {
    const { result } = results([
      ["expect_column_values_to_be_fancy", { column: "x" }],
      ["expect_column_values_to_not_be_null", { column: "z" }],
      ["expect_column_values_to_match_regex", { column: "name", regex: "(a+)+$" }],
      ["unexpected_rows_expectation", { unexpected_rows_query: "DROP TABLE events" }],
      ["expect_column_mean_to_be_between", { column: "name" }],
      ["expect_table_row_count_to_equal", { value: 4 }]
    ])
    assert.deepStrictEqual(result.meta.unknown_expectation_types, ["expect_column_values_to_be_fancy"])
    assert.deepStrictEqual(
      result.results.map(({ exception_info }) => exception_info.exception_message),
      [
        'the expectation type "expect_column_values_to_be_fancy" is not known',
        'there is no column "z"',
        "the pattern may take too long: it repeats a group that repeats or chooses",
        "only SELECT * FROM {batch} WHERE condition is run, with one condition",
        "its values are no numbers",
        null
      ]
    )
    assert.deepStrictEqual(result.statistics, {
      evaluated_expectations: 6,
      successful_expectations: 1,
      unsuccessful_expectations: 5,
      success_percent: 100 / 6
    })
  })

  it("looks at the rows of its condition alone", () => {
    const [one] = results([
      ["expect_table_row_count_to_equal", { value: 2, row_condition: 'n == 3 and col("n").notNull()' }]
    ]).results
    assert.isTrue(one?.success)
  })
})

describe("a condition", () => {
  it("is SQL's, null and all", () => {
    const holds = (text: string) => ROWS.map((row) => parseCondition(text)(row))
    assert.deepStrictEqual(holds("x >= 2"), [false, true, true, null])
    assert.deepStrictEqual(holds("x IS NULL OR name IN ('alpha', 'it''s')"), [true, false, null, true])
    assert.deepStrictEqual(holds("NOT x BETWEEN 1 AND 2"), [false, false, true, null])
    assert.throws(() => parseCondition("x >"), /lacks a value/)
    assert.throws(() => parseCondition("x = 1; DROP TABLE events"), /can't be read/)
    assert.throws(() => parseCondition("(".repeat(60)), /too deep/)
  })
})

describe("the built-in suite", () => {
  const one: Sensor = {
    id: sensorId(1),
    name: null,
    status: "active",
    version: 1,
    metadata: { ...UNKNOWN_METADATA, unit: "C", type: "temperature", min: 0, max: 45 },
    intervalMs: 1_000,
    estimatedIntervalMs: null,
    versionSince: micros(0)
  }

  it("can be run here, and names the checks that have no type", () => {
    const suite = builtInSuite("sensor_data", [one], new Map([[1, [{ from: 0, to: 4_000_000 }]]]))
    const again = Either.getOrThrow(parseSuite(JSON.parse(JSON.stringify(suite))))
    const run = runSuite(again, READING_COLUMNS, NOW)
    for (let second = 0; second < 4; second++) {
      run.take({
        sensor_id: 1,
        timestamp: `2026-01-01T00:00:0${second}.000000Z`,
        value: 20 + second,
        unit: "C",
        type: second === 3 ? null : "temperature",
        lag_ms: second === 2 ? 61_000 : 5
      })
    }
    const { results: all, unknownTypes } = run.end({})
    assert.deepStrictEqual(unknownTypes, [])
    assert.deepStrictEqual(
      all.filter(({ success }) => !success).map(({ expectation_config }) => expectation_config.meta.check),
      ["recorded_in_time", "described"]
    )
    const left = suite.meta.checks_without_an_expectation_type
    assert.deepStrictEqual(
      (left as ReadonlyArray<{ check: string }>).map(({ check }) => check),
      [
        "accepted",
        "usual_steps",
        "not_stuck",
        "unamended",
        "no_spikes",
        "minutes_match",
        "amendments_attached",
        "sequence_whole"
      ]
    )
  })
})
