/**
 * SenML in JSON (RFC 8428): a pack is an array of records, and what a record's base fields say (`bn`, `bt`, `bu`,
 * `bv`, `bs`) holds for those behind it. Pure, and never throws.
 *
 * - A reading for each record with `v`, or `vb` (1 and 0): of the sensor known by the resolved name, `bn` + `n`.
 * - A reading more for each record with a sum, `s`: of the sensor "name/sum", its unit followed by ".s".
 * - A time below 2^28 seconds is relative to the arrival, as is none at all: such a reading can't be told from its
 *   repeat. From there on it is seconds since 1970; one that nobody can mean gives way to the arrival.
 * - `vs` and `vd` (text, data) are no numbers: rejected. So is a record with an unknown field that must be
 *   understood (its name ends in `_`), or under a base that is wrong or of a version above 10.
 * - A record of base fields alone says no reading, and gives none.
 * - What is rejected of a body is kept as a pack of one: the record with the bases that held for it.
 */
import { normalValue, type ReadingCandidate } from "../../domain/Reading.js"
import type { MessageSource } from "../../domain/rejected/RejectedMessage.js"
import { type Fault, fault, faultText } from "../../domain/rejected/RejectionFault.js"
import { NAME_LENGTH_MAX, type SaidMetadata, UNIT_LENGTH_MAX } from "../../domain/Sensor.js"
import { isClockUnset, MICROS_PER_HOUR, MICROS_PER_SECOND, micros } from "../../domain/Time.js"
import type { AppendItem } from "../../eventlog/EventLog.js"
import { type Arrival, readingAt, textProblem, UNCOUNTED } from "./DeviceFields.js"
import { type TimeLimits, wordsOf } from "./DeviceTime.js"
import type { RowItem } from "./LineProtocol.js"
import { isJsonObject, type JsonObject, kindOf, parsePayload } from "./Payload.js"

/** What of a record an item is: its value, its sum, or the record as a whole. */
export type RecordPart = "v" | "s" | null

export interface PackOptions extends Arrival, TimeLimits {
  /** What an item is kept with: of a record, with its bases, at this index of the pack. */
  readonly sourceOf: (record: unknown, index: number, part: RecordPart) => MessageSource
}

export interface SenMlOptions extends Omit<PackOptions, "sourceOf"> {
  /** Where it came in, as it is kept with what is rejected. */
  readonly topic: string
  readonly bytesMax: number
  /** Most records of a pack. */
  readonly recordsMax: number
}

/** The version of SenML that is understood. */
const VERSION = 10
/** Times below this are relative to now, in seconds. */
export const ABSOLUTE_SECONDS_MIN = 2 ** 28

export const BASES = ["bn", "bt", "bu", "bv", "bs", "bver"] as const
type Base = (typeof BASES)[number]
type Bases = { [K in Base]?: unknown }

export const VALUES = ["v", "vs", "vb", "vd"] as const
export const FIELDS: ReadonlySet<string> = new Set([...BASES, ...VALUES, "n", "u", "s", "t", "ut"])

const NAME = /^[A-Za-z0-9][A-Za-z0-9:./_-]*$/

const text = (record: JsonObject | Bases, key: "n" | "u" | "bn" | "bu", faults: Array<Fault>): string => {
  const input: unknown = record[key as keyof typeof record]
  if (input === undefined) return ""
  if (typeof input === "string") return input
  faults.push(fault("not-text", key, kindOf(input)))
  return ""
}

const number = (record: JsonObject | Bases, key: string, faults: Array<Fault>): number => {
  const input: unknown = record[key as keyof typeof record]
  if (input === undefined) return 0
  if (typeof input === "number" && Number.isFinite(input)) return input
  faults.push(fault("record-number", key, kindOf(input)))
  return 0
}

/** Whole and part alone: a double holds both exactly, but not their product. */
const microsOf = (seconds: number): number => {
  const whole = Math.floor(seconds)
  return whole * MICROS_PER_SECOND + Math.round((seconds - whole) * MICROS_PER_SECOND)
}

/** Places a reading in time. */
type When = (reading: Pick<ReadingCandidate, "sensor" | "value" | "said">) => ReadingCandidate

const takeWhen = (record: JsonObject, bases: Bases, options: PackOptions, faults: Array<Fault>): When => {
  const { arrivedAt, futureMicrosMax, minTime } = options
  const sum = microsOf(number(bases, "bt", faults)) + microsOf(number(record, "t", faults))
  const relative = sum < ABSOLUTE_SECONDS_MIN * MICROS_PER_SECOND
  const time = micros(relative ? arrivedAt + sum : sum)
  if (time > arrivedAt + futureMicrosMax) {
    faults.push(fault("record-time-in-future", null, futureMicrosMax / MICROS_PER_HOUR))
  }
  if (sum === 0) return (reading) => readingAt(null, UNCOUNTED, options, reading)
  const words = wordsOf(sum / MICROS_PER_SECOND)
  if (time < 0 || isClockUnset(time, arrivedAt, minTime)) {
    return (reading) => readingAt(words, UNCOUNTED, options, reading)
  }
  return relative
    ? (reading) => ({
        ...readingAt(words, UNCOUNTED, options, reading),
        occurredAt: time,
        adjusted: true
      })
    : (reading) => readingAt(time, UNCOUNTED, options, reading)
}

const takeName = (record: JsonObject, bases: Bases, faults: Array<Fault>): string => {
  const name = text(bases, "bn", faults) + text(record, "n", faults)
  if (name === "") faults.push(fault("record-name-empty", null))
  else if (!NAME.test(name)) faults.push(fault("record-name-invalid", null))
  else if (name.length > NAME_LENGTH_MAX) faults.push(fault("record-name-long", null, NAME_LENGTH_MAX))
  return name
}

