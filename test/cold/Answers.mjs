/** What a server answers, as its length and its SHA-256: equal ones are equal to the byte. */
import { createHash } from "node:crypto"
import { get } from "node:http"

/** A stream may be silent so long, ms: a large day is read from its file first. */
const SILENT_MS_MAX = 300_000

/** Reads an answer to its end. */
export const answerOf = (port, path) =>
  new Promise((resolve, reject) => {
    const hash = createHash("sha256")
    let bytes = 0
    const asked = get({ agent: false, host: "127.0.0.1", port, path }, (answer) => {
      if (answer.statusCode !== 200) reject(new Error(`${path} was answered with ${answer.statusCode}`))
      answer.on("data", (chunk) => {
        hash.update(chunk)
        bytes += chunk.length
      })
      answer.on("end", () => resolve({ bytes, sha256: hash.digest("hex") }))
      answer.on("aborted", () => reject(new Error(`${path} was broken off behind ${bytes} bytes`)))
    })
    asked.setTimeout(SILENT_MS_MAX, () => asked.destroy(new Error(`${path} stopped behind ${bytes} bytes`)))
    asked.on("error", reject)
  })

const HOUR = 3_600_000
const timeText = (millis) => new Date(millis).toISOString()

/**
 * The questions whose answers have to stay what they are, by name. `filled` and `changed`: positions behind the last
 * reading that was filled in, and behind the last correction; `border`: the start of the first day that stays.
 */
export const questions = ({ border, changed, filled, start }) => {
  const span = (from, to) => `start_time=${timeText(from)}&end_time=${timeText(to)}`
  const overBorder = span(border - 6 * HOUR, border + 6 * HOUR)
  const firstHours = span(start, start + 3 * HOUR)
  return {
    large: {
      "all as CSV": `/data/?format=csv&as_of=${changed}`,
      "all before the changes, NDJSON": `/data/?format=ndjson&as_of=${filled}`
    },
    small: {
      "range over the border": `/data/range/?${overBorder}&format=ndjson&as_of=${changed}`,
      "the same, latest first": `/data/range/?${overBorder}&format=csv&order=desc&as_of=${changed}`,
      "first hours before the changes": `/data/range/?${firstHours}&format=csv&as_of=${filled}`,
      "one sensor": `/data/2?format=csv&as_of=${changed}`,
      "minutes of the first hours before the changes": `/aggregated_data/range/?${firstHours}&format=csv&as_of=${filled}`
    },
    aggregates: {
      minutes: `/aggregated_data/?format=csv&as_of=${changed}`,
      "hours over the border": `/aggregated_data/range/?${overBorder}&format=csv&interval=1h&as_of=${changed}`
    }
  }
}

/** The names of the questions whose answers differ. */
export const differing = (before, after) =>
  Object.entries(after)
    .filter(([name, { bytes, sha256 }]) => before[name]?.sha256 !== sha256 || before[name].bytes !== bytes)
    .map(([name]) => name)
