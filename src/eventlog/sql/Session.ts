/**
 * One transaction's work on the log, from the lock of its head to the moment of its commit.
 *
 * Invariants:
 * 1. The head's row is locked before anything is read, so what is read is what is in force. What was looked up before it
 *    (LookAhead.ts) counts only with what was appended since.
 * 2. Positions are given in the order of `draft`, from the head's on; all rows get one `recordedAt`, which is never
 *    before the head's.
 * 3. Events, links and the head are written by `flush` alone, once, at the end.
 */
import type { SqlClient } from "@effect/sql/SqlClient"
import type { SqlError } from "@effect/sql/SqlError"
import * as Effect from "effect/Effect"
import type { BadCell } from "../../db/Rows.js"
import type { DatabaseService } from "../../db/Transaction.js"
import type { Event, NewEvent } from "../../domain/Event.js"
import {
  NAMED_SENSOR_ID_MIN,
  type Position,
  position,
  type ReadingId,
  SENSOR_ID_MAX
} from "../../domain/Ids.js"
import type { ReadingCandidate, SensorRef } from "../../domain/Reading.js"
import type { Metadata, Sensor } from "../../domain/Sensor.js"
import { type Micros, micros } from "../../domain/Time.js"
import { nowMicros } from "../../telemetry/Instant.js"
import {
  derivedSensor,
  firstMetadata,
  firstVersionSince,
  movesCurrent,
  nextMetadata,
  noNumberLeft,
  readingPayload,
  sensorPayload,
  tooManySensors,
  unknownGivenNumber
} from "../Decide.js"
import { keyOfSensorEvent } from "../EventKey.js"
import type { EventLogLimits } from "../EventLog.js"
import { type FormerName, keepFormerName } from "../SensorNames.js"
import { placedEvent, recordedEvent } from "./append/ReadingEvents.js"
import { RejectedTally } from "./append/RejectedTally.js"
import { lockedHead, moveHead } from "./LogHead.js"
import type { Commit, Recent } from "./Recent.js"
import { SensorBook } from "./SensorBook.js"
import { insertRejected } from "./SqlRejected.js"
import { insertEvents, supersede } from "./SqlStore.js"

export class Session {
  readonly sensors: SensorBook
  /** The head that it began at. */
  readonly start: Position
  private readonly drafts: Array<Event> = []
  private readonly links: Array<readonly [superseded: Position, by: Position]> = []
  private readonly formerNames: Array<FormerName> = []
  /** Of the last event of a sensor. */
  private sensorsPosition: Position

  private constructor(
    readonly sql: SqlClient,
    readonly database: DatabaseService,
    readonly limits: EventLogLimits,
    private head: Position,
    readonly recordedAt: Micros,
    readonly rejected: RejectedTally,
    /** How many days are cold: none is marked while the head is locked. */
    readonly coldDays: number,
    /** Of the last event of a sensor, as it began. */
    private readonly sensorsStart: Position,
    private readonly recent: Recent
  ) {
    this.start = head
    this.sensorsPosition = sensorsStart
    this.sensors = new SensorBook(sql, database, limits, recordedAt, recent, head, sensorsStart)
  }

  /** Locks the head and begins. */
  static open(sql: SqlClient, database: DatabaseService, limits: EventLogLimits, recent: Recent) {
    return Effect.zipWith(lockedHead(sql, database), nowMicros, (head, now) => {
      const recordedAt = micros(Math.max(now, head.recordedAt))
      const { coldDays, position, rejectedBytes, sensorsPosition } = head
      const rejected = new RejectedTally(rejectedBytes, limits.rejectedBytesMax)
      return new Session(
        sql,
        database,
        limits,
        position,
        recordedAt,
        rejected,
        coldDays,
        sensorsPosition,
        recent
      )
    })
  }

  /** What it has done, once it is committed. */
  get committed(): Commit {
    const { drafts, head, links, sensors, sensorsPosition, sensorsStart, start } = this
    return {
      start,
      end: head,
      events: drafts,
      links,
      sensors: { start: sensorsStart, end: sensorsPosition, touched: sensors.touched },
      newest: sensors.newest
    }
  }

  /** The events behind a position, up to the head that it began at; undefined where not all of them are remembered. */
  since(asOf: Position | undefined): ReadonlyArray<Event> | undefined {
    return asOf === undefined ? undefined : this.recent.tail(asOf, this.start, Number.POSITIVE_INFINITY)
  }

  /** Gives the next position to an event; it is stored by `flush`. */
  draft(event: NewEvent): Event {
    this.head = position(this.head + 1)
    const draft = placedEvent(event, this.head, this.recordedAt)
    this.drafts.push(draft)
    return draft
  }

