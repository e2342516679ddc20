/**
 * Why a message was rejected, in words that help: which field is wrong, what stands there, and how to mend it. Made
 * from the reason that was kept and the bytes; it never throws, whatever those are.
 */
import { MICROS_PER_DAY, MICROS_PER_HOUR } from "../Time.js"

export interface RejectedFault {
  /** The field, or the metric; null: the message as a whole. */
  readonly field: string | null
  readonly problem: string
  readonly mend: string
  /** What stands there, as JSON cut to `FOUND_LENGTH_MAX`; null: nothing, or the message is not JSON. */
  readonly found: string | null
}

export const FOUND_LENGTH_MAX = 200
const FAULTS_MAX = 100

const TIME_MEND =
  'Give the time of the measurement as RFC 3339 ("2024-06-14T18:27:45.123Z") or as epoch seconds, ms or µs; ' +
  `not before 1970, and at most ${MICROS_PER_DAY / MICROS_PER_HOUR} h ahead unless MAX_FUTURE says otherwise. Check the device's clock.`
const VALUE_MEND =
  'Give a finite number, not text and not null: 21.5, not "21.5". Leave out a metric that has none.'
const LONG_MEND = "Shorten it, or leave it out."
const BAD_TEXT_MEND = "Take out of it what is no text, a NUL or half of a surrogate pair; or leave it out."
const NAME_TEXT = "(?:name, device/metric|name, measurement, tags and field),"
const WAIT_MEND =
  "Nothing is wrong with the message: send it through again, after MAX_NEW_SENSORS_PER_MINUTE is raised or the rush is over."

