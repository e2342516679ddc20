/**
 * What is kept of one sensor's minute: a monoid.
 *
 * Invariants:
 * 1. `merge` is associative and commutative to the bit, and `empty` is its identity: any order, any split into
 *    parts and any grouping of the readings gives the same state. Coarser intervals are merges of minutes.
 * 2. First and last are by device time, ties by event id; arrival decides nothing.
 * 3. `id` and `position` are the first and the last position of the events that touched the minute, in force or
 *    not, so they are kept when a minute loses its readings.
 */
import type { Event } from "../Event.js"
import { inForce } from "../Event.js"
import type { EventId, Position } from "../Ids.js"
import { position } from "../Ids.js"
import { normalValue } from "../Reading.js"
import type { Micros } from "../Time.js"
import * as ExactSum from "./ExactSum.js"
import * as Sketch from "./Sketch.js"

/** The first or last reading of a minute. */
export interface Edge {
  readonly at: Micros
  readonly eventId: EventId
  readonly value: number
}

/** The last reading, with what says its metadata; `lat` and `lng` are null where they are the version's. */
export interface LastEdge extends Edge {
  readonly sensorVersion: number
  readonly lat: number | null
  readonly lng: number | null
}

export interface Minute {
  readonly count: number
  readonly sum: ExactSum.ExactSum
  readonly squares: ExactSum.ExactSum
  /** How the values are spread: percentiles are told from it. */
  readonly sketch: Sketch.Sketch
  /** Infinity when there are no readings; `max` then is -Infinity. */
  readonly min: number
  readonly max: number
  readonly first: Edge | null
  readonly last: LastEdge | null
  /** The smallest position of any event that touched the minute. */
  readonly id: Position
  /** The largest. */
  readonly position: Position
}

/** What the fold takes of a reading's event; its `value` is finite. */
export type MinuteReading = Pick<
  Event,
  "position" | "eventId" | "occurredAt" | "value" | "sensorVersion" | "lat" | "lng"
>

export const empty: Minute = {
  count: 0,
  sum: ExactSum.zero,
  squares: ExactSum.zero,
  sketch: Sketch.empty,
  min: Number.POSITIVE_INFINITY,
  max: Number.NEGATIVE_INFINITY,
  first: null,
  last: null,
  id: position(Number.MAX_SAFE_INTEGER),
  position: position(0)
}

/** Device time first, then event id: whether a comes before b. */
export const before = (a: Edge, b: Edge): boolean => (a.at === b.at ? a.eventId < b.eventId : a.at < b.at)

const normal = (degrees: number | null): number | null => (degrees === null ? null : normalValue(degrees))

/**
 * A minute under construction, for the hot path: the same monoid, added in place. `done` gives the state, and
 * the builder can go on.
 */
export class MinuteBuilder {
  private count = 0
  private moments = new ExactSum.Moments()
  private sketch = new Sketch.SketchBuilder()
  private min = empty.min
  private max = empty.max
  private first: Edge | null = null
  private last: LastEdge | null = null
  private id = empty.id
  private position = empty.position

  /** How many readings were added, one by one or merged. */
  get readings(): number {
    return this.count
  }

  /** A reading in force. Throws a RangeError when its value is not a finite number. */
  add(reading: MinuteReading): void {
    const value = normalValue(reading.value ?? Number.NaN)
    this.moments.add(value)
    this.sketch.add(value)
    this.count += 1
    if (value < this.min) this.min = value
    if (value > this.max) this.max = value
    const { eventId, occurredAt: at, sensorVersion } = reading
    const edge: Edge = { at, eventId, value }
    if (this.first === null || before(edge, this.first)) this.first = edge
    if (this.last === null || before(this.last, edge)) {
      // Property by property: readings come in order, so that this is each time, and a spread takes ten times as long.
      this.last = { at, eventId, value, sensorVersion, lat: normal(reading.lat), lng: normal(reading.lng) }
    }
    this.touch(reading.position)
  }

  /** An event that touched the minute: in force, superseded or a deletion. */
  touch(at: Position): void {
    if (at < this.id) this.id = at
    if (at > this.position) this.position = at
  }

  merge(minute: Minute): void {
    this.moments.merge(minute.sum, minute.squares)
    this.sketch.merge(minute.sketch)
    this.count += minute.count
    if (minute.min < this.min) this.min = minute.min
    if (minute.max > this.max) this.max = minute.max
    if (minute.first !== null && (this.first === null || before(minute.first, this.first))) {
      this.first = minute.first
    }
    if (minute.last !== null && (this.last === null || before(this.last, minute.last))) {
      this.last = minute.last
    }
    if (minute.id < this.id) this.id = minute.id
    if (minute.position > this.position) this.position = minute.position
  }

  done(): Minute {
    return {
      count: this.count,
      sum: this.moments.sum,
      squares: this.moments.squares,
      sketch: this.sketch.done(),
      min: this.min,
      max: this.max,
      first: this.first,
      last: this.last,
      id: this.id,
      position: this.position
    }
  }
}

/** Throws a RangeError when a value is not a finite number. */
export const fold = (readings: Iterable<MinuteReading>): Minute => {
  const builder = new MinuteBuilder()
  for (const reading of readings) builder.add(reading)
  return builder.done()
}

export const mergeAll = (minutes: Iterable<Minute>): Minute => {
  const builder = new MinuteBuilder()
  for (const minute of minutes) builder.merge(minute)
  return builder.done()
}

export const merge = (a: Minute, b: Minute): Minute => mergeAll([a, b])

/** The minute as of a position, from every reading event that ever touched it (in any order). */
export const foldAsOf = (events: Iterable<Event>, asOf: Position): Minute => {
  const builder = new MinuteBuilder()
  for (const event of events) {
    if (event.position > asOf) continue
    if (inForce(event, asOf)) builder.add(event)
    else builder.touch(event.position)
  }
  return builder.done()
}

/**
 * The finished figures of readings; each is the double nearest to the true figure, but for the percentiles: each of
 * them is within `Sketch.RELATIVE_ERROR` of the reading at its lower nearest rank.
 */
export interface Figures {
  readonly count: number
  /** Null where the sum is beyond the range of doubles. */
  readonly sum: number | null
  readonly mean: number
  /** The population's standard deviation. */
  readonly stddev: number
  readonly min: number
  readonly max: number
  readonly first: number
  readonly last: number
  readonly p50: number
  readonly p95: number
  readonly p99: number
}

type NoFigures = { readonly [Name in keyof Figures]: Name extends "count" ? 0 : null }

const NO_FIGURES: NoFigures = {
  count: 0,
  sum: null,
  mean: null,
  stddev: null,
  min: null,
  max: null,
  first: null,
  last: null,
  p50: null,
  p95: null,
  p99: null
}

/** Of a minute that holds readings. */
export const figuresOf = (minute: Minute): Figures => {
  const [p50 = 0, p95 = 0, p99 = 0] = Sketch.percentiles(minute.sketch, minute.count, minute.min, minute.max)
  const sum = ExactSum.toNumber(minute.sum)
  return {
    count: minute.count,
    sum: Number.isFinite(sum) ? sum : null,
    mean: ExactSum.mean(minute.sum, minute.count),
    stddev: ExactSum.deviation(minute.sum, minute.squares, minute.count),
    min: minute.min,
    max: minute.max,
    first: minute.first?.value ?? 0,
    last: minute.last?.value ?? 0,
    p50,
    p95,
    p99
  }
}

export const figures = (minute: Minute): Figures | NoFigures =>
  minute.count === 0 ? NO_FIGURES : figuresOf(minute)
