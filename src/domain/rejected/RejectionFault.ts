/**
 * One thing that is wrong with a message: a code, where, and what its words need. The words, and how to mend it, are
 * made here from the code and from nothing else.
 */
import * as Schema from "effect/Schema"
import { formatTime, type Micros } from "../Time.js"
import { type DetailsOf, REASONS, type RejectionCode } from "./RejectionCodes.js"

const isCode = (text: string): text is RejectionCode => Object.hasOwn(REASONS, text)

export const Fault = Schema.Struct({
  code: Schema.String.pipe(Schema.filter(isCode)),
  /** Its path in the message, or the metric's key; null: the message as a whole. */
  field: Schema.NullOr(Schema.String),
  /** `field` is the key of a metric. */
  metric: Schema.Boolean,
  detail: Schema.Array(Schema.Union(Schema.String, Schema.Number))
})
export type Fault = typeof Fault.Type

export type Faults = ReadonlyArray<Fault>

/** Longest text from outside within a fault, in UTF-16 code units. */
const TEXT_LENGTH_MAX = 190
/** Most things that are kept of one message. */
export const FAULTS_MAX = 32
/** Longest text of a rejection, in UTF-16 code units: that of the column. */
const REASON_LENGTH_MAX = 1_000

const cut = (text: string, max: number): string =>
  text.length <= max ? text : `${text.slice(0, max)}…`.toWellFormed()

export const fault = <Code extends RejectionCode>(
  code: Code,
  field: string | null,
  ...detail: DetailsOf<Code>
): Fault => ({ code, field, metric: false, detail })

/** A time before `minTime`: that of a clock that was never set. */
export const clockNotSet = (field: string | null, time: Micros, minTime: Micros): Fault =>
  fault("clock-not-set", field, formatTime(time), formatTime(minTime).slice(0, 4))

/** The same, said of a metric. Its key comes from outside, and may be as long as the message: what is kept is cut. */
export const metricFaults = (key: string, faults: Faults): Faults =>
  faults.map((one) => ({ ...one, field: cut(key, TEXT_LENGTH_MAX), metric: true }))

/** What is wrong, in words, as it stands beside others of the same field. */
export const faultText = ({ code, detail, field, metric }: Fault): string => {
  const text: (field: string, ...detail: Fault["detail"]) => string = REASONS[code].text
  return text(metric ? "it" : (field ?? "it"), ...detail)
}

export const faultMend = ({ code, field, metric }: Fault): string => {
  const { mend } = REASONS[code]
  return typeof mend === "string" ? mend : mend(metric ? "it" : (field ?? "it"))
}

/** Those that stand for many, of which only the first is told. */
const isSum = (one: Fault | undefined): boolean => one?.code === "more-parts" || one?.code === "more-rows"

/** All of it in words, as it is kept: within its bound, and storable where a device's text was quoted in it. */
export const reasonOf = (faults: Faults): string => {
  let text = ""
  for (const [i, one] of faults.entries()) {
    const before = faults[i - 1]
    if (i > 0) text += isSum(before) ? "; first " : "; "
    const goesOn = before?.metric === true && before.field === one.field
    if (one.metric && !goesOn) text += `metric ${JSON.stringify(one.field)}: `
    text += faultText(one)
    if (text.length > REASON_LENGTH_MAX) break
  }
  const whole = text.length <= REASON_LENGTH_MAX ? text : `${text.slice(0, REASON_LENGTH_MAX - 1)}…`
  return whole.toWellFormed().replaceAll("\0", "\uFFFD")
}

const json = Schema.parseJson(Schema.Array(Fault))
const encode = Schema.encodeSync(json)

/** As they are kept: bounded in number and in length. */
export const keptFaults = (faults: Faults): Faults =>
  faults.slice(0, FAULTS_MAX).map((one) => ({
    ...one,
    field: one.field === null ? null : cut(one.field, TEXT_LENGTH_MAX),
    detail: one.detail.map((part) => (typeof part === "string" ? cut(part, TEXT_LENGTH_MAX) : part))
  }))

export const faultsJson = (faults: Faults): string => encode(keptFaults(faults))
export const faultsOfJson = Schema.decodeUnknownOption(json)