const takeUnit = (record: JsonObject, bases: Bases, faults: Array<Fault>): string => {
  const unit = record.u === undefined ? text(bases, "bu", faults) : text(record, "u", faults)
  const max = UNIT_LENGTH_MAX - SUM_UNIT.length
  const wrong = textProblem(unit, max)
  if (wrong === "long") faults.push(fault("record-unit-long", null, max))
  else if (wrong === "invalid") faults.push(fault("record-unit-invalid", null))
  return unit
}

/** The sum of two finite numbers, which may be none. */
const takeFinite = (n: number, part: "value" | "sum", faults: Array<Fault>): number => {
  if (!Number.isFinite(n)) faults.push(fault("record-sum-too-large", null, part))
  return normalValue(n)
}

const takeNumber = (record: JsonObject, bases: Bases, faults: Array<Fault>): number | null => {
  const given = VALUES.filter((key) => record[key] !== undefined)
  const [key] = given
  if (key === undefined) return null
  if (given.length > 1) faults.push(fault("record-values", null, given.join(", ")))
  else if (key === "vb") {
    if (typeof record.vb === "boolean") return record.vb ? 1 : 0
    faults.push(fault("record-boolean", "vb", kindOf(record.vb)))
  } else if (key === "v") {
    return takeFinite(number(bases, "bv", faults) + number(record, "v", faults), "value", faults)
  } else faults.push(fault("record-no-number", key))
  return null
}

const takeSum = (record: JsonObject, bases: Bases, faults: Array<Fault>): number | null =>
  record.s === undefined && record.bs === undefined
    ? null
    : takeFinite(number(bases, "bs", faults) + number(record, "s", faults), "sum", faults)

const SUM_UNIT = ".s"

const checkVersion = ({ bver }: Bases, faults: Array<Fault>): void => {
  if (bver === undefined) return
  if (typeof bver !== "number" || !Number.isInteger(bver) || bver < 1)
    faults.push(fault("record-version", "bver"))
  else if (bver > VERSION) faults.push(fault("record-version-new", "bver", bver, VERSION))
}

const checkUnknown = (record: JsonObject, faults: Array<Fault>): void => {
  const unknown = Object.keys(record).filter((key) => key.endsWith("_") && !FIELDS.has(key))
  for (const key of unknown) faults.push(fault("record-field-unknown", null, key))
}

const isBaseAlone = (record: JsonObject): boolean =>
  record.bs === undefined && Object.keys(record).every((key) => BASES.some((base) => base === key))

const decodeRecord = (
  record: JsonObject,
  index: number,
  bases: Bases,
  options: PackOptions
): ReadonlyArray<AppendItem> => {
  const faults: Array<Fault> = []
  checkVersion(bases, faults)
  checkUnknown(record, faults)
  const name = takeName(record, bases, faults)
  const unit = takeUnit(record, bases, faults)
  const when = takeWhen(record, bases, options, faults)
  const value = takeNumber(record, bases, faults)
  const sum = takeSum(record, bases, faults)
  if (value === null && sum === null && faults.length === 0) faults.push(fault("record-empty", null))
  if (sum !== null && name.length > NAME_LENGTH_MAX - SUM_NAME.length)
    faults.push(fault("record-sum-name-long", null))
  const source = (part: RecordPart) => options.sourceOf({ ...bases, ...record }, index, part)
  if (faults.length > 0) return [{ _tag: "Rejected", source: source(null), faults }]
  const reading = (sensor: string, number: number, part: RecordPart, said: SaidMetadata): AppendItem => ({
    _tag: "Reading",
    reading: when({ sensor: { _tag: "Named", name: sensor }, value: normalValue(number), said }),
    source: source(part)
  })
  const items: Array<AppendItem> = []
  if (value !== null) items.push(reading(name, value, "v", unit === "" ? {} : { unit }))
  if (sum !== null) {
    items.push(reading(name + SUM_NAME, sum, "s", unit === "" ? {} : { unit: unit + SUM_UNIT }))
  }
  return items
}

const SUM_NAME = "/sum"

/** What to append for a pack that is JSON already, record by record; 1 is the first. */
export function* decodePack(pack: ReadonlyArray<unknown>, options: PackOptions): Generator<RowItem> {
  const bases: Bases = {}
  for (const [index, record] of pack.entries()) {
    const row = index + 1
    if (!isJsonObject(record)) {
      const faults = [fault("record-not-object", null, kindOf(record))]
      yield { row, item: { _tag: "Rejected", source: options.sourceOf(record, index, null), faults } }
      continue
    }
    for (const base of BASES) if (record[base] !== undefined) bases[base] = record[base]
    if (isBaseAlone(record)) continue
    for (const item of decodeRecord(record, index, { ...bases }, options)) yield { row, item }
  }
}

const packOfOne =
  (topic: string) =>
  (record: unknown): MessageSource => ({ topic, bytes: Buffer.from(JSON.stringify([record])), metric: null })

/** What to append for a pack, record by record (1 is the first); or why it is no pack at all. */
export const decodeSenMl = (
  bytes: Uint8Array,
  options: SenMlOptions
): Iterable<RowItem> | { readonly fault: string } => {
  const parsed = parsePayload(bytes, options.bytesMax)
  if ("fault" in parsed) return { fault: faultText(parsed.fault) }
  const pack = parsed.json
  if (!Array.isArray(pack)) return { fault: `a SenML pack is an array, not ${kindOf(pack)}` }
  if (pack.length === 0) return { fault: "the pack is empty" }
  if (pack.length > options.recordsMax) {
    return { fault: `the pack has more than ${options.recordsMax} records` }
  }
  return decodePack(pack, { ...options, sourceOf: packOfOne(options.topic) })
}
