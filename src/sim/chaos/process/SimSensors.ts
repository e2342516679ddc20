/** Pure: the sensors that a simulated process plays, and what the bytes say that they publish. */
import { sensorId } from "../../../domain/Ids.js"
import type { SimulatedSensor } from "../../../domain/SimulatedSensor.js"
import type { Statement } from "../Ledger.js"

/** A sensor that misbehaves now and then, every `intervalMs`. */
export const simulatedSensor = (id: number, intervalMs: number): SimulatedSensor => ({
  id: sensorId(id),
  lat: 46,
  lng: 14,
  unit: "C",
  type: "temperature",
  range: [-20, 45],
  description: `Sensor ${id}`,
  interval_ms: intervalMs,
  decimals: 3,
  signal: { kind: "uniform" },
  faults: { drop: 0.01, duplicate: 0.03, late: 0.05, spike: 0.01, stuck: 0.01, malformed: 0.02 }
})

/** What a device's own bytes say, read apart from the product's decoder. */
export const saidOf = (payload: string): Statement => {
  try {
    const json: { sensor_id?: unknown; timestamp?: unknown; value?: unknown } = JSON.parse(payload)
    if (typeof json.value === "number") {
      return {
        _tag: "Reading",
        sensor: Number(json.sensor_id),
        time: String(json.timestamp),
        value: json.value
      }
    }
  } catch {
    // Not JSON: it can only be kept as it is.
  }
  return { _tag: "Poison" }
}
