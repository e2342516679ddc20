/** Words that several pages use: what a sensor is called, how long something takes, how good a score is. */
import {
  MICROS_PER_DAY,
  MICROS_PER_HOUR,
  MICROS_PER_MILLI,
  MICROS_PER_MINUTE,
  MICROS_PER_SECOND
} from "../../domain/Time.js"
import { type Html, html } from "./Html.js"

/** Longest name in a line, in characters: the sensor's own page has all of it. */
const LABEL_LENGTH_MAX = 80

export interface LabelSource {
  readonly id: number
  readonly name: string | null
  readonly description: string | null
}

/** The text, or as much of it as `most` characters hold with an ellipsis. */
export const clipped = (text: string, most: number): string => {
  const characters = [...text]
  return characters.length <= most ? text : `${characters.slice(0, most - 1).join("")}…`
}

export const sensorLabel = ({ description, id, name }: LabelSource): string =>
  clipped(description ?? name ?? `Sensor ${id}`, LABEL_LENGTH_MAX)

/** Text of others, whose direction stays within it. */
export const foreign = (text: string): Html => html`<bdi>${text}</bdi>`

/** A span of time in its two largest units: "250 ms", "4.7 s", "3 min 20 s", "2 h 5 min", "3 d 4 h". */
export const duration = (span: number): string => {
  if (span < MICROS_PER_MILLI) return `${Math.round(span)} µs`
  if (span < 0.9995 * MICROS_PER_SECOND) return `${Number((span / MICROS_PER_MILLI).toPrecision(3))} ms`
  if (span < MICROS_PER_MINUTE) return `${Number((span / MICROS_PER_SECOND).toPrecision(3))} s`
  const two = (large: number, largeName: string, small: number, smallName: string) => {
    const whole = Math.round(span / small)
    const [big, rest] = [Math.floor((whole * small) / large), Math.round(((whole * small) % large) / small)]
    return rest === 0 ? `${big} ${largeName}` : `${big} ${largeName} ${rest} ${smallName}`
  }
  if (span < MICROS_PER_HOUR) return two(MICROS_PER_MINUTE, "min", MICROS_PER_SECOND, "s")
  if (span < MICROS_PER_DAY) return two(MICROS_PER_HOUR, "h", MICROS_PER_MINUTE, "min")
  return two(MICROS_PER_DAY, "d", MICROS_PER_HOUR, "h")
}

/** A score as it is read: never rounded up to 100. */
export const scoreText = (score: number | null): string =>
  score === null ? "–" : score === 100 ? "100 %" : `${Math.min(99.9, score).toFixed(1)} %`

export type Grade = "none" | "good" | "fair" | "poor"

/** Good: nothing, or next to nothing, is wrong. */
export const gradeOf = (score: number | null): Grade =>
  score === null ? "none" : score >= 99 ? "good" : score >= 90 ? "fair" : "poor"

export const meter = (score: number | null): Html | false =>
  score !== null &&
  html`<meter min="0" max="100" low="90" high="99" optimum="100" value="${score}" aria-label="${scoreText(score)}">${scoreText(score)}</meter>`

/** Whether the texts have every word that is looked for, in any case. */
export const hasWords = (find: string, texts: ReadonlyArray<string | null>): boolean => {
  const all = texts.join(" ").toLowerCase()
  return find
    .toLowerCase()
    .split(/\s+/)
    .every((word) => all.includes(word))
}
