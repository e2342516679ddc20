/**
 * What is checked, once: the name, the data set and dimension that it counts for, and in words what is looked at
 * (the denominator) and what of it is right (the numerator). "In the window" is by device time, start inclusive,
 * end exclusive, as of one position of the log.
 */
import { SILENCE_WORDS } from "../SensorSilence.js"
import { MICROS_PER_MILLI, MICROS_PER_SECOND } from "../Time.js"

export const DIMENSIONS = [
  "completeness",
  "validity",
  "accuracy",
  "consistency",
  "timeliness",
  "uniqueness",
  "integrity"
] as const
export type Dimension = (typeof DIMENSIONS)[number]
export type Dataset = "sensor_data" | "aggregated_sensor_data"

/** A reading is in time when the log recorded it within this of its device time, µs. */
export const TIMELY_WITHIN = 60 * MICROS_PER_SECOND
/** A device's clock may be ahead of ours by this before its reading counts as from the future, µs. */
export const CLOCK_AHEAD_MAX = MICROS_PER_SECOND
/** How many standard deviations from its sensor's mean a value may be. */
export const PLAUSIBLE_DEVIATIONS = 6
/** How many times the usual change of its signal a step, or a spike, may be. */
export const SPIKE_STEPS = 10
/** How many times its usual run of equal values a sensor may show one value before it counts as stuck. */
export const FLAT_RUN_MIN = 30
/** A slot counts as missed when the gap leaves room for its reading with this share of an interval to spare. */
export const JITTER = 0.5
/** Sensors with an interval of at most this must have a reading in every minute, ms. */
export const EVERY_MINUTE_INTERVAL_MAX = 30_000

/** `error`: the data are wrong or missing. `warning`: somebody should look. */
export type Severity = "error" | "warning"

export interface CheckDefinition {
  readonly name: string
  readonly dataset: Dataset
  readonly dimension: Dimension
  readonly severity: Severity
  readonly description: string
}

const USUAL = `${SPIKE_STEPS} times the mean of the steps that the sensor took in the window when its value changed`

const GONE = `Silence after its last reading counts up to ${SILENCE_WORDS}, whichever is more; then the sensor is gone.`

const readingChecks = [
  {
    name: "received",
    dataset: "sensor_data",
    dimension: "completeness",
    severity: "error",
    description: `Of the readings that each sensor's interval (declared, else estimated) leads to expect between its first reading, or the start of the window, and the end of the window, or now: those that came. ${GONE} A gap misses as many readings as would have fitted into it with half an interval to spare, so jitter loses none, and a burst does not make up for a gap.`
  },
  {
    name: "in_range",
    dataset: "sensor_data",
    dimension: "validity",
    severity: "error",
    description: "Of the readings whose sensor declares a range: those inside it."
  },
  {
    name: "accepted",
    dataset: "sensor_data",
    dimension: "validity",
    severity: "error",
    description:
      "Of the readings in the window and the messages that were rejected in it (by arrival; they belong to no sensor, so not asked for one sensor): the readings."
  },
  {
    name: "usual_steps",
    dataset: "sensor_data",
    dimension: "validity",
    severity: "warning",
    description: `Of the steps between neighbouring readings with none missed between them: those of at most ${USUAL}. A step that does not come back is a jump; one that does is a spike as well.`
  },
  {
    name: "not_stuck",
    dataset: "sensor_data",
    dimension: "validity",
    severity: "warning",
    description: `Of the readings of sensors whose value changes: those that are not part of a flat line, which is ${FLAT_RUN_MIN} times as many equal values in a row as is usual for the sensor in the window. A sensor that never changed in the window is judged by the seven days before it. A switch, which shows 0 or 1 alone, is not judged.`
  },
  {
    name: "unamended",
    dataset: "sensor_data",
    dimension: "accuracy",
    severity: "warning",
    description: "Of the readings recorded: those that nobody corrected or deleted afterwards."
  },
  {
    name: "plausible",
    dataset: "sensor_data",
    dimension: "accuracy",
    severity: "warning",
    description: `Of the readings in force: those within ${PLAUSIBLE_DEVIATIONS} standard deviations of their own sensor's mean in the window; a switch is not judged. There is no second instrument to compare with: this is plausibility.`
  },
  {
    name: "no_spikes",
    dataset: "sensor_data",
    dimension: "accuracy",
    severity: "warning",
    description: `Of the readings of sensors whose value changes: those that do not stand out from the reading before and the one after, on the same side, by more than ${USUAL}.`
  },
  {
    name: "minutes_match",
    dataset: "sensor_data",
    dimension: "consistency",
    severity: "error",
    description:
      "Of the minutes that are stored or have readings: those whose stored count, minimum and maximum are those of the readings, as of the position that the minutes are folded up to."
  },
  {
    name: "recorded_in_time",
    dataset: "sensor_data",
    dimension: "timeliness",
    severity: "warning",
    description: `Of the readings recorded: those that the log recorded within ${TIMELY_WITHIN / MICROS_PER_SECOND} s of their device time.`
  },
  {
    name: "not_ahead",
    dataset: "sensor_data",
    dimension: "timeliness",
    severity: "error",
    description: `Of the readings recorded, the late ones left out: those whose device time is not more than ${CLOCK_AHEAD_MAX / MICROS_PER_MILLI} ms after the log recorded them. Others come from a clock that is wrong.`
  },
  {
    name: "clock_set",
    dataset: "sensor_data",
    dimension: "timeliness",
    severity: "warning",
    description:
      "Of the readings in force: those under a time that was stated. The others came without a usable clock, and have the time of their arrival."
  },
  {
    name: "one_value_a_time",
    dataset: "sensor_data",
    dimension: "uniqueness",
    severity: "error",
    description:
      "Of the device times of each sensor that have readings in force: those with one value. The others are conflicts."
  },
  {
    name: "told_once",
    dataset: "sensor_data",
    dimension: "uniqueness",
    severity: "warning",
    description:
      "Of the device times of each sensor that have readings in force: those whose values were told once. A message that is delivered again is stored once; these were told again under another `seq` or `epoch`."
  },
  {
    name: "described",
    dataset: "sensor_data",
    dimension: "integrity",
    severity: "warning",
    description:
      "Of the readings in force: those whose sensor's unit and type are known. A metric that nobody registered fails."
  },
  {
    name: "version_exists",
    dataset: "sensor_data",
    dimension: "integrity",
    severity: "error",
    description: "Of the readings in force: those whose sensor and version of its metadata exist."
  },
  {
    name: "amendments_attached",
    dataset: "sensor_data",
    dimension: "integrity",
    severity: "error",
    description: "Of the corrections and deletions: those that point at a recorded reading."
  },
  {
    name: "sequence_whole",
    dataset: "sensor_data",
    dimension: "integrity",
    severity: "error",
    description:
      "Of the numbers (`seq`) from the first to the last that a device counted in the window, within one start of it (`epoch`): those that came."
  }
] as const satisfies ReadonlyArray<CheckDefinition>

