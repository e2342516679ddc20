/**
 * Holds what a message says to the sensors that its sender may speak of. What it says of others is not stored: the
 * message is kept as rejected, once, and names them.
 */
import type { ArrivedMessage } from "../broker/MessageSink.js"
import { mayReach, type Scope } from "../domain/access/Scope.js"
import type { SensorRef } from "../domain/Reading.js"
import { FAULTS_MAX, fault } from "../domain/rejected/RejectionFault.js"
import type { AppendItem } from "../eventlog/EventLog.js"

/** By what the message says alone: the log, which knows names of numbers, is not asked for each message. */
const reaches = (scope: Scope, sensor: SensorRef): boolean =>
  mayReach(
    scope,
    sensor._tag === "Numbered" ? { id: sensor.id, name: null } : { id: null, name: sensor.name }
  )

/** How a sensor is called where it is refused. */
const sensorText = (sensor: SensorRef): string =>
  sensor._tag === "Numbered" ? `sensor ${sensor.id}` : `the sensor ${JSON.stringify(sensor.name)}`

export const withinScope = (
  items: ReadonlyArray<AppendItem>,
  { payload, scope, topic }: Pick<ArrivedMessage, "payload" | "scope" | "topic">
): ReadonlyArray<AppendItem> => {
  if (scope === undefined || scope.sensors === null) return items
  const others = new Set<string>()
  const within = items.filter((item) => {
    if (item._tag === "Rejected" || reaches(scope, item.reading.sensor)) return true
    others.add(sensorText(item.reading.sensor))
    return false
  })
  if (others.size === 0) return items
  const faults = [...others].slice(0, FAULTS_MAX).map((other) => fault("not-own-sensor", null, other))
  return [...within, { _tag: "Rejected", source: { topic, bytes: payload, metric: null }, faults }]
}
