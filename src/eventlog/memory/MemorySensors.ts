/**
 * What the log in memory does with sensors and the versions of their metadata. Each function runs inside the
 * store's transaction.
 */
import * as Effect from "effect/Effect"
import { NAMED_SENSOR_ID_MIN, type SensorId } from "../../domain/Ids.js"
import type { ReadingCandidate } from "../../domain/Reading.js"
import {
  type Metadata,
  type SaidMetadata,
  type Sensor,
  sameMetadata,
  UNKNOWN_METADATA
} from "../../domain/Sensor.js"
import type { Micros } from "../../domain/Time.js"
import {
  derivedSensor,
  describedMetadata,
  firstMetadata,
  firstVersionSince,
  movesCurrent,
  NEW_SENSORS_WINDOW,
  NEW_VERSIONS_WINDOW,
  nextMetadata,
  noNumberLeft,
  sensorPayload,
  tooManySensors,
  unknownGivenNumber
} from "../Decide.js"
import { keyOfSensorEvent } from "../EventKey.js"
import { type EventLogLimits, LogCorrupt, type SensorDescription, type SensorRefused } from "../EventLog.js"
import type { MemoryStore } from "./MemoryStore.js"

/** A sensor's event, at the time of what caused it. */
export const appendSensorEvent = (
  store: MemoryStore,
  type: "SensorRegistered" | "SensorChanged" | "SensorRetired",
  sensor: Sensor,
  occurredAt: Micros
): void => {
  store.append({
    eventId: keyOfSensorEvent(sensor.id, sensor.version, store.head.position, occurredAt),
    type,
    sensorId: sensor.id,
    sensorVersion: sensor.version,
    occurredAt,
    value: null,
    lat: null,
    lng: null,
    readingId: null,
    timeSource: null,
    importId: null,
    payload: type === "SensorRetired" ? null : sensorPayload(sensor)
  })
}

const register = (
  store: MemoryStore,
  facts: Pick<Sensor, "id" | "name" | "metadata" | "intervalMs" | "versionSince">,
  occurredAt: Micros
): void => {
  const sensor: Sensor = { ...facts, version: 1, status: "active", estimatedIntervalMs: null }
  store.putSensor(sensor)
  store.addVersion(sensor.id, sensor.metadata)
  appendSensorEvent(store, "SensorRegistered", sensor, occurredAt)
}

/** The number of a reading's sensor, registered from what is said where nobody knew it; fails with why it can't be. */
export const sensorOf = (
  store: MemoryStore,
  limits: EventLogLimits,
  reading: Pick<ReadingCandidate, "sensor" | "said" | "occurredAt">
): Effect.Effect<SensorId, SensorRefused> => {
  const ref = reading.sensor
  const existing = ref._tag === "Numbered" ? store.sensor(ref.id)?.id : store.sensorNamed(ref.name)
  if (existing !== undefined) {
    const derived = store.knownSensor(existing).status === "derived"
    return derived ? Effect.fail(derivedSensor(existing)) : Effect.succeed(existing)
  }
  if (ref._tag === "Numbered" && ref.id >= NAMED_SENSOR_ID_MIN) {
    return Effect.fail(unknownGivenNumber(ref.id))
  }
  const max = limits.newSensorsPerMinuteMax
  const since = store.now - NEW_SENSORS_WINDOW
  if (store.registeredSince(since) >= max) return Effect.fail(tooManySensors(max))
  const id = ref._tag === "Numbered" ? ref.id : store.nextNumber()
  if (id === undefined) return Effect.fail(noNumberLeft)
  const metadata = firstMetadata(reading.said)
  register(
    store,
    {
      id,
      name: ref._tag === "Named" ? ref.name : null,
      metadata,
      intervalMs: null,
      versionSince: firstVersionSince(metadata, reading.occurredAt)
    },
    reading.occurredAt
  )
  return Effect.succeed(id)
}

export const findOrAddVersion = (store: MemoryStore, id: SensorId, metadata: Metadata): number =>
  store.versionWith(id, metadata) ?? store.addVersion(id, metadata)

