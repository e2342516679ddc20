/**
 * A reading: one number that one sensor measured at one time.
 *
 * A *candidate* is a reading as it was decoded, before the log has seen it; a *reading* is one in force.
 */
import type { Placed } from "./dataset/Place.js"
import type { ImportId, Position, ReadingId, SensorId } from "./Ids.js"
import type { SaidMetadata } from "./Sensor.js"
import type { Micros } from "./Time.js"

/** Who measured it: a number that the device claims, or a name to which the log gives a number. */
export type SensorRef =
  | { readonly _tag: "Numbered"; readonly id: SensorId }
  | { readonly _tag: "Named"; readonly name: string }

/**
 * What makes a reading the same reading when it comes again:
 * - `Time`: the device's own time, with `epoch` and `seq` where it gave them;
 * - `Sequence`: no time, but a `seq` within an `epoch` (boot id);
 * - `Arrival`: neither; it can't be told from its repeat, so it is unique by a nonce made once at arrival.
 */
export type Identity =
  | { readonly _tag: "Time"; readonly epoch: string | null; readonly seq: number | null }
  | { readonly _tag: "Sequence"; readonly epoch: string; readonly seq: number }
  | { readonly _tag: "Arrival"; readonly nonce: string }

/**
 * Whose time a reading is stored under:
 * - `device`: the time that the device, the file or the person stated;
 * - `arrival`: the time of arrival, because none was stated, or one that nobody can mean;
 * - `adjusted`: the time of arrival, moved by the age that the device stated.
 */
export const TIME_SOURCES = ["device", "arrival", "adjusted"] as const
export type TimeSource = (typeof TIME_SOURCES)[number]

export interface ReadingCandidate {
  readonly sensor: SensorRef
  /** Device time; the arrival time where the device gave none that can be meant. */
  readonly occurredAt: Micros
  readonly value: number
  readonly identity: Identity
  readonly said: SaidMetadata
  /** What the device said of the time, in its own words, where `occurredAt` is not that. */
  readonly deviceTime?: string
  /** `deviceTime` is an age, and `occurredAt` the arrival moved by it. */
  readonly adjusted?: true
  /** The import that brings it; absent: none. */
  readonly importId?: ImportId
}

/** Only what is stored under the device's time is told from its repeats by that time. */
export const timeSourceOf = ({ adjusted, identity }: ReadingCandidate): TimeSource =>
  identity._tag === "Time" ? "device" : adjusted === true ? "adjusted" : "arrival"

/**
 * The text that a reading's idempotency key is hashed from: what the reading says, and nothing else.
 * Never topic, raw bytes, metadata, arrival time, packet id or DUP.
 */
export const readingKey = (sensor: SensorId, reading: ReadingCandidate): string => {
  const { identity } = reading
  switch (identity._tag) {
    case "Time":
      return `t|${sensor}|${reading.occurredAt}|${identity.epoch ?? ""}|${identity.seq ?? ""}|${reading.value}`
    case "Sequence":
      return `s|${sensor}|${identity.epoch}|${identity.seq}|${reading.value}`
    case "Arrival":
      return `a|${sensor}|${identity.nonce}`
  }
}

/** The time that leads a reading's event id, in ms: 0 where the arrival time would differ from repeat to repeat. */
export const readingKeyMillis = (reading: ReadingCandidate): number =>
  reading.identity._tag === "Sequence" ? 0 : Math.floor(reading.occurredAt / 1_000)

/** -0 and 0 are one value, so that equal readings have one key. */
export const normalValue = (value: number): number => (value === 0 ? 0 : value)

/** A reading in force (as of some position), with the metadata of its version. */
export interface Reading extends Placed {
  /** The position of its first event. */
  readonly id: ReadingId
  /** The position of the row that is in force: its recording, or its last correction. */
  readonly position: Position
  readonly sensorId: SensorId
  readonly sensorVersion: number
  readonly occurredAt: Micros
  readonly recordedAt: Micros
  readonly timeSource: TimeSource
  readonly value: number
}

/**
 * A person's replacement of a reading (PUT). What is absent of the metadata stays as the reading has it; null is
 * "unknown", said on purpose.
 */
export interface Replacement {
  readonly sensorId: SensorId
  readonly occurredAt: Micros
  readonly value: number
  readonly said: SaidMetadata
}
