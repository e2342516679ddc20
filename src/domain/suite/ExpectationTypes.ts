/** The types of expectations that are known, each with its rule. */

import {
  deviation,
  distinctFigure,
  extreme,
  mean,
  median,
  numbers,
  quantiles,
  zScores
} from "./ExpectationFigures.js"
import { regexOf } from "./ExpectationRegex.js"
import { asCell, type Cell, compare, type Row } from "./ExpectationRows.js"
import {
  bounds,
  CannotRun,
  column,
  columnList,
  eachPresent,
  eachRow,
  eachValue,
  type Kwargs,
  list,
  numberOf,
  type Observation,
  of,
  type RuleMaker,
  remember,
  text,
  typeRule
} from "./ExpectationRules.js"
import { parseCondition } from "./RowCondition.js"

const rowCount =
  (expected: (kwargs: Kwargs) => (count: number) => boolean): RuleMaker =>
  (kwargs) => {
    const fits = expected(kwargs)
    let rows = 0
    return {
      take: () => {
        rows += 1
      },
      end: () => of(fits(rows), rows)
    }
  }

/** Of the columns alone: no row is looked at. */
const table =
  (judge: (kwargs: Kwargs, names: ReadonlyArray<string>) => Observation): RuleMaker =>
  (kwargs, columns) => {
    const observed = judge(kwargs, Object.keys(columns))
    return { take: () => {}, end: () => observed }
  }

const equals = (kwargs: Kwargs) => {
  const { value } = kwargs
  if (typeof value !== "number") throw new CannotRun("value must be a number")
  return (count: number) => count === value
}

const setOf = (kwargs: Kwargs, kind: Parameters<typeof asCell>[0]): ReadonlySet<Cell | undefined> =>
  new Set(list(kwargs, "value_set").map((one) => asCell(kind, one)))

const keyOf = (row: Row, names: ReadonlyArray<string>) =>
  JSON.stringify(names.map((name) => row[name] ?? null))

/** Rows whose key comes again; each of them is unexpected. */
const unique =
  (namesOf: (kwargs: Kwargs, columns: Parameters<RuleMaker>[1]) => ReadonlyArray<string>): RuleMaker =>
  (kwargs, columns) => {
    const names = namesOf(kwargs, columns)
    const memory = remember<string>()
    const times = new Map<string, number>()
    return {
      take: (row) => {
        if (names.every((name) => (row[name] ?? null) === null)) return
        const key = keyOf(row, names)
        memory.add(key)
        times.set(key, (times.get(key) ?? 0) + 1)
      },
      end: () => {
        const rule = eachRow(
          kwargs,
          (row) => times.get(String(row.key)) === 1,
          (row) => {
            const values: unknown = JSON.parse(String(row.key))
            return Array.isArray(values) && values.length === 1 ? values[0] : values
          }
        )
        for (const key of memory.values) rule.take({ key })
        return rule.end()
      }
    }
  }

const distinct =
  (
    judge: (kwargs: Kwargs, actual: ReadonlySet<Cell>, target: ReadonlySet<Cell | undefined>) => boolean
  ): RuleMaker =>
  (kwargs, columns) => {
    const name = column(kwargs, columns)
    const target = setOf(kwargs, columns[name] ?? "text")
    const actual = new Set<Cell>()
    return {
      take: eachPresent(name, (value) => {
        actual.add(value)
        if (actual.size > 100_000) throw new CannotRun("it has more than 100000 distinct values")
      }),
      end: () =>
        of(judge(kwargs, actual, target), [...actual].sort((a, b) => compare(a, b) ?? 0).slice(0, 100))
    }
  }

const pair =
  (judge: (order: number, kwargs: Kwargs) => boolean): RuleMaker =>
  (kwargs, columns) => {
    const [a, b] = [column(kwargs, columns, "column_A"), column(kwargs, columns, "column_B")]
    const either = kwargs.ignore_row_if === "either_value_is_missing"
    return eachRow(
      kwargs,
      (row) => {
        const [left, right] = [row[a] ?? null, row[b] ?? null]
        if (left === null || right === null) {
          return either || (left === null && right === null) ? null : false
        }
        const order = compare(left, right)
        return order !== null && judge(order, kwargs)
      },
      (row) => [row[a], row[b]]
    )
  }

const sumOf: RuleMaker = (kwargs, columns) => {
  const names = columnList(kwargs, columns)
  const { sum_total } = kwargs
  if (typeof sum_total !== "number") throw new CannotRun("sum_total must be a number")
  return eachRow(
    kwargs,
    (row) => {
      const values = names.map((name) => row[name] ?? null)
      if (values.every((value) => value === null)) return null
      return (
        values.reduce<number>((sum, value) => sum + (value === null ? 0 : numberOf(value)), 0) === sum_total
      )
    },
    (row) => names.map((name) => row[name])
  )
}

const share: RuleMaker = (kwargs, columns) => {
  const name = column(kwargs, columns)
  const inside = bounds(kwargs)
  let [rows, there] = [0, 0]
  return {
    take: (row) => {
      rows += 1
      if ((row[name] ?? null) !== null) there += 1
    },
    end: () => {
      const observed = rows === 0 ? null : there / rows
      return of(observed !== null && inside(observed), observed)
    }
  }
}

