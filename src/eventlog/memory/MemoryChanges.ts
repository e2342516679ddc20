/**
 * What the log in memory does when a person replaces or deletes a reading. Each function runs inside the store's
 * transaction.
 */
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import type { Event } from "../../domain/Event.js"
import type { ReadingId } from "../../domain/Ids.js"
import { normalValue, type Reading, type Replacement } from "../../domain/Reading.js"
import type { Metadata } from "../../domain/Sensor.js"
import {
  isMove,
  movedPayload,
  originAfter,
  placeReplacement,
  reasonPayload,
  refusedAt,
  replacementMetadata,
  type Saying,
  sameReading
} from "../Decide.js"
import { keyOfCorrection, keyOfDeletion, keyOfMove } from "../EventKey.js"
import {
  type AppendRefused,
  type ChangeOptions,
  type EventLogLimits,
  ReadingChanged,
  ReadingNotFound,
  type ReplaceOutcome
} from "../EventLog.js"
import { chainOf, toReading } from "./MemoryReadings.js"
import { findOrAddVersion, sensorOf } from "./MemorySensors.js"
import type { MemoryStore } from "./MemoryStore.js"

/** The row in force of a reading that a person wants to change. */
const rowToChange = (
  store: MemoryStore,
  id: ReadingId,
  options: ChangeOptions
): Either.Either<Event, ReadingNotFound | ReadingChanged> => {
  const row = chainOf(store, id, store.head.position).at(-1)
  if (row === undefined || row.type === "ReadingDeleted") return Either.left(new ReadingNotFound({ id }))
  const { ifPosition } = options
  return ifPosition !== undefined && ifPosition !== row.position
    ? Either.left(new ReadingChanged({ id, position: row.position }))
    : Either.right(row)
}

const deleteRow = (store: MemoryStore, id: ReadingId, row: Event, reason: Saying): void => {
  const deletion = store.append({
    ...row,
    eventId: keyOfDeletion(id, row.position, row.occurredAt),
    type: "ReadingDeleted",
    value: null,
    lat: null,
    lng: null,
    readingId: id,
    timeSource: null,
    importId: null,
    payload: reasonPayload(reason)
  })
  store.supersede(row, deletion.position)
}

export const removeReading = (
  store: MemoryStore,
  id: ReadingId,
  options: ChangeOptions
): Either.Either<Reading, ReadingNotFound | ReadingChanged> =>
  Either.map(rowToChange(store, id, options), (row) => {
    deleteRow(store, id, row, options)
    return toReading(store, row)
  })

/** What is known of the other sensor that a replacement names, registered where nobody knew it. */
const targetOf = (
  store: MemoryStore,
  limits: EventLogLimits,
  by: Replacement
): Effect.Effect<Metadata, AppendRefused> =>
  sensorOf(store, limits, { ...by, sensor: { _tag: "Numbered", id: by.sensorId } }).pipe(
    Effect.mapBoth({
      onFailure: refusedAt(0),
      onSuccess: (id) => store.knownSensor(id).metadata
    })
  )

export const replaceReading = (
  store: MemoryStore,
  limits: EventLogLimits,
  id: ReadingId,
  request: Replacement,
  options: ChangeOptions
): Effect.Effect<ReplaceOutcome, ReadingNotFound | ReadingChanged | AppendRefused> =>
  Effect.gen(function* () {
    const row = yield* rowToChange(store, id, options)
    const by = { ...request, value: normalValue(request.value) }
    const current = toReading(store, row)
    const version = store.metadataOf(row)
    const target = by.sensorId === row.sensorId ? null : yield* targetOf(store, limits, by)
    const metadata = replacementMetadata(current, version, target, by.said)
    if (sameReading(current, version, by, metadata)) return { change: "None", reading: current }
    const moved = isMove(current, by)
    const placed = placeReplacement(target ?? version, metadata)
    if (moved) deleteRow(store, id, row, options)
    const event = store.append({
      eventId: moved
        ? keyOfMove(id, row.position, by.occurredAt)
        : keyOfCorrection(id, row.position, row.occurredAt),
      type: moved ? "ReadingRecorded" : "ReadingCorrected",
      sensorId: by.sensorId,
      sensorVersion: findOrAddVersion(store, by.sensorId, placed.metadata),
      occurredAt: by.occurredAt,
      value: by.value,
      lat: placed.place?.lat ?? null,
      lng: placed.place?.lng ?? null,
      readingId: moved ? null : id,
      ...originAfter(row, by),
      payload: moved ? movedPayload(id, options) : reasonPayload(options)
    })
    if (!moved) store.supersede(row, event.position)
    return { change: moved ? "Moved" : "Corrected", reading: toReading(store, event) }
  })
