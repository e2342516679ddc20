/**
 * What this process remembers of its own last appends, so that it does not ask the database for what it has just
 * written: the sensors as they are, and the last events.
 *
 * Invariants:
 * 1. Events are true as of `position`, the last that this process committed. A transaction that begins at another
 *    position (another process appended, or an answer was lost) takes none of them, and starts them anew.
 * 2. Sensors are true as of the last event of a sensor: whoever appended readings meanwhile changed none.
 * 3. Only what is committed gets in.
 * 4. It is bounded, in sensors and in events.
 */
import * as Effect from "effect/Effect"
import type { Event } from "../../domain/Event.js"
import type { Position, SensorId } from "../../domain/Ids.js"
import type { SensorRef } from "../../domain/Reading.js"
import type { Sensor } from "../../domain/Sensor.js"
import type { Micros } from "../../domain/Time.js"

/** Events that are remembered: a fold that keeps up never asks for older ones, not at full speed for a second either. */
const EVENTS_MAX = 20_000
const SENSORS_MAX = 20_000

export interface Commit {
  /** The head before and after the transaction. */
  readonly start: Position
  readonly end: Position
  readonly events: ReadonlyArray<Event>
  readonly links: ReadonlyArray<readonly [superseded: Position, by: Position]>
  /** The last event of any sensor before and after it, and the sensors that it read or changed. */
  readonly sensors: { readonly start: Position; readonly end: Position; readonly touched: Iterable<Sensor> }
  /** The time of the newest event of each of these sensors as the transaction began. */
  readonly newest: Iterable<readonly [SensorId, Micros]>
}

export class Recent {
  private position: Position | undefined
  private sensorsAsOf: Position | undefined
  private events: Array<Event> = []
  private readonly byId = new Map<SensorId, Sensor>()
  private readonly byName = new Map<string, SensorId>()
  private readonly newest = new Map<SensorId, Micros>()
  private commits = 0
  private readonly waiters = new Set<() => void>()

  /** Waits until there were more commits than so many; gives their count. */
  more(than: number): Effect.Effect<number> {
    return Effect.async((resume) => {
      const waiter = () => resume(Effect.succeed(this.commits))
      if (this.commits > than) return waiter()
      this.waiters.add(waiter)
      return Effect.sync(() => this.waiters.delete(waiter))
    })
  }

  /** Up to where it is true; undefined: nothing was appended yet. */
  get head(): Position | undefined {
    return this.position
  }

  /** A sensor's number and the time of its newest event, both as of `head`; undefined where that is not known. */
  newestOf(ref: SensorRef): { readonly id: SensorId; readonly at: Micros } | undefined {
    const id = ref._tag === "Numbered" ? ref.id : this.byName.get(ref.name)
    const at = id === undefined ? undefined : this.newest.get(id)
    return id === undefined || at === undefined ? undefined : { id, at }
  }

  /** The last event of any sensor that the sensors are true as of; undefined: none is known. */
  get sensorsPosition(): Position | undefined {
    return this.sensorsAsOf
  }

  /** Sensors that are known as of the last event of any: none where that is not ours. */
  sensor(id: SensorId, sensorsPosition: Position): Sensor | undefined {
    return this.sensorsAsOf === sensorsPosition ? this.byId.get(id) : undefined
  }

  named(name: string, sensorsPosition: Position): SensorId | undefined {
    return this.sensorsAsOf === sensorsPosition ? this.byName.get(name) : undefined
  }

  /** The latest time that any event of the sensor has; it is there for each sensor that is known. */
  newestAt(id: SensorId, asOf: Position): Micros | undefined {
    return this.position === asOf ? this.newest.get(id) : undefined
  }

  /** Events with `after < position <= upTo`, at most `limit`; undefined where not all of them are remembered. */
  tail(after: Position, upTo: Position, limit: number): ReadonlyArray<Event> | undefined {
    const [first] = this.events
    if (first === undefined || this.position === undefined) return undefined
    if (after < first.position - 1 || upTo > this.position || after > upTo) return undefined
    const from = after + 1 - first.position
    return this.events.slice(from, Math.min(from + limit, upTo + 1 - first.position))
  }

  /** Takes in what a transaction has committed. */
  committed({ end, events, links, newest, sensors, start }: Commit): void {
    if (this.position !== start || this.newest.size > SENSORS_MAX) {
      this.events = []
      this.newest.clear()
    }
    if (this.sensorsAsOf !== sensors.start || this.byId.size > SENSORS_MAX) {
      this.byId.clear()
      this.byName.clear()
    }
    this.position = end
    this.sensorsAsOf = sensors.end
    for (const sensor of sensors.touched) {
      this.byId.set(sensor.id, sensor)
      if (sensor.name !== null) this.byName.set(sensor.name, sensor.id)
    }
    for (const [id, at] of newest) this.newest.set(id, at)
    for (const event of events) {
      this.events.push(event)
      const before = this.newest.get(event.sensorId)
      if (before !== undefined && event.occurredAt > before) this.newest.set(event.sensorId, event.occurredAt)
    }
    for (const [superseded, by] of links) this.supersede(superseded, by)
    if (this.events.length > 2 * EVENTS_MAX) this.events = this.events.slice(-EVENTS_MAX)
    this.commits += 1
    for (const waiter of this.waiters) waiter()
    this.waiters.clear()
  }

  private supersede(superseded: Position, by: Position): void {
    const index = superseded - (this.events[0]?.position ?? 0)
    const event = this.events[index]
    if (event !== undefined) this.events[index] = { ...event, supersededBy: by }
  }
}