const minuteChecks = [
  {
    name: "minutes_present",
    dataset: "aggregated_sensor_data",
    dimension: "completeness",
    severity: "error",
    description: `Of the whole minutes between a sensor's first reading, or the start of the window, and the end of the window, or now, for sensors with an interval of at most ${EVERY_MINUTE_INTERVAL_MAX / 1_000} s: those that are stored. ${GONE}`
  },
  {
    name: "minutes_in_range",
    dataset: "aggregated_sensor_data",
    dimension: "validity",
    severity: "error",
    description:
      "Of the stored minutes whose sensor declares a range: those whose minimum and maximum are inside it."
  },
  {
    name: "minutes_plausible",
    dataset: "aggregated_sensor_data",
    dimension: "accuracy",
    severity: "warning",
    description: `Of the stored minutes: those whose mean is within ${PLAUSIBLE_DEVIATIONS} standard deviations of the mean of their own sensor's minutes in the window.`
  },
  {
    name: "minutes_agree",
    dataset: "aggregated_sensor_data",
    dimension: "consistency",
    severity: "error",
    description:
      "Of the minutes that are stored or have readings: those whose stored count, minimum and maximum are those of the readings, as of the position that the minutes are folded up to."
  },
  {
    name: "minutes_coherent",
    dataset: "aggregated_sensor_data",
    dimension: "consistency",
    severity: "error",
    description:
      "Of the stored minutes: those whose minimum ≤ mean, first and last ≤ maximum, and whose deviation is not negative."
  },
  {
    name: "readings_folded",
    dataset: "aggregated_sensor_data",
    dimension: "timeliness",
    severity: "warning",
    description: "Of the readings recorded: those that are already folded into the minutes."
  },
  {
    name: "one_row_a_minute",
    dataset: "aggregated_sensor_data",
    dimension: "uniqueness",
    severity: "error",
    description: "Of the stored minutes: those with an id of their own."
  },
  {
    name: "minutes_described",
    dataset: "aggregated_sensor_data",
    dimension: "integrity",
    severity: "warning",
    description: "Of the stored minutes: those whose sensor exists and whose unit and type are known."
  }
] as const satisfies ReadonlyArray<CheckDefinition>

export type CheckName = (typeof readingChecks)[number]["name"] | (typeof minuteChecks)[number]["name"]

/** All checks, in the order of the dimensions. */
export const CHECKS: ReadonlyArray<CheckDefinition & { readonly name: CheckName }> = [
  ...readingChecks,
  ...minuteChecks
]

export const CHECK_NAMES: ReadonlyArray<CheckName> = CHECKS.map(({ name }) => name)
