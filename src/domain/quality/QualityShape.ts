/**
 * The shape of a sensor's signal: its steps, spikes and flat runs. Counted in parts that merge: the parts' edges
 * are kept, so that a step, a spike or a run that crosses from one part to the next is found.
 *
 * Invariant: for any split of a series, merging the shapes of its parts gives the shape of the whole (sums of
 * steps to the rounding of a double).
 */

import { MICROS_PER_MILLI, type Micros } from "../Time.js"
import { FLAT_RUN_MIN, JITTER, SPIKE_STEPS } from "./QualityChecks.js"

/** One value of the series; a device time that has several values is in it once. */
export interface Point {
  readonly at: Micros
  readonly value: number
}

export interface Shape {
  readonly points: number
  /** Steps between neighbours with no reading missed between them. */
  readonly steps: number
  /** Those that are not 0, and the sum of their sizes. */
  readonly changes: number
  readonly changeSum: number
  readonly stepMax: number
  /** The height of the highest spike. */
  readonly spikeMax: number
  /** Lengths of the runs of equal values at either end (all of it is one run: both are `points`). */
  readonly headRun: number
  readonly tailRun: number
  /** The other runs of at least FLAT_RUN_MIN: of values other than 0, and of 0. */
  readonly runs: ReadonlyArray<number>
  /** Absent where an earlier version counted: there they are among `runs`. */
  readonly zeroRuns?: ReadonlyArray<number>
  /** The first two points and the last two, in the order of time. */
  readonly head: ReadonlyArray<Point>
  readonly tail: ReadonlyArray<Point>
}

export const NO_SHAPE: Shape = {
  points: 0,
  steps: 0,
  changes: 0,
  changeSum: 0,
  stepMax: 0,
  spikeMax: 0,
  headRun: 0,
  tailRun: 0,
  runs: [],
  zeroRuns: [],
  head: [],
  tail: []
}

/** Beyond this a square is beyond a double: such values are in range or not, but have no shape. */
const FIT = 1e140
export const fits = (value: number): boolean => Math.abs(value) <= FIT

/** How many readings would have fitted between two that are `gap` µs apart, with half an interval to spare. */
export const missedSlots = (gap: number, intervalMs: number | null): number =>
  intervalMs === null ? 0 : Math.max(0, Math.floor(gap / (intervalMs * MICROS_PER_MILLI) - JITTER))

/** The size of a step; null where readings are missing between the two, so that it says nothing. */
export const stepBetween = (a: Point, b: Point, intervalMs: number | null): number | null =>
  missedSlots(b.at - a.at, intervalMs) > 0 ? null : Math.abs(b.value - a.value)

/**
 * How far a value stands out from both its neighbours on the same side, less what these differ from each other:
 * 0 for one that lies between them, and for an edge.
 */
export const spikeHeight = (before: number, value: number, after: number): number => {
  const [rise, fall] = [value - before, value - after]
  if (rise === 0 || fall === 0 || rise > 0 !== fall > 0) return 0
  const [a, b] = [Math.abs(rise), Math.abs(fall)]
  return Math.max(0, 2 * Math.min(a, b) - Math.max(a, b))
}

const single = (point: Point): Shape => ({
  ...NO_SHAPE,
  points: 1,
  headRun: 1,
  tailRun: 1,
  head: [point],
  tail: [point]
})

/** The spikes at the seam of two parts: at the last point of the one, and at the first of the other. */
export const seamSpike = (a: Shape, b: Shape): number => {
  const [penult, last] = a.tail.length === 2 ? a.tail : [undefined, a.tail[0]]
  const [first, second] = b.head
  if (last === undefined || first === undefined) return 0
  return Math.max(
    penult === undefined ? 0 : spikeHeight(penult.value, last.value, first.value),
    second === undefined ? 0 : spikeHeight(last.value, first.value, second.value)
  )
}

/** The step at the seam of two parts; null where there is none. */
export const seamStep = (a: Shape, b: Shape, intervalMs: number | null): number | null => {
  const last = a.tail.at(-1)
  const first = b.head[0]
  return last === undefined || first === undefined ? null : stepBetween(last, first, intervalMs)
}

const long = (...runs: ReadonlyArray<number>) => runs.filter((run) => run >= FLAT_RUN_MIN)

type Runs = Pick<Shape, "headRun" | "tailRun" | "runs" | "zeroRuns">

const NO_RUNS: ReadonlyArray<number> = []

const mergeRuns = (a: Shape, b: Shape): Runs => {
  const [wholeA, wholeB] = [a.headRun === a.points, b.headRun === b.points]
  const [last, first] = [a.tail.at(-1)?.value, b.head[0]?.value]
  const joined = last === first ? a.tailRun + b.headRun : null
  const ended =
    joined === null
      ? [
          { value: last, run: wholeA ? 0 : a.tailRun },
          { value: first, run: wholeB ? 0 : b.headRun }
        ]
      : [{ value: last, run: wholeA || wholeB ? 0 : joined }]
  const joinedRuns = (before: ReadonlyArray<number>, after: ReadonlyArray<number>, zero: boolean) => {
    const more = long(...ended.filter(({ value }) => (value === 0) === zero).map(({ run }) => run))
    return before.length + after.length + more.length === 0 ? NO_RUNS : [...before, ...after, ...more]
  }
  return {
    headRun: wholeA && joined !== null ? joined : a.headRun,
    tailRun: wholeB && joined !== null ? joined : b.tailRun,
    runs: joinedRuns(a.runs, b.runs, false),
    zeroRuns: joinedRuns(a.zeroRuns ?? NO_RUNS, b.zeroRuns ?? NO_RUNS, true)
  }
}

