/**
 * The tables of the log in memory, and their one transaction at a time.
 *
 * Invariants:
 * 1. `events[p - 1]` is the event at position p; `byEventId` has exactly their ids.
 * 2. `rows` are the recordings and corrections, in the order of (occurredAt, position).
 * 3. A transaction that fails, dies or is interrupted leaves nothing: each change leaves its undoing in the journal.
 */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type { CatalogueEvent } from "../../domain/catalogue/CatalogueEdits.js"
import type { Event, NewEvent } from "../../domain/Event.js"
import {
  type EventId,
  NAMED_SENSOR_ID_MIN,
  type Position,
  position,
  SENSOR_ID_MAX,
  type SensorId,
  sensorId
} from "../../domain/Ids.js"
import type { RejectedMessage } from "../../domain/rejected/RejectedMessage.js"
import type { Metadata, Sensor } from "../../domain/Sensor.js"
import { type Micros, micros } from "../../domain/Time.js"
import { nowMicros } from "../../telemetry/Instant.js"
import { metadataHash } from "../EventKey.js"
import type { Head } from "../EventLog.js"
import type { FormerName } from "../SensorNames.js"
import { MemoryImports } from "./MemoryImports.js"

interface Version {
  readonly version: number
  readonly metadata: Metadata
  readonly createdAt: Micros
}

interface SensorTable {
  sensor: Sensor
  readonly versions: Array<Version>
  readonly byHash: Map<string, Version>
}

export class MemoryStore {
  readonly rejected = new Map<string, RejectedMessage>()
  readonly imports = new MemoryImports()
  /** Definitions of derived sensors, as the log of the catalogue has them. */
  readonly derivations: Array<CatalogueEvent> = []
  rejectedBytes = 0
  /** The time of the transaction that runs: its events' `recordedAt`. */
  now = micros(0)
  private readonly events: Array<Event> = []
  private readonly byEventId = new Map<EventId, Position>()
  private readonly tables = new Map<SensorId, SensorTable>()
  private readonly byName = new Map<string, SensorId>()
  /** Names that sensors had until the event at a position, in order of it. */
  private readonly formerNames: Array<FormerName> = []
  private lastRecordedAt = micros(0)
  /** Sorted when somebody reads them; null: something has changed since. */
  private sorted: ReadonlyArray<Event> | null = null
  private journal: Array<() => void> = []
  private readonly lock = Effect.unsafeMakeSemaphore(1)

  /** All of the body or nothing, and no other beside it. */
  transact<A, E>(body: () => Effect.Effect<A, E>): Effect.Effect<A, E> {
    return nowMicros.pipe(
      Effect.flatMap((now) => {
        this.now = micros(Math.max(now, this.lastRecordedAt))
        this.journal = []
        return body()
      }),
      Effect.onExit((exit) =>
        Effect.sync(() => {
          if (Exit.isFailure(exit)) for (const undo of this.journal.reverse()) undo()
          if (Exit.isFailure(exit)) this.sorted = null
          this.journal = []
        })
      ),
      this.lock.withPermits(1)
    )
  }

  /** A read of what is committed. */
  read<A>(body: () => A): Effect.Effect<A> {
    return this.lock.withPermits(1)(Effect.sync(body))
  }

  get head(): Head {
    return { position: position(this.events.length), recordedAt: this.lastRecordedAt }
  }

  /** Events with `after < position <= upTo`. */
  slice(after: Position, upTo: number): ReadonlyArray<Event> {
    return this.events.slice(after, upTo)
  }

  positionOf(key: EventId): Position | undefined {
    return this.byEventId.get(key)
  }

  /** An event whose position came from this store. */
  row(at: Position): Event {
    const event = this.events[at - 1]
    if (event === undefined) throw new RangeError(`no event at position ${at}`)
    return event
  }

  append(fields: NewEvent): Event {
    const event: Event = {
      ...fields,
      position: position(this.events.length + 1),
      recordedAt: this.now,
      supersededBy: null
    }
    const before = this.lastRecordedAt
    this.sorted = null
    this.events.push(event)
    this.byEventId.set(event.eventId, event.position)
    this.lastRecordedAt = this.now
    this.journal.push(() => {
      this.events.pop()
      this.byEventId.delete(event.eventId)
      this.lastRecordedAt = before
    })
    return event
  }

