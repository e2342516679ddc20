/** What of `/explore`'s address can't be followed. */

import * as Either from "effect/Either"
import type { ParameterProblem } from "../../api/core/PageProblem.js"
import { SENSOR_ID_MAX, type SensorId } from "../../domain/Ids.js"
import { INTERVALS } from "../../domain/minute/Interval.js"
import { parseTime } from "../../domain/Time.js"
import { EXPLORE_DONE, RANGES } from "../../web/Pages.js"
import { oneOf, type ParameterRule, parameterProblems, wholeNumber } from "../core/PageParameters.js"
import { timeIn } from "./ExploreQuery.js"

const isSensor = wholeNumber(1, SENSOR_ID_MAX)

const sensors: ParameterRule = (value) =>
  value.split(",").every((one) => one === "" || isSensor(one) === undefined)
    ? undefined
    : "must be numbers of sensors, with commas between them: 1,2"

const time: ParameterRule = (value) =>
  Either.isRight(parseTime(/T\d\d:\d\d$/.test(value) ? `${value}:00` : value))
    ? undefined
    : "must be a time as RFC 3339, such as 2026-01-05T10:00:00Z; without an offset it is of the zone tz, else UTC"

const RULES: Readonly<Record<string, ParameterRule>> = {
  sensor: sensors,
  // What the sensors have is asked of them.
  tag: () => undefined,
  range: oneOf([...RANGES.map(([name]) => name), "custom"]),
  start: time,
  end: time,
  interval: oneOf(["auto", "raw", ...INTERVALS]),
  as_of: (value) => (/^\d{1,15}$/.test(value) ? undefined : "must be a position of the log, a whole number"),
  only: oneOf(["result"]),
  done: oneOf(Object.keys(EXPLORE_DONE))
}

/** A range from … to needs both, in their order. */
const rangeProblems = (query: URLSearchParams): ReadonlyArray<ParameterProblem> => {
  const [range, from, to] = ["range", "start", "end"].map((name) => query.get(name) ?? "")
  // By its name a range ends now, whatever else the form holds.
  const isCustom = range === "custom" || (range === "" && (from !== "" || to !== ""))
  if (!isCustom) return []
  const missing = (name: string, other: string): ParameterProblem => ({
    name,
    value: null,
    allowed: `is missing: a range from … to needs ${name} beside ${other}`
  })
  if (from === "" || to === "") {
    return [
      ...(from === "" ? [missing("start", "end")] : []),
      ...(to === "" ? [missing("end", "start")] : [])
    ]
  }
  const [start, end] = [timeIn(query, "start"), timeIn(query, "end")]
  return start !== null && end !== null && start >= end
    ? [{ name: "end", value: to ?? "", allowed: "must be later than start" }]
    : []
}

/** `unknown`: the sensors asked for that the log does not know. */
export const exploreProblems = (
  query: URLSearchParams,
  strangers: ReadonlyArray<SensorId>
): ReadonlyArray<ParameterProblem> => [
  ...parameterProblems(query, RULES, ["sensor"]),
  ...rangeProblems(query),
  ...strangers.map((id) => ({
    name: "sensor",
    value: String(id),
    allowed: "must be the number of a sensor that the log knows: choose from the list"
  }))
]
