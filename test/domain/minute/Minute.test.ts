import { assert, describe, it } from "@effect/vitest"
import * as FastCheck from "effect/FastCheck"
import type { Event } from "../../../src/domain/Event.js"
import { eventId, position, sensorId } from "../../../src/domain/Ids.js"
import * as Minute from "../../../src/domain/minute/Minute.js"
import { micros } from "../../../src/domain/Time.js"

const MINUTE = 1_718_389_620_000_000

const value = FastCheck.oneof(
  FastCheck.double({ noNaN: true, noDefaultInfinity: true }),
  FastCheck.integer({ min: 0, max: 4_500 }).map((n) => n / 100)
)

/** Readings of one minute; times collide often, so that event ids decide. */
const readingsFrom = (minLength: number) =>
  FastCheck.array(FastCheck.record({ value, at: FastCheck.nat(5), hash: FastCheck.nat(1e9) }), {
    minLength,
    maxLength: 80
  }).map((list) =>
    list.map(({ at, hash, value }, index): Event => {
      const id = `${hash.toString(16).padStart(16, "0")}${index.toString(16).padStart(16, "0")}`
      return {
        position: position(index + 1),
        eventId: eventId(id),
        type: "ReadingRecorded",
        sensorId: sensorId(1),
        sensorVersion: (index % 3) + 1,
        occurredAt: micros(MINUTE + at * 10_000_000),
        recordedAt: micros(MINUTE + 60_000_000 + index),
        timeSource: "device",
        importId: null,
        value,
        lat: index % 2 === 0 ? null : index,
        lng: null,
        readingId: null,
        supersededBy: null,
        payload: null
      }
    })
  )

const readings = readingsFrom(0)
const minutes = readings.map((list) => list.map((reading) => Minute.fold([reading])))

describe("the monoid of a minute", () => {
  it("is associative and commutative to the bit, and empty is its identity", () => {
    FastCheck.assert(
      FastCheck.property(readings, readings, readings, (x, y, z) => {
        const [a, b, c] = [Minute.fold(x), Minute.fold(y), Minute.fold(z)]
        assert.deepStrictEqual(Minute.merge(Minute.merge(a, b), c), Minute.merge(a, Minute.merge(b, c)))
        assert.deepStrictEqual(Minute.merge(a, Minute.empty), a)
        assert.deepStrictEqual(Minute.merge(Minute.empty, a), a)
      })
    )
    FastCheck.assert(
      FastCheck.property(minutes, (parts) => {
        assert.deepStrictEqual(Minute.mergeAll([...parts].reverse()), Minute.mergeAll(parts))
      })
    )
  })

  it("gives one state for a thousand orders", () => {
    const [list = []] = FastCheck.sample(readingsFrom(51), { numRuns: 1, seed: 7 })
    const whole = Minute.fold(list)
    FastCheck.assert(
      FastCheck.property(FastCheck.shuffledSubarray(list, { minLength: list.length }), (shuffled) => {
        const state = Minute.fold(shuffled)
        assert.deepStrictEqual(state, whole)
        assert.deepStrictEqual(Minute.figures(state), Minute.figures(whole))
      }),
      { numRuns: 1_000 }
    )
  })

  it("gives the whole for any split into parts", () => {
    FastCheck.assert(
      FastCheck.property(readings, FastCheck.array(FastCheck.nat(4), { maxLength: 80 }), (list, lots) => {
        const parts = [0, 1, 2, 3, 4].map((lot) => list.filter((_, index) => (lots[index] ?? 0) === lot))
        assert.deepStrictEqual(Minute.mergeAll(parts.map(Minute.fold)), Minute.fold(list))
      })
    )
  })

  it("knows first and last by device time, then event id, never by arrival", () => {
    FastCheck.assert(
      FastCheck.property(readings, (list) => {
        const sorted = [...list].sort((a, b) =>
          a.occurredAt === b.occurredAt ? (a.eventId < b.eventId ? -1 : 1) : a.occurredAt - b.occurredAt
        )
        const { count, first, id, last, max, min, position: at } = Minute.fold(list)
        const end = sorted.at(-1)
        assert.strictEqual(count, list.length)
        assert.strictEqual(first?.eventId, sorted[0]?.eventId)
        assert.strictEqual(last?.eventId, end?.eventId)
        assert.strictEqual(last?.sensorVersion, end?.sensorVersion)
        assert.strictEqual(last?.lat, end?.lat)
        if (end === undefined) return
        const values = list.map((event) => event.value ?? 0)
        assert.isTrue(min === Math.min(...values) && max === Math.max(...values))
        assert.strictEqual(id, 1)
        assert.strictEqual(at, list.length)
      })
    )
  })

  it("as of a position holds what was in force then, and keeps its id when it has lost all readings", () => {
    const base = FastCheck.sample(readingsFrom(2), { numRuns: 1, seed: 3 })[0]?.[0]
    if (base === undefined) return assert.fail("no sample")
    const event = (at: number, changes: Partial<Event>): Event => ({
      ...base,
      position: position(at),
      eventId: eventId(at.toString(16).padStart(32, "0")),
      ...changes
    })
    const log = [
      event(10, { value: 20, supersededBy: position(12) }),
      event(11, { value: 30, supersededBy: position(14) }),
      event(12, { type: "ReadingCorrected", value: 21, supersededBy: position(13) }),
      event(13, { type: "ReadingDeleted", value: null }),
      event(14, { type: "ReadingDeleted", value: null })
    ]
    const asOf = (at: number) => Minute.foldAsOf(log, position(at))
    const summary = (at: number) => {
      const { count, mean } = Minute.figures(asOf(at))
      return [count, mean, asOf(at).id, asOf(at).position]
    }
    assert.deepStrictEqual(asOf(9), Minute.empty)
    assert.deepStrictEqual(summary(10), [1, 20, 10, 10])
    assert.deepStrictEqual(summary(11), [2, 25, 10, 11])
    assert.deepStrictEqual(summary(12), [2, 25.5, 10, 12])
    assert.deepStrictEqual(summary(13), [1, 30, 10, 13])
    assert.deepStrictEqual(summary(14), [0, null, 10, 14])
    assert.deepStrictEqual(summary(99), [0, null, 10, 14])
  })

  it("has a null sum beyond the range of doubles, and a finite mean and deviation", () => {
    const [list = []] = FastCheck.sample(readingsFrom(3), { numRuns: 1, seed: 5 })
    const huge = list.slice(0, 2).map((event) => ({ ...event, value: Number.MAX_VALUE }))
    const { mean, stddev, sum } = Minute.figures(Minute.fold(huge))
    assert.deepStrictEqual([sum, mean, stddev], [null, Number.MAX_VALUE, 0])
    assert.throws(() => Minute.fold(list.map((event) => ({ ...event, value: Number.NaN }))), RangeError)
    assert.throws(() => Minute.fold(list.map((event) => ({ ...event, value: null }))), RangeError)
  })

  it("tells no -0 from 0", () => {
    const [list = []] = FastCheck.sample(readingsFrom(1), { numRuns: 1, seed: 5 })
    const minute = Minute.fold(list.slice(0, 1).map((event) => ({ ...event, value: -0 })))
    assert.isTrue(Object.is(minute.min, 0) && Object.is(minute.last?.value, 0))
  })
})
