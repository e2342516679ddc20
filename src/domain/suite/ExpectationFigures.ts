/** Rules of one figure that is made of the values of a column. */
import { type Cell, compare } from "./ExpectationRows.js"
import {
  bounds,
  CannotRun,
  column,
  eachPresent,
  eachRow,
  figure,
  list,
  numberOf,
  type Observation,
  of,
  type RuleMaker,
  remember
} from "./ExpectationRules.js"

const sorted = (values: ReadonlyArray<number>) => [...values].sort((a, b) => a - b)

/** By the nearest rank, as `numpy.quantile(…, method="lower")` does. */
const quantile = (values: ReadonlyArray<number>, q: number): number | null =>
  values[Math.min(values.length - 1, Math.max(0, Math.floor(q * (values.length - 1))))] ?? null

export const numbers = (get: (values: ReadonlyArray<number>) => number | null): RuleMaker =>
  figure(() => {
    const memory = remember<number>()
    return { add: (value) => memory.add(numberOf(value)), get: () => get(memory.values) }
  })

export const mean = (values: ReadonlyArray<number>) =>
  values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length

/** Of the sample, as pandas gives it. */
export const deviation = (values: ReadonlyArray<number>) => {
  const middle = mean(values)
  if (middle === null || values.length < 2) return null
  return Math.sqrt(values.reduce((sum, value) => sum + (value - middle) ** 2, 0) / (values.length - 1))
}

export const median = (values: ReadonlyArray<number>) => {
  const all = sorted(values)
  const [low, high] = [all[Math.floor((all.length - 1) / 2)], all[Math.ceil((all.length - 1) / 2)]]
  return low === undefined || high === undefined ? null : (low + high) / 2
}

export const extreme = (sign: 1 | -1): RuleMaker =>
  figure(() => {
    let best: Cell = null
    return {
      add: (value) => {
        if (best === null || sign * (compare(value, best) ?? 0) > 0) best = value
      },
      get: () => best
    }
  })

export const distinctFigure = (share: boolean): RuleMaker =>
  figure(() => {
    const memory = remember<Cell>()
    return {
      add: memory.add,
      get: () => {
        const count = new Set(memory.values).size
        return share ? (memory.values.length === 0 ? null : count / memory.values.length) : count
      }
    }
  })

/** All numbers of a column, and what is made of them at the end. */
const ofNumbers = (
  name: string,
  end: (values: ReadonlyArray<number>) => Observation
): ReturnType<RuleMaker> => {
  const memory = remember<number>()
  return {
    take: eachPresent(name, (value) => memory.add(numberOf(value))),
    end: () => end(memory.values)
  }
}

export const zScores: RuleMaker = (kwargs, columns) => {
  const name = column(kwargs, columns)
  const { double_sided = true, threshold } = kwargs
  if (typeof threshold !== "number") throw new CannotRun("threshold must be a number")
  return ofNumbers(name, (values) => {
    const [middle, spread] = [mean(values) ?? 0, deviation(values) ?? 0]
    const rule = eachRow(
      kwargs,
      ({ value }) => {
        const z = spread === 0 ? 0 : (Number(value) - middle) / spread
        return (double_sided ? Math.abs(z) : z) < threshold
      },
      ({ value }) => value
    )
    for (const value of values) rule.take({ value })
    return rule.end()
  })
}

export const quantiles: RuleMaker = (kwargs, columns) => {
  const name = column(kwargs, columns)
  const ranges = kwargs.quantile_ranges
  if (typeof ranges !== "object" || ranges === null) throw new CannotRun("quantile_ranges must be an object")
  const [qs, wanted] = [list({ ...ranges }, "quantiles"), list({ ...ranges }, "value_ranges")]
  return ofNumbers(name, (numbers) => {
    const all = sorted(numbers)
    const values = qs.map((q) => quantile(all, Number(q)))
    const fits = values.map((value, i) => {
      const range = wanted[i]
      const [min_value, max_value] = Array.isArray(range) ? range : []
      return value !== null && bounds({ min_value, max_value })(value)
    })
    return of(fits.every(Boolean), { quantiles: qs, values })
  })
}
