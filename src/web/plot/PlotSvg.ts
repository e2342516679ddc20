/** A panel of a plot drawn on the server: what is seen without scripts, and before they run. */
import { valueText } from "../core/Figures.js"
import { type Html, html } from "../core/Html.js"
import {
  isGap,
  type PlotPanel,
  type PlotPoint,
  type PlotRange,
  type PlotSeries,
  runsOf,
  spellsOf
} from "./PlotModel.js"
import { scaleOf, ticksOf, timeTicks } from "./Scale.js"

const WIDTH = 960
const HEIGHT = 280
const LEFT = 64
/** Half of a date in full, at the end of the axis. */
const RIGHT = 40
const TOP = 12
const BOTTOM = 30
/** Series of different colours; more begin again. */
export const COLOURS = 6

type At = (value: number) => number

const fixed = (n: number): string => n.toFixed(1)

const line = (run: ReadonlyArray<PlotPoint>, x: At, y: At): string =>
  run.map(({ at, value }, index) => `${index === 0 ? "M" : "L"}${fixed(x(at))} ${fixed(y(value))}`).join("")

const band = (run: ReadonlyArray<PlotPoint>, x: At, y: At): string =>
  `${run.map(({ at, max }, index) => `${index === 0 ? "M" : "L"}${fixed(x(at))} ${fixed(y(max))}`).join("")}${[
    ...run
  ]
    .reverse()
    .map(({ at, min }) => `L${fixed(x(at))} ${fixed(y(min))}`)
    .join("")}Z`

const hasBand = (points: ReadonlyArray<PlotPoint>) => points.some(({ max, min }) => max > min)

const seriesMarkup = (series: PlotSeries, index: number, x: At, y: At): Html => {
  const runs = runsOf(series)
  const alone = runs.filter((run) => run.length === 1).flat()
  const lines = runs.filter((run) => run.length > 1)
  return html`<g class="s${index % COLOURS}">${
    hasBand(series.points) && html`<path class="band" d="${lines.map((run) => band(run, x, y)).join("")}"/>`
  }<path class="line" d="${lines.map((run) => line(run, x, y)).join("")}"/>${alone.map(
    ({ at, value }) => html`<circle class="dot" cx="${fixed(x(at))}" cy="${fixed(y(value))}" r="2"/>`
  )}</g>`
}

// Told apart by shape too: a circle, and a triangle.
const marks = (series: PlotSeries, x: At, y: At): ReadonlyArray<Html> =>
  series.marks.map(({ at, kind, value, why }) => {
    const [cx, cy] = [x(at), y(value)]
    return kind === "corrected"
      ? html`<circle class="corrected" cx="${fixed(cx)}" cy="${fixed(cy)}" r="5"><title>${why}</title></circle>`
      : html`<path class="suspect" d="M${fixed(cx)} ${fixed(cy - 6)}l6 10h-12Z"><title>${why}</title></path>`
  })

/** What people said of a spell: a band over it, or a line at a moment, with its number in the list. */
const spells = (panel: PlotPanel, range: PlotRange, x: At): ReadonlyArray<Html> =>
  spellsOf(panel, range).map(({ from, kind, number, text, to }) => {
    const left = x(from)
    return html`<g class="spell spell-${kind}"><title>${number}: ${kind}: ${text}</title><rect x="${fixed(left)}" y="${TOP}" width="${fixed(Math.max(1, x(to) - left))}" height="${HEIGHT - TOP - BOTTOM}"/><path d="M${fixed(left)} ${TOP}V${HEIGHT - BOTTOM}"/><text x="${fixed(left + 4)}" y="${TOP + 11}">${number}</text></g>`
  })

