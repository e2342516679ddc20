/** What was looked up before the lock counts only with what came since. */
import { assert, describe, it } from "@effect/vitest"
import type { Event } from "../../../src/domain/Event.js"
import { type EventId, eventId, position, readingId } from "../../../src/domain/Ids.js"
import { micros } from "../../../src/domain/Time.js"
import { knownOf, type LookAhead, mayBeRepeat, NOTHING } from "../../../src/eventlog/sql/append/LookAhead.js"
import { at, candidate } from "../contract/support.js"

const key = (n: number): EventId => eventId(String(n).padStart(32, "0"))
const came = (n: number, where: number) => ({ eventId: key(n), position: position(where) }) as Event

const ahead: LookAhead = {
  ...NOTHING,
  asOf: position(10),
  asked: new Set([key(1), key(2), key(3)]),
  found: new Map([[key(1), readingId(7)]])
}

describe("what is told of a batch before the lock", () => {
  it("is what was found, and what came since of what was asked", () => {
    const { existing, open } = knownOf(ahead, [came(2, 11), came(9, 12)], [key(1), key(2), key(3)])
    assert.deepStrictEqual(
      [...existing],
      [
        [key(1), readingId(7)],
        [key(2), readingId(11)]
      ]
    )
    assert.deepStrictEqual(open, [])
  })

  it("leaves open what was not asked", () => {
    assert.deepStrictEqual(knownOf(ahead, [], [key(1), key(4)]).open, [key(4)])
  })

  it("leaves all open where not all is remembered that came since", () => {
    const { existing, open } = knownOf(ahead, undefined, [key(1), key(2)])
    assert.deepStrictEqual([...existing], [[key(1), readingId(7)]])
    assert.deepStrictEqual(open, [key(1), key(2)])
  })

  it("asks for readings that are no newer than their sensor's newest, to the millisecond", () => {
    const reading = candidate(5, 1)
    assert.isTrue(mayBeRepeat(reading, undefined))
    assert.isTrue(mayBeRepeat(reading, at(5)))
    assert.isTrue(mayBeRepeat(reading, micros(at(5) + 1)))
    assert.isFalse(mayBeRepeat(reading, at(4)))
  })
})
