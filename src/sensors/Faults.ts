/**
 * Pure: how a simulated sensor misbehaves. From a reading that was measured, the messages that leave the device:
 * none, one, the same twice, one that leaves later with its own time, or bytes that are no reading.
 */
import type { SimulatedSensor } from "../domain/SimulatedSensor.js"
import { formatTime, MICROS_PER_SECOND, type Micros, micros } from "../domain/Time.js"
import { type Draw, round } from "./Signal.js"

/** A late message leaves this long after its reading, in seconds: between MIN and MAX, alike. */
export const LATE_SECONDS_MIN = 2
export const LATE_SECONDS_MAX = 180
/** How many readings a stuck sensor repeats its value for, at most. */
export const STUCK_READINGS_MAX = 30
/** How far outside its range a spike lies, in widths of the range, at most. */
export const SPIKE_WIDTHS_MAX = 3

/** The value that a stuck sensor shows, for so many more readings; 0 when it is not stuck. */
export interface FaultState {
  readonly stuckFor: number
  readonly stuckAt: number
}

export const INITIAL_FAULTS: FaultState = { stuckFor: 0, stuckAt: 0 }

/** One message, as a device publishes it, and the time from which it may leave. */
export interface Message {
  readonly topic: string
  readonly payload: string
  /** Device time of its reading. */
  readonly measuredAt: Micros
  readonly dueAt: Micros
}

export const topicOf = (sensor: SimulatedSensor): string => `sensors/${sensor.id}`

// What a sensor says of itself is the same each time: as text it is made once.
const metadataTexts = new WeakMap<SimulatedSensor, string>()

const metadataText = (sensor: SimulatedSensor): string => {
  const former = metadataTexts.get(sensor)
  if (former !== undefined) return former
  const { description, lat, lng, type, unit } = sensor
  const text = JSON.stringify({ location: { lat, lng }, unit, type, description })
  metadataTexts.set(sensor, text)
  return text
}

/** A reading as a device says it. */
export const payloadOf = (sensor: SimulatedSensor, time: Micros, value: number): string =>
  `{"sensor_id":"${sensor.id}","timestamp":"${formatTime(time)}","value":${JSON.stringify(value)},"metadata":${metadataText(sensor)}}`

const malform = (payload: string, draw: Draw): string => {
  const kind = Math.floor(draw() * 3)
  if (kind === 0) return payload.slice(0, Math.floor(payload.length * draw()))
  return kind === 1 ? payload.replace(/"value":[^,]*/, '"value":null') : "\u0015\u0000garbage"
}

const spiked = (sensor: SimulatedSensor, draw: Draw): number => {
  const [min, max] = sensor.range
  const beyond = Math.max(max - min, 1) * (1 + (SPIKE_WIDTHS_MAX - 1) * draw())
  return round(draw() < 0.5 ? min - beyond : max + beyond, sensor.decimals)
}

/** The messages of one reading; `value` is what the signal showed at `time`. */
export const misbehave = (
  sensor: SimulatedSensor,
  state: FaultState,
  time: Micros,
  measured: number,
  draw: Draw
): { readonly messages: ReadonlyArray<Message>; readonly state: FaultState } => {
  const { faults } = sensor
  // A fault that is never wanted costs no random number.
  const happens = (probability: number): boolean => probability > 0 && draw() < probability
  const message = (payload: string, dueAt: Micros = time): Message => ({
    topic: topicOf(sensor),
    payload,
    measuredAt: time,
    dueAt
  })

  const stuck = state.stuckFor > 0
  const next: FaultState = stuck
    ? { ...state, stuckFor: state.stuckFor - 1 }
    : happens(faults.stuck)
      ? { stuckFor: 1 + Math.floor(draw() * STUCK_READINGS_MAX), stuckAt: measured }
      : INITIAL_FAULTS
  const value = stuck ? state.stuckAt : happens(faults.spike) ? spiked(sensor, draw) : measured

  if (happens(faults.drop)) return { messages: [], state: next }
  const payload = payloadOf(sensor, time, value)
  if (happens(faults.malformed)) return { messages: [message(malform(payload, draw))], state: next }
  if (happens(faults.late)) {
    const seconds = LATE_SECONDS_MIN + (LATE_SECONDS_MAX - LATE_SECONDS_MIN) * draw()
    const dueAt = micros(time + Math.round(seconds * MICROS_PER_SECOND))
    return { messages: [message(payload, dueAt)], state: next }
  }
  const payloads = message(payload)
  return { messages: happens(faults.duplicate) ? [payloads, { ...payloads }] : [payloads], state: next }
}
