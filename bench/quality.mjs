// The quality of a day that begins at any minute: how long the report takes, beside one plain SQL aggregate.
import { askJson } from "./lib/ask.mjs"
import { DAY, largeLog, openDatabase } from "./lib/largeLog.mjs"
import { withServer } from "./lib/processes.mjs"
import { median } from "./lib/results.mjs"
import { HTTP_PORT, startTidemark } from "./lib/tidemark.mjs"

/** The least that an aggregate over the day can do: of all its readings, without a group. */
const PLAIN = `SELECT COUNT(*) AS n, MIN(value) AS low, MAX(value) AS high, AVG(value) AS mean FROM events
  WHERE occurred_at >= ? AND occurred_at < ?`

const MINUTE = 60_000
/** When a day begins, in minutes after midnight: at an hour, whose hours are counted; and within one. */
const STARTS = { midnight: 0, first: 1, half: 30, odd: 77 }

const timed = async (run) => {
  const started = performance.now()
  const answer = await run()
  return { answer, millis: performance.now() - started }
}

/** The aggregate and the report in turn, so that what else the machine does meets them alike. */
const benchDay = async (database, port, sqlTime, { times, warmUp }, from) => {
  const [start, end] = [new Date(from).toISOString(), new Date(from + DAY).toISOString()]
  const path = `/data/data-quality/?start_time=${start}&end_time=${end}`
  const millis = { plain: [], report: [] }
  for (let run = 0; run < times + warmUp; run++) {
    const plain = await timed(() => database.ask(PLAIN, [sqlTime(start), sqlTime(end)]))
    const report = await timed(() => askJson(port, path))
    if (report.answer.details.uniqueness.denominator !== 2 * Number(plain.answer[0].n))
      throw new Error("the report has other readings")
    if (run < warmUp) continue
    millis.plain.push(plain.millis)
    millis.report.push(report.millis)
  }
  return { report: median(millis.report), plain: median(millis.plain) }
}

const clock = (minutes) => new Date(minutes * MINUTE).toISOString().slice(11, 16)

export const quality = {
  name: "quality",
  title: "The quality of a day",
  about:
    "the report of a day of 1,000,000 readings of 100 sensors, of which all hours were folded and counted. A day that " +
    "begins within an hour has the last minutes at its edges, ten at most, counted from the log. The limit is one " +
    "plain SQL aggregate over the same day, the least that there is: COUNT, MIN, MAX and AVG of all its readings.",
  measures: Object.fromEntries(
    Object.entries(STARTS).map(([key, minutes]) => [
      key,
      {
        name: `a day from ${clock(minutes)}`,
        unit: "ms",
        better: "lower",
        limit: "one aggregate",
        target: { ratioMax: 1.5 }
      }
    ])
  ),
  minutesMax: 60,
  sizes: {
    smoke: { log: "smoke", times: 1, warmUp: 0 },
    full: { log: "full", times: 1, warmUp: 1 },
    large: { log: "large", times: 5, warmUp: 2 }
  },
  prepare: ({ database, makeDatabase, size }) => largeLog(database, makeDatabase, size.log),
  measure: ({ database: name, prepared, size }) =>
    withServer(startTidemark(prepared.env), async ({ answers }) => {
      const database = await openDatabase(prepared.args)
      const sqlTime = (iso) =>
        name === "SQLite" ? iso.replace("Z", "000Z") : iso.replace("T", " ").replace("Z", "")
      const [ours, bare] = [{}, {}]
      for (const [key, minutes] of Object.entries(STARTS)) {
        const from = prepared.start + minutes * MINUTE
        const { plain, report } = await benchDay(database, answers[HTTP_PORT], sqlTime, size, from)
        ours[key] = report
        bare[key] = plain
      }
      await database.close()
      return { ours, bare }
    })
}
