/**
 * How every event gets its idempotency key, the same in each log.
 *
 * An event id leads with 48 bits of device time in ms, so that an index on it grows at its end, and goes on with
 * 80 bits of hash. Of a device's reading the hash is of what the reading says; of what a person causes it is of
 * the row that is superseded, read under the lock of the log's head.
 */
import { createHash, hash } from "node:crypto"
import { correctionKey, deletionKey, moveKey, restoreKey, sensorKey } from "../domain/Event.js"
import { type EventId, eventId, type Position, type ReadingId, type SensorId } from "../domain/Ids.js"
import { type ReadingCandidate, readingKey, readingKeyMillis } from "../domain/Reading.js"
import type { MessageSource } from "../domain/rejected/RejectedMessage.js"
import { type Metadata, metadataKey } from "../domain/Sensor.js"
import { MICROS_PER_MILLI, type Micros } from "../domain/Time.js"

const sha256 = (text: string): string => hash("sha256", text, "hex")

/** The time that leads the key of an event, in ms. */
export const millisOf = (time: Micros): number => Math.floor(time / MICROS_PER_MILLI)

/** 12 hex digits of `millis` (0 to 2^48 - 1), then the first 20 of SHA-256 over the UTF-8 of `text`. */
export const eventKey = (millis: number, text: string): EventId =>
  eventId(millis.toString(16).padStart(12, "0") + sha256(text).slice(0, 20))

/** The key of a reading as its sensor's device says it: the same whenever and however it comes. */
export const keyOf = (sensor: SensorId, reading: ReadingCandidate): EventId =>
  eventKey(readingKeyMillis(reading), readingKey(sensor, reading))

/** `occurredAt` is the device time of the reading that is corrected; `superseded` its row in force. */
export const keyOfCorrection = (reading: ReadingId, superseded: Position, occurredAt: Micros): EventId =>
  eventKey(millisOf(occurredAt), correctionKey(reading, superseded))

export const keyOfDeletion = (reading: ReadingId, superseded: Position, occurredAt: Micros): EventId =>
  eventKey(millisOf(occurredAt), deletionKey(reading, superseded))

/** The new reading that a move makes: `superseded` is the old one's row in force, `occurredAt` the new time. */
export const keyOfMove = (from: ReadingId, superseded: Position, occurredAt: Micros): EventId =>
  eventKey(millisOf(occurredAt), moveKey(from, superseded))

/** The new reading that restores the one of key `key`, which the event at `deletion` deleted. */
export const keyOfRestore = (key: EventId, deletion: Position, occurredAt: Micros): EventId =>
  eventKey(millisOf(occurredAt), restoreKey(key, deletion))

/** A registration, change or retirement of a sensor; `head` is the position just before the event's own. */
export const keyOfSensorEvent = (
  sensor: SensorId,
  version: number,
  head: Position,
  occurredAt: Micros
): EventId => eventKey(millisOf(occurredAt), sensorKey(sensor, version, head))

/** The id of a rejected message: 32 hex digits. Equal topic, bytes and metric give one id, and nothing else does. */
export const rejectedId = (source: MessageSource): string =>
  // JSON holds no raw NUL, so the frame can't be mistaken for the bytes.
  createHash("sha256")
    .update(`${JSON.stringify([source.topic, source.metric])}\0`)
    .update(source.bytes)
    .digest("hex")
    .slice(0, 32)

/** What a sensor's version is found by: 32 hex digits. */
export const metadataHash = (metadata: Metadata): string => sha256(metadataKey(metadata)).slice(0, 32)
