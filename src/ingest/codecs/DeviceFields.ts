/**
 * The fields of a message, one function each: it gives the checked value, or pushes why not onto `faults` and
 * gives a stand-in that is never used. A plain array and not an Either: this runs for each message that arrives.
 *
 * A field that is null counts as not given, except the value itself: devices send null for what they don't know.
 */
import * as Either from "effect/Either"
import { isDeviceSensorId, NAMED_SENSOR_ID_MIN, type SensorId, sensorId } from "../../domain/Ids.js"
import { type Identity, normalValue } from "../../domain/Reading.js"
import { NAME_LENGTH_MAX } from "../../domain/Sensor.js"
import { MICROS_PER_HOUR, type Micros, parseTime } from "../../domain/Time.js"
import { type JsonObject, kindOf } from "./Payload.js"

/** Longest `epoch` (boot id), in UTF-16 code units. */
export const EPOCH_LENGTH_MAX = 128

const DIGITS = /^\d{1,16}$/
const SENSOR_ID_BOUNDS = "must be an integer from 1 to 999,999,999"

/** Text that both databases store alike: neither empty nor longer than `max`, no NUL, no lone surrogate. */
export const textFault = (input: unknown, max: number): string | null => {
  if (typeof input !== "string") return `is ${kindOf(input)}, not text`
  if (input.length === 0) return "is empty"
  if (input.length > max) return `has more than ${max} characters`
  return input.includes("\0") || !input.isWellFormed() ? "is not valid text" : null
}

/** A number that a device claims for itself: an integer, as a number or as its digits. */
export const takeSensorId = (input: unknown, faults: Array<string>): SensorId => {
  const text = typeof input === "string" ? input.trim() : null
  const n = typeof input === "number" ? input : text !== null && DIGITS.test(text) ? Number(text) : Number.NaN
  if (isDeviceSensorId(n)) return sensorId(n)
  if (Number.isInteger(n) && n >= NAMED_SENSOR_ID_MIN) {
    faults.push(`sensor_id ${SENSOR_ID_BOUNDS}: the numbers above belong to sensors known by name`)
  } else {
    faults.push(`sensor_id ${SENSOR_ID_BOUNDS}`)
  }
  return sensorId(1)
}

/** What a reading measured: a finite number; true and false are 1 and 0. Numbers as text are refused. */
export const takeValue = (input: unknown, field: string, faults: Array<string>): number => {
  if (typeof input === "number" && Number.isFinite(input)) return normalValue(input)
  if (typeof input === "boolean") return input ? 1 : 0
  faults.push(`${field} is ${kindOf(input)}${input === undefined ? "" : ", not a finite number"}`)
  return 0
}

const TIME_FIELDS: ReadonlyArray<string> = ["timestamp", "ts", "time"]

const given = (input: unknown): boolean => input !== undefined && input !== null

// Runs for each key of many messages: most are told by their length.
const timeRank = (key: string): number => {
  switch (key.length) {
    case 2:
    case 4:
    case 9:
      return TIME_FIELDS.indexOf(key.toLowerCase())
    default:
      return -1
  }
}

/** Whether a field of this name is the time, in upper or lower case. */
export const isTimeField = (key: string): boolean => timeRank(key) >= 0

/** The field that gives the time: as it is written here, else in another case. */
const timeField = (json: JsonObject): string | null => {
  for (const field of TIME_FIELDS) if (given(json[field])) return field
  let found: string | null = null
  let best = TIME_FIELDS.length
  for (const key in json) {
    const rank = timeRank(key)
    if (rank >= 0 && rank < best && given(json[key])) {
      found = key
      best = rank
    }
  }
  return found
}

/** The device's time, from the first of `timestamp`, `ts` and `time` that is given; null when none is. */
export const takeTime = (
  json: JsonObject,
  now: Micros,
  futureMicrosMax: number,
  faults: Array<string>
): Micros | null => {
  const field = timeField(json)
  if (field === null) return null
  const time = parseTime(json[field])
  if (Either.isLeft(time)) {
    faults.push(`${field} ${time.left}`)
    return null
  }
  if (time.right > now + futureMicrosMax) {
    faults.push(`${field} is more than ${futureMicrosMax / MICROS_PER_HOUR} h in the future`)
    return null
  }
  return time.right
}

const takeEpoch = (input: unknown, faults: Array<string>): string | null => {
  if (input === undefined || input === null) return null
  // A number that a double can't hold exactly would make two boots one.
  if (typeof input === "number" && (Number.isSafeInteger(input) || !Number.isInteger(input))) {
    return String(normalValue(input))
  }
  const fault =
    typeof input === "number" ? "is too large: give it as text" : textFault(input, EPOCH_LENGTH_MAX)
  if (fault === null && typeof input === "string") return input
  faults.push(`epoch ${fault}`)
  return null
}

const takeSeq = (input: unknown, faults: Array<string>): number | null => {
  if (input === undefined || input === null) return null
  const n = typeof input === "number" ? input : typeof input === "string" && DIGITS.test(input) ? +input : -1
  if (Number.isSafeInteger(n) && n >= 0) return normalValue(n)
  faults.push("seq must be an integer from 0 to 9,007,199,254,740,991")
  return null
}

/** `epoch` (boot id) and `seq` as the message gives them. */
export interface Counting {
  readonly epoch: string | null
  readonly seq: number | null
}

// One object for the many messages that give neither.
const UNCOUNTED: Counting = { epoch: null, seq: null }

export const takeCounting = (json: JsonObject, faults: Array<string>): Counting =>
  json.seq === undefined && json.epoch === undefined
    ? UNCOUNTED
    : { epoch: takeEpoch(json.epoch, faults), seq: takeSeq(json.seq, faults) }

/** What makes the reading the same when it comes again; a `seq` without a time counts only with an `epoch`. */
export const identityOf = (time: Micros | null, { epoch, seq }: Counting, nonce: () => string): Identity => {
  if (time !== null) return { _tag: "Time", epoch, seq }
  if (epoch !== null && seq !== null) return { _tag: "Sequence", epoch, seq }
  return { _tag: "Arrival", nonce: nonce() }
}

const NAME_FIELDS = ["name", "device_id", "device"] as const

/** The device's name: the first of `name`, `device_id` and `device` that is given, else the topic's. */
export const takeDeviceName = (json: JsonObject, fromTopic: string, faults: Array<string>): string => {
  for (const field of NAME_FIELDS) {
    const input = json[field]
    if (input === undefined || input === null) continue
    const name = typeof input === "number" && Number.isSafeInteger(input) ? String(input) : input
    const fault = textFault(name, NAME_LENGTH_MAX)
    if (fault === null && typeof name === "string") return name
    faults.push(`${field} ${fault}`)
    return ""
  }
  if (fromTopic === "") faults.push("no sensor is named: give sensor_id, name, device_id or device")
  else {
    const fault = textFault(fromTopic, NAME_LENGTH_MAX)
    if (fault !== null) faults.push(`the topic, as the sensor's name, ${fault}`)
  }
  return fromTopic
}
