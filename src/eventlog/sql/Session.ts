/**
 * One transaction's work on the log, from the lock of its head to the moment of its commit.
 *
 * Invariants:
 * 1. The head's row is locked before anything is read, so what is read is what is in force.
 * 2. Positions are given in the order of `draft`, from the head's on; all rows get one `recordedAt`, which is never
 *    before the head's.
 * 3. Events, links and the head are written by `flush` alone, once, at the end.
 */
import type { SqlClient } from "@effect/sql/SqlClient"
import * as Effect from "effect/Effect"
import type { DatabaseService } from "../../db/Transaction.js"
import {
  NAMED_SENSOR_ID_MIN,
  type Position,
  position,
  SENSOR_ID_MAX,
  type SensorId,
  sensorId
} from "../../domain/Ids.js"
import type { ReadingCandidate, SensorRef } from "../../domain/Reading.js"
import type { Metadata, SaidMetadata, Sensor } from "../../domain/Sensor.js"
import { type Micros, micros } from "../../domain/Time.js"
import { nowMicros } from "../../telemetry/Now.js"
import {
  firstMetadata,
  firstVersionSince,
  movesCurrent,
  NEW_SENSORS_WINDOW,
  NEW_VERSIONS_WINDOW,
  nextMetadata,
  noNumberLeft,
  type Payload,
  placeOf,
  saidPayload,
  sensorPayload,
  tooManySensors,
  unknownGivenNumber
} from "../decide.js"
import { keyOfSensorEvent } from "../EventKey.js"
import type { EventLogLimits } from "../EventLog.js"
import { numberOf, type Row } from "./rows.js"
import * as Sensors from "./sensors.js"
import { type EventDraft, insertEvents, supersede } from "./store.js"

export class Session {
  private readonly drafts: Array<EventDraft> = []
  private readonly links: Array<readonly [superseded: Position, by: Position]> = []
  private readonly sensors = new Map<SensorId, Sensor>()
  private readonly names = new Map<string, SensorId>()
  private readonly changed = new Set<SensorId>()
  /** Registered since the window began; counted when first asked for. */
  private registered: number | undefined
  private nextNamed: number | undefined

  private constructor(
    readonly sql: SqlClient,
    readonly database: DatabaseService,
    readonly limits: EventLogLimits,
    private head: Position,
    readonly recordedAt: Micros
  ) {}

  /** Locks the head and begins. */
  static open(sql: SqlClient, database: DatabaseService, limits: EventLogLimits) {
    const locked =
      database.dialect === "mysql"
        ? sql<Row>`SELECT position, recorded_at FROM log_head WHERE id = 1 FOR UPDATE`
        : sql<Row>`SELECT position, recorded_at FROM log_head WHERE id = 1`
    return Effect.zipWith(locked, nowMicros, ([row], now) => {
      const last = database.decodeTime(row?.recorded_at)
      const at = position(numberOf(row?.position))
      return new Session(sql, database, limits, at, micros(Math.max(now, last)))
    })
  }

  /** Gives the next position to an event; it is stored by `flush`. */
  draft(event: Omit<EventDraft, "position">): EventDraft {
    this.head = position(this.head + 1)
    const draft = { ...event, position: this.head }
    this.drafts.push(draft)
    return draft
  }

  link(superseded: Position, by: Position): void {
    this.links.push([superseded, by])
  }

  /** Reads the sensors that a batch names, in one statement. */
  load(refs: ReadonlyArray<SensorRef>) {
    const ids = new Set<SensorId>()
    const names = new Set<string>()
    for (const ref of refs) {
      if (ref._tag === "Numbered") ids.add(ref.id)
      else names.add(ref.name)
    }
    return Effect.map(Sensors.loadSensors(this.sql, this.database, [...ids], [...names]), (found) => {
      for (const sensor of found) this.know(sensor)
    })
  }

  sensor(id: SensorId): Sensor | undefined {
    return this.sensors.get(id)
  }

