/** Sensors to simulate, and a sink that remembers what was published. */
import * as Layer from "effect/Layer"
import { sensorId } from "../../src/domain/Ids.js"
import { NO_FAULTS, type SimulatedSensor } from "../../src/domain/SimulatedSensor.js"
import { ReadingSink } from "../../src/sensors/ReadingSink.js"

export const simulated = (id: number, changes: Partial<SimulatedSensor> = {}): SimulatedSensor => ({
  id: sensorId(id),
  lat: 46,
  lng: 14,
  unit: "C",
  type: "temperature",
  range: [0, 45],
  description: `Sensor ${id}`,
  interval_ms: 1_000,
  decimals: 2,
  signal: { kind: "uniform" },
  faults: NO_FAULTS,
  ...changes
})

export interface Published {
  readonly topic: string
  readonly payload: string
}

/** A sink whose connection can be cut, that throws, or that answers late. `acknowledged` is what was published while it was up, in order. */
export const recordingSink = () => {
  const acknowledged: Array<Published> = []
  const state = {
    up: true,
    attempts: 0,
    /** The topic at which it throws. */
    broken: "",
    /** What it owes an answer, while it holds answers back. */
    held: null as Array<(refusal: string | null) => void> | null
  }
  return {
    state,
    acknowledged,
    times: (topic: string): ReadonlyArray<string> =>
      acknowledged
        .filter((message) => message.topic === topic)
        .map((message) => String(JSON.parse(message.payload).timestamp).slice(11, 26)),
    layer: Layer.succeed(ReadingSink, {
      publish: (topic, payload, settle) => {
        if (topic === state.broken) throw new Error("the sink is broken")
        state.attempts += 1
        if (state.held !== null) {
          acknowledged.push({ topic, payload })
          state.held.push(settle)
          return
        }
        if (!state.up) return settle("down")
        acknowledged.push({ topic, payload })
        settle(null)
      }
    })
  }
}
