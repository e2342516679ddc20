/** Finds the stored minutes that fail a check, and minutes that should be stored and are not. */

import { MICROS_PER_MINUTE, type Micros, micros } from "../Time.js"
import type { CheckName } from "./QualityChecks.js"
import type { Finding } from "./QualityFinders.js"
import { agrees, rawMinutes } from "./QualityFold.js"
import {
  isCoherent,
  isInside,
  isRanged,
  type QualityEvent,
  type QualityMinute,
  undescribed
} from "./QualityRows.js"
import type { Limits } from "./QualityTally.js"

export interface MinuteScope {
  readonly folded: number
  readonly limits: Limits
}

const findingOf = (minute: Micros, value: number | null, reason: string): Finding => ({
  at: minute,
  until: micros(minute + MICROS_PER_MINUTE),
  readingId: null,
  value,
  count: 1,
  reason
})

/** Checks that each row passes or fails by itself: `null` is a pass. */
const JUDGES: Partial<Record<CheckName, (row: QualityMinute, scope: MinuteScope) => string | null>> = {
  minutes_in_range: ({ max, min, version }) =>
    isRanged(version) && !isInside(min, max, version) ? `its values are ${min} to ${max}` : null,
  minutes_plausible: ({ mean }, { limits: { means } }) =>
    means !== null && mean !== null && (mean < means.low || mean > means.high)
      ? `its mean is outside ${means.low} to ${means.high}`
      : null,
  minutes_coherent: (row) =>
    isCoherent(row) ? null : "its minimum, mean, first, last, maximum contradict each other",
  minutes_described: ({ version }) => undescribed(version)
}

/** Of `minutes` and of `events`, which must be all events of these minutes; null: no check of minutes. */
export const findMinutes = (
  check: CheckName,
  minutes: ReadonlyArray<QualityMinute>,
  events: ReadonlyArray<QualityEvent>,
  scope: MinuteScope
): ReadonlyArray<Finding> | null => {
  if (check === "minutes_match" || check === "minutes_agree") {
    const raw = rawMinutes(events, scope.folded)
    const rows = new Map(minutes.map((minute) => [minute.minute, minute]))
    return [...new Set([...rows.keys(), ...raw.keys()])]
      .sort((a, b) => a - b)
      .flatMap((minute) => {
        const [kept, counted] = [rows.get(minute), raw.get(minute)]
        if (kept !== undefined && agrees(kept, counted)) return []
        const reason = `stored: ${kept?.readings ?? 0} readings; counted from the log: ${counted?.count ?? 0}`
        return [findingOf(minute, kept?.mean ?? null, reason)]
      })
  }
  if (check === "one_row_a_minute") {
    const ids = new Set<number>()
    return minutes.flatMap(({ id, mean, minute }) => {
      if (ids.has(id)) return [findingOf(minute, mean, `its id ${id} is another minute's too`)]
      ids.add(id)
      return []
    })
  }
  const judge = JUDGES[check]
  return judge === undefined
    ? null
    : minutes.flatMap((row) => {
        const reason = judge(row, scope)
        return reason === null ? [] : [findingOf(row.minute, row.mean, reason)]
      })
}