export interface ChosenVersion {
  readonly version: number
  readonly metadata: Metadata
  /** Set when the sensor had too many new versions: the reading keeps what it said. */
  readonly kept: SaidMetadata | null
}

/** The version under which a device's reading is stored. */
const chooseVersion = (
  store: MemoryStore,
  limits: EventLogLimits,
  sensor: Sensor,
  statement: SaidMetadata
): ChosenVersion => {
  const metadata = nextMetadata(sensor.metadata, statement)
  if (metadata === sensor.metadata) return { version: sensor.version, metadata, kept: null }
  const version = store.versionWith(sensor.id, metadata)
  if (version !== undefined) return { version: version, metadata, kept: null }
  const recent = store.versionsSince(sensor.id, store.now - NEW_VERSIONS_WINDOW)
  return recent >= limits.versionsPerHourMax
    ? { version: sensor.version, metadata: sensor.metadata, kept: statement }
    : { version: store.addVersion(sensor.id, metadata), metadata, kept: null }
}

/** The version for a new reading; the sensor's own event goes before the reading's where it changes. */
export const prepareSensor = (
  store: MemoryStore,
  limits: EventLogLimits,
  id: SensorId,
  reading: ReadingCandidate
): ChosenVersion => {
  const sensor = store.knownSensor(id)
  const choice = chooseVersion(store, limits, sensor, reading.said)
  const { metadata, version } = choice
  const moves = version !== sensor.version && movesCurrent(sensor.versionSince, reading.occurredAt)
  if (moves || sensor.status === "retired") {
    const moved = moves ? { version, metadata, versionSince: reading.occurredAt } : {}
    const changed: Sensor = { ...sensor, ...moved, status: "active" }
    store.putSensor(changed)
    appendSensorEvent(store, "SensorChanged", changed, reading.occurredAt)
  }
  return choice
}

const describeOne = (store: MemoryStore, description: SensorDescription): Effect.Effect<void, LogCorrupt> => {
  const { id, intervalMs, name } = description
  const before = store.sensor(id)
  if (before?.status === "derived") return Effect.void
  const owner = name === undefined ? undefined : store.sensorNamed(name)
  if (owner !== undefined && owner !== id) {
    return Effect.fail(
      new LogCorrupt({ reason: `the name "${name}" of sensor ${id} is that of sensor ${owner}` })
    )
  }
  const metadata = describedMetadata(before?.metadata ?? UNKNOWN_METADATA, description.said)
  const described = {
    name: name ?? before?.name ?? null,
    metadata,
    intervalMs: intervalMs ?? before?.intervalMs ?? null
  }
  if (before === undefined) {
    register(store, { id, ...described, versionSince: store.now }, store.now)
    return Effect.void
  }
  const same =
    before.status === "active" &&
    before.name === described.name &&
    before.intervalMs === described.intervalMs &&
    sameMetadata(before.metadata, metadata)
  if (!same) {
    const version = findOrAddVersion(store, id, metadata)
    const versionSince = before.versionSince === 0 ? store.now : before.versionSince
    const changed: Sensor = { ...before, ...described, version, versionSince, status: "active" }
    store.putSensor(changed)
    appendSensorEvent(store, "SensorChanged", changed, store.now)
  }
  return Effect.void
}

export const describeSensors = (
  store: MemoryStore,
  sensors: ReadonlyArray<SensorDescription>
): Effect.Effect<void, LogCorrupt> =>
  Effect.forEach(sensors, (description) => Effect.suspend(() => describeOne(store, description)), {
    discard: true
  })

export const retireSensors = (store: MemoryStore, ids: ReadonlyArray<SensorId>): void => {
  for (const id of ids) {
    const sensor = store.sensor(id)
    if (sensor?.status !== "active") continue
    const retired: Sensor = { ...sensor, status: "retired" }
    store.putSensor(retired)
    appendSensorEvent(store, "SensorRetired", retired, store.now)
  }
}
