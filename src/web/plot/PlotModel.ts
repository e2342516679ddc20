/**
 * What a plot shows, worked out before it is drawn: points, gaps, marks, and what they come to.
 *
 * Invariants:
 * 1. Points rise in time. No line is drawn over a gap: where more than GAP_STEPS steps lie between two points.
 * 2. Series of one panel share a unit and a kind, and so an axis.
 */
import type { Micros } from "../../domain/Time.js"
import type { TimeZone } from "../../domain/TimeZone.js"
import { offsetsWithin } from "../core/PageZone.js"

/** A reading, or what the readings of an interval come to: then `at` is its start and `value` the mean. */
export interface PlotPoint {
  readonly at: Micros
  readonly value: number
  readonly min: number
  readonly max: number
  /** How many readings it stands for. */
  readonly count: number
}

export interface PlotMark {
  readonly at: Micros
  readonly value: number
  /** Corrected by somebody; or failing a check of the quality of data. */
  readonly kind: "corrected" | "suspect"
  readonly why: string
  /** Of a suspect value: each check that it fails, and where all that fail it are listed. */
  readonly checks?: ReadonlyArray<{ readonly check: string; readonly reason: string; readonly href: string }>
}

/** Where readings are missing by the sensor's interval, at the window's edges too; or why nobody knows. A derived sensor has
 * minutes of its own alone. */
export type PlotGaps =
  | { readonly gaps: number; readonly longest: number }
  | "not counted"
  | "interval not known"
  | "derived"

export interface PlotSensor {
  readonly id: number
  readonly label: string
  readonly unit: string | null
  readonly type: string | null
}

export interface PlotSeries {
  readonly sensor: PlotSensor
  readonly points: ReadonlyArray<PlotPoint>
  readonly marks: ReadonlyArray<PlotMark>
  /** Time between two points, µs; null: not known, and then the line has no breaks. */
  readonly step: number | null
  /** Of the readings, whatever the points stand for. */
  readonly gaps: PlotGaps
  /** The times of the first reading and the last; null: there are none. */
  readonly span: { readonly first: Micros; readonly last: Micros } | null
}

/** A spell of time that somebody said something of. */
export interface PlotSpell {
  readonly start: Micros
  /** Null: it goes on. */
  readonly end: Micros | null
  readonly kind: string
  readonly text: string
  /** Numbers of its sensors; none: all. */
  readonly sensors: ReadonlyArray<number>
}

export interface PlotRange {
  readonly start: Micros
  readonly end: Micros
  /** Whose clocks its axis shows; absent: UTC. */
  readonly zone?: TimeZone | undefined
  /** What people said of it: their numbers, from 1 on, are those of the list. */
  readonly annotations?: ReadonlyArray<PlotSpell>
}

/** The annotations of a panel's sensors, with their numbers, and as far as they lie in the range. */
export const spellsOf = (panel: PlotPanel, { annotations = [], end, start }: PlotRange) =>
  annotations.flatMap((spell, index) =>
    spell.sensors.length === 0 || panel.series.some(({ sensor }) => spell.sensors.includes(sensor.id))
      ? [
          {
            ...spell,
            number: index + 1,
            from: Math.max(start, spell.start),
            to: Math.min(end, spell.end ?? end)
          }
        ]
      : []
  )

export interface PlotPanel {
  /** What is measured, and its unit. */
  readonly title: string
  readonly series: ReadonlyArray<PlotSeries>
}

/** More than so many steps between two points are a gap: jitter of half a step is none. */
export const GAP_STEPS = 1.5

export const isGap = (from: number, to: number, step: number | null): boolean =>
  step !== null && to - from > GAP_STEPS * step

/** The runs of points between gaps. */
export const runsOf = ({ points, step }: PlotSeries): ReadonlyArray<ReadonlyArray<PlotPoint>> => {
  const runs: Array<Array<PlotPoint>> = []
  for (const point of points) {
    const run = runs.at(-1)
    const last = run?.at(-1)
    if (run === undefined || last === undefined || isGap(last.at, point.at, step)) runs.push([point])
    else run.push(point)
  }
  return runs
}

