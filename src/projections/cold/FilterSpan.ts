/** The span of device time that a filter of OData leaves open: what it says of `timestamp`, each part of an `and`. */
import * as Either from "effect/Either"
import { type Micros, micros, parseTime } from "../../domain/Time.js"
import type { TimeSpan } from "../../eventlog/cold/ColdDays.js"
import type { TypedExpression } from "../../odata/Typed.js"

const TIME = "timestamp"

const isTime = (expression: TypedExpression): boolean =>
  expression._tag === "Property" && expression.path.length === 1 && expression.path[0] === TIME

const timeOf = (expression: TypedExpression): Micros | undefined => {
  if (expression._tag !== "Constant") return undefined
  const { value } = expression
  if (typeof value === "number") return micros(value)
  return typeof value === "string" ? Either.getOrUndefined(parseTime(value)) : undefined
}

const MIRRORED = { eq: "eq", ne: "ne", lt: "gt", le: "ge", gt: "lt", ge: "le" } as const

const within = (a: TimeSpan, b: TimeSpan): TimeSpan => ({
  start:
    a.start === undefined ? b.start : b.start === undefined ? a.start : micros(Math.max(a.start, b.start)),
  end: a.end === undefined ? b.end : b.end === undefined ? a.end : micros(Math.min(a.end, b.end))
})

/** Never narrower than what the filter lets through. */
export const timeSpanOf = (filter: TypedExpression | undefined): TimeSpan => {
  if (filter === undefined) return {}
  if (filter._tag === "And") return filter.parts.map(timeSpanOf).reduce(within, {})
  if (filter._tag !== "Compare") return {}
  const isMirrored = isTime(filter.right)
  if (!isMirrored && !isTime(filter.left)) return {}
  const time = timeOf(isMirrored ? filter.left : filter.right)
  if (time === undefined) return {}
  switch (isMirrored ? MIRRORED[filter.op] : filter.op) {
    case "eq":
      return { start: time, end: micros(time + 1) }
    case "gt":
    case "ge":
      return { start: time }
    case "lt":
      return { end: time }
    case "le":
      return { end: micros(time + 1) }
    case "ne":
      return {}
  }
}
