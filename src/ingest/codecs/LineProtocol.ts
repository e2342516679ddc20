/**
 * InfluxDB's line protocol, as Telegraf sends it: `measurement,tag=a,tag2=b field=1.5,field2=2i 1718389665000000000`.
 * Pure, and never throws: what can't be understood comes back as a rejected item with its reason.
 *
 * - A reading for each field that is a number (`1.5`, `2i`, `3u`) or a boolean (1 and 0).
 * - Its sensor is known by name: the series as the protocol writes it, tags sorted, a space, the field:
 *   `cpu,cpu=cpu0,host=a usage_idle`. Over the bound of names it is cut, and ends in a hash of all of it.
 * - Its type is the field; its unit is the tag `unit`, where there is one.
 * - A text field says no value: it is passed over, and counted in `passedOver`.
 * - A line that can't be read is rejected whole, a number that a double can't hold exactly alone.
 * - Without a timestamp, or with one that nobody can mean, the reading gets the arrival time, and can't be told from
 *   its repeat.
 */
import { hash } from "node:crypto"
import { normalValue } from "../../domain/Reading.js"
import { type Fault, fault } from "../../domain/rejected/RejectionFault.js"
import { NAME_LENGTH_MAX, type SaidMetadata, TYPE_LENGTH_MAX, UNIT_LENGTH_MAX } from "../../domain/Sensor.js"
import { formatTime, isClockUnset, MICROS_PER_HOUR, micros } from "../../domain/Time.js"
import type { AppendItem } from "../../eventlog/EventLog.js"
import { type Arrival, nameFault, readingAt, textProblem, UNCOUNTED } from "./DeviceFields.js"
import { type StatedTime, type TimeLimits, wordsOf } from "./DeviceTime.js"
import { type Line, parseLine, seriesText, splitLines } from "./LineSyntax.js"

export type Precision = "ns" | "us" | "ms" | "s" | "m" | "h"

export interface LineOptions extends Arrival, TimeLimits {
  /** Where it came in, as it is kept with what is rejected. */
  readonly topic: string
  /** The unit of the timestamps. */
  readonly precision: Precision
  /** Most lines of a body. */
  readonly linesMax: number
  /** Called for each text field. */
  readonly passedOver?: () => void
}

/** What to append, and the line that it is from: 1 is the first. */
export interface RowItem {
  readonly row: number
  readonly item: AppendItem
}

const MICROS: Readonly<Record<Exclude<Precision, "ns">, bigint>> = {
  us: 1n,
  ms: 1_000n,
  s: 1_000_000n,
  m: 60_000_000n,
  h: 3_600_000_000n
}

/** Digits past the microsecond are cut. */
const microsOf = (n: bigint, precision: Precision): bigint =>
  precision === "ns" ? n / 1_000n : n * MICROS[precision]

/** The unit in which a time that is no clock's in its own would be one that can be meant. */
const unitMeant = (n: bigint, { arrivedAt, futureMicrosMax, minTime }: LineOptions) =>
  (["us", "ms", "s"] as const).find((unit) => {
    const time = microsOf(n, unit)
    return time >= minTime && time <= arrivedAt + futureMicrosMax
  })

const timeOf = (text: string, options: LineOptions): StatedTime | Fault => {
  const { arrivedAt, futureMicrosMax, minTime, precision } = options
  const n = BigInt(text)
  const time = microsOf(n, precision)
  if (n < 0n) return wordsOf(text)
  if (time > BigInt(Number.MAX_SAFE_INTEGER)) return fault("line-time-after-2255", null, precision)
  const stated = micros(Number(time))
  if (stated > arrivedAt + futureMicrosMax) {
    return fault("line-time-in-future", null, futureMicrosMax / MICROS_PER_HOUR)
  }
  if (!isClockUnset(stated, arrivedAt, minTime)) return stated
  // Another unit is meant: as of their arrival, all lines of a file would have one time.
  const meant = unitMeant(n, options)
  return meant === undefined
    ? wordsOf(text)
    : fault("line-precision", null, formatTime(stated), precision, meant)
}

const FLOAT = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/
const INTEGER = /^([+-]?\d{1,20})([iu])$/
const TRUE = new Set(["t", "T", "true", "True", "TRUE"])
const FALSE = new Set(["f", "F", "false", "False", "FALSE"])

