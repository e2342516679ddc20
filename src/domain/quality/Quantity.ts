/** Quantities by the words that devices have for them. */

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

/** A reading of it needs no unit to be understood. */
export const isUnitless = (type: string): boolean =>
  UNITLESS.has(
    type
      .trim()
      .toLowerCase()
      .replace(/[\s-]+/g, "_")
  )
