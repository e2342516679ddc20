/** How long the steps between readings are, and the delays until they are stored: in words, as bars and as a table. */
import { whole } from "../core/Figures.js"
import { type Html, html } from "../core/Html.js"
import { scrolling } from "../core/Layout.js"
import { duration } from "../core/Terms.js"
import { type Bar, bars, ends } from "../plot/PlotSvg.js"

const BINS = 20
/** Fewer spans than this have no shape to show. */
const SPANS_MIN = 10

/** How often a step of each length was seen, in bins of equal width up to the 99th percentile; then all above. */
export const histogram = (spans: ReadonlyArray<number>): ReadonlyArray<Bar> => {
  if (spans.length === 0) return []
  const sorted = [...spans].sort((a, b) => a - b)
  const low = sorted[0] ?? 0
  const high = sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * 0.99))] ?? low
  const width = Math.max(1, (high - low) / BINS)
  const counts = new Array<number>(BINS + 1).fill(0)
  for (const span of sorted) {
    const bin = span > high ? BINS : Math.min(BINS - 1, Math.floor((span - low) / width))
    counts[bin] = (counts[bin] ?? 0) + 1
  }
  return counts.map((count, bin) => ({
    label:
      bin === BINS
        ? `over ${duration(high)}`
        : `${duration(low + bin * width)} to ${duration(low + (bin + 1) * width)}`,
    count
  }))
}

const middle = (spans: ReadonlyArray<number>, share: number): number =>
  [...spans].sort((a, b) => a - b)[Math.min(spans.length - 1, Math.floor(spans.length * share))] ?? 0

/** `what`: what the spans are, of which there are many. */
export const spread = (title: string, spans: ReadonlyArray<number>, what: string): Html => {
  if (spans.length < SPANS_MIN)
    return html`<section><h2>${title}</h2><p class="empty">Too few readings to tell.</p></section>`
  const list = histogram(spans)
  const words = `${whole(spans.length)} ${what}: half of them up to ${duration(middle(spans, 0.5))}, 99 of 100 up to ${duration(middle(spans, 0.99))}, the longest ${duration(Math.max(...spans))}`
  return html`<section><h2>${title}</h2><figure class="histogram"><figcaption>${words}.</figcaption>${bars(list, words, 640, 120)}${ends(list)}</figure>
<details><summary>Show as a table</summary>${scrolling(
    title,
    html`<table><thead><tr><th scope="col">Length</th><th scope="col" class="number">How often</th></tr></thead><tbody>${list.map(
      ({ count, label }) => html`<tr><td>${label}</td><td class="number">${whole(count)}</td></tr>`
    )}</tbody></table>`
  )}</details></section>`
}
