/**
 * What message number n says. Everything is derived from n, so that each stored row can be traced back to the
 * message that it came from, and no two messages say the same:
 * - sensors take turns;
 * - times are a step apart, and a tenth of them is late by 1 to 299 whole seconds. The step is a prime that divides
 *   no such lateness, so no two times are equal;
 * - values use all bits of a double, over nine orders of magnitude: a sum of them depends on the order in which it
 *   is rounded.
 */

/** Between the device times of two messages, µs. */
export const STEP_MICROS = 10_007
const SECOND_MICROS = 1_000_000
const LATE_SECONDS_MAX = 300

/** 32 bits that look random. */
const scatter = (n) => {
  let h = Math.imul(n ^ (n >>> 16), 0x7feb352d)
  h = Math.imul(h ^ (h >>> 15), 0x846ca68b)
  return (h ^ (h >>> 16)) >>> 0
}

/** Sensor, device time in µs since the epoch, and value of message n of a plan `{ sensors, baseMicros }`. */
export const messageOf = (plan, n) => {
  const h = scatter(n + 1)
  const lateSeconds = h % 10 === 3 ? 1 + (h % (LATE_SECONDS_MAX - 1)) : 0
  return {
    sensor: 1 + (n % plan.sensors),
    micros: plan.baseMicros + n * STEP_MICROS - lateSeconds * SECOND_MICROS,
    value: (h / 2 ** 32 - 0.5) * 10 ** ((n % 9) - 4)
  }
}

/** Message n as a device would send it. */
export const payloadOf = (plan, n) => {
  const { micros, sensor, value } = messageOf(plan, n)
  const millis = Math.floor(micros / 1_000)
  const timestamp = `${new Date(millis).toISOString().slice(0, 23)}${String(micros - millis * 1_000).padStart(3, "0")}Z`
  const metadata = { unit: "C", type: "temperature", description: `numbered ${sensor}` }
  return JSON.stringify({ sensor_id: sensor, timestamp, value, metadata })
}
