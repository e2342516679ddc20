/** What a rule can watch: what is measured of whom, in which unit, and which bound it has. */

interface AlertKindFacts {
  /** Of each device, or of this installation as a whole. */
  readonly watches: "devices" | "system"
  readonly bound: "min" | "max" | "either"
  /** Where the rule names no bound; null: it must. */
  readonly byDefault: number | null
  readonly words: string
  /** What the measured number counts. */
  readonly unit: string
}

export const ALERT_KINDS = {
  silent: {
    watches: "devices",
    bound: "max",
    byDefault: 3,
    words: "intervals since the last reading",
    unit: "intervals without a reading"
  },
  range: { watches: "devices", bound: "either", byDefault: null, words: "the value", unit: "" },
  rate: {
    watches: "devices",
    bound: "max",
    byDefault: null,
    words: "how fast the value changes, up or down, a minute",
    unit: "a minute"
  },
  quality: {
    watches: "devices",
    bound: "min",
    byDefault: 90,
    words: "the score of the last hour in one dimension of quality",
    unit: "of 100"
  },
  rejected: {
    watches: "system",
    bound: "max",
    byDefault: 10,
    words: "messages rejected a minute, over the last five",
    unit: "rejected messages a minute"
  },
  lag: {
    watches: "system",
    bound: "max",
    byDefault: 50_000,
    words: "events that are not folded into minutes yet",
    unit: "events behind the log"
  },
  database: {
    watches: "system",
    bound: "max",
    byDefault: 30,
    words: "seconds since the database answered last",
    unit: "seconds without the database"
  },
  disk: {
    watches: "system",
    bound: "min",
    byDefault: 10,
    words: "percent of the disk of DATA_DIR that is free",
    unit: "percent of the disk free"
  }
} as const satisfies Record<string, AlertKindFacts>

export type AlertKind = keyof typeof ALERT_KINDS
export const ALERT_KIND_NAMES = Object.keys(ALERT_KINDS) as [AlertKind, ...Array<AlertKind>]

export const factsOf = (kind: AlertKind): AlertKindFacts => ALERT_KINDS[kind]