  known(ref: SensorRef): SensorId | undefined {
    return ref._tag === "Numbered" ? this.sensors.get(ref.id)?.id : this.names.get(ref.name)
  }

  /** The sensor of a reading, registered from what the reading says where it is new; or why it can't be. */
  sensorFor(reading: Pick<ReadingCandidate, "sensor" | "said" | "occurredAt">) {
    const known = this.known(reading.sensor)
    if (known !== undefined) return Effect.succeed(known)
    const metadata = firstMetadata(reading.said)
    return this.registerNew(reading.sensor, metadata, reading.occurredAt)
  }

  private registerNew(ref: SensorRef, metadata: Metadata, occurredAt: Micros) {
    const self = this
    return Effect.gen(function* () {
      if (ref._tag === "Numbered" && ref.id >= NAMED_SENSOR_ID_MIN) {
        return yield* Effect.fail(unknownGivenNumber(ref.id))
      }
      const max = self.limits.newSensorsPerMinuteMax
      if ((yield* self.registeredLately()) >= max) return yield* Effect.fail(tooManySensors(max))
      const id = ref._tag === "Numbered" ? ref.id : yield* self.giveNumber()
      if (id > SENSOR_ID_MAX) return yield* Effect.fail(noNumberLeft)
      self.registered = (self.registered ?? 0) + 1
      yield* self.register(
        {
          id,
          name: ref._tag === "Named" ? ref.name : null,
          status: "active",
          version: 1,
          metadata,
          intervalMs: null,
          estimatedIntervalMs: null,
          versionSince: firstVersionSince(metadata, occurredAt)
        },
        occurredAt
      )
      return id
    })
  }

  /** Stores a new sensor with its first version, and its event. */
  register(sensor: Sensor, occurredAt: Micros) {
    this.know(sensor)
    this.sensorEvent("SensorRegistered", sensor, occurredAt)
    return Effect.zipRight(
      Sensors.insertSensor(this.sql, this.database, sensor),
      Sensors.insertVersion(this.sql, this.database, sensor.id, 1, sensor.metadata, this.recordedAt)
    )
  }

  /** Replaces what is known of a sensor; its row is written by `flush`. */
  change(type: "SensorChanged" | "SensorRetired", sensor: Sensor, occurredAt: Micros): void {
    this.know(sensor)
    this.changed.add(sensor.id)
    this.sensorEvent(type, sensor, occurredAt)
  }

  /** The number of the version with these metadata: found by their hash, or made. */
  versionFor(id: SensorId, metadata: Metadata) {
    const self = this
    return Effect.gen(function* () {
      const found = yield* Sensors.findVersion(self.sql, id, metadata)
      if (found !== undefined) return found
      const counts = yield* self.versions(id)
      yield* Sensors.insertVersion(self.sql, self.database, id, counts.last + 1, metadata, self.recordedAt)
      return counts.last + 1
    })
  }

  /**
   * Drafts a reading that is new, under its key; the sensor's own event goes before it where it changes. Fast
   * where the reading says nothing new of its sensor, which is nearly always.
   */
  reading(
    sensor: Sensor,
    reading: ReadingCandidate,
    eventId: EventDraft["eventId"],
    restored: Payload | null
  ) {
    const metadata = nextMetadata(sensor.metadata, reading.said)
    if (metadata === sensor.metadata && sensor.status === "active") {
      return Effect.succeed(this.recorded(sensor, sensor.version, metadata, reading, eventId, restored))
    }
    const self = this
    return Effect.gen(function* () {
      const { kept, version } = yield* self.choose(sensor, metadata, reading.said)
      const chosen = kept === null ? metadata : sensor.metadata
      const moves = version !== sensor.version && movesCurrent(sensor.versionSince, reading.occurredAt)
      if (moves || sensor.status === "retired") {
        const moved = moves ? { version, metadata: chosen, versionSince: reading.occurredAt } : {}
        self.change("SensorChanged", { ...sensor, ...moved, status: "active" }, reading.occurredAt)
      }
      const payload = kept === null ? restored : { ...saidPayload(kept), ...restored }
      return self.recorded(sensor, version, chosen, reading, eventId, payload)
    })
  }