const integerOf = (key: string, digits: string, kind: string): number | Fault => {
  const n = BigInt(digits)
  const [min, max] = kind === "u" ? [0n, 2n ** 64n - 1n] : [-(2n ** 63n), 2n ** 63n - 1n]
  if (n < min || n > max) return fault("line-integer", null, key, digits + kind)
  return BigInt(Number(n)) === n
    ? normalValue(Number(n))
    : fault("line-integer-inexact", null, key, digits + kind)
}

/** The value of a field, or why it has none. */
const valueOf = (key: string, text: string): number | Fault => {
  if (TRUE.has(text)) return 1
  if (FALSE.has(text)) return 0
  const integer = INTEGER.exec(text)
  if (integer !== null) return integerOf(key, integer[1] ?? "", integer[2] ?? "")
  const n = FLOAT.test(text) ? Number(text) : Number.NaN
  return Number.isFinite(n) ? normalValue(n) : fault("line-value", null, key, text)
}

/** What `sensorName` makes a name of. */
export const NAME_PARTS = "measurement, tags and field"

/** What is left of a long name beside its hash. */
const NAME_HASH_LENGTH = 32

/** The sensor's name: different series and fields have different names, however long they are. */
export const sensorName = (series: string, field: string): string => {
  const name = `${series} ${field}`
  if (name.length <= NAME_LENGTH_MAX) return name
  const digest = hash("sha256", name, "hex").slice(0, NAME_HASH_LENGTH)
  return `${name.slice(0, NAME_LENGTH_MAX - NAME_HASH_LENGTH - 1).toWellFormed()}#${digest}`
}

/** What a series says of the sensor of one of its fields. */
export const saidOf = ({ tags }: Pick<Line, "tags">, field: string): SaidMetadata => {
  const unit = tags.find(([key]) => key === "unit")?.[1]
  return {
    ...(textProblem(field, TYPE_LENGTH_MAX) === null ? { type: field } : {}),
    ...(unit !== undefined && textProblem(unit, UNIT_LENGTH_MAX) === null ? { unit } : {})
  }
}

const rejected = (options: LineOptions, raw: string, metric: string | null, one: Fault): AppendItem => ({
  _tag: "Rejected",
  source: { topic: options.topic, bytes: Buffer.from(raw), metric },
  faults: [one]
})

function* itemsOf(raw: string, options: LineOptions): Generator<AppendItem> {
  const line = parseLine(raw)
  if ("code" in line) {
    yield rejected(options, raw, null, line)
    return
  }
  const time = line.timestamp === null ? null : timeOf(line.timestamp, options)
  if (typeof time === "object" && time !== null) {
    yield rejected(options, raw, null, time)
    return
  }
  const series = seriesText(line)
  for (const { key, text, quoted } of line.fields) {
    if (quoted) {
      options.passedOver?.()
      continue
    }
    const name = sensorName(series, key.written)
    const value = valueOf(key.text, text)
    const wrong = typeof value === "object" ? value : nameFault(name, NAME_PARTS)
    if (typeof value === "object" || wrong !== null) {
      const metric = textProblem(key.text, NAME_LENGTH_MAX) === null ? key.text : null
      if (wrong !== null) yield rejected(options, raw, metric, wrong)
      continue
    }
    const sensor = { _tag: "Named", name } as const
    const said = saidOf(line, key.text)
    yield {
      _tag: "Reading",
      reading: readingAt(time, UNCOUNTED, options, { sensor, value, said }),
      source: { topic: options.topic, bytes: Buffer.from(raw), metric: key.text }
    }
  }
}

function* decodeEach(text: string, options: LineOptions): Generator<RowItem> {
  for (const { raw, row } of splitLines(text)) {
    for (const item of itemsOf(raw, options)) yield { row, item }
  }
}

/** What to append for a body, line by line; empty lines and comments (`#`) give nothing. Or why it is too long. */
export const decodeLines = (
  text: string,
  options: LineOptions
): Iterable<RowItem> | { readonly fault: string } => {
  let lines = 0
  for (const _ of splitLines(text)) lines += 1
  return lines > options.linesMax
    ? { fault: `the body has more than ${options.linesMax} lines` }
    : decodeEach(text, options)
}