const nullness =
  (target: boolean): RuleMaker =>
  (kwargs, columns) => {
    const name = column(kwargs, columns)
    return eachRow(
      kwargs,
      (row) => ((row[name] ?? null) === null) === target,
      (row) => row[name] ?? null
    )
  }

const matching = (target: boolean) =>
  eachValue((kwargs) => {
    const pattern = regexOf(text(kwargs, "regex"))
    return (value) => pattern(String(value)) === target
  })

const isSubset = (part: ReadonlySet<unknown>, whole: ReadonlySet<unknown>) =>
  [...part].every((one) => whole.has(one))

const unexpectedRows: RuleMaker = (kwargs) => {
  const query = text(kwargs, "unexpected_rows_query")
  const match = /^\s*select\s+\*\s+from\s+\{batch\}\s+where\s+([\s\S]+?);?\s*$/i.exec(query)
  if (match?.[1] === undefined) {
    throw new CannotRun("only SELECT * FROM {batch} WHERE condition is run, with one condition")
  }
  const condition = parseCondition(match[1])
  const examples: Array<Row> = []
  let count = 0
  return {
    take: (row) => {
      if (condition(row) !== true) return
      count += 1
      if (examples.length < 20) examples.push(row)
    },
    end: () => ({
      success: count === 0,
      result: { observed_value: count, unexpected_count: count, partial_unexpected_list: examples }
    })
  }
}

const columnsMatch = (ordered: boolean) =>
  table((kwargs, names) => {
    const key = ordered ? "column_list" : "column_set"
    const target = list(kwargs, key).map(String)
    const fits = ordered
      ? target.length === names.length && target.every((name, i) => name === names[i])
      : isSubset(new Set(target), new Set(names)) &&
        (kwargs.exact_match === false || target.length === names.length)
    return of(fits, names)
  })

export const EXPECTATION_TYPES: Readonly<Record<string, RuleMaker>> = {
  expect_table_row_count_to_be_between: rowCount((kwargs) => bounds(kwargs)),
  expect_table_row_count_to_equal: rowCount(equals),
  expect_table_column_count_to_equal: table((kwargs, names) =>
    of(equals(kwargs)(names.length), names.length)
  ),
  expect_table_column_count_to_be_between: table((kwargs, names) =>
    of(bounds(kwargs)(names.length), names.length)
  ),
  expect_table_columns_to_match_ordered_list: columnsMatch(true),
  expect_table_columns_to_match_set: columnsMatch(false),
  expect_column_to_exist: table((kwargs, names) => of(names.includes(text(kwargs, "column")), names)),
  expect_column_values_to_not_be_null: nullness(false),
  expect_column_values_to_be_null: nullness(true),
  expect_column_proportion_of_non_null_values_to_be_between: share,
  expect_column_values_to_be_between: eachValue((kwargs, kind) => bounds(kwargs, kind)),
  expect_column_values_to_be_in_set: eachValue((kwargs, kind) => {
    const target = setOf(kwargs, kind)
    return (value) => target.has(value)
  }),
  expect_column_values_to_not_be_in_set: eachValue((kwargs, kind) => {
    const refused = setOf(kwargs, kind)
    return (value) => !refused.has(value)
  }),
  expect_column_values_to_be_of_type: typeRule((kwargs) => [text(kwargs, "type_")]),
  expect_column_values_to_be_in_type_list: typeRule((kwargs) => list(kwargs, "type_list").map(String)),
  expect_column_values_to_match_regex: matching(true),
  expect_column_values_to_not_match_regex: matching(false),
  expect_column_value_lengths_to_be_between: eachValue((kwargs) => {
    const inside = bounds(kwargs)
    return (value) => inside(String(value).length)
  }),
  expect_column_values_to_be_unique: unique((kwargs, columns) => [column(kwargs, columns)]),
  expect_compound_columns_to_be_unique: unique(columnList),
  expect_column_value_z_scores_to_be_less_than: zScores,
  expect_column_pair_values_a_to_be_greater_than_b: pair(
    (order, { or_equal }) => order > 0 || (or_equal === true && order === 0)
  ),
  expect_column_pair_values_to_be_equal: pair((order) => order === 0),
  expect_multicolumn_sum_to_equal: sumOf,
  expect_column_max_to_be_between: extreme(1),
  expect_column_min_to_be_between: extreme(-1),
  expect_column_mean_to_be_between: numbers(mean),
  expect_column_median_to_be_between: numbers(median),
  expect_column_stdev_to_be_between: numbers(deviation),
  expect_column_sum_to_be_between: numbers((values) => values.reduce((sum, value) => sum + value, 0)),
  expect_column_quantile_values_to_be_between: quantiles,
  expect_column_unique_value_count_to_be_between: distinctFigure(false),
  expect_column_proportion_of_unique_values_to_be_between: distinctFigure(true),
  expect_column_distinct_values_to_be_in_set: distinct((_, actual, target) => isSubset(actual, target)),
  expect_column_distinct_values_to_contain_set: distinct((_, actual, target) => isSubset(target, actual)),
  expect_column_distinct_values_to_equal_set: distinct(
    (_, actual, target) => isSubset(actual, target) && isSubset(target, actual)
  ),
  unexpected_rows_expectation: unexpectedRows
}
