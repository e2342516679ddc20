/**
 * The bytes of a Sparkplug B payload (protobuf, `sparkplug_b.proto` of Eclipse Tahu), of which only what makes readings
 * is read: times, metrics with name, alias, type and value, metrics within templates, and the unit among properties.
 */
import { PbfReader } from "pbf"

export interface WireMetric {
  name: string | null
  alias: number | null
  /** Milliseconds. */
  timestamp: number | null
  datatype: number | null
  /** An integer stands as it was sent; its sign is known by the type. */
  value: number | boolean | string | null
  /** The value is an integer: of 32 bits, or of 64. */
  bits: 32 | 64 | null
  unit: string | null
  /** Of a template: its metrics. */
  within: Array<WireMetric>
  isDefinition: boolean
}

export interface WirePayload {
  timestamp: number | null
  readonly metrics: Array<WireMetric>
}

/** Templates within templates. */
const DEPTH_MAX = 8
/** Metrics of one payload, those within templates too. */
const METRICS_MAX = 20_000

const UNIT_KEYS: ReadonlySet<string> = new Set(["engUnit", "EngUnit", "Engineering Units", "unit", "units"])

const unitOf = (pbf: PbfReader): string | null => {
  const keys: Array<string> = []
  const texts: Array<string | null> = []
  pbf.readMessage((field) => {
    if (field === 1) keys.push(pbf.readString())
    else if (field === 2) {
      texts.push(null)
      pbf.readMessage((inner) => {
        if (inner === 8) texts[texts.length - 1] = pbf.readString()
      }, null)
    }
  }, null)
  const at = keys.findIndex((key) => UNIT_KEYS.has(key))
  return texts[at] ?? null
}

const [VARINT, FIXED64, BYTES, FIXED32] = [0, 1, 2, 5]
/** How each field of a metric is written. */
const WIRE: ReadonlyMap<number, number | undefined> = new Map([
  ...[2, 3, 4, 10, 11, 14].map((field) => [field, VARINT] as const),
  ...[1, 9, 15, 18].map((field) => [field, BYTES] as const),
  [12, FIXED32],
  [13, FIXED64]
])

class Reading {
  private count = 0
  constructor(private readonly pbf: PbfReader) {}

  private template(metric: WireMetric, depth: number): void {
    if (depth > DEPTH_MAX) throw new RangeError("templates nested too deep")
    this.pbf.readMessage((field) => {
      if (field === 2) metric.within.push(this.metric(depth + 1))
      else if (field === 5) metric.isDefinition = this.pbf.readBoolean()
    }, null)
  }

  private field(metric: WireMetric, field: number, depth: number): void {
    const { pbf } = this
    if (WIRE.has(field) && WIRE.get(field) !== pbf.type) throw new RangeError("a field of another type")
    if (field === 1) metric.name = pbf.readString()
    else if (field === 2) metric.alias = pbf.readVarint()
    else if (field === 3) metric.timestamp = pbf.readVarint()
    else if (field === 4) metric.datatype = pbf.readVarint()
    else if (field === 9) metric.unit = unitOf(pbf)
    else if (field === 10 || field === 11) {
      metric.value = pbf.readVarint(true)
      metric.bits = field === 10 ? 32 : 64
    } else if (field === 12) metric.value = pbf.readFloat()
    else if (field === 13) metric.value = pbf.readDouble()
    else if (field === 14) metric.value = pbf.readBoolean()
    else if (field === 15) metric.value = pbf.readString()
    else if (field === 18) this.template(metric, depth)
  }

  metric(depth: number): WireMetric {
    this.count += 1
    if (this.count > METRICS_MAX) throw new RangeError("too many metrics")
    const metric: WireMetric = {
      ...{ name: null, alias: null, timestamp: null, datatype: null, value: null, bits: null, unit: null },
      ...{ within: [], isDefinition: false }
    }
    this.pbf.readMessage((field) => this.field(metric, field, depth), null)
    return metric
  }

  payload(): WirePayload {
    const payload: WirePayload = { timestamp: null, metrics: [] }
    this.pbf.readFields((field) => {
      if ((field === 1 && this.pbf.type !== VARINT) || (field === 2 && this.pbf.type !== BYTES)) {
        throw new RangeError("a field of another type")
      }
      if (field === 1) payload.timestamp = this.pbf.readVarint()
      else if (field === 2) payload.metrics.push(this.metric(0))
    }, null)
    if (this.pbf.pos !== this.pbf.length) throw new RangeError("it ends too early")
    return payload
  }
}

/** The payload; null: the bytes are none. */
export const readSparkplug = (bytes: Uint8Array): WirePayload | null => {
  try {
    return new Reading(new PbfReader(bytes)).payload()
  } catch {
    return null
  }
}
