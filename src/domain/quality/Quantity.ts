/** Quantities by the words that devices have for them. */

export type Lack = "unit" | "type" | "unit and type"

/** Why readings and minutes of it fail. */
export const lackWords = (lack: Lack): string =>
  `the sensor's ${lack} ${lack === "unit and type" ? "are" : "is"} not known`

/** Those that have no unit: a state, a count, a ratio, or a score on a scale of its maker's. In small letters. */
const UNITLESS = new Set([
  ...["linkquality", "link_quality", "lqi", "signal_quality"],
  ...[
    "state",
    "status",
    "on",
    "off",
    "power_on",
    "relay",
    "switch",
    "mode",
    "valve",
    "lock",
    "door",
    "window"
  ],
  ...[
    "contact",
    "occupancy",
    "presence",
    "motion",
    "vibration",
    "tamper",
    "smoke",
    "water_leak",
    "leak",
    "alarm"
  ],
  ...["battery_low", "online", "available", "update_available"],
  ...[
    "count",
    "counter",
    "index",
    "uv_index",
    "uvi",
    "aqi",
    "iaq",
    "ph",
    "power_factor",
    "ratio",
    "score",
    "level"
  ],
  ...["people", "people_count", "events", "errors", "restarts", "steps", "rank"]
])

/** What is not known of a sensor, and should be: its unit counts where the quantity has one; null: nothing. */
export const lackOf = (type: string | null, unit: string | null): Lack | null => {
  if (unit !== null || (type !== null && isUnitless(type))) return type === null ? "type" : null
  return type === null ? "unit and type" : "unit"
}

/** A reading of it needs no unit to be understood. */
export const isUnitless = (type: string): boolean =>
  UNITLESS.has(
    type
      .trim()
      .toLowerCase()
      .replace(/[\s-]+/g, "_")
  )
