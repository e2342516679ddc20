/** What a replay says: what it has understood of the file before it sends anything, and why things were rejected. */
import type { ReadingCandidate } from "../../domain/Reading.js"
import { formatTime } from "../../domain/Time.js"
import type { CsvPlan } from "../../ingest/csv/CsvReader.js"
import type { ReplayFile, ReplayForm } from "./ReplayFile.js"
import type { Survey } from "./ReplaySurvey.js"

const FORMS: Readonly<Record<ReplayForm, string>> = {
  array: "a JSON array",
  lines: "JSON lines",
  topics: "topics and messages, a line each",
  csv: "a CSV"
}
const SEPARATOR_NAMES = { ",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars" } as const
const DATES = { dmy: "day/month/year", mdy: "month/day/year", compact: "YYYYMMDD", excel: "days since 1900" }
const REASONS_TOLD = 3

const grouped = (n: number): string => n.toLocaleString("en-US")

const line = (name: string, text: string): string => `  ${name.padEnd(12)}${text}`

const whose = ({ layout, options }: CsvPlan, columns: ReadonlyArray<string>): string => {
  const own = layout.identity === undefined ? [] : [`column ${columns[layout.identity.index]}`]
  const given = options.sensor === undefined ? [] : [`${options.sensor} (--sensor)`]
  return [...own, ...given].join(", else ") || "each column"
}

const csvText = (plan: CsvPlan): ReadonlyArray<string> => {
  const { dataFrom, layout, separator } = plan
  const { dates, label, zone } = layout.time
  const values = layout.values.map(({ name, unit }) => (unit === null ? name : `${name} (${unit})`))
  const names = layout.names
  const sides = [
    ...(layout.metric === undefined ? [] : [names[layout.metric]]),
    ...layout.sides.map(({ field, index }) => (names[index] === field ? field : `${names[index]} (${field})`))
  ]
  return [
    line("parted by", `${SEPARATOR_NAMES[separator]}; the first row is in line ${dataFrom + 1}`),
    ...(layout.rowNames ? [line("row names", "each row begins with one that the header leaves out")] : []),
    line("time", dates === undefined ? label : `${label} (${DATES[dates]})`),
    line("time zone", `${zone.name}, where a time has no offset of its own`),
    line("sensor", whose(plan, names)),
    line("values", values.join(", ")),
    ...(sides.length === 0 ? [] : [line("also", sides.join(", "))]),
    ...(layout.passedOver.length === 0 ? [] : [line("passed over", layout.passedOver.join(", "))])
  ]
}

const readingText = ({ identity, occurredAt, said, sensor, value }: ReadingCandidate): string => {
  const time = identity._tag === "Time" ? formatTime(occurredAt) : "the time of arrival"
  const name = sensor._tag === "Named" ? sensor.name : `sensor ${sensor.id}`
  return `  ${time}  ${name}  ${value}${said.unit ? ` ${said.unit}` : ""}`
}

const plural = (n: number, one: string, many: string): string => `${grouped(n)} ${n === 1 ? one : many}`

/** The commonest reasons, with how often and where first. */
export const reasonsText = ({ reasons }: Survey): ReadonlyArray<string> =>
  [...reasons.values()]
    .sort((a, b) => b.count - a.count)
    .slice(0, REASONS_TOLD)
    .map(({ count, text, where }) => `  ${grouped(count)} × ${text} (first: ${where})`)

export const understoodText = (path: string, file: ReplayFile, survey: Survey): ReadonlyArray<string> => {
  const { examples, first, last, missing, odd, readings, refused, rejected, timeless } = survey
  const dst = file.plan?.options.dst
  return [
    `${path} is ${FORMS[file.form]}`,
    ...(file.plan === null ? [] : csvText(file.plan)),
    line("messages", `${grouped(survey.messages)} with ${plural(readings, "reading", "readings")}`),
    ...(first === null || last === null
      ? []
      : [line("times", `${formatTime(first)} to ${formatTime(last)}`)]),
    ...(timeless === 0
      ? []
      : [line("no time", `${plural(timeless, "reading", "readings")}: stored as of arrival`)]),
    ...(missing === 0 ? [] : [line("no value", plural(missing, "cell", "cells"))]),
    ...(odd.twice === 0
      ? []
      : [line("twice", `${plural(odd.twice, "row", "rows")} in an hour that comes twice: the ${dst}`)]),
    ...(odd.missing === 0
      ? []
      : [
          line(
            "no hour",
            `${plural(odd.missing, "row", "rows")} in an hour that does not exist: --dst ${dst}`
          )
        ]),
    ...(examples.length === 0 ? [] : ["as it is stored:"]),
    ...examples.flatMap((example) => example.map(readingText)),
    ...(refused + rejected === 0
      ? []
      : [`rejected: ${plural(refused + rejected, "one", "in all")}`, ...reasonsText(survey)])
  ]
}
