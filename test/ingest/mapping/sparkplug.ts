/** Payloads of Sparkplug B, written by the field numbers of its schema. */
import { PbfWriter } from "pbf"

export interface WrittenMetric {
  readonly name?: string
  readonly alias?: number
  readonly type?: number
  readonly value: number | boolean | string | null
  readonly unit?: string
  readonly timestamp?: number
}

const INTEGERS = new Set([1, 2, 3, 5, 6, 7])
const LONGS = new Set([4, 8, 13])

const property = (unit: string, pbf: PbfWriter): void => {
  pbf.writeStringField(1, "engUnit")
  pbf.writeMessage(
    2,
    (text: string, inner) => {
      inner.writeVarintField(1, 12)
      inner.writeStringField(8, text)
    },
    unit
  )
}

const writeMetric = (metric: WrittenMetric, pbf: PbfWriter): void => {
  const { alias, name, timestamp, type, unit, value } = metric
  if (name !== undefined) pbf.writeStringField(1, name)
  if (alias !== undefined) pbf.writeVarintField(2, alias)
  if (timestamp !== undefined) pbf.writeVarintField(3, timestamp)
  if (type !== undefined) pbf.writeVarintField(4, type)
  if (value === null) pbf.writeBooleanField(7, true)
  if (unit !== undefined) pbf.writeMessage(9, property, unit)
  if (typeof value === "boolean") pbf.writeBooleanField(14, value)
  else if (typeof value === "string") pbf.writeStringField(15, value)
  else if (typeof value === "number") {
    if (type === 9) pbf.writeFloatField(12, value)
    else if (type !== undefined && LONGS.has(type)) pbf.writeVarintField(11, value)
    // As a 32-bit integer that has no sign, in two's complement.
    else if (type === undefined || INTEGERS.has(type))
      pbf.writeVarintField(10, value < 0 ? value + 2 ** 32 : value)
    else pbf.writeDoubleField(13, value)
  }
}

const payload = (timestamp: number, metrics: ReadonlyArray<WrittenMetric>): Uint8Array => {
  const pbf = new PbfWriter()
  pbf.writeVarintField(1, timestamp)
  for (const metric of metrics) pbf.writeMessage(2, writeMetric, metric)
  pbf.writeVarintField(3, 0)
  return pbf.finish()
}

export const data = payload

export const birth = (timestamp: number, metrics: ReadonlyArray<WrittenMetric>): Uint8Array =>
  payload(timestamp, [
    { name: "bdSeq", type: 8, value: 0 },
    { name: "Node Control/Rebirth", type: 11, value: false },
    ...metrics
  ])
