/**
 * The reasons of rejections that were kept before there were codes: plain texts. An upcaster for those rows alone,
 * made of the words of the codes themselves, which were the same then; what fits none is `unknown`. It never throws.
 */
import { REASONS, type RejectionCode } from "./RejectionCodes.js"
import { FAULTS_MAX, type Fault, type Faults, faultText, metricFaults } from "./RejectionFault.js"
import { type Detail, ROW_MENDS } from "./RejectionWords.js"

interface Pattern {
  readonly code: RejectionCode
  readonly pattern: RegExp
}

// Characters of private use stand for what varies: no words of ours have them.
const FIELD = "\uE000"
const DETAILS = ["\uE001", "\uE002"]

const HOLES: ReadonlyMap<string, string> = new Map([
  [FIELD, "(?<field>[\\w-]+(?:\\.[\\w-]+)*)"],
  ['"\uE001"', '(?<first>"(?:[^"\\\\]|\\\\.)*")'],
  ["\uE001", "(?<first>.+)"],
  ['"\uE002"', '(?<second>"(?:[^"\\\\]|\\\\.)*")'],
  ["\uE002", "(?<second>.+)"]
])

const wordsOf = (code: RejectionCode): string => {
  const text: (field: string, ...detail: ReadonlyArray<Detail>) => string = REASONS[code].text
  return text(FIELD, ...DETAILS)
}

const patternOf = (words: string): RegExp =>
  new RegExp(
    `^${words
      .replace(/[\\^$.*+?()[\]{}|]/g, "\\$&")
      .replace(/"?[\uE000-\uE002]"?/g, (hole) => HOLES.get(hole) ?? hole)}$`,
    "s"
  )

const isCode = (key: string): key is RejectionCode => Object.hasOwn(REASONS, key)
/** They end in words of others, which may hold what parts one thing from the next. */
const OPEN: ReadonlyArray<RejectionCode> = ["cannot-store", "payload-not-json", "row-not-json", "line-value"]

/** The one with the most words of its own first. */
const PATTERNS: ReadonlyArray<Pattern> = Object.keys(REASONS)
  .filter(isCode)
  // Their words may be any text.
  .filter((code) => code !== "unknown" && code !== "row-csv")
  .toSorted((a, b) => wordsOf(b).length - wordsOf(a).length)
  .map((code) => ({ code, pattern: patternOf(wordsOf(code)) }))

const detailOf = (text: string): Detail => {
  if (/^\d{1,15}$/.test(text)) return Number(text)
  if (!text.startsWith('"')) return text
  try {
    return String(JSON.parse(text))
  } catch {
    return text
  }
}

const one = (text: string): Fault => {
  for (const { code, pattern } of PATTERNS) {
    const match = pattern.exec(text)
    if (match === null) continue
    const { field = null, first, second } = match.groups ?? {}
    const detail = [first, second].flatMap((part) => (part === undefined ? [] : [detailOf(part)]))
    const fault: Fault = { code, field: field === "it" ? null : field, metric: false, detail }
    const isIts = code !== "row-field" || ROW_MENDS.has(field ?? "")
    if (isIts && faultText(fault) === text) return fault
  }
  return { code: "unknown", field: null, metric: false, detail: [text] }
}

const SUM = /^([\d,]+ more (?:of its parts are refused|rows of this body are rejected)); first (.*)$/s
const METRIC = /^metric ("(?:[^"\\]|\\.)*"): (.*)$/s

export const faultsOfText = (text: string): Faults => {
  const [, sum, rest] = SUM.exec(text) ?? []
  if (sum !== undefined && rest !== undefined) return [one(sum), ...faultsOfText(rest)]
  const [, quoted, what] = METRIC.exec(text) ?? []
  if (quoted !== undefined && what !== undefined) {
    return metricFaults(String(detailOf(quoted)), what.split("; ").map(one))
  }
  const whole = one(text)
  return OPEN.includes(whole.code) ? [whole] : text.split("; ").slice(0, FAULTS_MAX).map(one)
}
