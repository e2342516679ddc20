// What a benchmark's figures say: medians, spread, ratio, and whether the target holds; as tables, and compared with
// another result. All of it is pure.

export const median = (numbers) => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)]

/** Of figures in any order, the one that a share of them reaches. */
export const quantile = (numbers, share) =>
  Float64Array.from(numbers).sort()[Math.min(numbers.length - 1, Math.floor(numbers.length * share))]

/** Of several runs: the largest less the smallest, as a share of the median. */
const spreadOf = (numbers) => {
  const middle = median(numbers)
  return middle === 0 ? 0 : (Math.max(...numbers) - Math.min(...numbers)) / middle
}

/** A ratio that fell below this share of what it was is a fall, and no noise. */
const FALL = 0.9

/** Thousands in groups, and three digits or so of what is small. */
export const figure = (number) => {
  if (number === null || number === undefined) return ""
  const size = Math.abs(number)
  const digits = size >= 100 ? 0 : size >= 10 ? 1 : 2
  return number.toLocaleString("en", { minimumFractionDigits: digits, maximumFractionDigits: digits })
}

/**
 * A target may bound the ratio to the limit (`ratioMin`, `ratioMax`; `plus` is allowed beside the latter), and the
 * figure itself (`min`, `max`).
 */
export const targetText = ({ max, min, plus, ratioMax, ratioMin }, unit) =>
  [
    ratioMin === undefined ? [] : [`≥ ${ratioMin} × the limit`],
    ratioMax === undefined
      ? []
      : [`≤ ${ratioMax} × the limit${plus === undefined ? "" : ` + ${plus} ${unit}`}`],
    min === undefined ? [] : [`≥ ${figure(min)} ${unit}`],
    max === undefined ? [] : [`≤ ${figure(max)} ${unit}`]
  ]
    .flat()
    .join(", ")

/** Null where there is no target, or nothing to hold it against. */
const holds = ({ max, min, plus = 0, ratioMax, ratioMin }, ours, bare) => {
  const bounds = [max, min, ratioMax, ratioMin]
  if (bounds.every((bound) => bound === undefined)) return null
  const bareNeeded = ratioMax !== undefined || ratioMin !== undefined
  if (bareNeeded && bare === null) return null
  return (
    (max === undefined || ours <= max) &&
    (min === undefined || ours >= min) &&
    (ratioMax === undefined || ours <= ratioMax * bare + plus) &&
    (ratioMin === undefined || ours >= ratioMin * bare)
  )
}

/**
 * One measure of one bench on one database. `ours` and `bare` are the figures of the rounds, in their order; `bare` is
 * empty where there is no limit to measure.
 */
export const summary = (bench, key, database, ours, bare) => {
  const { better, limit = "", name, target = {}, unit } = bench.measures[key]
  const medians = { ours: median(ours), bare: bare.length === 0 ? null : median(bare) }
  return {
    bench: bench.name,
    key,
    name,
    database,
    unit,
    better,
    limit,
    ours,
    bare,
    median: medians,
    spread: { ours: spreadOf(ours), bare: bare.length === 0 ? null : spreadOf(bare) },
    ratio: medians.bare === null || medians.bare === 0 ? null : medians.ours / medians.bare,
    target: targetText(target, unit),
    holds: holds(target, medians.ours, medians.bare)
  }
}

const percent = (share) => (share === null ? "" : `${(share * 100).toFixed(0)} %`)
const verdict = (answer) => (answer === null ? "" : answer ? "yes" : "NO")

/** Columns as wide as they must be; numbers to the right. */
const aligned = (head, rows, right) => {
  const widths = head.map((title, column) =>
    Math.max(...[title, ...rows.map((row) => row[column])].map((cell) => cell.length))
  )
  const line = (row) =>
    row
      .map((cell, column) =>
        right.has(column) ? cell.padStart(widths[column]) : cell.padEnd(widths[column])
      )
      .join("  ")
      .trimEnd()
  return [line(head), line(widths.map((width) => "-".repeat(width))), ...rows.map(line)].join("\n")
}

/** The measures as a plain table for a terminal. */
export const plainTable = (measures) =>
  aligned(
    [
      "measure",
      "database",
      "unit",
      "Tidemark",
      "spread",
      "limit",
      "spread",
      "ratio",
      "of",
      "target",
      "holds"
    ],
    measures.map((one) => [
      one.name,
      one.database,
      one.unit,
      figure(one.median.ours),
      percent(one.spread.ours),
      figure(one.median.bare),
      percent(one.spread.bare),
      figure(one.ratio),
      one.limit,
      one.target,
      verdict(one.holds)
    ]),
    new Set([3, 4, 5, 6, 7])
  )

const markdownTable = (head, rows) =>
  [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n")

/** The measures of one bench as a table in Markdown. */
export const documentTable = (measures) =>
  markdownTable(
    ["measure", "database", "Tidemark", "limit", "ratio", "target", "holds"],
    measures.map((one) => [
      `${one.name}, ${one.unit}`,
      one.database,
      `${figure(one.median.ours)} (spread ${percent(one.spread.ours)})`,
      one.median.bare === null ? "" : `${one.limit} ${figure(one.median.bare)} (${percent(one.spread.bare)})`,
      figure(one.ratio),
      one.target,
      verdict(one.holds)
    ])
  )

const nameOf = ({ bench, database, key }) => `${bench} ${key}${database === "" ? "" : ` on ${database}`}`

/** The measures that both results have: their ratios, or the figures where one has no limit. A change above 1 is better. */
export const comparison = (earlier, later) =>
  later.measures.flatMap((now) => {
    const then = earlier.measures.find((one) => nameOf(one) === nameOf(now))
    if (then === undefined) return []
    const by = then.ratio === null || now.ratio === null ? "figure" : "ratio"
    const [before, after] = [then, now].map(({ median, ratio }) => (by === "ratio" ? ratio : median.ours))
    // Both may be 0, as what is lost.
    const change = before === after ? 1 : now.better === "higher" ? after / before : before / after
    return [{ name: nameOf(now), by, before, after, change, isFall: change < FALL }]
  })

export const comparisonTable = (rows) =>
  aligned(
    ["measure", "compared by", "before", "after", "change", ""],
    rows.map(({ after, before, by, change, isFall, name }) => [
      name,
      by,
      figure(before),
      figure(after),
      change.toFixed(2),
      isFall ? "FALL" : ""
    ]),
    new Set([2, 3, 4])
  )