  link(superseded: Position, by: Position): void {
    this.links.push([superseded, by])
  }

  /** The sensor of a reading, registered from what the reading says where it is new; or why it can't be. */
  sensorFor(reading: Pick<ReadingCandidate, "sensor" | "said" | "occurredAt">) {
    const id = this.sensors.known(reading.sensor)
    if (id === undefined) {
      return this.registerNew(reading.sensor, firstMetadata(reading.said), reading.occurredAt)
    }
    return this.sensors.get(id)?.status === "derived" ? Effect.fail(derivedSensor(id)) : Effect.succeed(id)
  }

  private registerNew(ref: SensorRef, metadata: Metadata, occurredAt: Micros) {
    const self = this
    return Effect.gen(function* () {
      if (ref._tag === "Numbered" && ref.id >= NAMED_SENSOR_ID_MIN) {
        return yield* Effect.fail(unknownGivenNumber(ref.id))
      }
      if (!(yield* self.sensors.admit())) {
        return yield* Effect.fail(tooManySensors(self.limits.newSensorsPerMinuteMax))
      }
      const id = ref._tag === "Numbered" ? ref.id : yield* self.sensors.giveNumber()
      if (id > SENSOR_ID_MAX) return yield* Effect.fail(noNumberLeft)
      const sensor: Sensor = {
        id,
        name: ref._tag === "Named" ? ref.name : null,
        status: "active",
        version: 1,
        metadata,
        intervalMs: null,
        estimatedIntervalMs: null,
        versionSince: firstVersionSince(metadata, occurredAt)
      }
      yield* self.register(sensor, occurredAt)
      return id
    })
  }

  /** Stores a new sensor with its first version, and its event. */
  register(sensor: Sensor, occurredAt: Micros) {
    this.sensorEvent("SensorRegistered", sensor, occurredAt)
    return this.sensors.add(sensor)
  }

  /** Replaces what is known of a sensor, with its event. */
  change(type: "SensorChanged" | "SensorRetired", sensor: Sensor, occurredAt: Micros): void {
    const name = this.sensors.get(sensor.id)?.name ?? null
    this.sensors.change(sensor)
    this.sensorEvent(type, sensor, occurredAt)
    if (name !== sensor.name) this.formerNames.push({ sensor: sensor.id, position: this.head, name })
  }

  /**
   * Drafts a reading that is new, under its key; the sensor's own event goes before it where it changes. At once, and
   * no effect, where the reading says nothing new of its sensor, which is nearly always.
   */
  reading(
    sensor: Sensor,
    reading: ReadingCandidate,
    eventId: Event["eventId"],
    restores: ReadingId | null
  ): Event | Effect.Effect<Event, SqlError | BadCell> {
    const metadata = nextMetadata(sensor.metadata, reading.said)
    if (metadata === sensor.metadata && sensor.status === "active") {
      const payload = readingPayload(reading, null, restores)
      return this.draft(recordedEvent(sensor, sensor.version, metadata, reading, eventId, payload))
    }
    const self = this
    return Effect.gen(function* () {
      const { kept, version } = yield* self.sensors.chooseVersion(sensor, metadata, reading.said)
      const current = kept === null ? metadata : sensor.metadata
      const moves = version !== sensor.version && movesCurrent(sensor.versionSince, reading.occurredAt)
      if (moves || sensor.status === "retired") {
        const moved = moves ? { version, metadata: current, versionSince: reading.occurredAt } : {}
        self.change("SensorChanged", { ...sensor, ...moved, status: "active" }, reading.occurredAt)
      }
      const payload = readingPayload(reading, kept, restores)
      return self.draft(recordedEvent(sensor, version, current, reading, eventId, payload))
    })
  }

  /** Writes what was drafted, and the head. */
  flush() {
    const self = this
    return Effect.gen(function* () {
      const { database, drafts, sql } = self
      if (drafts.length === 0 && self.rejected.messages === 0) return
      yield* self.sensors.flush()
      // One after the other: where a failure undid the transaction, a statement sent behind it would commit by itself.
      yield* insertRejected(sql, database, self.rejected.rows)
      yield* insertEvents(sql, database, drafts, self.recordedAt)
      for (const [superseded, by] of self.links) yield* supersede(self.sql, superseded, by)
      for (const former of self.formerNames) yield* keepFormerName(sql, former)
      const { head: position, recordedAt, rejected, sensorsPosition } = self
      yield* moveHead(sql, database, { position, recordedAt, rejected, sensorsPosition })
    })
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
      timeSource: null,
      importId: null,
      payload: type === "SensorRetired" ? null : sensorPayload(sensor)
    })
    this.sensorsPosition = this.head
  }
}
