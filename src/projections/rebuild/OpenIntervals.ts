/**
 * Intervals of sensors that are made in memory, and handed out to be stored.
 *
 * Invariants:
 * 1. What is handed out of an interval is all that was added since it was handed out before: a part of it, which is
 *    merged onto the row that is stored.
 * 2. A part that is not said to come again is the first of its interval: no row is stored of that.
 * 3. What is held is bounded, in intervals and in the readings added to them, but for what comes between two calls of
 *    `take`.
 */
import type { SensorId } from "../../domain/Ids.js"
import { type Division, divisionEnd, divisionStart } from "../../domain/minute/LocalInterval.js"
import { type Minute, MinuteBuilder } from "../../domain/minute/Minute.js"
import type { Micros } from "../../domain/Time.js"
import type { MinuteKey } from "../minutes/MinuteStore.js"

export interface OpenBounds {
  /** Intervals that are held; some 700 bytes each. */
  readonly intervalsMax: number
  /** Readings in them; each may take a bucket of a sketch, some 40 bytes. */
  readonly readingsMax: number
}

/** Sensors of which it is known how far they were handed out. */
const SENSORS_MAX = 100_000

/** `minute` is its start. */
export interface IntervalPart extends MinuteKey {
  readonly end: Micros
  readonly state: Minute
  /** A part of the interval may have been handed out before. */
  readonly again: boolean
}

interface OpenInterval {
  readonly start: Micros
  readonly end: Micros
  readonly builder: MinuteBuilder
}

class OpenSensor {
  /** The one that readings come to nearly always: never handed out before the others are. */
  latest: OpenInterval | undefined
  readonly earlier = new Map<Micros, OpenInterval>()
  /** The latest start that was handed out. */
  handedOut = -1

  constructor(readonly id: SensorId) {}
}

export class OpenIntervals {
  private readonly sensors = new Map<SensorId, OpenSensor>()
  private open = 0
  private readings = 0
  private isForgetful = false

  constructor(
    private readonly division: Division,
    private readonly bounds: OpenBounds
  ) {}

  /** The interval that holds this time; what is added to it is said to `counted`. */
  at(sensorId: SensorId, time: Micros): MinuteBuilder {
    let sensor = this.sensors.get(sensorId)
    if (sensor === undefined) {
      sensor = new OpenSensor(sensorId)
      this.sensors.set(sensorId, sensor)
    }
    const { latest } = sensor
    if (latest !== undefined && time >= latest.start && time < latest.end) return latest.builder
    return this.otherAt(sensor, time)
  }

  counted(readings: number): void {
    this.readings += readings
  }

  private otherAt(sensor: OpenSensor, time: Micros): MinuteBuilder {
    const start = divisionStart(this.division, time)
    const there = sensor.earlier.get(start)
    if (there !== undefined) return there.builder
    const made = { start, end: divisionEnd(this.division, time), builder: new MinuteBuilder() }
    this.open += 1
    const { latest } = sensor
    if (latest === undefined || start > latest.start) {
      if (latest !== undefined) sensor.earlier.set(latest.start, latest)
      sensor.latest = made
    } else sensor.earlier.set(start, made)
    return made.builder
  }

  /** Hands out so many that what is left is well within the bounds; with `all` whatever there is. */
  take(all: boolean): ReadonlyArray<IntervalPart> {
    const { intervalsMax, readingsMax } = this.bounds
    if (!all && this.open <= intervalsMax && this.readings <= readingsMax) return []
    const parts: Array<IntervalPart> = []
    for (const sensor of this.sensors.values()) {
      for (const interval of sensor.earlier.values()) parts.push(this.partOf(sensor, interval))
    }
    for (const sensor of this.sensors.values()) {
      for (const start of sensor.earlier.keys()) sensor.handedOut = Math.max(sensor.handedOut, start)
      sensor.earlier.clear()
    }
    if (all || this.open > intervalsMax / 2 || this.readings > readingsMax / 2) this.takeLatest(parts)
    return parts
  }

  private takeLatest(parts: Array<IntervalPart>): void {
    for (const sensor of this.sensors.values()) {
      const { latest } = sensor
      if (latest === undefined) continue
      parts.push(this.partOf(sensor, latest))
      sensor.handedOut = Math.max(sensor.handedOut, latest.start)
      sensor.latest = undefined
    }
    if (this.sensors.size <= SENSORS_MAX) return
    this.sensors.clear()
    this.isForgetful = true
  }

  private partOf(sensor: OpenSensor, { builder, end, start }: OpenInterval): IntervalPart {
    this.open -= 1
    this.readings -= builder.readings
    const again = this.isForgetful || start <= sensor.handedOut
    return { sensorId: sensor.id, minute: start, end, state: builder.done(), again }
  }
}
