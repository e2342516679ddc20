/**
 * What the log in memory does with readings. Each write runs inside the store's transaction.
 */
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import type { Event } from "../../domain/Event.js"
import { type EventId, position, type ReadingId, readingId, type SensorId } from "../../domain/Ids.js"
import { type Reading, type ReadingCandidate, timeSourceOf } from "../../domain/Reading.js"
import type { MessageSource } from "../../domain/rejected/RejectedMessage.js"
import { type Faults, keptFaults, reasonOf } from "../../domain/rejected/RejectionFault.js"
import { keptBytes, placeOf, readingPayload, refusedAt } from "../Decide.js"
import { keyOf, keyOfRestore, rejectedId } from "../EventKey.js"
import type { AppendItem, AppendOutcome, AppendRefused, EventLogLimits, RecordOutcome } from "../EventLog.js"
import { prepareSensor, sensorOf } from "./MemorySensors.js"
import type { MemoryStore } from "./MemoryStore.js"

/** A recording or correction, as people see it. */
export const toReading = (store: MemoryStore, row: Event): Reading => {
  const version = store.metadataOf(row)
  return {
    id: row.readingId ?? readingId(row.position),
    position: row.position,
    sensorId: row.sensorId,
    sensorVersion: row.sensorVersion,
    occurredAt: row.occurredAt,
    recordedAt: row.recordedAt,
    timeSource: row.timeSource ?? "device",
    value: row.value ?? Number.NaN,
    lat: row.lat ?? version.lat,
    lng: row.lng ?? version.lng,
    unit: version.unit,
    type: version.type,
    description: version.description
  }
}

/** Every event of a reading up to a position, in order; none when no reading has this id. */
export const chainOf = (store: MemoryStore, id: ReadingId, upTo: number): ReadonlyArray<Event> => {
  if (id > Math.min(upTo, store.head.position)) return []
  let event = store.row(position(id))
  if (event.type !== "ReadingRecorded") return []
  const chain = [event]
  while (event.supersededBy !== null && event.supersededBy <= upTo) {
    event = store.row(event.supersededBy)
    chain.push(event)
  }
  return chain
}

const lastOf = (store: MemoryStore, first: Event): Event => {
  let event = first
  while (event.supersededBy !== null) event = store.row(event.supersededBy)
  return event
}

const storeReading = (
  store: MemoryStore,
  limits: EventLogLimits,
  id: SensorId,
  reading: ReadingCandidate,
  key: EventId,
  restores: ReadingId | null
): Event => {
  const { kept, metadata, version } = prepareSensor(store, limits, id, reading)
  const place = placeOf(metadata, reading.said)
  return store.append({
    eventId: key,
    type: "ReadingRecorded",
    sensorId: id,
    sensorVersion: version,
    occurredAt: reading.occurredAt,
    value: reading.value,
    lat: place?.lat ?? null,
    lng: place?.lng ?? null,
    readingId: null,
    timeSource: timeSourceOf(reading),
    importId: reading.importId ?? null,
    payload: readingPayload(reading, kept, restores)
  })
}

const reject = (
  store: MemoryStore,
  limits: EventLogLimits,
  source: MessageSource,
  faults: Faults
): AppendOutcome => {
  const id = rejectedId(source)
  const before = store.rejected.get(id)
  const { bytes, truncated } = keptBytes(source.bytes, store.rejectedBytes, limits.rejectedBytesMax)
  store.putRejected(
    before === undefined
      ? {
          id,
          topic: source.topic,
          metric: source.metric,
          // A copy: the message's own buffer is part of a larger one that would be held with it.
          bytes: bytes === null ? null : Uint8Array.from(bytes),
          size: source.bytes.length,
          truncated,
          faults: keptFaults(faults),
          reason: reasonOf(faults),
          firstSeen: store.now,
          deliveries: 1
        }
      : { ...before, deliveries: before.deliveries + 1 }
  )
  return { _tag: "Rejected", faults }
}

/** A device's items: first every sensor is known or registered, then each reading is stored, in order. */
export const appendItems = (
  store: MemoryStore,
  limits: EventLogLimits,
  items: ReadonlyArray<AppendItem>
): Effect.Effect<ReadonlyArray<AppendOutcome>> =>
  Effect.gen(function* () {
    const sensors: Array<Either.Either<SensorId, Faults>> = []
    for (const item of items) {
      const sensor =
        item._tag === "Reading"
          ? Effect.mapError(sensorOf(store, limits, item.reading), ({ fault }): Faults => [fault])
          : Effect.fail(item.faults)
      sensors.push(yield* Effect.either(sensor))
    }
    return items.map((item, index): AppendOutcome => {
      const sensor = sensors[index] ?? Either.left([])
      if (Either.isLeft(sensor)) return reject(store, limits, item.source, sensor.left)
      if (item._tag === "Rejected") return reject(store, limits, item.source, item.faults)
      const key = keyOf(sensor.right, item.reading)
      const existing = store.positionOf(key)
      if (existing !== undefined) return { _tag: "Repeated", id: readingId(existing) }
      const { position } = storeReading(store, limits, sensor.right, item.reading, key, null)
      return { _tag: "Stored", position }
    })
  })

/** One reading of a person: stored, found in force, or restored after each of its deletions. */
export const recordOne = (
  store: MemoryStore,
  limits: EventLogLimits,
  reading: ReadingCandidate,
  index: number
): Effect.Effect<RecordOutcome, AppendRefused> =>
  sensorOf(store, limits, reading).pipe(
    Effect.mapError(refusedAt(index)),
    Effect.map((id) => {
      let key = keyOf(id, reading)
      let restores: ReadingId | null = null
      for (let at = store.positionOf(key); at !== undefined; at = store.positionOf(key)) {
        const last = lastOf(store, store.row(at))
        if (last.type !== "ReadingDeleted") return { created: false, reading: toReading(store, last) }
        restores = readingId(at)
        key = keyOfRestore(key, last.position, reading.occurredAt)
      }
      const row = storeReading(store, limits, id, reading, key, restores)
      return { created: true, reading: toReading(store, row) }
    })
  )
