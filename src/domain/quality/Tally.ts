/** What was found right, of what was looked at: of a check, and of a dimension, which sums its checks. */
import { CHECKS, type CheckName, type Dataset, type Dimension } from "./QualityChecks.js"

/** What was found right, of what was looked at. */
export interface Tally {
  readonly numerator: number
  readonly denominator: number
}
export type Tallies = Readonly<Record<CheckName, Tally>>

export const NOTHING: Tally = { numerator: 0, denominator: 0 }
export const noTallies: Tallies = Object.fromEntries(CHECKS.map(({ name }) => [name, NOTHING])) as Tallies

export const addTally = (a: Tally, b: Tally): Tally => ({
  numerator: a.numerator + b.numerator,
  denominator: a.denominator + b.denominator
})
export const addTallies = (a: Tallies, b: Tallies): Tallies =>
  Object.fromEntries(CHECKS.map(({ name }) => [name, addTally(a[name], b[name])])) as Tallies

/** 0 to 100, or null where nothing was looked at. 100 only when all of it is right. */
export const score = ({ denominator, numerator }: Tally): number | null =>
  denominator === 0 ? null : numerator === denominator ? 100 : Math.min((100 * numerator) / denominator, 100)

export const dimensionTally = (tallies: Tallies, dataset: Dataset, dimension: Dimension): Tally =>
  CHECKS.filter((check) => check.dataset === dataset && check.dimension === dimension)
    .map((check) => tallies[check.name])
    .reduce(addTally, NOTHING)
