/** The parameters by which a list is thinned out for a plot. */
import * as Schema from "effect/Schema"
import { METHODS, POINTS_MIN } from "../../domain/Downsample.js"
import { ordered } from "./ContractParameters.js"
import { choice, given, wholeText } from "./ParameterText.js"

/** Points of one sensor, at most. */
export const POINTS_MAX = 10_000

const MAX_POINTS =
  "Thins the rows out for a plot: at most so many of each sensor, all of them real. First, last, lowest and highest " +
  "are always among them. An answer that has no more rows than that is given whole. It is one page: no cursor, " +
  "limit or skip."

const METHOD =
  "How `max_points` chooses. `minmax`: of each stretch of time the first, lowest, highest and last row. `lttb`: of each " +
  "stretch the row that keeps the line's shape (largest triangle, three buckets); the rows are read twice."

export const sampling = {
  max_points: given(wholeText(Schema.Int, POINTS_MIN, POINTS_MAX, MAX_POINTS)),
  method: choice(METHODS, "minmax", METHOD)
}

export interface SamplingQuery {
  readonly start_time?: number
  readonly end_time?: number
  readonly max_points?: number
  readonly method?: string
  readonly limit?: number
  readonly cursor?: string
  readonly skip: number
  readonly shape?: string
}

/** Refuses a window that ends before it starts, and what does not go together with `max_points`. */
export const fitting = (query: SamplingQuery) => {
  const window = ordered(query)
  const issues = window === true ? [] : [window]
  if (query.max_points === undefined) {
    return query.method === undefined
      ? issues
      : [...issues, { path: ["method"], message: "goes with max_points alone" }]
  }
  const presence = {
    limit: query.limit !== undefined,
    cursor: query.cursor !== undefined,
    skip: query.skip > 0,
    shape: query.shape === "wide"
  }
  return [
    ...issues,
    ...Object.entries(presence).flatMap(([name, is]) =>
      is
        ? [
            {
              path: [name],
              message:
                name === "shape"
                  ? "must be long with max_points"
                  : "can't be given with max_points: it is one page"
            }
          ]
        : []
    )
  ]
}
