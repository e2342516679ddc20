/** What a soak measured, held against what must hold. Pure. */

/** The least-squares slope of points [minutes, value]: value a minute. */
export const slope = (points) => {
  const count = points.length
  const mean = (index) => points.reduce((sum, point) => sum + point[index], 0) / count
  const [x, y] = [mean(0), mean(1)]
  const spread = points.reduce((sum, point) => sum + (point[0] - x) ** 2, 0)
  if (spread === 0) return 0
  return points.reduce((sum, point) => sum + (point[0] - x) * (point[1] - y), 0) / spread
}

export const middle = (numbers) => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)]

/** A server fills its caches and compiles its code first, minutes. */
const WARM_UP_MAX = 5
/** A slope over less than this is the collector's, and what is faster within it is chance; minutes. */
const SLOPE_WINDOW_MIN = 5
const SLOPE_MAX = 1
const LAG_MAX = 2
/** Later latencies may be this many times the earlier ones, and so many ms more. */
const LATENCY = { p50: { times: 1.5, plus: 5 }, p99: { times: 1.5, plus: 40 } }
/** Bytes a reading of the second half, as a share of those of the first. */
const GROWTH = [0.7, 1.2]
/** Of the row's own bytes, indexes included, where pages are four fifths full; and of each row of a minute. */
const STORED_TIMES_MAX = 3.25
const MINUTE_BYTES_MAX = 1_000
/** What tables and indexes take before their first rows fill them. */
const EMPTY_BYTES = 8 * 1_048_576
const JOURNAL_MIB_MAX = 64

const check = (name, holds, text) => ({ name, holds, text })
const rounded = (number, digits = 1) => Number(number).toFixed(digits)

const TOO_SHORT = ": too short a run to judge"

const memory = ({ memory: samples, minutes }) => {
  const from = Math.min(WARM_UP_MAX, minutes / 2)
  const points = samples.filter(([at]) => at >= from)
  const rise = slope(points)
  const peak = Math.max(...samples.map(([, mib]) => mib))
  const text = `${rounded(rise, 2)} MiB a minute from minute ${rounded(from)} on (≤ ${SLOPE_MAX}), peak ${rounded(peak, 0)} MiB`
  if (minutes - from < SLOPE_WINDOW_MIN) return check("memory", null, `${text}${TOO_SHORT}`)
  return check("memory", rise <= SLOPE_MAX, text)
}

/** The first and the last third of the whole minutes after the warm-up. */
const latencies = (name, perMinute, minutes) => {
  const from = Math.floor(Math.min(WARM_UP_MAX, minutes / 3))
  const list = perMinute.slice(from)
  const size = Math.max(1, Math.floor(list.length / 3))
  const thirds = [list.slice(0, size), list.slice(-size)]
  return Object.entries(LATENCY).map(([key, { plus, times }]) => {
    const [before, after] = thirds.map((third) => middle(third.map((one) => one[key])))
    const text = `${rounded(before)} ms at first, ${rounded(after)} ms at last (≤ ${times} times and ${plus} ms more)`
    if (minutes - from < SLOPE_WINDOW_MIN) return check(`${name} ${key}`, null, `${text}${TOO_SHORT}`)
    return check(`${name} ${key}`, after <= before * times + plus, text)
  })
}

/** `sizes`: at the start, in the middle and at the end {readings, minuteRows, bytes, journalMiB}. */
const storage = ({ ownBytes, sizes }) => {
  const [start, half, end] = sizes
  const perReading = (from, to) => (to.bytes - from.bytes) / (to.readings - from.readings)
  const growth = perReading(half, end) / perReading(start, half)
  const readings = end.readings - start.readings
  const computed =
    EMPTY_BYTES +
    readings * ownBytes * STORED_TIMES_MAX +
    (end.minuteRows - start.minuteRows) * MINUTE_BYTES_MAX
  const grown = end.bytes - start.bytes
  const journal = Math.max(...sizes.map(({ journalMiB }) => journalMiB))
  return [
    check(
      "growth",
      growth >= GROWTH[0] && growth <= GROWTH[1],
      `${rounded(perReading(start, half), 0)} bytes a reading in the first half, ${rounded(perReading(half, end), 0)} in the second (${GROWTH.join(" to ")} times)`
    ),
    check(
      "size",
      grown <= computed,
      `${rounded(grown / 1_048_576)} MiB grown, ${rounded(computed / 1_048_576)} MiB computed for ${readings} readings at most`
    ),
    check("journal", journal <= JOURNAL_MIB_MAX, `${rounded(journal)} MiB (≤ ${JOURNAL_MIB_MAX})`)
  ]
}

const equal = (name, [one, oneText], [other, otherText]) =>
  check(name, one === other, `${one} ${oneText}, ${other} ${otherText}`)

/** Every check with its verdict; null: this run could not tell. */
export const judge = (run) => {
  const lagSeconds = run.lagMs / 1_000
  return [
    equal("acknowledged", [run.acknowledged, "acknowledged"], [run.stored, "stored"]),
    equal("folded", [run.stored, "stored"], [run.folded, "in the aggregates"]),
    check(
      "rate",
      run.acknowledged >= run.rate * run.minutes * 60 * 0.99,
      `${rounded(run.acknowledged / run.minutes / 60, 0)} messages/s of ${run.rate}, with ${rounded(run.core * 100, 0)} % of a core`
    ),
    memory(run),
    ...latencies("acknowledgement", run.acknowledgements, run.minutes),
    ...latencies("page", run.pages, run.minutes),
    check("lag of the fold", lagSeconds <= LAG_MAX, `${rounded(lagSeconds)} s at most (≤ ${LAG_MAX})`),
    ...storage(run),
    check(
      "exports",
      run.exports.count > 0 && run.exports.failures.length === 0,
      [
        `${run.exports.count} exports, the slowest ${rounded(run.exports.slowest)} s`,
        ...run.exports.failures
      ].join("; ")
    ),
    check(
      "quality",
      run.reports.count > 0 && run.reports.failures.length === 0,
      [
        `${run.reports.count} reports, the slowest ${rounded(run.reports.slowest)} s`,
        ...run.reports.failures
      ].join("; ")
    )
  ]
}

export const hasFailed = (checks) => checks.some(({ holds }) => holds === false)

const WORDS = new Map([
  [true, "holds"],
  [false, "FAILS"],
  [null, "-"]
])

export const report = (checks) =>
  [
    ...checks.map(({ holds, name, text }) => `${WORDS.get(holds).padEnd(6)} ${name}: ${text}`),
    hasFailed(checks) ? "the soak FAILED" : "the soak passed"
  ].join("\n")
