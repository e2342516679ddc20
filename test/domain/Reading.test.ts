import { assert, describe, it } from "@effect/vitest"
import * as FastCheck from "effect/FastCheck"
import { sensorId } from "../../src/domain/Ids.js"
import {
  type Identity,
  normalValue,
  type ReadingCandidate,
  readingKey,
  readingKeyMillis
} from "../../src/domain/Reading.js"
import { micros } from "../../src/domain/Time.js"

const TIME = 1_718_388_000_123_456

const candidate = (change: Partial<ReadingCandidate>): ReadingCandidate => ({
  sensor: { _tag: "Numbered", id: sensorId(1) },
  occurredAt: micros(TIME),
  value: 20,
  identity: { _tag: "Time", epoch: null, seq: null },
  said: {},
  ...change
})

const byTime = (epoch: string | null, seq: number | null): Identity => ({ _tag: "Time", epoch, seq })
const bySequence = (epoch: string, seq: number): Identity => ({ _tag: "Sequence", epoch, seq })

const ONE = sensorId(1)

describe("what makes a reading the same", () => {
  it("is sensor, time, value, epoch and sequence", () => {
    const different = [
      readingKey(ONE, candidate({})),
      readingKey(sensorId(2), candidate({})),
      readingKey(ONE, candidate({ occurredAt: micros(TIME + 1) })),
      readingKey(ONE, candidate({ value: 20.000000000000004 })),
      readingKey(ONE, candidate({ identity: byTime("a", null) })),
      readingKey(ONE, candidate({ identity: byTime(null, 1) })),
      readingKey(ONE, candidate({ identity: byTime("a", 1) })),
      readingKey(ONE, candidate({ identity: bySequence("a", 1) })),
      readingKey(ONE, candidate({ identity: bySequence("a", 2) })),
      readingKey(ONE, candidate({ identity: bySequence("b", 1) })),
      readingKey(ONE, candidate({ identity: { _tag: "Arrival", nonce: "a" } })),
      readingKey(ONE, candidate({ identity: { _tag: "Arrival", nonce: "b" } }))
    ]
    assert.strictEqual(new Set(different).size, different.length)
  })

  it("is not what is said of the sensor, nor its name", () => {
    const named = candidate({ sensor: { _tag: "Named", name: "x" }, said: { unit: "C" } })
    assert.strictEqual(readingKey(ONE, named), readingKey(ONE, candidate({})))
  })

  it("is not the arrival time, where that stands for a time that was not given", () => {
    const timeless = (time: number) =>
      candidate({ identity: bySequence("boot", 7), occurredAt: micros(time) })
    assert.strictEqual(readingKey(ONE, timeless(TIME)), readingKey(ONE, timeless(TIME + 5)))
    assert.strictEqual(readingKeyMillis(timeless(TIME)), readingKeyMillis(timeless(TIME + 5e6)))
    assert.strictEqual(readingKeyMillis(candidate({})), 1_718_388_000_123)
  })

  it("can't be imitated by an epoch that holds the separator", () => {
    const epoch = FastCheck.stringMatching(/^[|a0-9]{1,6}$/)
    const seq = FastCheck.option(FastCheck.integer({ min: 0, max: 12 }))
    const value = FastCheck.integer({ min: 0, max: 12 })
    const identity = FastCheck.tuple(epoch, seq, value)
    FastCheck.assert(
      FastCheck.property(identity, identity, (a, b) => {
        const key = ([epoch, seq, value]: typeof a) =>
          readingKey(ONE, candidate({ identity: byTime(epoch, seq), value }))
        return (key(a) === key(b)) === (JSON.stringify(a) === JSON.stringify(b))
      }),
      { numRuns: 2_000 }
    )
  })

  it("tells every two doubles apart, but not 0 and -0", () => {
    FastCheck.assert(
      FastCheck.property(FastCheck.double({ noNaN: true }), FastCheck.double({ noNaN: true }), (a, b) => {
        const key = (value: number) => readingKey(ONE, candidate({ value: normalValue(value) }))
        return (key(a) === key(b)) === (a === b)
      })
    )
    assert.isTrue(Object.is(normalValue(-0), 0))
    assert.strictEqual(normalValue(-5e-324), -5e-324)
  })
})
