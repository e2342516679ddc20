/** How numbers and ages are written, on the server and by the scripts of pages. */

/** In µs. Not those of domain/Time.ts, which would bring all that it imports to the scripts of pages. */
const SECOND = 1_000_000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

/** 1,234,567. */
export const whole = (n: number): string => n.toLocaleString("en-US", { maximumFractionDigits: 0 })

/** A measured value, short enough to read: at most six significant digits. */
export const valueText = (value: number): string =>
  value !== 0 && (Math.abs(value) >= 1e9 || Math.abs(value) < 1e-4)
    ? value.toExponential(3)
    : String(Number(value.toPrecision(6)))

/** How long, in the largest unit that fits: "3 s", "12 min", "5 h", "8 d". */
export const spanText = (micros: number): string => {
  if (micros < 2 * MINUTE) return `${Math.floor(micros / SECOND)} s`
  if (micros < 2 * HOUR) return `${Math.floor(micros / MINUTE)} min`
  if (micros < 2 * DAY) return `${Math.floor(micros / HOUR)} h`
  return `${whole(Math.floor(micros / DAY))} d`
}

/** How long ago. */
export const age = (micros: number): string =>
  micros <= -SECOND ? "in the future" : `${spanText(Math.max(0, micros))} ago`
