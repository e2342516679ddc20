/**
 * Holds what a message says to the sensors that its sender may speak of. What it says of others is not stored: the
 * message is kept as rejected, once, and names them.
 */
import type { ArrivedMessage } from "../broker/MessageSink.js"
import { mayReach, type SensorKey } from "../domain/access/Scope.js"
import type { SensorRef } from "../domain/Reading.js"
import { FAULTS_MAX, fault } from "../domain/rejected/RejectionFault.js"
import type { AppendItem } from "../eventlog/EventLog.js"

const keyOf = (sensor: SensorRef): SensorKey =>
  sensor._tag === "Numbered" ? { id: sensor.id, name: null } : { id: null, name: sensor.name }

export const withinScope = (
  items: ReadonlyArray<AppendItem>,
  { payload, scope, topic }: Pick<ArrivedMessage, "payload" | "scope" | "topic">
): ReadonlyArray<AppendItem> => {
  if (scope === undefined || scope.sensors === null) return items
  const others = new Set<string | number>()
  const within = items.filter((item) => {
    if (item._tag === "Rejected") return true
    const { id, name } = keyOf(item.reading.sensor)
    if (mayReach(scope, { id, name })) return true
    others.add(name ?? id ?? "")
    return false
  })
  if (others.size === 0) return items
  const faults = [...others].slice(0, FAULTS_MAX).map((other) => fault("sensor-not-permitted", null, other))
  return [...within, { _tag: "Rejected", source: { topic, bytes: payload, metric: null }, faults }]
}
