/**
 * When a reading was measured, as its message says it.
 *
 * - `timestamp`, `ts` and `time`, in any case, are the time whatever stands there, and never a metric; so are the names
 *   that mean nothing else (`SURE`).
 * - The other names, and all of them below the top, are the time where a believable one stands there, at any level; else they may be metrics.
 * - A time before `MIN_TIME` is a clock that was never set, and is refused: the arrival in its place would look measured.
 */
import { clockNotSet, type Fault, fault } from "../../domain/rejected/RejectionFault.js"
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

/** Whether what stands under this key at the top of a message is its time. */
export const isTime = (key: string, value: unknown): boolean => {
  const rank = rankOf(key)
  return rank >= 0 && (rank < SURE_END || isBelievable(value))
}

const DATE = /^\d{4}-\d{2}-\d{2}/

/** The same below the top, where names mean less; a date under such a name is a time, believable or not. */
export const isNestedTime = (key: string, value: unknown): boolean =>
  rankOf(key) >= 0 && (isBelievable(value) || (typeof value === "string" && DATE.test(value)))

/** Of two times that stand below the top: the first that is believable. */
export const betterTime = (before: unknown, value: unknown): unknown =>
  before === undefined || (!isBelievable(before) && isBelievable(value)) ? value : before

/** `epoch` is Unix time where it is one, and no `seq` says that it counts boots. */
export const isEpochTime = ({ epoch, seq }: JsonObject): boolean =>
  epoch !== undefined && (seq === undefined || seq === null) && isBelievable(epoch)

const given = (input: unknown): boolean => input !== undefined && input !== null

/** The field that gives the time; null: none does. */
const timeField = (json: JsonObject): string | null => {
  for (const field of CLASSIC) if (given(json[field])) return field
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

/** What stands at the top of a message as its time; undefined: nothing. */
export const timeOf = (json: JsonObject): unknown => {
  const field = timeField(json)
  return field === null ? undefined : json[field]
}

/** Which times a device can mean. */
export interface TimeLimits {
  /** How far a device's time may lie after our own, in µs. */
  readonly futureMicrosMax: number
  /** An earlier time is that of a clock that is not set. */
  readonly minTime: Micros
}

/** The device's time; null: it says none. `nested`: one that stands deeper in the message. */
export const takeTime = (
  json: JsonObject,
  now: Micros,
  { futureMicrosMax, minTime }: TimeLimits,
  faults: Array<Fault>,
  nested?: unknown
): Micros | null => {
  const field = timeField(json)
  if (field === null && nested === undefined) return null
  const time = readTime(field === null ? nested : json[field])
  if (typeof time === "string") {
    faults.push(fault(time, field))
    return null
  }
  if (time > now + futureMicrosMax) {
    // A counter, as likely as a time.
    if (field === null) return null
    faults.push(fault("time-in-future", field, futureMicrosMax / MICROS_PER_HOUR))
    return null
  }
  if (isClockUnset(time, now, minTime)) {
    faults.push(clockNotSet(field, time, minTime))
    return null
  }
  return time
}
