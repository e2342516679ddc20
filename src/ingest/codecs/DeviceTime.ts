/**
 * When a reading was measured, as its message says it.
 *
 * - `timestamp`, `ts` and `time`, in any case, are the time whatever stands there, and never a metric.
 * - The other names are the time where a believable one stands there, at any level; else they may be metrics.
 * - A time before `MIN_TIME` is a clock that was never set: it says nothing, as if no time were given.
 */
import { type Fault, fault } from "../../domain/rejected/RejectionFault.js"
import { MICROS_PER_HOUR, type Micros, readTime } from "../../domain/Time.js"
import type { JsonObject } from "./Payload.js"

/** 2001-01-01, after the dates that clocks report that were never set: in µs. */
export const MIN_TIME = 978_307_200_000_000

/** By rank: the first that is given counts. */
const CLASSIC = ["timestamp", "ts", "time"]
const OTHERS = [
  ...["datetime", "dateTime", "DateTime", "TimestampMS", "SourceTimestamp", "received_at", "receivedAt"],
  ...["created_at", "createdAt", "tst", "last_seen", "lastSeen", "origin", "at", "date_time", "unixtime"]
]
const RANKS: ReadonlyMap<string, number> = new Map([...CLASSIC, ...OTHERS].map((name, rank) => [name, rank]))

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
  return rank >= 0 && (rank < CLASSIC.length || isBelievable(value))
}

/** The same below the top, where names mean less. */
export const isNestedTime = (key: string, value: unknown): boolean => rankOf(key) >= 0 && isBelievable(value)

/** `epoch` is Unix time where it is one, and no `seq` says that it counts boots. */
export const isEpochTime = ({ epoch, seq }: JsonObject): boolean =>
  epoch !== undefined && (seq === undefined || seq === null) && isBelievable(epoch)

const given = (input: unknown): boolean => input !== undefined && input !== null

/** The field that gives the time; null: none does. */
const timeField = (json: JsonObject): string | null => {
  for (const field of CLASSIC) if (given(json[field])) return field
  let name: string | null = null
  let best = RANKS.size
  for (const key in json) {
    const rank = rankOf(key)
    if (rank >= 0 && rank < best && given(json[key]) && isTime(key, json[key])) {
      name = key
      best = rank
    }
  }
  return name ?? (isEpochTime(json) ? "epoch" : null)
}

/** The device's time; null: it says none that it can mean. `nested`: one that stands deeper in the message. */
export const takeTime = (
  json: JsonObject,
  now: Micros,
  futureMicrosMax: number,
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
  // A clock of a test may stand before it itself.
  if (time < MIN_TIME && now >= MIN_TIME) return null
  return time
}