  /** Writes what was drafted, and the head. */
  flush() {
    const self = this
    return Effect.gen(function* () {
      if (self.drafts.length === 0) return
      for (const id of self.changed) {
        const sensor = self.sensors.get(id)
        if (sensor !== undefined) yield* Sensors.updateSensor(self.sql, self.database, sensor)
      }
      yield* insertEvents(self.sql, self.database, self.drafts, self.recordedAt)
      for (const [superseded, by] of self.links) yield* supersede(self.sql, superseded, by)
      const recordedAt = self.database.encodeTime(self.recordedAt)
      yield* self.sql`UPDATE log_head SET position = ${self.head}, recorded_at = ${recordedAt} WHERE id = 1`
    })
  }

  private know(sensor: Sensor): void {
    this.sensors.set(sensor.id, sensor)
    if (sensor.name !== null) this.names.set(sensor.name, sensor.id)
  }

  private sensorEvent(
    type: "SensorRegistered" | "SensorChanged" | "SensorRetired",
    sensor: Sensor,
    occurredAt: Micros
  ): void {
    this.draft({
      eventId: keyOfSensorEvent(sensor.id, sensor.version, this.head, occurredAt),
      type,
      sensorId: sensor.id,
      sensorVersion: sensor.version,
      occurredAt,
      value: null,
      lat: null,
      lng: null,
      readingId: null,
      payload: type === "SensorRetired" ? null : sensorPayload(sensor)
    })
  }

  private recorded(
    sensor: Sensor,
    version: number,
    metadata: Metadata,
    reading: ReadingCandidate,
    eventId: EventDraft["eventId"],
    payload: Payload | null
  ): EventDraft {
    const place = placeOf(metadata, reading.said)
    return this.draft({
      eventId,
      type: "ReadingRecorded",
      sensorId: sensor.id,
      sensorVersion: version,
      occurredAt: reading.occurredAt,
      value: reading.value,
      lat: place?.lat ?? null,
      lng: place?.lng ?? null,
      readingId: null,
      payload
    })
  }

  /** `kept` is set when the sensor had too many new versions: the reading keeps what it said. */
  private choose(sensor: Sensor, metadata: Metadata, said: SaidMetadata) {
    const self = this
    return Effect.gen(function* () {
      if (metadata === sensor.metadata) return { version: sensor.version, kept: null }
      const found = yield* Sensors.findVersion(self.sql, sensor.id, metadata)
      if (found !== undefined) return { version: found, kept: null }
      const counts = yield* self.versions(sensor.id)
      if (counts.recent >= self.limits.versionsPerHourMax) return { version: sensor.version, kept: said }
      yield* Sensors.insertVersion(
        self.sql,
        self.database,
        sensor.id,
        counts.last + 1,
        metadata,
        self.recordedAt
      )
      return { version: counts.last + 1, kept: null }
    })
  }

  private versions(id: SensorId) {
    const since = this.database.encodeTime(Math.max(0, this.recordedAt - NEW_VERSIONS_WINDOW))
    return Sensors.versionCounts(this.sql, id, since)
  }

  private registeredLately() {
    if (this.registered !== undefined) return Effect.succeed(this.registered)
    const since = this.database.encodeTime(Math.max(0, this.recordedAt - NEW_SENSORS_WINDOW))
    return Effect.tap(Sensors.countRegistered(this.sql, since), (count) => {
      this.registered = count
    })
  }

  private giveNumber() {
    const last = this.nextNamed === undefined ? Sensors.lastNamedId(this.sql) : Effect.succeed(this.nextNamed)
    return Effect.map(last, (number) => {
      this.nextNamed = number + 1
      return sensorId(number + 1)
    })
  }
}
