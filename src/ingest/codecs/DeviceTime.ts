/**
 * When a reading was measured, as its message says it.
 *
 * - `timestamp`, `ts` and `time`, in any case, are the time whatever stands there, and never a metric; so are the names
 *   that mean nothing else (`SURE`).
 * - The other names, and all of them below the top, are the time where a number or a time in text stands there.
 * - A time before `MIN_TIME` is that of a clock that is not set: another one that the message has counts, else the
 *   arrival, with the device's words beside it. One that is too far in the future is refused.
 */
import { type Fault, fault } from "../../domain/rejected/RejectionFault.js"
import { isClockUnset, MICROS_PER_HOUR, MIN_TIME, type Micros, readTime } from "../../domain/Time.js"
import type { JsonObject } from "./Payload.js"

/** By rank: the first that is given counts. */
const CLASSIC = ["timestamp", "ts", "time"]
const SURE = [
  ...["datetime", "dateTime", "DateTime", "date_time", "TimestampMS", "SourceTimestamp", "received_at"],
  ...["receivedAt", "created_at", "createdAt", "unixtime"]
]
const OTHERS = ["tst", "last_seen", "lastSeen", "origin", "at"]
const SURE_END = CLASSIC.length + SURE.length
const RANKS: ReadonlyMap<string, number> = new Map(
  [...CLASSIC, ...SURE, ...OTHERS].map((name, rank) => [name, rank])
)

const T = 116
const LOWER = 32

// Runs for each key of many messages: most are told by their length and first letter.
const rankOf = (key: string): number => {
  switch (key.length) {
    case 4:
      return (key.charCodeAt(0) | LOWER) === T && key.toLowerCase() === "time" ? CLASSIC.indexOf("time") : -1
    case 2:
    case 9:
      return RANKS.get(key) ?? CLASSIC.indexOf(key.toLowerCase())
    case 3:
    case 6:
    case 8:
    case 10:
    case 11:
    case 15:
      return RANKS.get(key) ?? -1
    default:
      return -1
  }
}

/** Whether a value is a time that a device can mean. */
const isBelievable = (value: unknown): boolean => {
  const time = typeof value === "number" || typeof value === "string" ? readTime(value) : 0
  return typeof time === "number" && time >= MIN_TIME
}

const DATE = /^\d{4}-\d{2}-\d{2}/

/** Whether a value has the form of a time, believable or not. */
const isTimeLike = (value: unknown): boolean =>
  typeof value === "number" ||
  (typeof value === "string" && (DATE.test(value) || readTime(value) !== "not-a-time"))

/** Whether what stands under this key at the top of a message is its time. */
export const isTime = (key: string, value: unknown): boolean => {
  const rank = rankOf(key)
  return rank >= 0 && (rank < SURE_END || isTimeLike(value))
}

/** The same below the top, where names mean less. */
export const isNestedTime = (key: string, value: unknown): boolean => rankOf(key) >= 0 && isTimeLike(value)

/** Of two times that stand below the top: the first that is believable. */
export const betterTime = (before: unknown, value: unknown): unknown =>
  before === undefined || (!isBelievable(before) && isBelievable(value)) ? value : before

/** `epoch` is Unix time where it is one, and no `seq` says that it counts boots. */
export const isEpochTime = ({ epoch, seq }: JsonObject): boolean =>
  epoch !== undefined && (seq === undefined || seq === null) && isBelievable(epoch)

const given = (input: unknown): boolean => input !== undefined && input !== null

/** The field that gives the time, a believable one before all others; null: none does. */
const bestField = (json: JsonObject): string | null => {
  let name: string | null = null
  let best = 2 * RANKS.size
  for (const key in json) {
    const value = json[key]
    if (rankOf(key) < 0 || !given(value) || !isTime(key, value)) continue
    // What is not believable comes after all that is.
    const rank = rankOf(key) + (isBelievable(value) ? 0 : RANKS.size)
    if (rank < best) {
      name = key
      best = rank
    }
  }
  return name ?? (isEpochTime(json) ? "epoch" : null)
}

/** Which times a device can mean. */
export interface TimeLimits {
  /** How far a device's time may lie after our own, in µs. */
  readonly futureMicrosMax: number
  /** An earlier time is that of a clock that is not set. */
  readonly minTime: Micros
}

/** The time that a message states; text: one that nobody can mean, in the device's own words; null: it states none. */
export type StatedTime = Micros | string | null

/** Device's words that are kept, in UTF-16 code units. */
const WORDS_LENGTH_MAX = 64

export const wordsOf = (time: unknown): string => String(time).trim().slice(0, WORDS_LENGTH_MAX)

/** `field` null: it stands deeper in the message. */
const readStated = (
  value: unknown,
  field: string | null,
  now: Micros,
  { futureMicrosMax, minTime }: TimeLimits,
  faults: Array<Fault>
): StatedTime => {
  const time = readTime(value)
  if (time === "time-before-1970") return wordsOf(value)
  if (typeof time === "string") {
    faults.push(fault(time, field))
    return null
  }
  if (time <= now + futureMicrosMax) return isClockUnset(time, now, minTime) ? wordsOf(value) : time
  // A counter, as likely as a time.
  if (field !== null) faults.push(fault("time-in-future", field, futureMicrosMax / MICROS_PER_HOUR))
  return null
}

/** `nested`: a time that stands deeper in the message. */
export const takeTime = (
  json: JsonObject,
  now: Micros,
  limits: TimeLimits,
  faults: Array<Fault>,
  nested?: unknown
): StatedTime => {
  const field = CLASSIC.find((name) => given(json[name])) ?? bestField(json)
  if (field === null && nested === undefined) return null
  const time = readStated(field === null ? nested : json[field], field, now, limits, faults)
  if (typeof time !== "string") return time
  const best = bestField(json)
  const other = betterTime(best === null ? undefined : json[best], nested)
  const otherTime = isBelievable(other) ? readStated(other, null, now, limits, []) : null
  return typeof otherTime === "number" ? otherTime : time
}
