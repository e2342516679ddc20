/**
 * Why a message was rejected, for those who look at it: of each thing that is wrong the field, the words, how to mend
 * it, and what stands there in the bytes that were kept. It never throws, whatever those are.
 */
import type { RejectedMessage } from "./RejectedMessage.js"
import type { RejectionCode } from "./RejectionCodes.js"
import { type Fault, faultMend, faultText } from "./RejectionFault.js"

export interface RejectedFault {
  readonly code: RejectionCode
  /** The field, or the metric; null: the message as a whole. */
  readonly field: string | null
  readonly problem: string
  readonly mend: string
  /** What stands there, as JSON cut to `FOUND_LENGTH_MAX`; null: nothing, or the message is not JSON. */
  readonly found: string | null
}

export const FOUND_LENGTH_MAX = 200

const isNested = (input: unknown): input is Readonly<Record<string, unknown>> =>
  typeof input === "object" && input !== null
const isObject = (input: unknown): boolean => isNested(input) && !Array.isArray(input)

const parsed = (bytes: Uint8Array | null): unknown => {
  if (bytes === null) return undefined
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes))
  } catch {
    return undefined
  }
}

const own = (json: unknown, key: string): unknown =>
  isNested(json) && Object.hasOwn(json, key) ? json[key] : undefined

/** What a path leads to, whose names may have dots of their own. */
const reach = (json: unknown, path: string): unknown => {
  const direct = own(json, path)
  if (direct !== undefined) return direct
  for (let dot = path.indexOf("."); dot !== -1; dot = path.indexOf(".", dot + 1)) {
    const child = own(json, path.slice(0, dot))
    const value = child === undefined ? undefined : reach(child, path.slice(dot + 1))
    if (value !== undefined) return value
  }
  return undefined
}

const excerpt = (value: unknown): string | null => {
  if (value === undefined) return null
  const text = JSON.stringify(value)
  return text.length <= FOUND_LENGTH_MAX ? text : `${text.slice(0, FOUND_LENGTH_MAX - 1)}…`.toWellFormed()
}

const ELEMENT = /^\[(\d+)\]/

/** The part of the message that the row stands for: an element of an array, or all of it. */
const partOf = (json: unknown, metric: string | null): unknown => {
  const index = metric === null ? undefined : ELEMENT.exec(metric)?.[1]
  const list = Array.isArray(json) ? json : own(json, "metrics")
  return index !== undefined && Array.isArray(list) ? list[Number(index)] : json
}

const METRIC_OBJECTS = ["data", "values", "metrics", "fields"]

const metricIn = (part: unknown, key: string): unknown => {
  const field = METRIC_OBJECTS.find((name) => isObject(own(part, name)))
  return reach(field === undefined ? part : own(part, field), key)
}

const stands = (part: unknown, { field, metric }: Fault): unknown =>
  field === null ? undefined : metric ? metricIn(part, field) : reach(part, field)

/** Each thing that is wrong with a rejected message, at least one. */
export const explainRejected = ({
  bytes,
  faults,
  metric
}: Pick<RejectedMessage, "bytes" | "faults" | "metric">): ReadonlyArray<RejectedFault> => {
  const part = partOf(parsed(bytes), metric)
  return faults.map((one) => ({
    code: one.code,
    field: one.field,
    problem: faultText(one),
    mend: faultMend(one),
    found: excerpt(stands(part, one))
  }))
}
