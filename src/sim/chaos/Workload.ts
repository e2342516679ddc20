/**
 * What the devices of a simulation say: readings of numbered sensors, of named ones, without a time, several in a
 * message, late ones, two values at one time, values that the server can't store, and what is no reading at all.
 */
import type { Chance } from "../Chance.js"
import type { Trace } from "../Trace.js"
import { iso } from "./Iso.js"
import type { Ledger, Published, Statement } from "./Ledger.js"
import { ROW_FAULT_VALUE } from "./SimFaults.js"

/** Gateways' sensors have these numbers; those of the simulated sensors are others. */
const SENSORS = [101, 102, 103, 104] as const
/** A late reading is at most so old, in µs. */
const LATE_MICROS_MAX = 24 * 3_600_000_000

const POISONS: readonly [string, ...ReadonlyArray<string>] = [
  "not json",
  "",
  "{",
  "[]",
  "null",
  '{"sensor_id":"101"}',
  '{"sensor_id":"101","timestamp":"2024-02-30T00:00:00Z","value":1}',
  '{"sensor_id":"101","timestamp":"2024-01-01T00:00:00Z","value":"NaN"}',
  '{"sensor_id":"101","timestamp":"2024-01-01T00:00:00Z","value":1e999}',
  '{"sensor_id":1.5,"timestamp":"2024-01-01T00:00:00Z","value":1}',
  '{"sensor_id":2000000000,"timestamp":"2024-01-01T00:00:00Z","value":1}',
  '{"sensor_id":"101","timestamp":-1,"value":1}',
  '{"sensor_id":"101","timestamp":"9999-01-01T00:00:00Z","value":1}',
  '{"__proto__":{"value":1},"constructor":2',
  "\u0000\u0001\u0002"
]

const encoder = new TextEncoder()

export class Workload {
  private count = 0
  private conflictAt: { readonly sensor: number; readonly time: number } | null = null
  private said: { readonly sensor: number; readonly time: number; readonly value: number } | null = null

  constructor(
    private readonly chance: Chance,
    private readonly ledger: Ledger,
    private readonly trace: Trace
  ) {}

  /** A value that no other reading of the run has. */
  value(): number {
    this.count += 1
    return this.count + this.chance.unit()
  }

  /** A message of any kind, said at `now`, µs. */
  next(now: number): Published {
    const roll = this.chance.unit()
    if (roll < 0.04) return this.poison()
    if (roll < 0.07) return this.conflict(now)
    if (roll < 0.1) return this.metrics(now)
    if (roll < 0.13) return this.counted()
    if (roll < 0.14) return this.unstorable(now)
    if (roll < 0.16) return this.again(now)
    if (roll < 0.24) {
      this.trace.sometimes("late reading")
      return this.reading(now - this.chance.whole(0, LATE_MICROS_MAX), 1)
    }
    return this.reading(now - this.chance.whole(0, 2_000_000), roll < 0.28 ? 0 : 1)
  }

  /** A plain reading at a device time. */
  reading(time: number, qos: 0 | 1): Published {
    const sensor = this.chance.pick(SENSORS)
    this.conflictAt = { sensor, time }
    return this.numbered(sensor, time, this.value(), qos)
  }

  private numbered(sensor: number, time: number, value: number, qos: 0 | 1): Published {
    this.said = { sensor, time, value }
    const zone = this.chance.pick([0, 0, 120, -210])
    const timestamp = this.chance.happens(0.2) ? time : iso(time, zone)
    const body = { sensor_id: this.chance.happens(0.5) ? String(sensor) : sensor, timestamp, value }
    return this.publish(`sensors/${sensor}`, body, qos, [{ _tag: "Reading", sensor, time: iso(time), value }])
  }

  /** The last reading once more, in other words and on another topic: it is the same reading. */
  private again(now: number): Published {
    if (this.said === null) return this.reading(now, 1)
    this.trace.sometimes("said again in other words")
    const { sensor, time, value } = this.said
    const body = { value, ts: iso(time, 330), sensor_id: ` ${sensor} ` }
    return this.publish("sensors/again", body, 1, [{ _tag: "Reading", sensor, time: iso(time), value }])
  }

  /** Another value at a time that has one: both are kept. */
  private conflict(now: number): Published {
    const at = this.conflictAt
    if (at === null) return this.reading(now, 1)
    this.trace.sometimes("two values at one time")
    return this.numbered(at.sensor, at.time, this.value(), 1)
  }

  /** Several metrics of a named device; one of them is no number. */
  private metrics(now: number): Published {
    const name = `gateway-${this.chance.whole(1, 3)}`
    const [a, b] = [this.value(), this.value()]
    const time = iso(now)
    const body = { name, timestamp: time, values: { a, b, c: "broken" } }
    return this.publish(`sensors/${name}`, body, 1, [
      { _tag: "Reading", sensor: `${name}/a`, time, value: a },
      { _tag: "Reading", sensor: `${name}/b`, time, value: b },
      { _tag: "Poison" }
    ])
  }

  /** No time of its own: a count within a boot. */
  private counted(): Published {
    const value = this.value()
    const sensor = this.chance.pick(SENSORS)
    const body = { sensor_id: sensor, epoch: `boot-${this.chance.whole(1, 4)}`, seq: this.count, value }
    return this.publish(`sensors/${sensor}`, body, 1, [{ _tag: "Reading", sensor, time: null, value }])
  }

  private unstorable(now: number): Published {
    const sensor = this.chance.pick(SENSORS)
    const body = { sensor_id: sensor, timestamp: now + this.count, value: ROW_FAULT_VALUE }
    return this.publish(`sensors/${sensor}`, body, 1, [{ _tag: "Poison" }])
  }

  private poison(): Published {
    this.trace.sometimes("payload that is no reading")
    const text = this.chance.pick(POISONS)
    // Its own bytes, where it may have any: else it would be a repeat.
    const payload = text === "" ? text : `${text} ${this.chance.whole(0, 5)}`
    return this.ledger.publish("sensors/poison", encoder.encode(payload), 1, [{ _tag: "Poison" }])
  }

  private publish(topic: string, body: object, qos: 0 | 1, says: ReadonlyArray<Statement>): Published {
    return this.ledger.publish(topic, encoder.encode(JSON.stringify(body)), qos, says)
  }
}