/** The first that fits says how to mend it. */
const MENDS: ReadonlyArray<readonly [RegExp, string]> = [
  [/too many new sensors/, WAIT_MEND],
  [
    /broker had kept it/,
    "Give it a time (`timestamp`), or publish it without the retain flag. Sent through again, it is stored as of then."
  ],
  [/payload is empty/, "Send a JSON object with a reading in it."],
  [
    /bytes: at most .* are taken/,
    "Send less in one message: it is over MAX_PAYLOAD, and can't be sent through again."
  ],
  [/not text in UTF-8/, "Send JSON as UTF-8, without compression and without a binary format around it."],
  [/not JSON/, "Send valid JSON: quotes around names and text, no trailing commas, no NaN or Infinity."],
  [
    /cells, and the header/,
    "Give each row as many cells as the header has; quote cells that hold the separator."
  ],
  [/^metadata(?:\.location)? is .*, not an object/, 'Give an object, {"unit": "C"}, or leave it out.'],
  [/not a JSON object|, not an object/, 'Put it into an object: {"sensor_id": 1, "value": 21.5}.'],
  [/array is empty/, "Send no message where there is no reading."],
  [/holds more than .* readings/, "Send it in several messages."],
  [/no reading is in it/, 'Add sensor_id and value, or an object such as {"data": {"temperature": 21.5}}.'],
  [/no sensor is named/, "Add sensor_id, name, device_id or device, or publish to sensors/{name}."],
  [
    /more of its parts|more rows of this body/,
    "Mend the parts as the other rejected messages of this time say."
  ],
  [
    /given by the log/,
    "Use the number that the log gave this sensor, or a number of your own below 1,000,000,000."
  ],
  [/every number .* is given/, "Give the device a number of its own (sensor_id below 1,000,000,000)."],
  [/can't be stored/, "The database refused this row: its message says which value does not fit."],
  [
    new RegExp(`^metric.*${NAME_TEXT} is not valid text`),
    "Take out of the names what is no text: a NUL, or half of a surrogate pair."
  ],
  [
    new RegExp(`^metric.*${NAME_TEXT}`),
    "Shorten or name the metric: device and metric together make the sensor's name."
  ],
  [/^metric.* nested deeper/, "Send it with fewer levels, or as a metric of its own."],
  [/^metric.* there twice/, "Rename one of the two: a path in nested objects is joined with dots."],
  [/^metric\b/, VALUE_MEND],
  [/^epoch\b/, "Give the boot id as text of at most 128 characters, or leave epoch and seq out."],
  [/^the topic\b/, "Publish to another topic, or name the device in the message: name, device_id or device."],
  [/is .*, not text$/, "Give text, in quotes; or leave it out."],
  [/is empty$/, "Give it some text, or leave it out."],
  [/is not valid text$/, BAD_TEXT_MEND],
  [/has more than [\d,]+ characters$|name is too long/, LONG_MEND],
  [
    /^sensor_id\b/,
    "Give a whole number from 1 to 999,999,999; or leave it out, and name the device instead."
  ],
  [/^(?:timestamp|ts|time|the time)\b/i, TIME_MEND],
  [/^value\b/, VALUE_MEND],
  [/^seq\b/, "Give a whole number that rises by one a message, or leave it out."],
  [/\blat\b/, "Give degrees from -90 to 90, or leave it out."],
  [/\blng\b/, "Give degrees from -180 to 180, or leave it out."],
  [/\brange\b/, "Give two numbers, the least first: [0, 45]; or leave it out."],
  [/no metric of Telegraf/, "Send Telegraf's metrics alone in a batch, each with name, fields and tags."],
  [/^bver\b/, "Send SenML of version 10 or below, or leave bver out."],
  [/^vb\b/, "Give true or false."],
  [
    /a value nor a sum|several values|no number: text and data|^(?:v|s|bv|bs|the value|the sum)\b/,
    "Give a record of SenML one number, v, or true or false, vb; and a sum, s, where it has one."
  ],
  [/^(?:t|bt)\b/, "Give the time of a record of SenML in seconds, as a number."],
  [
    /^the name (?:holds|is empty)/,
    "Name a record of SenML by letters, digits and - : . / _ alone, with a letter or digit first."
  ],
  [/must be understood/, "Leave out the field whose name ends in an underscore."]
]
const OTHERWISE = "Compare the message with the forms that the API documentation names."

const mendOf = (problem: string): string => MENDS.find(([pattern]) => pattern.test(problem))?.[1] ?? OTHERWISE

const FIELD = /^([a-z_]+(?:\.[a-z_]+)*) (?:is|must|has|lies|can|was|needs)\b/i
const WHOLE = /^metric "|^[\d,]+ more /
const METRIC = /^metric ("(?:[^"\\]|\\.)*"): (.*)$/s

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
    const found = child === undefined ? undefined : reach(child, path.slice(dot + 1))
    if (found !== undefined) return found
  }
  return undefined
}

const shown = (value: unknown): string | null => {
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

const nameOf = (quoted: string): string => {
  try {
    return String(JSON.parse(quoted))
  } catch {
    return quoted
  }
}

const faultOf = (part: unknown, problem: string): RejectedFault => {
  const [, quoted, what] = METRIC.exec(problem) ?? []
  if (quoted !== undefined && what !== undefined) {
    const key = nameOf(quoted)
    return { field: key, problem: what, mend: mendOf(`metric: ${what}`), found: shown(metricIn(part, key)) }
  }
  const field = FIELD.exec(problem)?.[1] ?? null
  const at = (field ?? "").split(".").reduce<unknown>((json, key) => own(json, key), part)
  return { field, problem, mend: mendOf(problem), found: field === null ? null : shown(at) }
}

/** Each thing that is wrong with a rejected message, at least one. */
export const explainRejected = (message: {
  readonly reason: string
  readonly metric: string | null
  readonly bytes: Uint8Array | null
}): ReadonlyArray<RejectedFault> => {
  const part = partOf(parsed(message.bytes), message.metric)
  // The reason of a metric, and that of many parts, hold semicolons of their own.
  const problems = WHOLE.test(message.reason) ? [message.reason] : message.reason.split("; ")
  return problems.slice(0, FAULTS_MAX).map((problem) => faultOf(part, problem))
}
