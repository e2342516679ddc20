/** A panel of `/explore` drawn by uPlot, from the numbers that the server put into the page. */
import uPlot from "uplot"
import "uplot/dist/uPlot.min.css"

export interface SeriesData {
  readonly id: number
  readonly label: string
  /** Seconds, mean, least, greatest; nulls within a gap. */
  readonly rows: ReadonlyArray<readonly [number, number | null, number | null, number | null]>
  readonly marks: ReadonlyArray<readonly [number, number, "corrected" | "suspect"]>
}

/** What people said of a spell of time, in seconds. */
interface SpellData {
  readonly from: number
  readonly to: number
  readonly kind: string
  readonly label: string
  readonly text: string
}

interface PanelData {
  readonly title: string
  readonly series: ReadonlyArray<SeriesData>
  readonly spells: ReadonlyArray<SpellData>
}

export interface PlotData {
  readonly start: number
  readonly end: number
  /** From when on the clocks of the page are ahead of UTC by how much. */
  readonly offsets: ReadonlyArray<readonly [from: number, offset: number]>
  readonly panels: ReadonlyArray<PanelData>
}

export const HEIGHT = 300
const COLOURS = 6
/** A selection narrower than this many pixels is a slip of the hand. */
const SELECTED_MIN = 6

/** A colour of the style sheet, as it is now: custom properties alone would not be resolved. */
const colourOf = (className: string): string => {
  const probe = document.createElement("span")
  probe.className = className
  probe.hidden = true
  document.body.append(probe)
  const { color } = getComputedStyle(probe)
  probe.remove()
  return color
}

const faint = (colour: string): string => colour.replace(/^rgb\((.*)\)$/, "rgba($1, 0.16)")

/** Three of each: greatest, least, mean. */
const dataOf = (series: ReadonlyArray<SeriesData>): uPlot.AlignedData => {
  const tables = series.map(
    ({ rows }): uPlot.AlignedData => [
      rows.map(([at]) => at),
      rows.map((row) => row[3]),
      rows.map((row) => row[2]),
      rows.map((row) => row[1])
    ]
  )
  // Nulls are gaps, as wide as they are; times that a series does not have are none. (The first is for the times.)
  return uPlot.join(
    tables,
    tables.map(() => [2, 2, 2, 2])
  )
}

const seriesOf = (series: ReadonlyArray<SeriesData>): Array<uPlot.Series> =>
  series.flatMap(({ label }, index): Array<uPlot.Series> => {
    const hidden = { stroke: "transparent", width: 0, points: { show: false } }
    const stroke = colourOf(`s${index % COLOURS}`)
    return [hidden, hidden, { label, stroke, width: 1.5, points: { space: 12, size: 4 } }]
  })

/** Told apart by shape too, as in the server's drawing: a circle, and a triangle. */
const drawMarks = ({ ctx, valToPos }: uPlot, series: ReadonlyArray<SeriesData>) => {
  const unit = devicePixelRatio
  const colours = { corrected: colourOf("sign corrected"), suspect: colourOf("sign suspect") }
  ctx.save()
  ctx.lineWidth = 2 * unit
  for (const [at, value, kind] of series.flatMap(({ marks }) => marks)) {
    const [x, y] = [valToPos(at, "x", true), valToPos(value, "y", true)]
    ctx.strokeStyle = colours[kind]
    ctx.beginPath()
    if (kind === "corrected") ctx.arc(x, y, 5 * unit, 0, 2 * Math.PI)
    else {
      ctx.moveTo(x, y - 6 * unit)
      ctx.lineTo(x + 6 * unit, y + 4 * unit)
      ctx.lineTo(x - 6 * unit, y + 4 * unit)
      ctx.closePath()
    }
    ctx.stroke()
  }
  ctx.restore()
}

/** Behind the curves, as in the server's drawing: a band, its start as a line, and its number in the list. */
const drawSpells = ({ bbox, ctx, valToPos }: uPlot, list: ReadonlyArray<SpellData>) => {
  const unit = devicePixelRatio
  ctx.save()
  ctx.font = `${12 * unit}px sans-serif`
  ctx.lineWidth = 2 * unit
  for (const { from, kind, label, to } of list) {
    const [left, right] = [valToPos(from, "x", true), valToPos(to, "x", true)]
    const colour = colourOf(`spell spell-${kind}`)
    ctx.fillStyle = faint(colour)
    ctx.fillRect(left, bbox.top, Math.max(unit, right - left), bbox.height)
    ctx.strokeStyle = colour
    ctx.beginPath()
    ctx.moveTo(left, bbox.top)
    ctx.lineTo(left, bbox.top + bbox.height)
    ctx.stroke()
    ctx.fillStyle = colour
    ctx.fillText(label, left + 4 * unit, bbox.top + 12 * unit)
  }
  ctx.restore()
}

