/** Pure: times as RFC 3339 text with six digits, made apart from the product's own codec, to check it too. */

const SECOND = 1_000_000
const DAY = 86_400 * SECOND

const padded = (n: number, digits: number): string => String(n).padStart(digits, "0")

/** The date of a day counted from 1970-01-01, in the Gregorian calendar, by eras of 400 years. */
const civil = (days: number): readonly [year: number, month: number, day: number] => {
  const shifted = days + 719_468
  const era = Math.floor(shifted / 146_097)
  const dayOfEra = shifted - era * 146_097
  const yearOfEra = Math.floor(
    (dayOfEra -
      Math.floor(dayOfEra / 1_460) +
      Math.floor(dayOfEra / 36_524) -
      Math.floor(dayOfEra / 146_096)) /
      365
  )
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100))
  const shiftedMonth = Math.floor((5 * dayOfYear + 2) / 153)
  const day = dayOfYear - Math.floor((153 * shiftedMonth + 2) / 5) + 1
  const month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
  return [yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day]
}

/** µs since the epoch as `YYYY-MM-DDTHH:MM:SS.ffffffZ`; with an offset in minutes, as that zone writes it. */
export const iso = (micros: number, offsetMinutes = 0): string => {
  const local = micros + offsetMinutes * 60 * SECOND
  const days = Math.floor(local / DAY)
  const rest = local - days * DAY
  const [year, month, day] = civil(days)
  const seconds = Math.floor(rest / SECOND)
  const clock = [Math.floor(seconds / 3_600), Math.floor(seconds / 60) % 60, seconds % 60]
    .map((part) => padded(part, 2))
    .join(":")
  const away = Math.abs(offsetMinutes)
  const zone =
    offsetMinutes === 0
      ? "Z"
      : `${offsetMinutes < 0 ? "-" : "+"}${padded(Math.floor(away / 60), 2)}:${padded(away % 60, 2)}`
  return `${padded(year, 4)}-${padded(month, 2)}-${padded(day, 2)}T${clock}.${padded(rest % SECOND, 6)}${zone}`
}
