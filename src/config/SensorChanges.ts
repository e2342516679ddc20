/** What an edit of sensors.json changes, in one line for the log. Pure. */
import { type SimulatedSensor, sameSimulated } from "../domain/SimulatedSensor.js"

/** How many sensors of each kind a line names. */
const SHOWN_MAX = 5

const phrase = (deed: string, ids: ReadonlyArray<number>): ReadonlyArray<string> => {
  if (ids.length === 0) return []
  const more = ids.length - SHOWN_MAX
  return [
    `${deed} ${ids.length} (${ids.slice(0, SHOWN_MAX).join(", ")}${more > 0 ? ` and ${more} more` : ""})`
  ]
}

export interface SensorChanges {
  readonly text: string
  /** Sensors are retired: worth a warning, for it may be a file that was emptied by mistake. */
  readonly retires: boolean
}

/** From the sensors of before to those of now, by number. */
export const describeChanges = (
  before: ReadonlyArray<SimulatedSensor>,
  now: ReadonlyArray<SimulatedSensor>
): SensorChanges => {
  const were = new Map(before.map((sensor) => [sensor.id, sensor]))
  const are = new Set(now.map(({ id }) => id))
  const additions = now.filter(({ id }) => !were.has(id))
  const changed = now.filter((sensor) => {
    const was = were.get(sensor.id)
    return was !== undefined && !sameSimulated(was, sensor)
  })
  const retired = before.filter(({ id }) => !are.has(id))
  const idsOf = (some: ReadonlyArray<SimulatedSensor>) => some.map(({ id }) => id)
  const parts = [
    ...phrase("added", idsOf(additions)),
    ...phrase("changed", idsOf(changed)),
    ...phrase("retired", idsOf(retired))
  ]
  const remainder = now.length === 0 && retired.length > 0 ? "; no sensor is simulated any more" : ""
  const what = parts.length === 0 ? "no sensor is changed" : parts.join(", ")
  return { text: `${what}${remainder}`, retires: retired.length > 0 }
}
