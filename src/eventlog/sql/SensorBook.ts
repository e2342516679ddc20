/**
 * The sensors as one transaction knows them: read once for a batch, changed as the batch goes on.
 *
 * Versions and new sensors are written at once; a changed sensor's row is written by `flush`.
 */
import type { SqlClient } from "@effect/sql/SqlClient"
import type { SqlError } from "@effect/sql/SqlError"
import * as Effect from "effect/Effect"
import type { BadCell } from "../../db/Rows.js"
import type { DatabaseService } from "../../db/Transaction.js"
import { type Position, type SensorId, sensorId } from "../../domain/Ids.js"
import type { SensorRef } from "../../domain/Reading.js"
import type { Metadata, SaidMetadata, Sensor } from "../../domain/Sensor.js"
import { type Micros, micros } from "../../domain/Time.js"
import { NEW_SENSORS_WINDOW, NEW_VERSIONS_WINDOW } from "../Decide.js"
import type { EventLogLimits } from "../EventLog.js"
import type { Recent } from "./Recent.js"
import * as Sensors from "./SqlSensors.js"

/** `kept` is set when the sensor had too many new versions: the reading keeps what it said. */
export interface VersionChoice {
  readonly version: number
  readonly kept: SaidMetadata | null
}

export class SensorBook {
  private readonly sensors = new Map<SensorId, Sensor>()
  private readonly names = new Map<string, SensorId>()
  private readonly changed = new Set<SensorId>()
  /** The time of the newest event, as the transaction began, of the sensors that were read or made here. */
  readonly newest = new Map<SensorId, Micros>()
  /** Registered since the window began; counted when first asked for. */
  private registered: number | undefined
  private lastNumber: number | undefined

  constructor(
    private readonly sql: SqlClient,
    private readonly database: DatabaseService,
    private readonly limits: EventLogLimits,
    private readonly recordedAt: Micros,
    private readonly recent: Recent,
    /** The head that the transaction began at, and the last event of a sensor then. */
    private readonly start: Position,
    private readonly sensorsStart: Position
  ) {}

  /** Reads the sensors that a batch names and that are not known, and how new events are where that is not known. */
  load(refs: ReadonlyArray<SensorRef>) {
    const self = this
    const ids = new Set<SensorId>()
    const names = new Set<string>()
    const aged = new Set<SensorId>()
    for (const ref of refs) {
      const known = this.known(ref)
      if (known !== undefined) {
        if (this.newestAt(known) === undefined) aged.add(known)
      } else if (ref._tag === "Numbered") ids.add(ref.id)
      else names.add(ref.name)
    }
    if (ids.size + names.size + aged.size === 0) return Effect.void
    return Effect.gen(function* () {
      const rows =
        ids.size + names.size === 0
          ? []
          : yield* Sensors.loadSensors(self.sql, self.database, [...ids], [...names])
      for (const sensor of rows) {
        // What this transaction has changed already is newer than its row.
        if (!self.changed.has(sensor.id)) self.know(sensor)
        aged.add(sensor.id)
      }
      for (const [id, at] of yield* Sensors.newestTimes(self.sql, self.database, [...aged]))
        self.newest.set(id, at)
    })
  }

  /** No event of the sensor, as the transaction began, is later. */
  newestAt(id: SensorId): Micros | undefined {
    return this.newest.get(id) ?? this.recent.newestAt(id, this.start)
  }

  get(id: SensorId): Sensor | undefined {
    return this.sensors.get(id) ?? this.recent.sensor(id, this.sensorsStart)
  }

  known(ref: SensorRef): SensorId | undefined {
    return ref._tag === "Numbered"
      ? this.get(ref.id)?.id
      : (this.names.get(ref.name) ?? this.recent.named(ref.name, this.sensorsStart))
  }

  /** Those that were read or changed in this transaction. */
  get touched(): Iterable<Sensor> {
    return this.sensors.values()
  }

  /** Stores a new sensor with its first version. */
  add(sensor: Sensor) {
    this.know(sensor)
    this.newest.set(sensor.id, micros(0))
    return Effect.zipRight(
      Sensors.insertSensor(this.sql, this.database, sensor),
      Sensors.insertVersion(this.sql, this.database, sensor.id, 1, sensor.metadata, this.recordedAt)
    )
  }

  change(sensor: Sensor): void {
    this.know(sensor)
    this.changed.add(sensor.id)
  }

  /** Whether one more sensor may be registered in this minute; counts it if so. */
  admit(): Effect.Effect<boolean, SqlError | BadCell> {
    const since = this.database.encodeTime(Math.max(0, this.recordedAt - NEW_SENSORS_WINDOW))
    const lately =
      this.registered === undefined
        ? Sensors.countRegistered(this.sql, since)
        : Effect.succeed(this.registered)
    return Effect.map(lately, (count) => {
      const admitted = count < this.limits.newSensorsPerMinuteMax
      this.registered = admitted ? count + 1 : count
      return admitted
    })
  }

  /** The next number for a sensor known by name; it may be past the last that there is. */
  giveNumber() {
    const last =
      this.lastNumber === undefined ? Sensors.lastNamedId(this.sql) : Effect.succeed(this.lastNumber)
    return Effect.map(last, (number) => {
      this.lastNumber = number + 1
      return sensorId(number + 1)
    })
  }

  /** The number of the version with these metadata: found by their hash, or made. */
  versionFor(id: SensorId, metadata: Metadata) {
    const self = this
    return Effect.gen(function* () {
      const version = yield* Sensors.findVersion(self.sql, id, metadata)
      return version ?? (yield* self.makeVersion(id, (yield* self.versions(id)).last + 1, metadata))
    })
  }

  /** The same within the bound of new versions; over it the current one, and what was said is kept beside it. */
  chooseVersion(sensor: Sensor, metadata: Metadata, statement: SaidMetadata) {
    const self = this
    return Effect.gen(function* () {
      const current: VersionChoice = { version: sensor.version, kept: null }
      if (metadata === sensor.metadata) return current
      const version = yield* Sensors.findVersion(self.sql, sensor.id, metadata)
      if (version !== undefined) return { ...current, version: version }
      const counts = yield* self.versions(sensor.id)
      if (counts.recent >= self.limits.versionsPerHourMax) return { ...current, kept: statement }
      return { ...current, version: yield* self.makeVersion(sensor.id, counts.last + 1, metadata) }
    })
  }

  /** Writes the rows of the sensors that were changed. */
  flush() {
    return Effect.forEach(
      this.changed,
      (id): Effect.Effect<unknown, SqlError> => {
        const sensor = this.sensors.get(id)
        return sensor === undefined ? Effect.void : Sensors.updateSensor(this.sql, this.database, sensor)
      },
      { discard: true }
    )
  }

  private know(sensor: Sensor): void {
    this.sensors.set(sensor.id, sensor)
    if (sensor.name !== null) this.names.set(sensor.name, sensor.id)
  }

  private makeVersion(id: SensorId, version: number, metadata: Metadata) {
    return Effect.as(
      Sensors.insertVersion(this.sql, this.database, id, version, metadata, this.recordedAt),
      version
    )
  }

  private versions(id: SensorId) {
    const since = this.database.encodeTime(Math.max(0, this.recordedAt - NEW_VERSIONS_WINDOW))
    return Sensors.versionCounts(this.sql, id, since)
  }
}
