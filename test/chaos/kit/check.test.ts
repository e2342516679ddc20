/** The checker finds each fault that it is there to find: a sound log passes, and each damage to it is told. */
import { assert, describe, it } from "@effect/vitest"
import { Checker, type Ends, type EventRow, type MinuteRow, type Verdict } from "./check.js"
import { Fold } from "./fold.js"
import { messageOf, payloadOf } from "./plan.mjs"

const plan = { sensors: 7, baseMicros: 1_700_000_000_000_000 }
const PRODUCED = 20_000
const MINUTE = 60_000_000

interface Log {
  readonly events: Array<EventRow>
  readonly minutes: Array<MinuteRow>
  ends: Ends
}

/** The first half of what was published is stored, with its minutes. */
const sound = (): Log => {
  const events = Array.from({ length: PRODUCED / 2 }, (_, n): EventRow => {
    const { micros, sensor, value } = messageOf(plan, n)
    const recordedAt = plan.baseMicros + n
    return {
      position: n + 1,
      type: "ReadingRecorded",
      sensor,
      occurredAt: micros,
      recordedAt,
      value,
      supersededBy: null
    }
  })
  const folds = new Map<string, { readonly sensor: number; readonly minute: number; readonly fold: Fold }>()
  for (const { occurredAt, sensor, value } of events) {
    const minute = occurredAt - (occurredAt % MINUTE)
    const entry = folds.get(`${sensor} ${minute}`) ?? { sensor, minute, fold: new Fold() }
    folds.set(`${sensor} ${minute}`, entry)
    entry.fold.add(value ?? 0)
  }
  const minutes = [...folds.values()].map(({ fold, minute, sensor }): MinuteRow => {
    return { sensor, minute, position: 1, ...fold.figures() }
  })
  const head = events.length
  return { events, minutes, ends: { head, checkpoint: head, rejected: 0, viewRows: minutes.length } }
}

const verdict = ({ ends, events, minutes }: Log, acked = PRODUCED / 2): Verdict => {
  const checker = new Checker({ plan, produced: PRODUCED, acked: new Set(Array(acked).keys()) })
  for (const event of events) checker.event(event)
  for (const minute of minutes) checker.minute(minute)
  return checker.done(ends)
}

const damaged = (damage: (log: Log) => void): Verdict => {
  const log = sound()
  damage(log)
  return verdict(log)
}

const change = <A>(rows: Array<A>, index: number, by: Partial<A>): void => {
  const row = rows[index]
  if (row !== undefined) rows[index] = { ...row, ...by }
}

describe("the checker", () => {
  it("passes a log that holds", () => {
    const found = verdict(sound())
    assert.deepStrictEqual(found.violations, [])
    assert.strictEqual(found.stored, PRODUCED / 2)
    assert.isAbove(found.minutes, 14)
  })

  it("tells an acknowledged message that is not stored", () => {
    assert.strictEqual(verdict(sound(), PRODUCED / 2 + 3).lost, 3)
  })

  it("tells a message stored twice", () => {
    const found = damaged(({ events }) => {
      const [first] = events
      if (first !== undefined) events.push({ ...first, position: events.length + 1, recordedAt: 9e15 })
    })
    assert.strictEqual(found.doubled, 1)
    assert.strictEqual(found.wrongMinutes, 1)
  })

  it("tells a row that nobody published, and one with a bit changed", () => {
    assert.strictEqual(damaged(({ events }) => change(events, 5, { occurredAt: 1 })).invented, 1)
    assert.strictEqual(damaged(({ events }) => change(events, 5, { sensor: 1 })).invented, 1)
    const value = (messageOf(plan, 5).value ?? 0) * (1 + Number.EPSILON)
    assert.strictEqual(damaged(({ events }) => change(events, 5, { value })).invented, 1)
  })

  it("tells holes, positions that fall, and times that fall", () => {
    const hole = damaged(({ events }) => events.splice(7, 1))
    assert.include(hole.violations, "position: 9 comes after 7")
    assert.strictEqual(hole.lost, 1)
    const fall = damaged(({ events }) => change(events, 9, { recordedAt: 5 }))
    assert.include(fall.violations, "recorded_at: falls at position 10")
  })

  it("tells a figure that is off by a bit, a minute too many, and one too few", () => {
    const off = (by: (row: MinuteRow) => Partial<MinuteRow>) =>
      damaged(({ minutes }) => {
        const [row] = minutes
        if (row !== undefined) change(minutes, 0, by(row))
      }).wrongMinutes
    assert.strictEqual(
      off((row) => ({ sum: (row.sum ?? 0) * (1 + Number.EPSILON) })),
      1
    )
    assert.strictEqual(
      off((row) => ({ mean: (row.mean ?? 0) * (1 + Number.EPSILON) })),
      1
    )
    assert.strictEqual(
      off((row) => ({ stddev: (row.stddev ?? 0) * (1 + 1e-11) })),
      1
    )
    assert.strictEqual(
      off((row) => ({ count: row.count + 1 })),
      1
    )
    assert.strictEqual(
      off(() => ({ max: null })),
      1
    )
    assert.strictEqual(damaged(({ minutes }) => minutes.splice(0, 1)).wrongMinutes, 1)
    assert.strictEqual(
      damaged(({ minutes }) => {
        const [row] = minutes
        if (row !== undefined) minutes.push({ ...row, minute: 0, count: 0 })
      }).wrongMinutes,
      1
    )
  })

  it("tells a checkpoint or a head that is not at the end", () => {
    const checkpoint = damaged((log) => {
      log.ends = { ...log.ends, checkpoint: 1 }
    })
    assert.lengthOf(checkpoint.violations, 1)
    const head = damaged((log) => {
      log.ends = { ...log.ends, head: log.ends.head + 1 }
    })
    assert.lengthOf(head.violations, 2)
  })
})

describe("the plan", () => {
  it("gives no time twice", () => {
    const times = new Set(Array.from({ length: 200_000 }, (_, n) => messageOf(plan, n).micros))
    assert.strictEqual(times.size, 200_000)
  })

  it("sends just what it says", () => {
    const { micros, sensor, value } = messageOf(plan, 4_711)
    const sent = JSON.parse(payloadOf(plan, 4_711))
    assert.strictEqual(sent.sensor_id, sensor)
    assert.isTrue(Object.is(sent.value, value))
    const [seconds = "", fraction = ""] = String(sent.timestamp).slice(0, -1).split(".")
    assert.strictEqual(Date.parse(`${seconds}Z`) * 1_000 + Number(fraction), micros)
  })
})
