/** What is known of the minutes that were stored last, and as of which checkpoint. */
import { assert, describe, it } from "@effect/vitest"
import { position, sensorId } from "../../../src/domain/Ids.js"
import { empty } from "../../../src/domain/minute/Minute.js"
import { LastMinutes } from "../../../src/projections/intervals/LastMinutes.js"
import type { MinuteKey, StoredMinute } from "../../../src/projections/minutes/MinuteStore.js"
import { minute } from "../minutes/minutes.support.js"

const key = (n: number): MinuteKey => ({ sensorId: sensorId(1), minute: minute(n) })
const row = (n: number, count = 1): StoredMinute => ({ ...key(n), state: { ...empty, count } })
const at = (n: number, generation = 1) => ({ generation, position: position(n) })

const counts = (last: LastMinutes, checkpoint: ReturnType<typeof at>, ...keys: ReadonlyArray<number>) => {
  const { known, unknown } = last.split(checkpoint, keys.map(key))
  return [known.map(({ state }) => state.count), unknown.length]
}

describe("the minutes that were stored last", () => {
  it("are known as of the checkpoint that they were stored with, and as of no other", () => {
    const last = new LastMinutes()
    assert.deepStrictEqual(counts(last, at(0, 0), 1), [[], 1])
    last.stored(at(0), position(5), [row(1), row(2)])
    assert.deepStrictEqual(counts(last, at(5), 1, 2, 3), [[1, 1], 1])
    for (const other of [at(0), at(4), at(6), at(5, 2)])
      assert.deepStrictEqual(counts(last, other, 1), [[], 1])
  })

  it("stay known as the checkpoint moves on, each as it was stored last", () => {
    const last = new LastMinutes()
    last.stored(at(0), position(5), [row(1), row(2)])
    last.stored(at(5), position(9), [row(2, 7)])
    assert.deepStrictEqual(counts(last, at(9), 1, 2), [[1, 7], 0])
  })

  it("are forgotten where another process has moved the checkpoint in between", () => {
    const last = new LastMinutes()
    last.stored(at(0), position(5), [row(1)])
    last.stored(at(6), position(9), [row(2)])
    assert.deepStrictEqual(counts(last, at(9), 1, 2), [[1], 1])
    last.stored(at(9, 2), position(10), [row(3)])
    assert.deepStrictEqual(counts(last, at(10, 2), 1, 2, 3), [[1], 2])
  })

  it("are bounded, and those that are asked for stay", () => {
    const last = new LastMinutes(10)
    for (let n = 0; n < 100; n++) {
      last.stored(at(n), position(n + 1), [row(n)])
      assert.deepStrictEqual(counts(last, at(n + 1), 0), [[1], 0])
    }
    const { known } = last.split(
      at(100),
      Array.from({ length: 100 }, (_, n) => key(n))
    )
    assert.isAtMost(known.length, 12)
    assert.isAtLeast(known.length, 5)
  })
})
