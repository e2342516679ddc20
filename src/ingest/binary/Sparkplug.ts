/**
 * Sparkplug B: `spBv1.0/GROUP/TYPE/NODE[/DEVICE]`. Births name the metrics of an edge node and its devices, and may give
 * each an alias, by which data name it from then on. The device is `GROUP/NODE` or `GROUP/NODE/DEVICE`.
 *
 * - A birth of a node (NBIRTH) forgets every alias of the node, its devices' too; that of a device (DBIRTH) adds its own.
 * - Data with an alias that no birth has named since the start are refused, metric by metric, and kept: when the node
 *   is born again (Tidemark asks for no rebirth) they can be sent through again.
 * - Values of a birth are readings like others: what is said again with the same time is a repeat.
 */
import { fault } from "../../domain/rejected/RejectionFault.js"
import type { Part, RefusedMetric, Rewritten } from "../mapping/Part.js"
import { readSparkplug, type WireMetric, type WirePayload } from "./SparkplugWire.js"

const NAMESPACE = "spBv1.0/"

/** What a birth says of an alias. */
interface Named {
  readonly name: string
  readonly datatype: number | null
  readonly unit: string | null
}

/** Edge nodes whose aliases are kept: the one that was born first goes first. */
export const NODES_MAX = 1_000
/** Aliases that are kept of a node. */
export const ALIASES_MAX = 20_000

/** The aliases of each edge node since its last birth. */
export class Aliases {
  private readonly nodes = new Map<string, Map<number, Named>>()

  of(node: string): ReadonlyMap<number, Named> | undefined {
    return this.nodes.get(node)
  }

  learn(node: string, names: ReadonlyArray<readonly [number, Named]>, again: boolean): void {
    const before = this.nodes.get(node)
    const aliases = before === undefined || again ? new Map<number, Named>() : before
    this.nodes.delete(node)
    this.nodes.set(node, aliases)
    for (const [alias, named] of names) if (aliases.size < ALIASES_MAX) aliases.set(alias, named)
    for (const oldest of this.nodes.keys()) {
      if (this.nodes.size <= NODES_MAX) break
      this.nodes.delete(oldest)
    }
  }
}

interface Address {
  readonly type: string
  readonly node: string
  readonly device: string
}

const DATA = /^[ND](?:BIRTH|DATA)$/

/** Null: no topic of Sparkplug's data. */
const addressOf = (topic: string): Address | null => {
  if (!topic.startsWith(NAMESPACE)) return null
  const [, group = "", type = "", node = "", device] = topic.split("/")
  const whole = `${group}/${node}`
  return /^[ND](?:BIRTH|DATA|DEATH)$/.test(type) && node !== ""
    ? { type, node: whole, device: device === undefined ? whole : `${whole}/${device}` }
    : null
}

const [INT8, INT16, INT32, UINT8, UINT16, UINT32, UINT64, DATE_TIME] = [1, 2, 3, 5, 6, 7, 8, 13]
const SHIFTS: ReadonlyMap<number | null, number> = new Map([
  [INT8 ?? 0, 24],
  [INT16 ?? 0, 16],
  [INT32 ?? 0, 0]
])

/** An integer with the sign that its type gives it. */
const integer = (value: number, bits: 32 | 64, datatype: number | null): number => {
  const shift = SHIFTS.get(datatype)
  if (shift !== undefined) return (value << shift) >> shift
  if (datatype === UINT8 || datatype === UINT16 || datatype === UINT32) return value >>> 0
  if (datatype === UINT64 && value < 0) return value + 2 ** 64
  return bits === 32 && datatype === null ? value | 0 : value
}

/** Of the protocol itself. */
const CONTROL = /^(?:bdSeq$|Node Control\/|Device Control\/)/

class Collecting {
  readonly refused: Array<RefusedMetric> = []
  readonly passed: Array<string> = []
  readonly units = new Map<string, string>()
  /** By time, in the order of the message. */
  readonly times = new Map<number | null, Array<readonly [string, unknown]>>()
  readonly names: Array<readonly [number, Named]> = []

  constructor(
    private readonly payload: WirePayload,
    private readonly aliases: ReadonlyMap<number, Named> | undefined
  ) {
    for (const metric of payload.metrics) this.add(metric, "")
  }

  private add(metric: WireMetric, within: string): void {
    const born = metric.alias === null ? undefined : this.aliases?.get(metric.alias)
    const own = metric.name === null || metric.name === "" ? born?.name : within + metric.name
    if (own === undefined) {
      const key = `alias ${metric.alias}`
      this.refused.push({ key, faults: [fault("alias-unknown", null)] })
      return
    }
    const datatype = metric.datatype ?? born?.datatype ?? null
    const unit = metric.unit ?? born?.unit ?? null
    if (metric.alias !== null) this.names.push([metric.alias, { name: own, datatype, unit }])
    if (metric.within.length > 0 && !metric.isDefinition) {
      for (const inner of metric.within) this.add(inner, `${own}/`)
      return
    }
    this.value(own, metric, datatype, unit)
  }

  private value(name: string, metric: WireMetric, datatype: number | null, unit: string | null): void {
    const { bits, timestamp, value } = metric
    if (value === null || typeof value === "string" || datatype === DATE_TIME || CONTROL.test(name)) {
      this.passed.push(name)
      return
    }
    if (bits !== null && !Number.isSafeInteger(value)) {
      this.refused.push({ key: name, faults: [fault("number-inexact", null)] })
      return
    }
    const time = timestamp ?? this.payload.timestamp
    const entries = this.times.get(time) ?? []
    this.times.set(time, entries)
    entries.push([name, typeof value === "number" && bits !== null ? integer(value, bits, datatype) : value])
    if (unit !== null) this.units.set(name, unit)
  }
}

/**
 * A message of Sparkplug rewritten; null: it is none. `learns`: its births are kept, as of a message that arrives; what
 * is only explained, or sent through again, changes nothing.
 */
export const sparkplugMessage = (
  topic: string,
  bytes: Uint8Array,
  aliases: Aliases,
  learns: boolean
): Rewritten | null => {
  const address = addressOf(topic)
  const payload = address === null ? null : readSparkplug(bytes)
  if (address === null || payload === null) return null
  const { device, node, type } = address
  const again = type === "NBIRTH"
  const found = new Collecting(payload, again ? undefined : aliases.of(node))
  if (learns && type.endsWith("BIRTH")) aliases.learn(node, found.names, again)
  if (!DATA.test(type))
    return { parts: [], refused: [], passed: payload.metrics.map(({ name }) => name ?? "") }
  const parts = Array.from(
    found.times,
    ([time, metrics]): Part => ({
      ...{ device, time, metrics },
      unitOf: (key) => found.units.get(key)
    })
  )
  return { parts, refused: found.refused, passed: found.passed }
}