  /** Sets the one link that is ever set on a row. */
  supersede(event: Event, by: Position): void {
    this.sorted = null
    this.events[event.position - 1] = { ...event, supersededBy: by }
    this.journal.push(() => this.events.splice(event.position - 1, 1, event))
  }

  get rows(): ReadonlyArray<Event> {
    this.sorted ??= this.events
      .filter(({ type }) => type === "ReadingRecorded" || type === "ReadingCorrected")
      .sort((a, b) => a.occurredAt - b.occurredAt || a.position - b.position)
    return this.sorted
  }

  sensor(id: SensorId): Sensor | undefined {
    return this.tables.get(id)?.sensor
  }

  knownSensor(id: SensorId): Sensor {
    return this.table(id).sensor
  }

  sensorNamed(name: string): SensorId | undefined {
    return this.byName.get(name)
  }

  sensorIds(): ReadonlyArray<SensorId> {
    return [...this.tables.keys()].sort((a, b) => a - b)
  }

  /** What the sensor was called as of a position. */
  nameAsOf(id: SensorId, asOf: Position): string | null {
    const former = this.formerNames.find(({ position, sensor }) => sensor === id && position > asOf)
    return former === undefined ? this.knownSensor(id).name : former.name
  }

  /** The number that the next sensor known by name gets; none when all are given. */
  nextNumber(): SensorId | undefined {
    const next = Math.max(NAMED_SENSOR_ID_MIN - 1, ...this.tables.keys()) + 1
    return next > SENSOR_ID_MAX ? undefined : sensorId(next)
  }

  /** Adds the sensor, or replaces what is known of it. */
  putSensor(sensor: Sensor): void {
    const table = this.tables.get(sensor.id)
    const before = table?.sensor
    if (table === undefined) {
      this.tables.set(sensor.id, { sensor, versions: [], byHash: new Map() })
    } else table.sensor = sensor
    this.nameSensor(before?.name ?? null, sensor.name, sensor.id)
    const former = this.formerNames.length
    if (before !== undefined && before.name !== sensor.name) {
      const next = position(this.events.length + 1)
      this.formerNames.push({ sensor: sensor.id, position: next, name: before.name })
    }
    this.journal.push(() => {
      this.formerNames.length = former
      this.nameSensor(sensor.name, before?.name ?? null, sensor.id)
      if (table === undefined || before === undefined) this.tables.delete(sensor.id)
      else table.sensor = before
    })
  }

  versionWith(id: SensorId, metadata: Metadata): number | undefined {
    return this.table(id).byHash.get(metadataHash(metadata))?.version
  }

  versionOf(id: SensorId, version: number): Metadata | undefined {
    return this.tables.get(id)?.versions[version - 1]?.metadata
  }

  metadataOf(event: Event): Metadata {
    const metadata = this.versionOf(event.sensorId, event.sensorVersion)
    if (metadata === undefined) throw new RangeError(`sensor ${event.sensorId} has no such version`)
    return metadata
  }

  /** How many sensors were registered after `since`. */
  registeredSince(since: number): number {
    const tables = [...this.tables.values()]
    return tables.filter(({ versions }) => (versions[0]?.createdAt ?? 0) > since).length
  }

  /** How many versions of the sensor were made after `since`. */
  versionsSince(id: SensorId, since: number): number {
    return this.table(id).versions.filter((version) => version.createdAt > since).length
  }

  addVersion(id: SensorId, metadata: Metadata): number {
    const { byHash, versions } = this.table(id)
    const version = { version: versions.length + 1, metadata, createdAt: this.now }
    const hash = metadataHash(metadata)
    versions.push(version)
    byHash.set(hash, version)
    this.journal.push(() => {
      versions.pop()
      byHash.delete(hash)
    })
    return version.version
  }

  putRejected(message: RejectedMessage): void {
    const before = this.rejected.get(message.id)
    const bytes = before === undefined ? (message.bytes?.length ?? 0) : 0
    this.rejected.set(message.id, message)
    this.rejectedBytes += bytes
    this.journal.push(() => {
      this.rejectedBytes -= bytes
      if (before === undefined) this.rejected.delete(message.id)
      else this.rejected.set(message.id, before)
    })
  }

  private table(id: SensorId): SensorTable {
    const table = this.tables.get(id)
    if (table === undefined) throw new RangeError(`no sensor ${id}`)
    return table
  }

  private nameSensor(before: string | null, after: string | null, id: SensorId): void {
    if (before !== null) this.byName.delete(before)
    if (after !== null) this.byName.set(after, id)
  }
}
