/** What people said of a sensor, on its page: how its readings are put right, and where it belongs. */
import type { Calibration, CalibrationSegment } from "../../domain/shaping/Calibration.js"
import type { Tags } from "../../domain/shaping/Tags.js"
import type { Micros } from "../../domain/Time.js"
import { unitSymbol } from "../../domain/Unit.js"
import { type Html, html } from "../core/Html.js"
import { scrolling, timeOf } from "../core/Layout.js"
import { ZONE_NAME } from "../core/PageZone.js"
import { foreign } from "../core/Terms.js"

export interface CalibrationView extends Calibration {
  readonly version: number
  readonly at: Micros
  readonly by: string | null
  readonly reason: string | null
}

const POWERS = "⁰¹²³⁴⁵⁶⁷⁸⁹"

/** Of the value x as it was measured: "0.5 + 1.02 × x". What is zero is left out. */
export const formulaText = ({ offset, polynomial, scale }: CalibrationSegment): string => {
  const terms = (polynomial ?? [offset ?? 0, scale ?? 1]).flatMap((coefficient, power) => {
    if (coefficient === 0) return []
    const x = power === 0 ? "" : power === 1 ? "x" : `x${POWERS[power] ?? ""}`
    const size = Math.abs(coefficient)
    const text = x === "" ? String(size) : size === 1 ? x : `${size} × ${x}`
    return [{ sign: coefficient < 0 ? "−" : "+", text }]
  })
  const [first, ...others] = terms
  if (first === undefined) return "0"
  return [
    `${first.sign === "−" ? "−" : ""}${first.text}`,
    ...others.map(({ sign, text }) => `${sign} ${text}`)
  ].join(" ")
}

/** Nothing where nothing is calibrated: one that was taken back has no formulas. */
export const calibrationSection = (id: number, calibration: CalibrationView | null): Html | false => {
  if (calibration === null || calibration.segments.length === 0) return false
  const { at, by, reason, segments, unit, version } = calibration
  return html`<section id="calibration"><h2>Calibration</h2>
${scrolling(
  "Calibration",
  html`<table class="plain"><thead><tr><th scope="col">From, ${ZONE_NAME}</th><th scope="col">Value, of x as it was measured</th></tr></thead><tbody>${segments.map(
    (segment) =>
      html`<tr><td>${segment.from === null ? "the first reading" : timeOf(segment.from)}</td><td><code>${formulaText(segment)}</code>${unit !== null && html` ${foreign(unitSymbol(unit))}`}</td></tr>`
  )}</tbody></table>`
)}
<p>Version ${version}, ${timeOf(at)}${by !== null && html`, by ${foreign(by)}`}${reason !== null && html`: ${foreign(reason)}`}. <a href="/sensors/${id}/calibration/history">All versions</a></p>
<p class="quiet">Values on this page are as measured. <a href="/aggregated_data/${id}?calibrated=true">Calibrated ones, as JSON</a></p></section>`
}

export const tagList = (tags: Tags["tags"]): Html | false => {
  const list = Object.entries(tags)
  return (
    list.length > 0 &&
    html`<div><dt>Tags</dt><dd>${list.map(
      ([key, value]) => html`<span class="tag">${foreign(`${key}=${value}`)}</span> `
    )}</dd></div>`
  )
}