const axis = (): uPlot.Axis => ({
  stroke: colourOf("quiet"),
  grid: { stroke: colourOf("gridline"), width: 1 },
  ticks: { stroke: colourOf("gridline"), width: 1 }
})

/** The local time, held as if it were UTC, in seconds. */
const localOf = ({ offsets }: PlotData, at: number): number =>
  at + (offsets.filter(([from]) => from <= at).at(-1) ?? offsets[0] ?? [0, 0])[1]

/** What lies under the cursor, in words. */
const readOut = (canvas: HTMLElement, plot: uPlot, data: PlotData, { series, spells }: PanelData) => {
  const line = canvas.parentElement?.querySelector<HTMLElement>("[data-readout]")
  const at = plot.cursor.idx
  if (line == null) return
  const time = at == null ? undefined : plot.data[0][at]
  if (at == null || time === undefined) {
    line.textContent = ""
    return
  }
  const values = series.flatMap(({ label }, nth) => {
    const value = plot.data[nth * 3 + 3]?.[at]
    return value == null ? [] : [`${label}: ${Number(value.toPrecision(6))}`]
  })
  line.textContent = [
    new Date(localOf(data, time) * 1_000).toISOString().slice(0, 19).replace("T", " "),
    ...values,
    ...spells
      .filter(({ from, to }) => from <= time && time <= to)
      .map(({ kind, label, text }) => `${label}: ${kind}: ${text}`)
  ].join(" · ")
}

const numbers = (_: uPlot, splits: ReadonlyArray<number>) =>
  splits.map((n) => String(Number(n.toPrecision(8))))

const DAY_SECONDS = 86_400

/** Times of day within days, dates beyond: as the server's drawing has them. */
const times =
  (data: PlotData) => (_: uPlot, splits: ReadonlyArray<number>, __: number, ___: number, step: number) =>
    splits.map((at) => {
      const local = localOf(data, at)
      const text = new Date(local * 1_000).toISOString()
      if (step >= DAY_SECONDS || local % DAY_SECONDS === 0) return text.slice(0, 10)
      if (step >= 60) return text.slice(11, 16)
      return step >= 1 ? text.slice(11, 19) : text.slice(17, 23)
    })

/** Draws a panel; `onSelect` is told of what was dragged over, in seconds. */
export const draw = (
  target: HTMLElement,
  data: PlotData,
  index: number,
  onSelect: (start: number, end: number) => void
): uPlot | undefined => {
  const panel = data.panels[index]
  if (panel === undefined) return undefined
  const bands = panel.series.map(
    (_, nth): uPlot.Band => ({
      series: [nth * 3 + 1, nth * 3 + 2],
      fill: faint(colourOf(`s${nth % COLOURS}`))
    })
  )
  const options: uPlot.Options = {
    width: target.clientWidth,
    height: HEIGHT,
    tzDate: (at) => uPlot.tzDate(new Date(localOf(data, at) * 1_000), "Etc/UTC"),
    legend: { show: false },
    // A date in full at the end of the axis needs half its width.
    padding: [null, 44, null, null],
    cursor: {
      sync: { key: "explore" },
      drag: { x: true, y: false, setScale: false },
      bind: { dblclick: () => null }
    },
    scales: { x: { min: data.start, max: data.end, range: () => [data.start, data.end] } },
    axes: [
      { ...axis(), values: times(data), space: 80, size: 36 },
      { ...axis(), values: numbers, size: 72 }
    ],
    series: [{}, ...seriesOf(panel.series)],
    bands,
    hooks: {
      drawClear: [(plot) => drawSpells(plot, panel.spells)],
      draw: [(plot) => drawMarks(plot, panel.series)],
      setCursor: [(plot) => readOut(target, plot, data, panel)],
      setSelect: [
        (plot) => {
          const { left, width } = plot.select
          if (width < SELECTED_MIN) return
          onSelect(plot.posToVal(left, "x"), plot.posToVal(left + width, "x"))
        }
      ]
    }
  }
  return new uPlot(options, dataOf(panel.series), target)
}
