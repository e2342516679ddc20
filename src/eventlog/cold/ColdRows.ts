/**
 * The events of readings of one cold day, as its file has them, in memory: some 60 bytes each. They are found by time, by
 * sensor and by position, and made into events as they are asked for.
 */
import { type Event, type EventType, isEventType } from "../../domain/Event.js"
import {
  eventId,
  importId,
  type Position,
  position,
  readingId,
  type SensorId,
  sensorId
} from "../../domain/Ids.js"
import { TIME_SOURCES } from "../../domain/Reading.js"
import { type Micros, micros } from "../../domain/Time.js"
import { asMade } from "../Decide.js"
import { EVENT_CELLS } from "../sql/EventRows.js"

/** A cell as a file of a lake gives it. */
export type ColdCell = bigint | number | string | boolean | Uint8Array | null

/** A text of what no event could be. */
class BadColdRow extends Error {}

const KEY_BYTES = 16

/** What few events have beside the others. */
interface Rest {
  readonly lat: number | null
  readonly lng: number | null
  readonly readingId: number | null
  readonly supersededBy: number | null
  readonly timeSource: Event["timeSource"]
  readonly importId: number | null
  readonly payload: Event["payload"]
}
const NO_REST: Rest = {
  lat: null,
  lng: null,
  readingId: null,
  supersededBy: null,
  timeSource: "device",
  importId: null,
  payload: null
}

const NOTHING = Object.entries(NO_REST)

const isPlain = (rest: Rest): boolean => NOTHING.every(([name, value]) => Reflect.get(rest, name) === value)

const TYPES = ["ReadingRecorded", "ReadingCorrected", "ReadingDeleted"] as const
const NAMES: ReadonlyArray<string> = TYPES

const numberOf = (cell: ColdCell): number => {
  const number = typeof cell === "bigint" ? Number(cell) : cell
  if (typeof number !== "number") throw new BadColdRow(`${String(cell)} is no number`)
  return number
}
const maybeNumber = (cell: ColdCell): number | null => (cell === null ? null : numberOf(cell))
const textOf = (cell: ColdCell): string => {
  if (typeof cell !== "string") throw new BadColdRow(`${String(cell)} is no text`)
  return cell
}
const payloadOf = (cell: ColdCell): Event["payload"] =>
  cell === null ? null : asMade(JSON.parse(textOf(cell)))
const sourceOf = (cell: ColdCell): Event["timeSource"] => {
  if (cell === null) return null
  const source = TIME_SOURCES.find((name) => name === cell)
  if (source === undefined) throw new BadColdRow(`no source of a time: ${String(cell)}`)
  return source
}

/** Where the cells of an event stand in a row. */
type Places = Readonly<Record<(typeof EVENT_CELLS)[number], number>>

const placesOf = (columns: ReadonlyArray<string>): Places => {
  const places = EVENT_CELLS.map((name) => [name, columns.indexOf(name)] as const)
  const missing = places.find(([, at]) => at < 0)
  if (missing !== undefined) throw new BadColdRow(`it has no column ${missing[0]}`)
  return Object.fromEntries(places) as Places
}

/** Positions of events of a day, with few of others among them. */
export interface PositionRun {
  readonly first: number
  readonly last: number
}
/** About a page of the log. */
const RUN_GAP = 1_000
const RUNS_MAX = 100

export class ColdRows {
  size = 0
  private readonly positions: Float64Array
  private readonly times: Float64Array
  private readonly recorded: Float64Array
  private readonly values: Float64Array
  private readonly sensors: Int32Array
  private readonly versions: Int32Array
  private readonly types: Uint8Array
  private readonly keys: Buffer
  private readonly rests = new Map<number, Rest>()
  /** Rows in the order (time, position), and in that of positions. */
  private byTime = new Uint32Array()
  private byPosition = new Uint32Array()

  private constructor(
    private readonly at: Places,
    private readonly capacity: number
  ) {
    this.positions = new Float64Array(capacity)
    this.times = new Float64Array(capacity)
    this.recorded = new Float64Array(capacity)
    this.values = new Float64Array(capacity)
    this.sensors = new Int32Array(capacity)
    this.versions = new Int32Array(capacity)
    this.types = new Uint8Array(capacity)
    this.keys = Buffer.alloc(capacity * KEY_BYTES)
  }

  /** Of a file with these columns and at most so many rows; `add` takes them, and `sealed` comes behind the last. */
  static of(columns: ReadonlyArray<string>, capacity: number): ColdRows {
    return new ColdRows(placesOf(columns), capacity)
  }

  /** The next rows of the file, in its order (sensor, time, position). Those about no reading are left out. */
  add(rows: ReadonlyArray<ReadonlyArray<ColdCell>>): void {
    for (const row of rows) {
      const name = textOf(row[this.at.type] ?? null)
      if (!isEventType(name)) throw new BadColdRow(`no type of an event: ${name}`)
      const type = NAMES.indexOf(name)
      if (type < 0) continue
      if (this.size === this.capacity) throw new BadColdRow(`it has more than ${this.capacity} rows`)
      this.put(this.size, type, row)
      this.size += 1
    }
  }

