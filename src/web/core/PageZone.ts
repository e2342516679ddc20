/**
 * The clocks that a page is read by. Pages are written in UTC; `inZone` puts the local times of a zone into one that
 * is written. What others said is escaped there, so that only our own elements are taken for times.
 */
import * as Either from "effect/Either"
import type { ZoneChoice } from "../../api/core/PageProblem.js"
import { MICROS_PER_HOUR, MICROS_PER_MINUTE, parseTime } from "../../domain/Time.js"
import { localTime, type TimeZone, UTC } from "../../domain/TimeZone.js"
import { escapeHtml, type Html, html } from "./Html.js"

/** The name of the zone, where a page says which clocks its times are of. */
export const ZONE_NAME = html`<span data-zone>UTC</span>`

/** Where the choice of a zone comes. */
export const ZONE_CHOICE = html`<form class="zone" hidden></form>`

const offsetText = (offset: number): string => {
  const two = (n: number) => String(Math.floor(n)).padStart(2, "0")
  const size = Math.abs(offset)
  return `${offset < 0 ? "-" : "+"}${two(size / MICROS_PER_HOUR)}:${two((size % MICROS_PER_HOUR) / MICROS_PER_MINUTE)}`
}

/** 2026-11-22 10:00:00; in an hour that comes twice, with the offset that tells which one it is. */
export const localText = (time: number, zone: TimeZone = UTC): string => {
  const { offset } = zone.spellAt(time)
  const text = localTime(time, zone).replace("T", " ")
  return Either.isLeft(zone.toUtc(time + offset, undefined)) ? `${text} ${offsetText(offset)}` : text
}

/** From when on clocks are ahead of UTC by how much, within a range; both in µs. */
export const offsetsWithin = (
  zone: TimeZone | undefined,
  start: number,
  end: number
): ReadonlyArray<{ readonly from: number; readonly to: number; readonly offset: number }> => {
  const spells: Array<{ from: number; to: number; offset: number }> = []
  for (let from = start; from <= end; ) {
    const { offset, to } = (zone ?? UTC).spellAt(from)
    const last = spells.at(-1)
    if (last?.offset === offset) last.to = to
    else spells.push({ from, to, offset })
    from = to
  }
  return spells
}

const choiceForm = ({ configured, parameters, zone }: ZoneChoice): Html => {
  const name = zone?.name ?? "UTC"
  const option = (one: string) =>
    html`<option value="${one}"${one === name && html` selected`}>${one}</option>`
  return html`<form class="zone" method="get" data-zones>${parameters.map(
    ([key, value]) => html`<input type="hidden" name="${key}" value="${value}">`
  )}<select name="tz" aria-label="Time zone of the times">${[...new Set(["UTC", configured, name])].map(option)}</select><noscript><button type="submit">Set</button></noscript></form>`
}

const TIMES = /<time datetime="([^"]+T[^"]+)">([^<]*)<\/time>/g

/** The page with its times on the clocks of the zone, which it names, and the choice of another one. */
export const inZone = (page: string, choice: ZoneChoice): string => {
  const { zone } = choice
  const form = choiceForm(choice).text
  const withChoice = page.replace(ZONE_CHOICE.text, () => form)
  if (zone === undefined) return withChoice
  const name = `<span data-zone>${escapeHtml(zone.name)}</span>`
  return withChoice
    .replaceAll(ZONE_NAME.text, () => name)
    .replace(TIMES, (whole, utc: string, text: string) => {
      const time = parseTime(utc)
      if (Either.isLeft(time)) return whole
      const local = localText(time.right, zone)
      // A time that was written as its date stays a date.
      return `<time datetime="${utc}">${text.length === 10 ? local.slice(0, 10) : local}</time>`
    })
}
