/** Spells in which sensors are planned to be down: nobody is alerted for it, and nothing is expected of them. */
import type { SensorId } from "../Ids.js"
import { type Micros, micros } from "../Time.js"
import type { Annotation } from "./Annotation.js"
import type { CatalogueEvent } from "./CatalogueEdits.js"

/** Of the last events of annotations: it is an annotation of a kind of its own. */
export const downtimesIn = (events: ReadonlyArray<CatalogueEvent>): ReadonlyArray<Annotation> =>
  events.flatMap((event) =>
    (event.type === "AnnotationMade" || event.type === "AnnotationChanged") &&
    event.payload.kind === "downtime"
      ? [event.payload]
      : []
  )

const isOf = (downtime: Annotation, id: number) =>
  downtime.sensors.length === 0 || downtime.sensors.some((one) => one === id)

/** Whether it was planned that the sensor is down, at some time of a window that ends now. */
export const isPlanned = (
  downtimes: ReadonlyArray<Annotation>,
  id: SensorId,
  from: number,
  now: Micros
): boolean =>
  downtimes.some((one) => one.start <= now && (one.end === null || one.end > from) && isOf(one, id))

/** When the last planned downtime of it that is over has ended; 0: there was none. */
export const plannedUntil = (downtimes: ReadonlyArray<Annotation>, id: SensorId, now: Micros): Micros =>
  downtimes.reduce(
    (latest, one) =>
      one.end !== null && one.end <= now && one.end > latest && isOf(one, id) ? one.end : latest,
    micros(0)
  )

/** `end` is exclusive. */
interface Span {
  readonly start: Micros
  readonly end: Micros
}

/** What the planned downtimes of a sensor leave of a spell, in the order of time. */
export const outsideOf = (
  downtimes: ReadonlyArray<Annotation>,
  id: number,
  { end, start }: Span
): ReadonlyArray<Span> => {
  const own = downtimes
    .filter((one) => isOf(one, id) && one.start < end && (one.end === null || one.end > start))
    .sort((a, b) => a.start - b.start)
  const parts: Array<Span> = []
  let from: number = start
  for (const one of own) {
    // One that is a moment takes nothing away.
    if (one.end === one.start) continue
    if (one.start > from) parts.push({ start: micros(from), end: one.start })
    from = Math.max(from, one.end ?? end)
  }
  if (from < end) parts.push({ start: micros(from), end })
  return parts
}
