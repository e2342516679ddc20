/** What would be stored of a message, what not, and why: by the decoder of ingest, and without storing it. */
import type { ArrivedMessage } from "../broker/MessageSink.js"
import { type TimeSource, timeSourceOf } from "../domain/Reading.js"
import { type Fault, faultMend, faultText } from "../domain/rejected/RejectionFault.js"
import { formatTime } from "../domain/Time.js"
import type { AppendItem } from "../eventlog/EventLog.js"
import type { Note } from "./codecs/Decoding.js"
import { isDeep } from "./codecs/JsonScan.js"
import { type DecodeLimits, decodeMessage } from "./codecs/MessageDecode.js"

type ReadingItem = Extract<AppendItem, { readonly _tag: "Reading" }>

export interface ExplainedReading {
  /** The name by which the log knows the sensor; null: it gave its number. */
  readonly sensor: string | null
  readonly sensor_id: number | null
  readonly device: string | null
  readonly metric: string | null
  readonly value: number
  readonly unit: string | null
  readonly type: string | null
  readonly timestamp: string
  readonly time_source: TimeSource
  readonly lat: number | null
  readonly lng: number | null
}

export interface ExplainedFault {
  readonly metric: string | null
  readonly code: string
  readonly field: string | null
  readonly problem: string
  readonly mend: string
}

export interface ExplainedAside {
  readonly field: string
  readonly reason: string
  /** As JSON, cut; null: it is not known what stood there. */
  readonly found: string | null
}

export interface Explanation {
  readonly codec: string | null
  readonly preset: string | null
  readonly mapping: string | null
  readonly readings: ReadonlyArray<ExplainedReading>
  readonly rejected: ReadonlyArray<ExplainedFault>
  readonly passed_over: ReadonlyArray<string>
  readonly ignored: ReadonlyArray<string>
  /** Of each of both. */
  readonly reasons: ReadonlyArray<ExplainedAside>
}

const ELEMENT = /^\[\d+\]\.?/

/** The device before the metric that ends a sensor's name; null: the name is one. */
const deviceOf = (name: string, { reading, source }: ReadingItem): string | null => {
  for (const metric of [source.metric?.replace(ELEMENT, ""), reading.said.type]) {
    if (typeof metric === "string" && metric !== "" && name.endsWith(`/${metric}`)) {
      return name.slice(0, -metric.length - 1)
    }
  }
  return null
}

const readingOf = (item: ReadingItem): ExplainedReading => {
  const { occurredAt, said, sensor, value } = item.reading
  const name = sensor._tag === "Named" ? sensor.name : null
  const device = name === null ? null : deviceOf(name, item)
  return {
    sensor: name,
    sensor_id: sensor._tag === "Numbered" ? sensor.id : null,
    device: device ?? name,
    metric: name === null || device === null ? null : name.slice(device.length + 1),
    value,
    unit: said.unit ?? null,
    type: said.type ?? null,
    timestamp: formatTime(occurredAt),
    time_source: timeSourceOf(item.reading),
    lat: said.lat ?? null,
    lng: said.lng ?? null
  }
}

const faultOf = (metric: string | null, fault: Fault): ExplainedFault => ({
  metric,
  code: fault.code,
  field: fault.field,
  problem: faultText(fault),
  mend: faultMend(fault)
})

const FOUND_LENGTH_MAX = 200

const REASONS: Readonly<Record<Note["kind"], string>> = {
  wrong: "can't be right: the value beside it is stored without it",
  unread: "looks like a measurement, and is no number that can be read",
  label: "is text, which describes and measures nothing"
}

const foundOf = (value: unknown): string | null => {
  if (value === undefined) return null
  // To write it takes as much stack as it is deep.
  return isDeep(value)
    ? "what is nested too deep to be shown"
    : JSON.stringify(value).slice(0, FOUND_LENGTH_MAX)
}

const asideOf = ({ field, kind, value }: Note): ExplainedAside => ({
  field,
  reason:
    kind === "label" && value === undefined
      ? "is no number, or one that the mapping or the preset does not ask for"
      : REASONS[kind],
  found: foundOf(value)
})

export const explainMessage = (
  message: Omit<ArrivedMessage, "qos" | "clientId">,
  limits: DecodeLimits
): Explanation => {
  const ignored: Array<string> = []
  const passed_over: Array<string> = []
  const reasons: Array<ExplainedAside> = []
  const { codec, items, mapped } = decodeMessage(
    { ...message, qos: 1, clientId: null },
    limits,
    () => "explained",
    {
      told: (note) => {
        const names = note.kind === "wrong" ? ignored : passed_over
        names.push(note.field)
        reasons.push(asideOf(note))
      }
    }
  )
  return {
    codec,
    preset: mapped?.preset ?? null,
    mapping: mapped?.mapping ?? null,
    passed_over,
    ignored,
    reasons,
    readings: items.flatMap((item) => (item._tag === "Reading" ? [readingOf(item)] : [])),
    rejected: items.flatMap((item) =>
      item._tag === "Rejected" ? item.faults.map((one) => faultOf(item.source.metric, one)) : []
    )
  }
}
