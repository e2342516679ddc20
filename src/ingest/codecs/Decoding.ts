/**
 * One message while it is decoded: what its forms share. Whatever form it has, a part that is refused is kept with
 * the bytes of the whole message and a label of its own, and rejections are bounded.
 */
import type { ArrivedMessage } from "../../broker/MessageSink.js"
import type { SensorRef } from "../../domain/Reading.js"
import { type Fault, type Faults, fault } from "../../domain/rejected/RejectionFault.js"
import { NAME_LENGTH_MAX, type SaidMetadata } from "../../domain/Sensor.js"
import { MICROS_PER_DAY, MIN_TIME } from "../../domain/Time.js"
import type { AppendItem } from "../../eventlog/EventLog.js"
import { type Aside, type Counting, readingAt, textProblem } from "./DeviceFields.js"
import type { StatedTime, TimeLimits } from "./DeviceTime.js"

export interface DecodeLimits extends TimeLimits {
  /** Largest payload that is decoded, in bytes. */
  readonly payloadBytesMax: number
  /** Most readings that one message may hold. */
  readonly readingsPerMessageMax: number
  /** Most rejections of parts of one message, each of which keeps its bytes; what is over becomes one more. */
  readonly rejectionsPerMessageMax: number
}

export const DEFAULT_DECODE_LIMITS: DecodeLimits = {
  payloadBytesMax: 65_536,
  futureMicrosMax: MICROS_PER_DAY,
  minTime: MIN_TIME,
  readingsPerMessageMax: 1_000,
  rejectionsPerMessageMax: 16
}

/** What decoding one message needs besides its JSON. */
export interface Decoding {
  readonly message: ArrivedMessage
  readonly limits: DecodeLimits
  /** A text that no other call ever gave, in any process. */
  readonly nonce: () => string
  readonly items: Array<AppendItem>
  /** Told each field that is wrong and costs no reading. */
  readonly aside: Aside
  rejections: number
  /** What is wrong with the first over the bound. */
  firstOver: Faults
}

/** When it was measured nobody knows; as of now it would be another reading at each subscription. */
const RETAINED = [fault("retained-without-time", null)]

const pushRejected = (context: Decoding, metric: string | null, faults: Faults): void => {
  const { topic, payload } = context.message
  context.items.push({ _tag: "Rejected", source: { topic, bytes: payload, metric }, faults })
}

export const reject = (context: Decoding, metric: string | null, faults: Faults): void => {
  const { rejectionsPerMessageMax: max } = context.limits
  context.rejections += 1
  if (context.rejections <= max) pushRejected(context, metric, faults)
  else if (context.rejections === max + 1) context.firstOver = faults
}

/** One rejection for all that were over the bound: else a message of junk would be kept once for each part. */
export const rejectOver = (context: Decoding): void => {
  const over = context.rejections - context.limits.rejectionsPerMessageMax
  if (over > 0) pushRejected(context, null, [fault("more-parts", null, over), ...context.firstOver])
}

export const tooMany = (max: number): Fault => fault("too-many-readings", null, max)

const HASH = 35
const BRACKET = 91

/** Labels that are made here, "#3" and "[0]", are never those of a key. */
const isLabelLike = (key: string): boolean => {
  const first = key.charCodeAt(0)
  return first === HASH || first === BRACKET
}

/**
 * A metric as it is kept with a rejected message: its key, or its place where the key can't be stored or is not its
 * own. `at`: the element of an array that it is in. `sound`: a longer name with this key in it can be stored.
 */
export const metricLabel = (
  key: string,
  place: number,
  at: string | null,
  own: boolean,
  sound: boolean
): string => {
  const within = at === null ? "" : `${at}.`
  const label = within + key
  return own && !isLabelLike(key) && ((sound && at === null) || textProblem(label, NAME_LENGTH_MAX) === null)
    ? label
    : `${within}#${place}`
}

export const pushReading = (
  context: Decoding,
  sensor: SensorRef,
  time: StatedTime,
  counting: Counting,
  value: number,
  said: SaidMetadata,
  metric: string | null
): void => {
  const { arrivedAt, payload, retained, topic } = context.message
  const arrival = { arrivedAt, nonce: context.nonce }
  const reading = readingAt(time, counting, arrival, { sensor, value, said })
  if (retained === true && reading.identity._tag === "Arrival") reject(context, metric, RETAINED)
  else context.items.push({ _tag: "Reading", reading, source: { topic, bytes: payload, metric } })
}
