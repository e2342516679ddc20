/**
 * What must hold of a database after any fault, checked from its rows alone: the rows come from plain SQL, the
 * claims from the publisher's ledger, the figures from a fold written apart (fold.ts). Nothing here is the product's.
 */
import { Fold, type MinuteFigures } from "./fold.js"
import { messageOf, type Plan } from "./plan.mjs"

/** What was published and acknowledged. */
export interface Claims {
  readonly plan: Plan
  /** Numbers below this were published. */
  readonly produced: number
  readonly acked: ReadonlySet<number>
}

export interface EventRow {
  readonly position: number
  readonly type: string
  readonly sensor: number
  /** Device time, µs since the epoch. */
  readonly occurredAt: number
  readonly recordedAt: number
  readonly value: number | null
  readonly supersededBy: number | null
}

export interface MinuteRow {
  readonly sensor: number
  /** Start of the minute, µs since the epoch. */
  readonly minute: number
  readonly position: number
  readonly count: number
  readonly sum: number | null
  readonly min: number | null
  readonly max: number | null
  readonly mean: number | null
  readonly stddev: number | null
}

export interface Ends {
  readonly head: number
  readonly checkpoint: number
  /** Rows of `rejected_messages`: nothing that a plan publishes may be rejected. */
  readonly rejected: number
  /** Rows of the view that people read the minutes from. */
  readonly viewRows: number
}

export interface Verdict {
  /** Messages acknowledged and not stored. */
  readonly lost: number
  /** Rows beyond the first of a message. */
  readonly doubled: number
  /** Rows that nobody published. */
  readonly invented: number
  /** Sensors' minutes that are not the fold of their rows, are missing, or have no rows. */
  readonly wrongMinutes: number
  readonly stored: number
  readonly minutes: number
  /** What is wrong, in words; of each kind the first few. Empty when all holds. */
  readonly violations: ReadonlyArray<string>
}

const MINUTE_MICROS = 60_000_000
const TOLD_MAX = 5
/** Relative; of the deviation, which is rounded by its author. */
const DEVIATION_TOLERANCE = 1e-12

const READING = "ReadingRecorded"
const SENSOR_EVENTS = ["SensorRegistered", "SensorChanged"]

const near = (a: number | null, b: number): boolean =>
  a !== null && Math.abs(a - b) <= DEVIATION_TOLERANCE * Math.abs(b)

const same = (row: MinuteRow, figures: MinuteFigures): boolean =>
  row.count === figures.count &&
  Object.is(row.sum, figures.sum) &&
  Object.is(row.min, figures.min) &&
  Object.is(row.max, figures.max) &&
  Object.is(row.mean, figures.mean) &&
  near(row.stddev, figures.stddev)

const keyOf = (sensor: number, minute: number): string => `${sensor} ${minute}`

export class Checker {
  private readonly numberAt = new Map<number, number>()
  private readonly times: Uint32Array
  private readonly folds = new Map<string, Fold>()
  private readonly told = new Map<string, Array<string>>()
  private readonly kinds = new Map<string, number>()
  private position = 0
  private recordedAt = 0
  private stored = 0
  private minutes = 0

  constructor(private readonly claims: Claims) {
    this.times = new Uint32Array(claims.produced)
    for (let n = 0; n < claims.produced; n++) this.numberAt.set(messageOf(claims.plan, n).micros, n)
  }

  private wrong(kind: string, what: string): void {
    this.kinds.set(kind, (this.kinds.get(kind) ?? 0) + 1)
    const told = this.told.get(kind) ?? []
    this.told.set(kind, told)
    if (told.length < TOLD_MAX) told.push(`${kind}: ${what}`)
  }

  /** All rows of the log, in order of position. */
  event(row: EventRow): void {
    if (row.position !== this.position + 1)
      this.wrong("position", `${row.position} comes after ${this.position}`)
    if (row.recordedAt < this.recordedAt) this.wrong("recorded_at", `falls at position ${row.position}`)
    this.position = row.position
    this.recordedAt = row.recordedAt
    if (row.supersededBy !== null) this.wrong("superseded", `position ${row.position}`)
    if (row.type === READING) this.reading(row)
    else if (!SENSOR_EVENTS.includes(row.type))
      this.wrong("invented", `${row.type} at position ${row.position}`)
  }

  private reading({ occurredAt, position, sensor, value }: EventRow): void {
    const n = this.numberAt.get(occurredAt)
    const message = n === undefined ? undefined : messageOf(this.claims.plan, n)
    if (n === undefined || message === undefined || message.sensor !== sensor) {
      this.wrong("invented", `position ${position}: sensor ${sensor} at ${occurredAt}`)
    } else if (!Object.is(message.value, value)) {
      this.wrong("invented", `position ${position}: message ${n} says ${message.value}, not ${value}`)
    } else {
      const times = (this.times[n] ?? 0) + 1
      this.times[n] = times
      if (times > 1) this.wrong("doubled", `message ${n} again at position ${position}`)
    }
    const key = keyOf(sensor, Math.floor(occurredAt / MINUTE_MICROS) * MINUTE_MICROS)
    const fold = this.folds.get(key) ?? new Fold()
    this.folds.set(key, fold)
    if (value !== null) fold.add(value)
    this.stored += 1
  }

  /** All rows of the live minutes, in any order, after all events. */
  minute(row: MinuteRow): void {
    const key = keyOf(row.sensor, row.minute)
    const fold = this.folds.get(key)
    this.minutes += 1
    if (row.position > this.position) this.wrong("minute", `${key} is folded beyond the log`)
    if (fold === undefined) {
      this.wrong("minute", `${key} has no readings, or two rows: ${JSON.stringify(row)}`)
      return
    }
    this.folds.delete(key)
    const figures = fold.figures()
    if (!same(row, figures)) {
      this.wrong("minute", `${key} is ${JSON.stringify(row)}, its fold ${JSON.stringify(figures)}`)
    }
  }

  /** After all events and minutes, with the database at rest. */
  done({ checkpoint, head, rejected, viewRows }: Ends): Verdict {
    for (const n of this.claims.acked) if ((this.times[n] ?? 0) === 0) this.wrong("lost", `message ${n}`)
    for (const key of this.folds.keys()) this.wrong("minute", `${key} is missing`)
    if (head !== this.position) this.wrong("head", `${head}, but the last event is at ${this.position}`)
    if (checkpoint !== head) this.wrong("checkpoint", `${checkpoint}, with the head at ${head}`)
    if (rejected > 0) this.wrong("rejected", `${rejected} messages`)
    if (viewRows !== this.minutes) this.wrong("view", `${viewRows} rows over ${this.minutes} minutes`)
    const count = (kind: string) => this.kinds.get(kind) ?? 0
    return {
      lost: count("lost"),
      doubled: count("doubled"),
      invented: count("invented"),
      wrongMinutes: count("minute"),
      stored: this.stored,
      minutes: this.minutes,
      violations: [...this.told.values()].flat()
    }
  }
}
