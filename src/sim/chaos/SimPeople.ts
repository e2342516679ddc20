/**
 * People at work over the API: they correct, delete, move, post and restore readings, one thing at a time, and
 * remember what they were told. An answer that never came leaves two truths, until the next answer.
 */
import * as Effect from "effect/Effect"
import { type Position, position, type ReadingId, readingId, sensorId } from "../../domain/Ids.js"
import type { ReadingCandidate, Replacement } from "../../domain/Reading.js"
import { parseStoredTime } from "../../domain/Time.js"
import type { ChangeOptions, EventLogService } from "../../eventlog/EventLog.js"
import type { Chance } from "../Chance.js"
import type { SimClock } from "../SimClock.js"
import type { Trace } from "../Trace.js"
import { iso } from "./Iso.js"
import type { Acted, Ledger } from "./Ledger.js"
import type { Observer } from "./Observer.js"
import type { SimProcess } from "./process/SimProcess.js"
import type { Workload } from "./Workload.js"

/** Between two things that they do, on average, in ms. */
const PAUSE_MILLIS = 480_000

interface Target {
  readonly id: ReadingId
  readonly sensor: number
  readonly time: string
  readonly value: number
  readonly at: Position
}

export class People {
  private readonly deleted: Array<Target> = []

  constructor(
    private readonly processes: () => ReadonlyArray<SimProcess>,
    private readonly chance: Chance,
    private readonly ledger: Ledger,
    private readonly workload: Workload,
    private readonly observer: Observer,
    private readonly clock: SimClock,
    private readonly trace: Trace
  ) {}

  readonly run: Effect.Effect<never> = Effect.suspend(() =>
    Effect.sleep(this.chance.exponential(PAUSE_MILLIS))
  ).pipe(Effect.zipRight(Effect.suspend(() => this.once())), Effect.forever)

  once(): Effect.Effect<void> {
    const running = this.processes().flatMap((process) => (process.running === null ? [] : [process]))
    const [first, ...others] = running
    if (first === undefined) return Effect.void
    const process = this.chance.pick([first, ...others])
    const log = process.running?.log
    if (log === undefined) return Effect.void
    const roll = this.chance.unit()
    const act = roll < 0.15 ? this.post(log) : roll < 0.22 ? this.restore(log) : this.amend(log, roll)
    return act.pipe(Effect.withClock(process.clock))
  }

  /** A reading in force that a device sent, anywhere in the log. */
  private find(): Target | null {
    const [last] = this.observer.rows("SELECT MAX(position) AS position FROM events")
    const from = this.chance.whole(1, Math.max(1, Number(last?.position ?? 1)))
    const [row] = this.observer.rows(
      `SELECT position, reading_id, sensor_id, occurred_at, value FROM events WHERE position >= ?
        AND type IN ('ReadingRecorded', 'ReadingCorrected') AND superseded_by IS NULL
        AND sensor_id < 1000000000 ORDER BY position LIMIT 1`,
      from
    )
    if (row === undefined) return null
    return {
      id: readingId(Number(row.reading_id ?? row.position)),
      sensor: Number(row.sensor_id),
      time: String(row.occurred_at),
      value: Number(row.value),
      at: position(Number(row.position))
    }
  }

  private amend(log: EventLogService, roll: number): Effect.Effect<void> {
    const target = this.find()
    if (target === null) return Effect.void
    const acted = this.ledger.actOn(target.id, target.value)
    if (roll < 0.75) return this.correct(log, target, acted)
    return roll < 0.9 ? this.remove(log, target, acted) : this.move(log, target, acted)
  }

  private correct(log: EventLogService, target: Target, acted: Acted): Effect.Effect<void> {
    // Now and then the value that it has: then nothing happens.
    const value = this.chance.happens(0.1) ? target.value : this.workload.value()
    if (value !== target.value) acted.tried += 1
    return this.told(
      log.replace(target.id, this.replacement(target, target.time, value), this.condition(target)),
      ({ change }) => {
        if (change === "Corrected") {
          acted.corrected += 1
          this.trace.sometimes("corrected")
        }
        acted.states = new Set([value])
      },
      () => acted.states.add(value)
    )
  }

  private remove(log: EventLogService, target: Target, acted: Acted): Effect.Effect<void> {
    return this.told(
      log.remove(target.id, this.condition(target)),
      () => {
        this.trace.sometimes("deleted")
        this.deleted.push(target)
        acted.states = new Set(["deleted"])
      },
      () => acted.states.add("deleted")
    )
  }

  /** To another time: the old reading is deleted, and a new one made. */
  private move(log: EventLogService, target: Target, acted: Acted): Effect.Effect<void> {
    const time = iso(this.clock.now() - this.chance.whole(0, 3_600_000_000))
    const value = this.workload.value()
    const creation = { sensor: target.sensor, time, value, sure: false }
    this.ledger.made.push(creation)
    return this.told(
      log.replace(target.id, this.replacement(target, time, value), this.condition(target)),
      () => {
        this.trace.sometimes("moved")
        creation.sure = true
        acted.states = new Set(["deleted"])
      },
      () => acted.states.add("deleted")
    )
  }

  private post(log: EventLogService): Effect.Effect<void> {
    const sensor = this.chance.whole(101, 104)
    return this.record(
      log,
      sensor,
      iso(this.clock.now() - this.chance.whole(0, 1_000_000)),
      this.workload.value()
    )
  }

  /** A reading that was deleted is posted again: a new one. */
  private restore(log: EventLogService): Effect.Effect<void> {
    const deletion = this.deleted.pop()
    if (deletion === undefined) return Effect.void
    this.trace.sometimes("restored")
    return this.record(log, deletion.sensor, deletion.time, deletion.value)
  }

  private record(log: EventLogService, sensor: number, time: string, value: number): Effect.Effect<void> {
    const creation = { sensor, time, value, sure: false }
    this.ledger.made.push(creation)
    const candidate: ReadingCandidate = {
      sensor: { _tag: "Numbered", id: sensorId(sensor) },
      occurredAt: parseStoredTime(time),
      value,
      identity: { _tag: "Time", epoch: null, seq: null },
      said: {}
    }
    return this.told(
      log.record([candidate]),
      () => {
        creation.sure = true
      },
      () => undefined
    )
  }

  /** Often only if nobody has changed it since they looked. */
  private condition(target: Target): ChangeOptions {
    return this.chance.happens(0.5) ? { ifPosition: target.at } : {}
  }

  private replacement(target: Target, time: string, value: number): Replacement {
    return { sensorId: sensorId(target.sensor), occurredAt: parseStoredTime(time), value, said: {} }
  }

  /** What a success means, and what an answer that never came. A refusal means that nothing was done. */
  private told<A>(
    act: Effect.Effect<A, { readonly _tag: string }>,
    onAnswer: (answer: A) => void,
    onUnknown: () => void
  ): Effect.Effect<void> {
    return Effect.matchCause(act, {
      onSuccess: (answer) => onAnswer(answer),
      onFailure: (cause) => {
        const refused = cause._tag === "Fail" && cause.error._tag !== "LogUnavailable"
        if (refused) this.trace.note(`refused ${cause.error._tag}`)
        else {
          this.trace.sometimes("a person was not answered")
          onUnknown()
        }
      }
      // Who still waits when the day ends is not answered either.
    }).pipe(Effect.onInterrupt(() => Effect.sync(onUnknown)))
  }
}