/** Two parts of one series, the earlier first. */
export const mergeShapes = (a: Shape, b: Shape, intervalMs: number | null): Shape => {
  if (a.points === 0) return b
  if (b.points === 0) return a
  const step = seamStep(a, b, intervalMs)
  const changed = step !== null && step > 0
  return {
    points: a.points + b.points,
    steps: a.steps + b.steps + (step === null ? 0 : 1),
    changes: a.changes + b.changes + (changed ? 1 : 0),
    changeSum: a.changeSum + b.changeSum + (changed ? step : 0),
    stepMax: Math.max(a.stepMax, b.stepMax, step ?? 0),
    spikeMax: Math.max(a.spikeMax, b.spikeMax, seamSpike(a, b)),
    ...mergeRuns(a, b),
    head: a.head.length === 2 ? a.head : [...a.head, ...b.head].slice(0, 2),
    tail: b.tail.length === 2 ? b.tail : [...a.tail, ...b.tail].slice(-2)
  }
}

/** The shape of a series in the order of time: what merging its points one by one gives, without the copies. */
export const shapeOf = (points: ReadonlyArray<Point>, intervalMs: number | null): Shape => {
  const [first] = points
  if (first === undefined) return NO_SHAPE
  if (points.length === 1) return single(first)
  let [steps, changes, changeSum, stepMax, spikeMax, run, headRun] = [0, 0, 0, 0, 0, 1, 0]
  const runs: Array<number> = []
  const zeroRuns: Array<number> = []
  for (let i = 1; i < points.length; i++) {
    const [before, here, after] = [points[i - 1], points[i], points[i + 1]]
    if (before === undefined || here === undefined) break
    const step = stepBetween(before, here, intervalMs)
    if (step !== null) {
      steps += 1
      if (step > 0) {
        changes += 1
        changeSum += step
        if (step > stepMax) stepMax = step
      }
    }
    if (after !== undefined) spikeMax = Math.max(spikeMax, spikeHeight(before.value, here.value, after.value))
    if (here.value === before.value) run += 1
    else {
      if (headRun === 0) headRun = run
      else if (run >= FLAT_RUN_MIN) (before.value === 0 ? zeroRuns : runs).push(run)
      run = 1
    }
  }
  return {
    points: points.length,
    steps,
    changes,
    changeSum,
    stepMax,
    spikeMax,
    headRun: headRun === 0 ? run : headRun,
    tailRun: run,
    runs,
    zeroRuns,
    head: points.slice(0, 2),
    tail: points.slice(-2)
  }
}

/**
 * The largest step, and the highest spike, that is usual for this signal: so many times the mean of the steps that
 * it takes when it changes at all. Null where it never changed.
 */
export const usualStep = ({ changeSum, changes }: Shape): number | null =>
  changes === 0 ? null : (SPIKE_STEPS * changeSum) / changes

/** The runs of a whole window that are at least FLAT_RUN_MIN long, of 0 or of other values. */
const runsOf = ({ head, headRun, points, runs, tail, tailRun, zeroRuns = [] }: Shape, zero: boolean) => {
  const edges = [
    { value: head[0]?.value, run: headRun },
    { value: tail.at(-1)?.value, run: headRun === points ? 0 : tailRun }
  ]
  const atEdges = edges.filter(({ value }) => (value === 0) === zero).map(({ run }) => run)
  return [...long(...atEdges), ...(zero ? zeroRuns : runs)]
}

/** Those that may be a flat line: a sensor that rests at 0 may show 0 for as long as it likes. */
export const longRuns = (shape: Shape, rests: boolean): ReadonlyArray<number> =>
  rests ? runsOf(shape, false) : [...runsOf(shape, false), ...runsOf(shape, true)]

const total = (runs: ReadonlyArray<number>): number => runs.reduce((sum, run) => sum + run, 0)

/** The longest run of zeros. */
export const zeroRunMax = (shape: Shape): number => Math.max(0, ...runsOf(shape, true))

/**
 * From what length a run of equal values is a stuck sensor: FLAT_RUN_MIN times the mean length of its runs, the
 * longest left out, so that a coarse or slow signal (a switch, a thermometer of whole degrees) is judged by its own
 * habit. Long rests at 0 are no part of that. Null: it never changed, so it has none.
 */
export const flatFrom = (shape: Shape, rests: boolean): number | null => {
  if (shape.headRun === shape.points) return null
  const longest = Math.max(0, ...longRuns(shape, rests))
  const judged = shape.points - longest - (rests ? total(runsOf(shape, true)) : 0)
  return shape.changes === 0 ? null : FLAT_RUN_MIN * Math.max(1, judged / shape.changes)
}

/** How many readings stand in runs of at least `flat`. */
export const flatReadings = (shape: Shape, flat: number | null, rests: boolean): number =>
  flat === null ? 0 : total(longRuns(shape, rests).filter((run) => run >= flat))
