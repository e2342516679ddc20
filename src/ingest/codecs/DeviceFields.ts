/**
 * The fields of a message, one function each: it gives the checked value, or pushes why not onto `faults` and
 * gives a stand-in that is never used. A plain array and not an Either: this runs for each message that arrives.
 *
 * A field that is null counts as not given, except the value itself: devices send null for what they don't know.
 */
import { isDeviceSensorId, NAMED_SENSOR_ID_MIN, type SensorId, sensorId } from "../../domain/Ids.js"
import { type Identity, normalValue, type ReadingCandidate } from "../../domain/Reading.js"
import { type Fault, fault } from "../../domain/rejected/RejectionFault.js"
import { NAME_LENGTH_MAX } from "../../domain/Sensor.js"
import type { Micros } from "../../domain/Time.js"
import { isEpochTime, type StatedTime } from "./DeviceTime.js"
import { type JsonObject, kindOf, numberOfText } from "./Payload.js"

/** Told the name of each field that is wrong and costs no reading. */
export type Aside = (field: string) => void

/** Longest `epoch` (boot id), in UTF-16 code units. */
export const EPOCH_LENGTH_MAX = 128

const DIGITS = /^\d{1,16}$/

/** Text that both databases store alike: neither empty nor longer than `max`, no NUL, no lone surrogate. */
export const textProblem = (input: string, max: number): "empty" | "long" | "invalid" | null => {
  if (input.length === 0) return "empty"
  if (input.length > max) return "long"
  return input.includes("\0") || !input.isWellFormed() ? "invalid" : null
}

/** Why a field is no such text. */
export const textFault = (field: string, input: unknown, max: number): Fault | null => {
  if (typeof input !== "string") return fault("not-text", field, kindOf(input))
  switch (textProblem(input, max)) {
    case "empty":
      return fault("empty-text", field)
    case "long":
      return fault("long-text", field, max)
    case "invalid":
      return fault("invalid-text", field)
    case null:
      return null
  }
}

/** Why a sensor's name, made of `parts`, can't be stored: null, it can. */
export const nameFault = (name: string, parts: string): Fault | null => {
  switch (textProblem(name, NAME_LENGTH_MAX)) {
    case "long":
      return fault("name-long", null, parts, NAME_LENGTH_MAX)
    case "invalid":
      return fault("name-invalid", null, parts)
    default:
      return null
  }
}

/** A number that a device claims for itself: an integer, as a number or as its digits. */
export const takeSensorId = (input: unknown, faults: Array<Fault>): SensorId => {
  const text = typeof input === "string" ? input.trim() : null
  const n = typeof input === "number" ? input : text !== null && DIGITS.test(text) ? Number(text) : Number.NaN
  if (isDeviceSensorId(n)) return sensorId(n)
  const given = Number.isInteger(n) && n >= NAMED_SENSOR_ID_MIN
  faults.push(fault(given ? "sensor-id-given" : "sensor-id-invalid", "sensor_id"))
  return sensorId(1)
}

/** What a reading measured: a finite number, also as text; true and false, on and off, open and closed are 1 and 0. */
export const takeValue = (input: unknown, field: string, faults: Array<Fault>): number => {
  if (typeof input === "number" && Number.isFinite(input)) return normalValue(input)
  if (typeof input === "boolean") return input ? 1 : 0
  const n = typeof input === "string" ? numberOfText(input) : null
  if (n !== null) return n
  faults.push(input === undefined ? fault("missing", field) : fault("not-a-number", field, kindOf(input)))
  return 0
}

const takeEpoch = (input: unknown, faults: Array<Fault>): string | null => {
  if (input === undefined || input === null) return null
  // A number that a double can't hold exactly would make two boots one.
  if (typeof input === "number" && (Number.isSafeInteger(input) || !Number.isInteger(input))) {
    return String(normalValue(input))
  }
  const wrong =
    typeof input === "number"
      ? fault("epoch-too-large", "epoch")
      : textFault("epoch", input, EPOCH_LENGTH_MAX)
  if (wrong === null && typeof input === "string") return input
  if (wrong !== null) faults.push(wrong)
  return null
}

const takeSeq = (input: unknown, faults: Array<Fault>): number | null => {
  if (input === undefined || input === null) return null
  const n = typeof input === "number" ? input : typeof input === "string" && DIGITS.test(input) ? +input : -1
  if (Number.isSafeInteger(n) && n >= 0) return normalValue(n)
  faults.push(fault("seq-invalid", "seq"))
  return null
}

/** `epoch` (boot id) and `seq` as the message gives them. */
export interface Counting {
  readonly epoch: string | null
  readonly seq: number | null
}

// One object for the many messages that give neither.
export const UNCOUNTED: Counting = { epoch: null, seq: null }

export const takeCounting = (json: JsonObject, faults: Array<Fault>): Counting =>
  (json.seq === undefined && json.epoch === undefined) || isEpochTime(json)
    ? UNCOUNTED
    : { epoch: takeEpoch(json.epoch, faults), seq: takeSeq(json.seq, faults) }

/** What makes the reading the same when it comes again; a `seq` without a time counts only with an `epoch`. */
const identityOf = (time: StatedTime, { epoch, seq }: Counting, nonce: () => string): Identity => {
  if (typeof time === "number") return { _tag: "Time", epoch, seq }
  if (epoch !== null && seq !== null) return { _tag: "Sequence", epoch, seq }
  return { _tag: "Arrival", nonce: nonce() }
}

/** Where a reading comes in, and when. */
export interface Arrival {
  readonly arrivedAt: Micros
  /** A text that no other call ever gave, in any process. */
  readonly nonce: () => string
}

/** A reading under the time that its message states, or that of its arrival, with what it states beside it. */
export const readingAt = (
  time: StatedTime,
  counting: Counting,
  { arrivedAt, nonce }: Arrival,
  { said, sensor, value }: Pick<ReadingCandidate, "sensor" | "value" | "said">
): ReadingCandidate => {
  const identity = identityOf(time, counting, nonce)
  if (typeof time === "number") return { sensor, occurredAt: time, value, identity, said }
  const reading = { sensor, occurredAt: arrivedAt, value, identity, said }
  return time === null ? reading : { ...reading, deviceTime: time }
}