  private put(to: number, type: number, row: ReadonlyArray<ColdCell>): void {
    const { at } = this
    const cell = (index: number): ColdCell => row[index] ?? null
    this.positions[to] = numberOf(cell(at.position))
    this.times[to] = numberOf(cell(at.occurred_at))
    this.recorded[to] = numberOf(cell(at.recorded_at))
    this.values[to] = maybeNumber(cell(at.value)) ?? Number.NaN
    this.sensors[to] = numberOf(cell(at.sensor_id))
    this.versions[to] = numberOf(cell(at.sensor_version))
    this.types[to] = type
    this.keys.write(textOf(cell(at.event_id)), to * KEY_BYTES, "hex")
    const rest: Rest = {
      lat: maybeNumber(cell(at.lat)),
      lng: maybeNumber(cell(at.lng)),
      readingId: maybeNumber(cell(at.reading_id)),
      supersededBy: maybeNumber(cell(at.superseded_by)),
      timeSource: sourceOf(cell(at.time_source)),
      importId: maybeNumber(cell(at.import_id)),
      payload: payloadOf(cell(at.payload))
    }
    if (!isPlain(rest)) this.rests.set(to, rest)
  }

  /** Puts the rows into their orders. */
  sealed(): this {
    const { positions, times } = this
    const rows = Uint32Array.from({ length: this.size }, (_, index) => index)
    this.byPosition = rows.slice().sort((a, b) => (positions[a] ?? 0) - (positions[b] ?? 0))
    this.byTime = rows.sort(
      (a, b) => (times[a] ?? 0) - (times[b] ?? 0) || (positions[a] ?? 0) - (positions[b] ?? 0)
    )
    return this
  }

  private event(row: number): Event {
    const rest = this.rests.get(row) ?? NO_REST
    const value = this.values[row] ?? Number.NaN
    const type: EventType = TYPES[this.types[row] ?? 0] ?? "ReadingRecorded"
    return {
      position: position(this.positions[row] ?? 0),
      eventId: eventId(this.keys.toString("hex", row * KEY_BYTES, (row + 1) * KEY_BYTES)),
      type,
      sensorId: sensorId(this.sensors[row] ?? 0),
      sensorVersion: this.versions[row] ?? 0,
      occurredAt: micros(this.times[row] ?? 0),
      recordedAt: micros(this.recorded[row] ?? 0),
      value: Number.isNaN(value) ? null : value,
      lat: rest.lat,
      lng: rest.lng,
      readingId: rest.readingId === null ? null : readingId(rest.readingId),
      supersededBy: rest.supersededBy === null ? null : position(rest.supersededBy),
      timeSource: rest.timeSource,
      importId: rest.importId === null ? null : importId(rest.importId),
      payload: rest.payload
    }
  }

  /** How many rows of an order come before the first one that is at or behind something. */
  private before(order: Uint32Array | null, isBefore: (row: number) => boolean): number {
    let low = 0
    let high = this.size
    while (low < high) {
      const middle = (low + high) >>> 1
      if (isBefore(order?.[middle] ?? middle)) low = middle + 1
      else high = middle
    }
    return low
  }

  /** Those of a span of time, in the order (time, position), or back. */
  *inTime(start: number, end: number, order: "asc" | "desc" = "asc"): Generator<Event> {
    const { byTime, times } = this
    const from = this.before(byTime, (row) => (times[row] ?? 0) < start)
    const to = this.before(byTime, (row) => (times[row] ?? 0) < end)
    for (let at = 0; at < to - from; at++) {
      yield this.event(byTime[order === "asc" ? from + at : to - 1 - at] ?? 0)
    }
  }

  /** Those of one sensor and a span of time, in the order (time, position), or back. */
  *ofSensor(sensor: SensorId, start: number, end: number, order: "asc" | "desc" = "asc"): Generator<Event> {
    const { sensors, times } = this
    const isBefore = (time: number) => (row: number) => {
      const own = sensors[row] ?? 0
      return own < sensor || (own === sensor && (times[row] ?? 0) < time)
    }
    const from = this.before(null, isBefore(start))
    const to = this.before(null, isBefore(end))
    for (let at = 0; at < to - from; at++) yield this.event(order === "asc" ? from + at : to - 1 - at)
  }

  /** Those with `after < position <= upTo`, in order, at most `limit`. */
  tail(after: Position, upTo: Position, limit: number): ReadonlyArray<Event> {
    const { byPosition, positions } = this
    const events: Array<Event> = []
    for (let at = this.before(byPosition, (row) => (positions[row] ?? 0) <= after); at < this.size; at++) {
      const row = byPosition[at] ?? 0
      if (events.length === limit || (positions[row] ?? 0) > upTo) break
      events.push(this.event(row))
    }
    return events
  }

  /** The events of one reading, in order of position; none where it is of another day. */
  ofReading(id: number): ReadonlyArray<Event> {
    const { byPosition, positions } = this
    const at = byPosition[this.before(byPosition, (row) => (positions[row] ?? 0) < id)]
    if (at === undefined || positions[at] !== id) return []
    const first = this.event(at)
    if (first.type !== "ReadingRecorded") return []
    const all = [...this.ofSensor(first.sensorId, first.occurredAt, first.occurredAt + 1)]
    return all
      .filter((event) => event.position === first.position || event.readingId === id)
      .sort((a, b) => a.position - b.position)
  }

  /** The runs that the positions lie in, rising, with more than `gap` positions of others between two of them. */
  runs(gap = RUN_GAP): ReadonlyArray<PositionRun> {
    const runs: Array<{ first: number; last: number }> = []
    for (const row of this.byPosition) {
      const at = this.positions[row] ?? 0
      const run = runs.at(-1)
      if (run !== undefined && at - run.last <= gap) run.last = at
      else runs.push({ first: at, last: at })
      if (runs.length > RUNS_MAX) return this.runs(gap * 2)
    }
    return runs
  }

  /** The last reading in force of a sensor as of a position, before a time. */
  last(sensor: SensorId, from: Micros, to: Micros, isInForce: (event: Event) => boolean): Event | undefined {
    for (const event of this.ofSensor(sensor, from, to, "desc")) if (isInForce(event)) return event
    return undefined
  }
}
