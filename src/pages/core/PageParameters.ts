/** What of a page's address can't be followed: it is named on the page, never passed over in silence. */

import * as Either from "effect/Either"
import * as Option from "effect/Option"
import type { ParameterProblem } from "../../api/core/PageProblem.js"
import { isZone } from "../../domain/minute/LocalInterval.js"
import { type Micros, parseTime } from "../../domain/Time.js"

/** Checks a value that is there; the end of a sentence for one that can't be followed: "must be …". */
export type ParameterRule = (value: string) => string | undefined

const PROBLEMS_MAX = 20

export const oneOf =
  (values: ReadonlyArray<string>): ParameterRule =>
  (value) =>
    values.includes(value) ? undefined : `must be one of ${values.join(", ")}`

export const wholeNumber =
  (least: number, most: number): ParameterRule =>
  (value) =>
    /^\d{1,16}$/.test(value) && Number(value) >= least && Number(value) <= most
      ? undefined
      : `must be a whole number from ${least} to ${most.toLocaleString("en-US")}`

/** Longest text to find sensors by, in characters. */
export const FIND_LENGTH_MAX = 200

export const textUpTo =
  (most: number): ParameterRule =>
  (value) =>
    value.length <= most ? undefined : `must be text of at most ${most} characters`

/** The start of a day of UTC that is given as its date. */
export const dayOf = (text: string): Option.Option<Micros> =>
  /^\d{4}-\d\d-\d\d$/.test(text) ? Either.getRight(parseTime(`${text}T00:00:00Z`)) : Option.none()

export const aDay: ParameterRule = (value) =>
  Option.isSome(dayOf(value)) ? undefined : "must be a day, as 2026-01-31"

/** Every page shows its times by the clocks that it names. */
const EVERY_PAGE: Readonly<Record<string, ParameterRule>> = {
  tz: (value) =>
    isZone(value) ? undefined : "must be a time zone such as Europe/Zurich, or an offset such as +02:00"
}

/** By the rules of a page: empty values are as if they were not said, as a form leaves them. */
export const parameterProblems = (
  query: URLSearchParams,
  ownRules: Readonly<Record<string, ParameterRule>>,
  repeated: ReadonlyArray<string> = []
): ReadonlyArray<ParameterProblem> => {
  const rules = { ...ownRules, ...EVERY_PAGE }
  const names = Object.keys(rules)
  const ofName = (name: string): ReadonlyArray<ParameterProblem> => {
    const values = query.getAll(name)
    const rule = Object.hasOwn(rules, name) ? rules[name] : undefined
    if (rule === undefined) {
      const allowed = `is no parameter of this page: it takes ${names.join(", ")}`
      return [{ name, value: values[0] ?? "", allowed }]
    }
    if (values.length > 1 && !repeated.includes(name)) {
      return [{ name, value: values.join(" and "), allowed: "can be given only once" }]
    }
    return values.flatMap((value) => {
      const allowed = value === "" ? undefined : rule(value)
      return allowed === undefined ? [] : [{ name, value, allowed }]
    })
  }
  return [...new Set(query.keys())].flatMap(ofName).slice(0, PROBLEMS_MAX)
}

export const pageOf = (html: string, problems: ReadonlyArray<ParameterProblem>) => ({
  html,
  status: problems.length === 0 ? (200 as const) : (400 as const)
})
