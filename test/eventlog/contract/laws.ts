/** Laws that hold of every history, checked on random ones. */
import { assert } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type { Event } from "../../../src/domain/Event.js"
import { position } from "../../../src/domain/Ids.js"
import { EventLog } from "../../../src/eventlog/EventLog.js"
import { histories, LIMITS, play } from "./histories.js"
import { allEvents, headPosition, look, readingsAsOf, type Suite } from "./support.js"

const STEPS = 40
const SEEDS = [1, 2]
/** Every so many steps, everything in force is looked at, to be read again at the end. */
const LOOK_EVERY = 10

/** The positions of the rows in force, from what the events say one after the other, links aside. */
const folded = (events: ReadonlyArray<Event>): ReadonlyArray<number> => {
  const rows = new Map<number, Event>()
  for (const event of events) {
    if (event.type === "ReadingRecorded") rows.set(event.position, event)
    if (event.type === "ReadingCorrected") rows.set(event.readingId ?? 0, event)
    if (event.type === "ReadingDeleted") rows.delete(event.readingId ?? 0)
  }
  return [...rows.values()]
    .sort((a, b) => a.occurredAt - b.occurredAt || a.position - b.position)
    .map((row) => row.position)
}

/** An event without the one thing that may be set on it later. */
const facts = (event: Event) => ({ ...event, supersededBy: null })

const checkLaws = Effect.gen(function* () {
  const log = yield* EventLog
  const events = yield* allEvents
  const head = yield* headPosition
  assert.deepStrictEqual(
    events.map((event) => event.position as number),
    Array.from({ length: head }, (_, index) => index + 1),
    "positions have no hole"
  )
  assert.strictEqual(new Set(events.map((event) => event.eventId)).size, events.length, "keys are unique")
  for (const [index, event] of events.entries()) {
    assert.isAtLeast(event.recordedAt, events[index - 1]?.recordedAt ?? 0, "recordedAt never falls")
    const asOf = position(index + 1)
    const readings = yield* readingsAsOf(asOf)
    assert.deepStrictEqual(
      readings.map((reading) => reading.position as number),
      folded(events.slice(0, index + 1)),
      `as of ${asOf} the readings are the fold of the events up to it`
    )
    if (event.readingId === null) continue
    const history = yield* log.history(event.readingId)
    assert.include(
      history.map((part) => part.position),
      event.position
    )
  }
})

export const laws = ({ test }: Suite): void => {
  for (const seed of SEEDS) {
    test(
      `keeps every fact, and reads as of any position what was in force then (history ${seed})`,
      Effect.gen(function* () {
        const [history = []] = histories(1, STEPS, seed)
        let before = yield* allEvents
        for (const [index, step] of history.entries()) {
          yield* play(step)
          const after = yield* allEvents
          assert.deepStrictEqual(after.slice(0, before.length).map(facts), before.map(facts))
          for (const [at, event] of before.entries()) {
            const link = after[at]?.supersededBy
            if (event.supersededBy !== null) assert.strictEqual(link, event.supersededBy)
          }
          before = after
          if (index % LOOK_EVERY === 0) yield* look
        }
        yield* checkLaws
      }),
      LIMITS
    )
  }
}