/** Panels in the order in which their first series come. */
export const panelsOf = (series: ReadonlyArray<PlotSeries>): ReadonlyArray<PlotPanel> => {
  const panels = new Map<string, Array<PlotSeries>>()
  for (const one of series) {
    const { type, unit } = one.sensor
    const title = [type ?? "Value", ...(unit === null ? [] : [`in ${unit}`])].join(" ")
    const panel = panels.get(title)
    if (panel === undefined) panels.set(title, [one])
    else panel.push(one)
  }
  return [...panels].map(([title, list]) => ({ title, series: list }))
}

/** What is said of each point, by its time: a mark belongs to the last point that is not after it. */
export const marksByPoint = ({
  marks,
  points,
  step
}: PlotSeries): ReadonlyMap<Micros, ReadonlyArray<string>> => {
  const textsByTime = new Map<Micros, Array<string>>()
  for (const mark of [...marks].sort((a, b) => a.at - b.at)) {
    const point = points.findLast(({ at }) => at <= mark.at)
    if (point === undefined || (mark.at > point.at && mark.at - point.at >= (step ?? 0))) continue
    const texts = textsByTime.get(point.at)
    if (texts === undefined) textsByTime.set(point.at, [mark.why])
    else if (!texts.includes(mark.why)) texts.push(mark.why)
  }
  return textsByTime
}

export interface PlotFigures {
  readonly readings: number
  readonly min: number
  readonly max: number
  readonly mean: number
  readonly corrected: number
  readonly suspect: number
}

/** What a series comes to; null where it has no points. */
export const figuresOf = ({ marks, points }: PlotSeries): PlotFigures | null => {
  if (points.length === 0) return null
  const readings = points.reduce((sum, { count }) => sum + count, 0)
  return {
    readings,
    min: points.reduce((least, { min }) => Math.min(least, min), Number.POSITIVE_INFINITY),
    max: points.reduce((most, { max }) => Math.max(most, max), Number.NEGATIVE_INFINITY),
    mean: points.reduce((sum, { count, value }) => sum + (value * count) / readings, 0),
    corrected: marks.filter(({ kind }) => kind === "corrected").length,
    suspect: marks.filter(({ kind }) => kind === "suspect").length
  }
}

/** For the script that draws: seconds, how far clocks are ahead of UTC from when on, and a row of nulls in each gap. `<` needs no care: see `jsonScript`. */
export const plotJson = (panels: ReadonlyArray<PlotPanel>, range: PlotRange): string => {
  const { end, start, zone } = range
  const seconds = (at: number) => at / 1_000_000
  const ofSeries = (series: PlotSeries) => {
    const rows = runsOf(series).flatMap((run, index, runs) => {
      const next = runs[index + 1]?.[0]
      const last = run.at(-1)
      const lines: Array<readonly [number, number | null, number | null, number | null]> = run.map(
        ({ at, max, min, value }) => [seconds(at), value, min, max]
      )
      if (next !== undefined && last !== undefined)
        lines.push([seconds((last.at + next.at) / 2), null, null, null])
      return lines
    })
    return {
      id: series.sensor.id,
      label: series.sensor.label,
      rows,
      marks: series.marks.map(({ at, kind, value }) => [seconds(at), value, kind])
    }
  }
  return JSON.stringify({
    start: seconds(start),
    end: seconds(end),
    offsets: offsetsWithin(zone, start, end).map(({ from, offset }) => [seconds(from), seconds(offset)]),
    panels: panels.map((panel) => ({
      title: panel.title,
      series: panel.series.map(ofSeries),
      spells: spellsOf(panel, range).map(({ from, kind, number, text, to }) => ({
        from: seconds(from),
        to: seconds(to),
        kind,
        label: String(number),
        text
      }))
    }))
  })
}