/** The panel as an image; `label` says what is to be seen. */
export const panelSvg = (panel: PlotPanel, range: PlotRange, label: string): Html => {
  const { end, start } = range
  const points = panel.series.flatMap((series) => series.points)
  const values = panel.series.flatMap((series) => series.marks.map(({ value }) => value))
  const { high, low } = scaleOf(
    [...points.map(({ min }) => min), ...values].reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY),
    [...points.map(({ max }) => max), ...values].reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY)
  )
  const x: At = (at) => LEFT + ((at - start) / Math.max(1, end - start)) * (WIDTH - LEFT - RIGHT)
  const y: At = (value) => TOP + ((high - value) / (high - low)) * (HEIGHT - TOP - BOTTOM)
  return html`<svg class="drawn" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${label}">
<g class="grid">${ticksOf({ low, high }, 5).map(
    (tick) =>
      html`<path d="M${LEFT} ${fixed(y(tick))}H${WIDTH - RIGHT}"/><text x="${LEFT - 8}" y="${fixed(y(tick) + 4)}" text-anchor="end">${valueText(tick)}</text>`
  )}${timeTicks(range, 8).map(
    ({ at, label: text }) =>
      html`<path d="M${fixed(x(at))} ${TOP}V${HEIGHT - BOTTOM}"/><text x="${fixed(x(at))}" y="${HEIGHT - 8}" text-anchor="middle">${text}</text>`
  )}</g>
${spells(panel, range, x)}
${panel.series.map((series, index) => seriesMarkup(series, index, x, y))}
${panel.series.map((series) => marks(series, x, y))}
</svg>`
}

/** The runs of points that lie no further apart than GAP_STEPS steps. */
const linesOf = (points: ReadonlyArray<Spark>, step: number | null): ReadonlyArray<ReadonlyArray<Spark>> => {
  const lines: Array<Array<Spark>> = []
  for (const point of points) {
    const line = lines.at(-1)
    const last = line?.at(-1)
    if (line === undefined || last === undefined || isGap(last[0], point[0], step)) lines.push([point])
    else line.push(point)
  }
  return lines
}

export type Spark = readonly [at: number, value: number]

/** A line the size of a word; nothing where there are no points. `step`: time between two points, where known. */
export const sparkline = (
  points: ReadonlyArray<Spark>,
  label: string,
  step: number | null = null
): Html | false => {
  if (points.length < 2) return false
  const [width, height, pad] = [120, 28, 3]
  const values = points.map(([, value]) => value)
  const { high, low } = scaleOf(Math.min(...values), Math.max(...values))
  const first = points[0]?.[0] ?? 0
  const span = Math.max(1, (points.at(-1)?.[0] ?? 1) - first)
  const x: At = (at) => pad + ((at - first) / span) * (width - 2 * pad)
  const y: At = (value) => pad + ((high - value) / (high - low)) * (height - 2 * pad)
  // A point alone is a line of no length, which round ends make a dot.
  const d = linesOf(points, step).map((line) =>
    line
      .map(([at, value], index) => `${index === 0 ? "M" : "L"}${fixed(x(at))} ${fixed(y(value))}`)
      .join("")
      .concat(line.length === 1 ? "h0" : "")
  )
  const [lastAt, lastValue] = points.at(-1) ?? [0, 0]
  return html`<svg class="spark" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${label}"><path d="${d.join("")}"/><circle cx="${fixed(x(lastAt))}" cy="${fixed(y(lastValue))}" r="2.2"/></svg>`
}

export interface Bar {
  /** What the bar stands for, in words. */
  readonly label: string
  readonly count: number
}

/** The words of the first and the last bar, below them. */
export const ends = (list: ReadonlyArray<Bar>): Html =>
  html`<p class="ends" aria-hidden="true"><span>${list[0]?.label ?? ""}</span><span>${list.at(-1)?.label ?? ""}</span></p>`

/** Bars side by side; the words of each are in its title, and `label` says it all. */
export const bars = (list: ReadonlyArray<Bar>, label: string, width = 160, height = 40): Html | false => {
  const most = list.reduce((max, { count }) => Math.max(max, count), 0)
  if (most === 0) return false
  const each = width / list.length
  return html`<svg class="bars" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${label}">${list.map(
    ({ count, label: words }, index) => {
      // What is there at all can be seen.
      const tall = count === 0 ? 0 : Math.max(1.5, (count / most) * (height - 2))
      return html`<rect x="${fixed(index * each + 0.5)}" y="${fixed(height - tall)}" width="${fixed(each - 1)}" height="${fixed(tall)}"><title>${words}: ${count}</title></rect>`
    }
  )}</svg>`
}
