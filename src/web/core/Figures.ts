/** How numbers and ages are written, on the server and by the scripts of pages. */
import { MICROS_PER_DAY, MICROS_PER_HOUR, MICROS_PER_MINUTE, MICROS_PER_SECOND } from "../../domain/Time.js"

/** 1,234,567. */
export const whole = (n: number): string => n.toLocaleString("en-US", { maximumFractionDigits: 0 })

/** A measured value, short enough to read: at most six significant digits. */
export const valueText = (value: number): string =>
  value !== 0 && (Math.abs(value) >= 1e9 || Math.abs(value) < 1e-4)
    ? value.toExponential(3)
    : String(Number(value.toPrecision(6)))

/** How long ago, in the largest unit that fits: "3 s", "12 min", "5 h", "8 d". */
export const age = (micros: number): string => {
  if (micros <= -MICROS_PER_SECOND) return "in the future"
  if (micros < 2 * MICROS_PER_MINUTE) return `${Math.max(0, Math.floor(micros / MICROS_PER_SECOND))} s ago`
  if (micros < 2 * MICROS_PER_HOUR) return `${Math.floor(micros / MICROS_PER_MINUTE)} min ago`
  if (micros < 2 * MICROS_PER_DAY) return `${Math.floor(micros / MICROS_PER_HOUR)} h ago`
  return `${whole(Math.floor(micros / MICROS_PER_DAY))} d ago`
}
