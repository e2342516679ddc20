/** Runs the expectations of a suite over rows that come one after the other. */
import type { Micros } from "../Time.js"
import type { Columns, Row } from "./ExpectationRows.js"
import { CannotRun, type Kwargs, type Rule } from "./ExpectationRules.js"
import type { Expectation, ExpectationResult, Suite } from "./ExpectationSuite.js"
import { EXPECTATION_TYPES } from "./ExpectationTypes.js"
import { type Condition, parseCondition } from "./RowCondition.js"
import { type Surroundings, withParameters } from "./SuiteParameter.js"

export interface SuiteRun {
  readonly take: (row: Row) => void
  /** `others`: how many rows other tables have in the same window, by name. */
  readonly end: (others: Readonly<Record<string, number>>) => {
    readonly results: ReadonlyArray<ExpectationResult>
    readonly unknownTypes: ReadonlyArray<string>
  }
}

const config = ({ id, kwargs, meta, type }: Expectation) => ({
  type,
  kwargs,
  meta,
  ...(id === null ? {} : { id })
})

const failed = (expectation: Expectation, message: string): ExpectationResult => ({
  success: false,
  expectation_config: config(expectation),
  result: {},
  exception_info: { raised_exception: true, exception_message: message, exception_traceback: null },
  meta: {}
})

const WENT_WELL = { raised_exception: false, exception_message: null, exception_traceback: null }

/** It is compared with the rows of another table, which are counted elsewhere. */
const OTHER_TABLE = "expect_table_row_count_to_equal_other_table"

interface Running {
  readonly take: (row: Row) => void
  readonly end: (others: Readonly<Record<string, number>>) => ExpectationResult
}

const otherTable = (expectation: Expectation, kwargs: Kwargs): Running => {
  const name = String(kwargs.other_table_name)
  let rows = 0
  return {
    take: () => {
      rows += 1
    },
    end: (others) =>
      Object.hasOwn(others, name)
        ? {
            success: others[name] === rows,
            expectation_config: config(expectation),
            result: { observed_value: { self: rows, other: others[name] } },
            exception_info: WENT_WELL,
            meta: {}
          }
        : failed(expectation, `there is no table "${name}"`)
  }
}

const sentence = (error: unknown): string => {
  if (error instanceof CannotRun) return error.message
  throw error
}

/** A rule that stops at its first failure to run, and says why. */
const guarded = (expectation: Expectation, rule: Rule, condition: Condition | null): Running => {
  let reason: string | null = null
  const attempt = <A>(run: () => A): A | undefined => {
    try {
      return run()
    } catch (error) {
      reason = sentence(error)
      return undefined
    }
  }
  return {
    take: (row) => {
      if (reason !== null) return
      attempt(() => {
        if (condition === null || condition(row) === true) rule.take(row)
      })
    },
    end: () => {
      const observed = reason === null ? attempt(rule.end) : undefined
      return observed === undefined
        ? failed(expectation, reason ?? "")
        : {
            ...observed,
            expectation_config: config(expectation),
            exception_info: WENT_WELL,
            meta: {}
          }
    }
  }
}

const running = (expectation: Expectation, columns: Columns, around: Surroundings): Running => {
  try {
    const kwargs = Object.fromEntries(
      Object.entries(expectation.kwargs).map(([key, value]) => [key, withParameters(value, around)])
    )
    if (expectation.type === OTHER_TABLE) return otherTable(expectation, kwargs)
    const make = EXPECTATION_TYPES[expectation.type]
    if (make === undefined) throw new CannotRun(`the expectation type "${expectation.type}" is not known`)
    const { row_condition } = kwargs
    const condition =
      typeof row_condition === "string" && row_condition !== "" ? parseCondition(row_condition) : null
    return guarded(expectation, make(kwargs, columns), condition)
  } catch (error) {
    const result = failed(expectation, sentence(error))
    return { take: () => {}, end: () => result }
  }
}

const isKnown = (type: string): boolean => type === OTHER_TABLE || Object.hasOwn(EXPECTATION_TYPES, type)

/** One pass for all expectations of a suite; `now` is what parameters mean by `now()`. */
export const runSuite = ({ expectations, parameters }: Suite, columns: Columns, now: Micros): SuiteRun => {
  const all = expectations.map((expectation) => running(expectation, columns, { parameters, now }))
  return {
    take: (row) => {
      for (const one of all) one.take(row)
    },
    end: (others) => ({
      results: all.map((one) => one.end(others)),
      unknownTypes: [...new Set(expectations.map(({ type }) => type).filter((type) => !isKnown(type)))].sort()
    })
  }
}
