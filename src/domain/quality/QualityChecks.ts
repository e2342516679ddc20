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

const DOWNTIME = "Planned downtime is left out, with what came in it."
const GONE = `Silence after its last reading counts up to ${SILENCE_WORDS}, whichever is more; then the sensor is gone.`

const error = (description: string) => ({ severity: "error" as const, description })
const warning = (description: string) => ({ severity: "warning" as const, description })

const CHECKS_OF = {
  sensor_data: {
    completeness: {
      received: error(
        `Of the readings that each sensor's interval (declared, else estimated) leads to expect between its first reading, or the start of the window, and the end of the window, or now: those that came. ${DOWNTIME} ${GONE} A gap misses as many readings as would have fitted into it with half an interval to spare, so jitter loses none, and a burst does not make up for a gap.`
      )
    },
    validity: {
      in_range: error("Of the readings whose sensor declares a range: those inside it."),
      accepted: error(
        "Of the readings in the window and the messages that were rejected in it (by arrival; they belong to no sensor, so not asked for one sensor): the readings."
      ),
      usual_steps: warning(
        `Of the steps between neighbouring readings with none missed between them: those of at most ${USUAL}. A step that does not come back is a jump; one that does is a spike as well.`
      ),
      not_stuck: warning(
        `Of the readings of sensors whose value changes: those that are not part of a flat line, which is ${FLAT_RUN_MIN} times as many equal values in a row as is usual for the sensor in the window. A sensor that never changed in the window is judged by the seven days before it. A switch, which shows 0 or 1 alone, is not judged. Zeros of a sensor that rests at 0 (power, light, rain, flow, or one that often comes back to 0 and is never below) are no flat line.`
      )
    },
    accuracy: {
      unamended: warning("Of the readings recorded: those that nobody corrected or deleted afterwards."),
      plausible: warning(
        `Of the readings in force: those within ${PLAUSIBLE_DEVIATIONS} standard deviations of their own sensor's mean in the window; a switch is not judged. There is no second instrument to compare with: this is plausibility.`
      ),
      no_spikes: warning(
        `Of the readings of sensors whose value changes: those that do not stand out from the reading before and the one after, on the same side, by more than ${USUAL}.`
      )
    },
    consistency: {
      minutes_match: error(
        "Of the minutes that are stored or have readings: those whose stored count, minimum and maximum are those of the readings, as of the position that the minutes are folded up to."
      )
    },
    timeliness: {
      recorded_in_time: warning(
        `Of the readings recorded: those that the log recorded within ${TIMELY_WITHIN / MICROS_PER_SECOND} s of their device time.`
      ),
      not_ahead: error(
        `Of the readings recorded, the late ones left out: those whose device time is not more than ${CLOCK_AHEAD_MAX / MICROS_PER_MILLI} ms after the log recorded them. Others come from a clock that is wrong.`
      ),
      clock_set: warning(
        "Of the readings in force: those without a stated time that nobody can mean, as a clock that is not set gives. They have the time of their arrival. So do readings of devices without a clock, which state no time: these pass."
      )
    },
    uniqueness: {
      one_value_a_time: error(
        "Of the device times of each sensor that have readings in force: those with one value. The others are conflicts."
      ),
      told_once: warning(
        "Of the device times of each sensor that have readings in force: those whose values were told once. A message that is delivered again is stored once; these were told again under another `seq` or `epoch`."
      )
    },
    integrity: {
      described: warning(
        'Of the readings in force: those whose sensor\'s type is known, and its unit where the quantity has one (a link quality, a state or a count has none). A metric that nobody registered fails. `PATCH /sensors/{sensor_id}` with `{"unit": "°C"}` says a unit, from then on.'
      ),
      version_exists: error(
        "Of the readings in force: those whose sensor and version of its metadata exist."
      ),
      amendments_attached: error("Of the corrections and deletions: those that point at a recorded reading."),
      sequence_whole: error(
        "Of the numbers (`seq`) from the first to the last that a device counted in the window, within one start of it (`epoch`): those that came. Where the number leaps by 2^31 or more, it counts anew."
      )
    }
  },
  aggregated_sensor_data: {
    completeness: {
      minutes_present: error(
        `Of the whole minutes between a sensor's first reading, or the start of the window, and the end of the window, or now, for sensors with an interval of at most ${EVERY_MINUTE_INTERVAL_MAX / 1_000} s: those that are stored. ${DOWNTIME} ${GONE}`
      )
    },
    validity: {
      minutes_in_range: error(
        "Of the stored minutes whose sensor declares a range: those whose minimum and maximum are inside it."
      )
    },
    accuracy: {
      minutes_plausible: warning(
        `Of the stored minutes: those whose mean is within ${PLAUSIBLE_DEVIATIONS} standard deviations of the mean of their own sensor's minutes in the window.`
      )
    },
    consistency: {
      minutes_agree: error(
        "Of the minutes that are stored or have readings: those whose stored count, minimum and maximum are those of the readings, as of the position that the minutes are folded up to."
      ),
      minutes_coherent: error(
        "Of the stored minutes: those whose minimum ≤ mean, first and last ≤ maximum, and whose deviation is not negative."
      )
    },
    timeliness: {
      readings_folded: warning("Of the readings recorded: those that are already folded into the minutes.")
    },
    uniqueness: {
      one_row_a_minute: error("Of the stored minutes: those with an id of their own.")
    },
    integrity: {
      minutes_described: warning(
        "Of the stored minutes: those whose sensor exists and whose type is known, and its unit where the quantity has one."
      )
    }
  }
} satisfies Record<Dataset, Record<Dimension, object>>

type ChecksOf = typeof CHECKS_OF
type NamesOf<Named> = Named extends object ? keyof Named : never
export type CheckName = { [D in Dataset]: NamesOf<ChecksOf[D][keyof ChecksOf[D]]> }[Dataset]

/** All checks, in the order of the dimensions. */
export const CHECKS: ReadonlyArray<CheckDefinition & { readonly name: CheckName }> = (
  Object.keys(CHECKS_OF) as ReadonlyArray<Dataset>
).flatMap((dataset) =>
  DIMENSIONS.flatMap((dimension) =>
    Object.entries(CHECKS_OF[dataset][dimension]).map(([name, words]) => ({
      name: name as CheckName,
      dataset,
      dimension,
      ...words
    }))
  )
)

export const CHECK_NAMES: ReadonlyArray<CheckName> = CHECKS.map(({ name }) => name)
